/** What going back over a commit needs besides the swap: marks on rows, and the share of flows that it moves. */
import type { AllocateContext } from './allocate.ts';
import type { Generation, Live } from './live.ts';
import { deadMarks, drainMarks, marksOf } from './marks.ts';
import type { Impact } from './plan-types.ts';
import { movedShare } from './tables.ts';

/** Rows to mark, by `dead_from`. Services that both configurations share need nothing. */
export function rollbackMarks(live: Live, target: Generation): Map<number, number[]> {
  return deadMarks(target.services, live.services, marksOf(live));
}

/** Rows to mark, by `drain_from`, likewise. */
export function rollbackDrains(live: Live, target: Generation): Map<number, number[]> {
  const current = new Map(live.services.map((s) => [s.id, s.serial]));
  return drainMarks(target.services.filter((s) => current.get(s.id) !== s.serial), marksOf(live));
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
