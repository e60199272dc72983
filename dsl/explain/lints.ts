/** LB3xx: statements that work and are probably not what was meant. */
import type { Explanations } from './explanation.ts';

export const lints: Explanations = {};
