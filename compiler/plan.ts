/**
 * From what runs and what is wanted to ordered steps. All of a commit's decisions are made here (`allocate.ts` for
 * places, `tables.ts` for slots); a step carries what it writes. The order keeps every pair of program and state on the
 * way correct: what can fail, and a program for both the old and the new state, before the swap; the rest after it.
 */
import type { Diagnostic } from '../dsl/diagnostic.ts';
import { allocate, type AllocateContext, type Allocation } from './allocate.ts';
import { changedInterfaces, diff } from './diff.ts';
import { featureNames, featuresOfService, smallestVariant } from './programs.ts';
import { LbFeature } from './generated/layout.ts';
import { stateOf, type Generation, type Live, type LiveService, type NeighbourEntry, type ProgramState } from './live.ts';
import { countChunks } from './metadata.ts';
import { linkSteps } from './links.ts';
import { addressSteps, countMarked, countWrites, entrySteps, lateMarks, markStep, markSteps, neighbourKey, neighbourStep, targetSteps } from './plan-steps.ts';
import { merged, placesOf } from './place.ts';
import type { Impact, Plan, Step } from './plan-types.ts';
import { rollbackDrains, rollbackMarks, rollbackMoved } from './rollback.ts';
import { compareText } from './order.ts';
import { shortageDiagnostic } from './shortage.ts';
import { withoutPorts } from './source-ports.ts';
import type { Attachment, State } from './state.ts';

export interface PlanContext extends AllocateContext {
  /** Whether the instance's maps are there. */
  readonly exists: boolean;
  /** Whether this host has VLAN interfaces; absent: it has none. */
  readonly vlans?: boolean;
  /** Next hops to keep for addresses of new backends; absent: none. */
  readonly neighbours?: (addresses: readonly string[]) => readonly NeighbourEntry[];
  /** Network namespace of a new instance. */
  readonly netns?: number;
  /** Texts of rulesets that the commit keeps; a ruleset that is applied without one loses its former text. */
  readonly sources?: Readonly<Record<string, string>>;
}

export interface Planned {
  readonly plan: Plan;
  readonly diagnostics: Diagnostic[];
}

/**
 * Steps that make `desired` live within its rulesets. No changes: no steps. What does not fit (LB510) is an error, and
 * the plan has no steps then. Conflicts with other rulesets are `conflicts` of diff.ts.
 */
export function plan(live: Live, desired: State, context: PlanContext): Planned {
  const changes = diff(live, desired, desired.rulesets);
  if (changes.length === 0 && !live.drifted && !live.unfinished) return sameState(live, desired.rulesets, context);
  const serial = live.lastSerial + 1;
  const allocation = allocate(live, changes, serial, context);
  const generation = nextGeneration(live, desired, allocation, serial, context);
  const chunks = countChunks(allocation.written, generation);
  const shortage = shortageDiagnostic(live, allocation, chunks, context.exists) ?? withoutPorts(allocation.written)[0];
  const programs = programsFor(live, generation, context);
  if (shortage || 'missing' in programs) {
    return { plan: { ...emptyPlan(live, desired.rulesets), changes }, diagnostics: [shortage ?? noVariant((programs as { missing: number }).missing)] };
  }
  const links = linkSteps(live, generation.attachments, changedInterfaces(changes), programs);
  const reused = context.exists && live.lastSerial > 0
    ? { services: allocation.newIds, rows: allocation.rows.map((r) => r.row) } : { services: [], rows: [] };
  const addresses = addressSteps(live, generation, context.exists);
  const entries = entrySteps(live, allocation);
  const steps: Step[] = [
    ...(context.exists ? [] : [{ kind: 'create-instance' } as const]),
    ...(reused.services.length + reused.rows.length > 0 ? [{ kind: 'sweep', counters: reused, arenas: [] } as const] : []),
    ...allocation.arenas.map(({ arena, slots }) => ({ kind: 'create-arena', arena, slots }) as const),
    ...(allocation.rows.length > 0 ? [{ kind: 'write-rows', rows: allocation.rows } as const] : []),
    ...(allocation.tables.length > 0 ? [{ kind: 'write-tables', tables: allocation.tables } as const] : []),
    // The text names the neighbours, so that those of a writer who dies are found again.
    { kind: 'write-meta', services: allocation.written, generation },
    // Behind the text, which makes known that this serial is taken.
    ...entries,
    ...neighbourStep('add-neighbours', generation.neighbours, live.neighbours),
    { kind: 'write-services', generation },
    ...addresses.before,
    ...links.before,
    ...markStep('deadFrom', allocation.dead, serial),
    ...markStep('deadFrom', allocation.revived, 0),
    ...markStep('drainFrom', allocation.draining, serial),
    ...lateMarks(live, allocation),
    { kind: 'swap', serial },
    // Not before it: until then what is live drains them.
    ...markStep('drainFrom', allocation.refilled, 0),
    ...links.after,
    ...addresses.after,
    ...neighbourStep('remove-neighbours', live.neighbours, generation.neighbours),
    { kind: 'sweep', counters: { services: [], rows: [] }, arenas: emptyArenas(live, generation) },
  ];
  const rowWrites = allocation.rows.length + countMarked(steps);
  const impact: Impact = {
    writes: {
      ...(allocation.tables.length > 0 ? { arenas: allocation.tables.reduce((n, t) => n + t.slots.length / 2, 0) } : {}),
      ...(rowWrites > 0 ? { backends: rowWrites } : {}),
      meta: chunks,
      ...countWrites(entries),
      services: countServiceEntries(generation),
      root: 1,
    },
    program: { ...(links.running ? { before: links.running } : {}), ...(programs.after && generation.attachments.length > 0 ? { after: programs.after } : {}) },
    moved: allocation.moved,
  };
  return { plan: { base: live.serial, serial, rulesets: desired.rulesets, changes, steps, impact }, diagnostics: [] };
}

