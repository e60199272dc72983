/** LB100–LB109 and LB130–LB199: words that the language does not know where they stand. */
import type { Explanations } from './explanation.ts';

export const names: Explanations = {};
