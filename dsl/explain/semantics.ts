/** LB2xx: statements that are well formed and mean something impossible. */
import type { Explanations } from './explanation.ts';

export const semantics: Explanations = {};