/** Steps that make the former configuration live again, by a swap of pointers. Without one: an empty plan. */
export function planRollback(live: Live, context: PlanContext): Planned {
  const target = live.former;
  if (!target) return { plan: emptyPlan(live, []), diagnostics: [] };
  const rulesets = [...new Set([...live.rulesets, ...target.rulesets])].sort();
  const changes = diff(live, { ...stateOf(target), rulesets }, rulesets);
  const programs = programsFor(live, target, context);
  if ('missing' in programs) return { plan: emptyPlan(live, rulesets), diagnostics: [noVariant(programs.missing)] };
  const links = linkSteps(live, target.attachments, changedInterfaces(changes), programs);
  const marks = rollbackMarks(live, target);
  const shared = new Set(live.services);
  const entries = targetSteps(target.services.filter((s) => !shared.has(s)));
  const steps: Step[] = [
    ...neighbourStep('add-neighbours', target.neighbours, live.neighbours),
    ...links.before,
    ...markStep('deadFrom', marks.get(0) ?? [], 0),
    { kind: 'swap-back' },
    ...entries,
    // Not before it: these rows are in use by what is live until then, and its serial is the higher one.
    ...markSteps('deadFrom', new Map([...marks].filter(([deadFrom]) => deadFrom !== 0))),
    ...markSteps('drainFrom', rollbackDrains(live, target)),
    ...links.after,
    ...neighbourStep('remove-neighbours', live.neighbours, target.neighbours),
  ];
  const marked = countMarked(steps);
  const impact: Impact = {
    writes: { ...(marked > 0 ? { backends: marked } : {}), ...countWrites(entries), root: 2 },
    program: { ...(links.running ? { before: links.running } : {}), ...(programs.after && target.attachments.length > 0 ? { after: programs.after } : {}) },
    moved: rollbackMoved(live, target, context),
  };
  return { plan: { base: live.serial, serial: target.serial, rulesets, changes, steps, impact }, diagnostics: [] };
}

/** Nothing to do, but for VLANs that came since: the program has to look for tags. */
function sameState(live: Live, rulesets: readonly string[], context: PlanContext): Planned {
  const nothing = emptyPlan(live, rulesets);
  const links = live.links.filter((l) => l.ifindex !== 0);
  if (!context.vlans || links.every((l) => l.program.features & LbFeature.VLAN)) return { plan: nothing, diagnostics: [] };
  const programs = programsFor(live, live, context);
  if ('missing' in programs) return { plan: nothing, diagnostics: [noVariant(programs.missing)] };
  const impact: Impact = { writes: {}, program: { before: links[0]!.program, after: programs.after }, moved: [] };
  return { plan: { ...nothing, steps: [{ kind: 'replace-program', program: programs.after, when: 'before-swap' }], impact }, diagnostics: [] };
}

function emptyPlan(live: Live, rulesets: readonly string[]): Plan {
  return { base: live.serial, serial: live.serial, rulesets, changes: [], steps: [], impact: { writes: {}, program: {}, moved: [] } };
}

