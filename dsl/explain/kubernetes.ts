/** LB4xx: selectors, manifests and clusters. */
import type { Explanations } from './explanation.ts';

export const kubernetes: Explanations = {};
