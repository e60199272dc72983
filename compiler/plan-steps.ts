/** Steps of one kind each, out of what a commit changes. */
import { addressesOf, coversAddresses } from './addresses.ts';
import type { Allocation } from './allocate.ts';
import { countEntries, entryMaps } from './entries.ts';
import type { Generation, Live, LiveService, NeighbourEntry } from './live.ts';
import { deadMarks, drainMarks, marksOf } from './marks.ts';
import type { Step } from './plan-types.ts';

export function neighbourKey(n: NeighbourEntry): string {
  return `${n.interface} ${n.address}`;
}

export function neighbourStep(kind: 'add-neighbours' | 'remove-neighbours', these: readonly NeighbourEntry[], without: readonly NeighbourEntry[]): Step[] {
  const others = new Set(without.map(neighbourKey));
  const neighbours = these.filter((n) => !others.has(neighbourKey(n)));
  return neighbours.length > 0 ? [{ kind, neighbours }] : [];
}

/** What the next configuration can be gone back to stays set. */
export function addressSteps(live: Live, next: Generation, exists: boolean): { readonly before: readonly Step[]; readonly after: readonly Step[] } {
  const now = addressesOf([live, live.former]);
  const wanted = addressesOf([next, live]);
  const both = addressesOf([next, live, live.former]);
  return {
    before: !exists || live.drifted || !coversAddresses(now, wanted) ? [{ kind: 'write-addresses', bits: both }] : [],
    after: coversAddresses(wanted, both) ? [] : [{ kind: 'write-addresses', bits: wanted }],
  };
}

type MarkStep = Extract<Step, { kind: 'mark-rows' }>;

export function markStep(field: MarkStep['field'], rows: readonly number[], serial: number): Step[] {
  return rows.length > 0 ? [{ kind: 'mark-rows', rows, field, serial }] : [];
}

/** Rows by the serial that they get. */
export function markSteps(field: MarkStep['field'], marks: ReadonlyMap<number, readonly number[]>): Step[] {
  return [...marks].flatMap(([serial, rows]) => markStep(field, rows, serial));
}

export function countMarked(steps: readonly Step[]): number {
  return steps.reduce((n, s) => n + (s.kind === 'mark-rows' ? s.rows.length : 0), 0);
}

/** Services that a commit does not write, where a writer that died, or somebody else, may have changed their entries or marks. */
function suspects(live: Live, { services, written }: Allocation): LiveService[] {
  if (!live.unfinished && !live.drifted) return [];
  const fresh = new Set(written);
  return services.filter((s) => !fresh.has(s));
}

/** Sets marks that are not as such services want them. */
export function lateMarks(live: Live, allocation: Allocation): Step[] {
  const services = suspects(live, allocation);
  const marks = marksOf(live);
  return [
    ...markSteps('deadFrom', deadMarks(services, live.former?.services ?? [], marks)),
    ...markSteps('drainFrom', drainMarks(services, marks)),
  ];
}

type EntryStep = Extract<Step, { kind: 'write-entries' }>;

/** Of services that are written, and of suspects. Entries that are not of one version are left alone where they stay. */
export function entrySteps(live: Live, allocation: Allocation): EntryStep[] {
  const before = new Map(live.services.map((s) => [s.id, s]));
  const doubtful = suspects(live, allocation);
  return entryMaps.flatMap((map) => {
    const written = map === 'targets' ? allocation.written.filter((s) => hasNewRows(s, before.get(s.id))) : allocation.written;
    return entryStep(map, [...written, ...doubtful]);
  });
}

function hasNewRows(service: LiveService, before: LiveService | undefined): boolean {
  if (!before || countEntries('targets', before) === 0) return true;
  const rows = new Set(before.backends.map((b) => b.row));
  return service.backends.some((b) => !rows.has(b.row));
}

function entryStep(map: EntryStep['map'], all: readonly LiveService[]): EntryStep[] {
  const services = all.filter((s) => countEntries(map, s) > 0);
  return services.length > 0 ? [{ kind: 'write-entries', map, services }] : [];
}

/** Entries of the one map that has one value for all versions of a service. */
export function targetSteps(services: readonly LiveService[]): EntryStep[] {
  return entryStep('targets', services);
}

export function countWrites(steps: readonly EntryStep[]): Record<string, number> {
  return Object.fromEntries(steps.map(({ map, services }) => [map, services.reduce((n, s) => n + countEntries(map, s), 0)]));
}
