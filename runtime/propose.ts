/** Plans against what is live: the pure planner with the machine's tables, clock, routes and interfaces. */
import { conflicts } from '../compiler/diff.ts';
import type { Live, LiveService, NeighbourEntry, TablePlace } from '../compiler/live.ts';
import { plan, planRollback, type PlanContext } from '../compiler/plan.ts';
import type { Plan } from '../compiler/plan-types.ts';
import type { State } from '../compiler/state.ts';
import type { Diagnostic } from '../dsl/diagnostic.ts';
import { bug, hasErrors } from '../dsl/diagnostic.ts';
import type { Instance } from './datapath.ts';
import { forwardingProblems } from './forwarding.ts';
import { interfaceNames, networkNamespace, socketPorts } from './interfaces.ts';
import { findNextHops, type NextHops } from './neighbours.ts';
import { noInterface } from './problems.ts';
import { hasVlans } from './vlans.ts';

/** What should be live. */
export interface Want {
  readonly state: State;
  /** What these own is replaced; everything else stays. */
  readonly rulesets: readonly string[];
  /** Texts of rulesets to keep with the commit. */
  readonly sources?: Readonly<Record<string, string>>;
}

export interface Planned {
  /** Absent where a diagnostic is an error. */
  readonly plan?: Plan;
  readonly diagnostics: readonly Diagnostic[];
}

/** Plans `want` over `live`. Without an instance: its first apply. */
export function planAgainst(live: Live, want: Want, instance: Instance | undefined): Planned {
  const state: State = { ...want.state, rulesets: want.rulesets };
  const found: Diagnostic[] = [];
  const neighbours = (addresses: readonly string[]): readonly NeighbourEntry[] => {
    const hops = nextHopsFor(want, addresses);
    found.push(...hops.diagnostics);
    return hops.entries;
  };
  const netns = networkNamespace();
  const { plan: made, diagnostics } = plan(live, state, {
    ...contextOf(instance),
    neighbours,
    ...(netns === undefined ? {} : { netns }),
    ...(want.sources ? { sources: want.sources } : {}),
  });
  const all = [...conflicts(live, state), ...diagnostics, ...missingInterfaces(made), ...found, ...forwardingProblems(state.attachments, servicesAfter(live, made))];
  return hasErrors(all) ? { diagnostics: all } : { plan: made, diagnostics: all };
}

function servicesAfter(live: Live, { steps }: Plan): readonly LiveService[] {
  return steps.flatMap((s) => (s.kind === 'write-services' ? [s.generation.services] : []))[0] ?? live.services;
}

interface Asked {
  readonly at: number;
  readonly addresses: readonly string[];
  readonly hops: NextHops;
}

const lately = new WeakMap<Want, Asked>();
/** Milliseconds. Routes may change between a plan and its apply; one that follows at once asks nothing twice. */
const fresh = 10_000;

function nextHopsFor(want: Want, addresses: readonly string[]): NextHops {
  const asked = lately.get(want);
  if (asked && performance.now() - asked.at < fresh && asked.addresses.length === addresses.length && addresses.every((a, i) => a === asked.addresses[i])) {
    return asked.hops;
  }
  const hops = findNextHops(addresses);
  lately.set(want, { at: performance.now(), addresses, hops });
  return hops;
}

/** Plans the way back to the former configuration. */
export function planRollbackAgainst(live: Live, instance: Instance): Planned {
  const { plan: made, diagnostics } = planRollback(live, contextOf(instance));
  const all = [...diagnostics, ...missingInterfaces(made)];
  return hasErrors(all) ? { diagnostics: all } : { plan: made, diagnostics: all };
}

function contextOf(instance: Instance | undefined): PlanContext {
  const localPorts = socketPorts();
  return {
    exists: instance !== undefined,
    now: process.hrtime.bigint(),
    ...(localPorts ? { localPorts } : {}),
    vlans: hasVlans(),
    readTable: (place) => readTable(instance ?? bug('a table is read of an instance that is not there'), place),
    ...(instance ? { flows: () => instance.map('flows').entries() } : {}),
  };
}

/** Pairs of current and previous row. */
function readTable(instance: Instance, place: TablePlace): Uint32Array {
  const arena = instance.inner('arenas', place.arena) ?? bug(`arena ${place.arena} is not there`);
  try {
    const bytes = arena.readRange(place.base, place.size);
    return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  } finally {
    arena.close();
  }
}

/** Said before anything is written. */
function missingInterfaces({ steps }: Plan): Diagnostic[] {
  const wanted = steps.flatMap((s) => (s.kind === 'attach' ? [s.attachment.interface] : []));
  if (wanted.length === 0) return [];
  const names = new Set(interfaceNames());
  return wanted.filter((n) => !names.has(n)).map(noInterface);
}
