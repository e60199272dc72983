/**
 * Marks on rows change in place, and a program compares them with the serial of the service's entry that it reads: a row
 * is dead, or drains, for every version from the mark on. So one row cannot be dead for a version and alive for a later
 * one, and going back to a version may need its marks set anew.
 */
import { byKey, encodeEntries } from './entries.ts';
import type { Generation, Live, LiveService, Mark } from './live.ts';
import type { Packed } from './metadata.ts';
import type { Backend } from './state.ts';

export function marksOf({ marks = [] }: Pick<Live, 'marks'>): Map<number, Mark> {
  return new Map(marks.map((m) => [m.row, m]));
}

/** Whether new flows of a known client go elsewhere. */
export function drains(b: Pick<Backend, 'state' | 'weight'>): boolean {
  return b.state === 'drain' || b.weight === 0;
}

/** Rows by the serial to mark them with. */
class Marked extends Map<number, number[]> {
  add(row: number, serial: number): void {
    const rows = this.get(serial);
    if (rows) rows.push(row);
    else this.set(serial, [row]);
  }
}

/**
 * Rows to mark as dead, by the serial from which on (0 takes a mark back), so that `services` use the rows that they
 * name and no others: `others` are versions that flows may be remembered of. A version that stands in both needs nothing.
 */
export function deadMarks(services: readonly LiveService[], others: readonly LiveService[], marks: ReadonlyMap<number, Mark>): Map<number, number[]> {
  const other = new Map(others.map((s) => [s.id, s]));
  const wanted = new Marked();
  for (const service of services) {
    const now = other.get(service.id);
    if (now?.serial === service.serial) continue;
    const isDead = (row: number): boolean => {
      const since = marks.get(row)?.deadFrom ?? 0;
      return since !== 0 && since <= service.serial;
    };
    const alive = new Set(service.backends.filter((b) => b.state !== 'down').map((b) => b.row));
    for (const row of alive) if (isDead(row)) wanted.add(row, 0);
    const rows = new Set([...service.backends, ...(now?.backends ?? [])].map((b) => b.row));
    for (const row of rows) if (!alive.has(row) && !isDead(row)) wanted.add(row, service.serial);
  }
  return wanted;
}

/** Rows to mark as draining, by the serial from which on, likewise. */
export function drainMarks(services: readonly LiveService[], marks: ReadonlyMap<number, Mark>): Map<number, number[]> {
  const wanted = new Marked();
  for (const { serial, backends } of services) {
    for (const b of backends) {
      const since = marks.get(b.row)?.drainFrom ?? 0;
      const isDraining = since !== 0 && since <= serial;
      if (b.state !== 'down' && isDraining !== drains(b)) wanted.add(b.row, isDraining ? 0 : serial);
    }
  }
  return wanted;
}

/**
 * Whether a writer that died left marks that the swap never followed, or was to follow by others, or a row of a
 * configuration that never was among the `targets`.
 */
export function isUnfinished(live: Generation, former: Generation | undefined, marks: readonly Mark[], targets: Packed): boolean {
  const set = marksOf({ marks });
  if (drainMarks(live.services, set).size > 0 || (former && deadMarks(live.services, former.services, set).size > 0)) return true;
  const found = byKey(targets);
  return [...byKey(encodeEntries('targets', live.services))].some(([key, row]) => found.get(key) !== row);
}
