/** How much a new instance holds: room for what is applied first, twice over, and never less than the usual. */
import { mapSpecs } from '../compiler/generated/layout.ts';
import type { Capacity } from '../compiler/live.ts';
import { chunkSize } from '../compiler/metadata.ts';
import type { State } from '../compiler/state.ts';

/** Bytes of metadata that a service, and each of its backends, has beyond its text in a state (places, rows, windows). */
const placed = { service: 400, backend: 40 };

/** `given`: what the user asked for, which stands. */
export function capacityFor(state: State, given: Partial<Capacity> = {}): Capacity {
  const backends = state.services.reduce((sum, s) => sum + s.backends.length, 0);
  const chunks = state.services.reduce(
    (sum, s) => sum + Math.ceil((JSON.stringify(s).length + placed.service + placed.backend * s.backends.length) / chunkSize), 1);
  return {
    backends: room(backends, mapSpecs.backends.maxEntries),
    services: room(state.services.length, mapSpecs.service_counters.maxEntries),
    flows: mapSpecs.flows.maxEntries,
    meta: room(chunks, mapSpecs.meta.maxEntries),
    ...given,
  };
}

/** A power of two that holds twice the need, so that every one of them can change in a commit that can be undone. */
function room(need: number, usual: number): number {
  return Math.max(usual, 2 ** Math.ceil(Math.log2(2 * (need + 1))));
}
