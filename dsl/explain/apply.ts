/** LB5xx: carrying out a plan. */
import type { Explanations } from './explanation.ts';

export const apply: Explanations = {};
