/**
 * Marks and entries that change in place, and what a writer that died may have left of them: a mark that the swap never
 * followed, or that was to be taken back after it, and a row of a configuration that never was.
 */
import { byKey, encodeEntries } from './entries.ts';
import type { Generation, LiveService, Mark } from './live.ts';
import type { Packed } from './metadata.ts';
import type { Backend } from './state.ts';

/** Whether new flows of a known client go elsewhere. */
export function drains(b: Pick<Backend, 'state' | 'weight'>): boolean {
  return b.state === 'drain' || b.weight === 0;
}

/** Rows to mark as draining, by the serial from which on, for services that are as they were: 0 takes a mark back. */
export function drainMarks(services: readonly LiveService[], marks: ReadonlyMap<number, Mark>): Map<number, number[]> {
  const wanted = new Map<number, number[]>();
  for (const { serial, backends } of services) {
    for (const b of backends) {
      const since = marks.get(b.row)?.drainFrom ?? 0;
      const isDraining = since !== 0 && since <= serial;
      if (b.state === 'down' || isDraining === drains(b)) continue;
      const from = isDraining ? 0 : serial;
      const rows = wanted.get(from);
      if (rows) rows.push(b.row);
      else wanted.set(from, [b.row]);
    }
  }
  return wanted;
}

export function isUnfinished(live: Generation, marks: readonly Mark[], targets: Packed): boolean {
  if (drainMarks(live.services, new Map(marks.map((m) => [m.row, m]))).size > 0) return true;
  const found = byKey(targets);
  return [...byKey(encodeEntries('targets', live.services))].some(([key, row]) => found.get(key) !== row);
}
