/** LB6xx: the machine, its files and what this build can do. */
import type { Explanations } from './explanation.ts';

export const environment: Explanations = {};
