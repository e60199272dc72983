/** LB0xx: characters, words and the shape of statements. */
import type { Explanations } from './explanation.ts';

export const syntax: Explanations = {};
