/** LB110–LB129: names that refer to something: variables, pools, services. */
import type { Explanations } from './explanation.ts';

export const references: Explanations = {};
