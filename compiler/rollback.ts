/** What going back over a commit needs besides the swap: marks on rows, and the share of flows that it moves. */
import type { AllocateContext } from './allocate.ts';
import { drainMarks } from './finish.ts';
import type { Generation, Live } from './live.ts';
import type { Impact } from './plan-types.ts';
import { movedShare } from './tables.ts';

/**
 * Rows to mark, by `dead_from`. A program reading the target compares `dead_from` with the serial of the target's
 * entry: rows that the target does not use must be dead for it, and rows that it does use alive. Services that both
 * configurations share, and those that the target does not have, need nothing.
 */
export function rollbackMarks(live: Live, target: Generation): Map<number, number[]> {
  const marks = new Map((live.marks ?? []).map((m) => [m.row, m.deadFrom]));
  const current = new Map(live.services.map((s) => [s.id, s]));
  const result = new Map<number, number[]>();
  const mark = (row: number, deadFrom: number): void => {
    const rows = result.get(deadFrom);
    if (rows) rows.push(row);
    else result.set(deadFrom, [row]);
  };
  for (const service of target.services) {
    const now = current.get(service.id);
    if (now?.serial === service.serial) continue;
    const isDead = (row: number): boolean => (marks.get(row) ?? 0) !== 0 && marks.get(row)! <= service.serial;
    const alive = new Set(service.backends.filter((b) => b.state !== 'down').map((b) => b.row));
    for (const row of alive) if (isDead(row)) mark(row, 0);
    const others = new Set([...service.backends, ...(now?.backends ?? [])].map((b) => b.row));
    for (const row of others) if (!alive.has(row) && !isDead(row)) mark(row, service.serial);
  }
  return result;
}

/** Rows to mark, by `drain_from`, likewise. */
export function rollbackDrains(live: Live, target: Generation): Map<number, number[]> {
  const current = new Map(live.services.map((s) => [s.id, s.serial]));
  return drainMarks(target.services.filter((s) => current.get(s.id) !== s.serial), new Map((live.marks ?? []).map((m) => [m.row, m])));
}

export function rollbackMoved(live: Live, target: Generation, { readTable }: Pick<AllocateContext, 'readTable'>): Impact['moved'] {
  const current = new Map(live.services.map((s) => [s.id, s]));
  return target.services.flatMap((service) => {
    const now = current.get(service.id);
    if (!now || now.serial === service.serial) return [];
    return service.tables.flatMap((table) => {
      const was = now.tables.find((t) => t.family === table.family);
      if (!was || (was.arena === table.arena && was.base === table.base)) return [];
      const read = (t: typeof table): Uint32Array => (t.size > 0 ? readTable(t) : new Uint32Array(0));
      return [{ ruleset: service.ruleset, service: service.name, family: table.family, share: movedShare(read(was), read(table)) }];
    });
  });
}