function nextGeneration(live: Live, desired: State, allocation: Allocation, serial: number, context: PlanContext): Generation {
  const owned = new Set(desired.rulesets);
  const attachments = [...live.attachments.filter((a) => !owned.has(a.ruleset)), ...desired.attachments].sort(byInterface);
  const inUse = new Set([...allocation.services.map((s) => s.ruleset), ...attachments.map((a) => a.ruleset)]);
  const rulesets = [...new Set([...live.rulesets, ...desired.rulesets])].filter((r) => inUse.has(r)).sort();
  const kept = Object.entries({ ...live.sources, ...context.sources })
    .filter(([ruleset]) => inUse.has(ruleset) && (!owned.has(ruleset) || context.sources?.[ruleset] !== undefined));
  const netns = live.netns ?? context.netns;
  return {
    serial, rulesets, services: allocation.services, attachments,
    neighbours: nextNeighbours(live, allocation, context),
    ...(netns === undefined ? {} : { netns }),
    ...(kept.length > 0 ? { sources: Object.fromEntries(kept) } : {}),
  };
}

function byInterface(a: Attachment, b: Attachment): number {
  return compareText(a.interface, b.interface) || compareText(a.ruleset, b.ruleset);
}

/** Asks for new addresses only. An entry of a backend's own address goes with the backend; a router's stays. */
function nextNeighbours(live: Live, { services, rows }: Allocation, context: PlanContext): NeighbourEntry[] {
  const wanted = context.neighbours && rows.length > 0 ? context.neighbours([...new Set(rows.map((r) => r.address))]) : [];
  const entries = new Map([...live.neighbours, ...wanted].map((n) => [neighbourKey(n), n]));
  const kept = new Set(services);
  const released = backendAddresses(live.services.filter((s) => !kept.has(s)));
  const leaving = new Set([...entries.values()].map((n) => n.address).filter((address) => released.has(address)));
  for (const s of leaving.size > 0 ? services : []) for (const b of s.backends) leaving.delete(b.address);
  for (const [key, n] of entries) if (leaving.has(n.address)) entries.delete(key);
  return [...entries.values()].sort((a, b) => compareText(neighbourKey(a), neighbourKey(b)));
}

function backendAddresses(services: readonly LiveService[]): Set<string> {
  const addresses = new Set<string>();
  for (const s of services) for (const b of s.backends) addresses.add(b.address);
  return addresses;
}

/** Arenas that neither the new configuration nor the one it replaces refers to. */
function emptyArenas(live: Live, generation: Generation): number[] {
  const used = new Set<number>();
  for (const s of merged(generation, live)) for (const { arena } of placesOf(s)) used.add(arena);
  return live.arenas.map((a) => a.index).filter((index) => !used.has(index));
}

function countServiceEntries(generation: Generation): number {
  const vips = new Set<string>();
  let count = 1;
  for (const s of generation.services) {
    count += s.frontends.length;
    for (const f of s.frontends) vips.add(f.address);
  }
  return count + vips.size;
}

const featuresOfLive = new WeakMap<LiveService, number>();

/** Features that a configuration needs, its disturbed slots included. */
function featuresOfGeneration(generation: Generation): number {
  let features = 0;
  for (const s of generation.services) {
    let own = featuresOfLive.get(s);
    if (own === undefined) {
      own = featuresOfService(s) | (s.tables.some((t) => (t.tracked ?? 0) > 0) ? LbFeature.FLOWS : 0);
      featuresOfLive.set(s, own);
    }
    features |= own;
  }
  return features;
}

/** `across`: covers both configurations; `after`: the smallest for the second. */
function programsFor(live: Live, next: Generation, { vlans }: PlanContext): { across: ProgramState; after: ProgramState } | { missing: number } {
  const needed = featuresOfGeneration(next) | (vlans ? LbFeature.VLAN : 0);
  const across = smallestVariant(needed | featuresOfGeneration(live));
  const after = smallestVariant(needed);
  if ('missing' in across) return across;
  return 'missing' in after ? after : { across, after };
}

function noVariant(missing: number): Diagnostic {
  return {
    code: 'LB630',
    severity: 'error',
    message: `no program of this build does all of this at once: ${featureNames(missing).join(', ')} ${missing & (missing - 1) ? 'are' : 'is'} missing`,
    hint: 'split the services over two instances, or build a variant that has all of it',
  };
}

