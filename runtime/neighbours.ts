/**
 * Next hops of backends, and the managed neighbour entries that make the kernel resolve and keep them
 * (NTF_EXT_MANAGED, Linux 5.16): XDP can only use a neighbour that is resolved already. Routes and entries are
 * those of the network namespace of the calling thread.
 */
import type { NeighbourEntry } from '../compiler/live.ts';
import type { Diagnostic } from '../dsl/diagnostic.ts';
import { ipBatch } from './iproute.ts';

export interface NextHops {
  /** Entries that are wanted, without those that somebody else keeps. Sorted, each once. */
  readonly entries: readonly NeighbourEntry[];
  readonly diagnostics: readonly Diagnostic[];
}

interface Route {
  readonly type?: string;
  readonly dst: string;
  readonly gateway?: string;
  readonly via?: { readonly host: string };
  readonly dev: string;
}

interface Neighbour {
  readonly dst: string;
  readonly dev: string;
  readonly state?: readonly string[];
  readonly managed?: null;
  readonly protocol?: string;
}

export function neighbourKey(entry: NeighbourEntry): string {
  return `${entry.interface} ${entry.address}`;
}

/** Marks our entries in the kernel's table (NDA_PROTOCOL); a number that nobody has in rt_protos. */
const protocol = '92';

/** Asks the kernel for the way to each address. */
export function findNextHops(addresses: readonly string[]): NextHops {
  const asked = [...new Set(addresses)];
  const { missing, failures, documents } = ipBatch([...asked.map((a) => `route get ${a}`), 'neigh show'], ['-json']);
  if (missing) return { entries: [], diagnostics: [noTool(missing)] };
  const answered = asked.filter((_, i) => !failures.has(i));
  const kept = keptByOthers((documents[answered.length] ?? []) as readonly Neighbour[]);
  const entries = new Map<string, NeighbourEntry>();
  for (const document of documents.slice(0, answered.length)) {
    const [route] = document as readonly Route[];
    // An address of this host has the type local.
    if (!route || route.dev === 'lo' || (route.type !== undefined && route.type !== 'unicast')) continue;
    const entry = { interface: route.dev, address: route.gateway ?? route.via?.host ?? route.dst };
    if (!kept.has(neighbourKey(entry))) entries.set(neighbourKey(entry), entry);
  }
  const unreachable = [...failures.keys()].map((i) => asked[i]!);
  return {
    entries: [...entries.values()].sort((a, b) => (neighbourKey(a) < neighbourKey(b) ? -1 : 1)),
    diagnostics: unreachable.length > 0 ? [noRoute(unreachable)] : [],
  };
}

function listNeighbours(): readonly Neighbour[] {
  return ipBatch(['neigh show'], ['-json']).documents.flat() as Neighbour[];
}

/** Permanent entries, and managed ones that are not of sluice. */
function keptByOthers(listed: readonly Neighbour[]): Set<string> {
  return new Set(listed
    .filter((n) => n.state?.some((s) => s === 'PERMANENT' || s === 'NOARP') || ('managed' in n && n.protocol !== protocol))
    .map((n) => neighbourKey({ interface: n.dev, address: n.dst })));
}

/** Installs entries; answers those that failed, with why. */
export function addNeighbours(entries: readonly NeighbourEntry[]): Diagnostic[] {
  const done = ipBatch(entries.map((n) => `neigh replace ${n.address} dev ${n.interface} managed protocol ${protocol}`));
  if (done.missing) return [noTool(done.missing)];
  return [...done.failures].map(([i, why]) => ({
    code: 'LB617',
    severity: 'warning',
    message: `the neighbour ${entries[i]!.address} on ${entries[i]!.interface} could not be given to the kernel to keep: ${why}`,
    hint: 'packets to it are dropped (no-neighbour) until the kernel knows it: ping it from here; managed neighbours need Linux 5.16 and iproute2 5.16',
  }));
}

/** Of these, the ones that the kernel has no more: it forgets them when their interface goes down. */
export function lostNeighbours(entries: readonly NeighbourEntry[]): readonly NeighbourEntry[] {
  if (entries.length === 0) return [];
  const there = new Set(listNeighbours().map((n) => neighbourKey({ interface: n.dev, address: n.dst })));
  return entries.filter((n) => !there.has(neighbourKey(n)));
}

/** What a plan says of lost neighbours; the next apply puts them back, also when nothing else changes. */
export function lostDiagnostic(lost: readonly NeighbourEntry[]): Diagnostic[] {
  const [first] = lost;
  if (!first) return [];
  return [{
    code: 'LB618',
    severity: 'warning',
    message: `the kernel has forgotten ${lost.length === 1 ? 'a next hop' : `${lost.length} next hops`} of backends (${first.address} on ${first.interface}${lost.length > 1 ? ', …' : ''}): was the interface down?`,
    hint: 'apply puts them back; until then packets to a neighbour that the kernel does not know are dropped (no-neighbour)',
  }];
}

/** Removes entries that are ours; one that is gone already, or is somebody else's now, is no failure. */
export function removeNeighbours(entries: readonly NeighbourEntry[]): Diagnostic[] {
  if (entries.length === 0) return [];
  const there = new Set(listNeighbours().filter((n) => n.protocol === protocol).map((n) => neighbourKey({ interface: n.dev, address: n.dst })));
  const done = ipBatch(entries.filter((n) => there.has(neighbourKey(n))).map((n) => `neigh del ${n.address} dev ${n.interface}`));
  return done.missing ? [noTool(done.missing)] : [];
}

function noTool(why: string): Diagnostic {
  return {
    code: 'LB614',
    severity: 'warning',
    message: `neighbours of the backends are not kept: ${why}`,
    hint: "install it (Debian: apt install iproute2) and apply again; until then packets to a neighbour that the kernel does not know are dropped",
  };
}

function noRoute(addresses: readonly string[]): Diagnostic {
  const shown = addresses.slice(0, 3).join(', ');
  const more = addresses.length > 3 ? ` and ${addresses.length - 3} more` : '';
  return {
    code: 'LB613',
    severity: 'warning',
    message: `there is no route to ${addresses.length === 1 ? 'the backend' : 'the backends'} ${shown}${more}`,
    hint: `packets for ${addresses.length === 1 ? 'it' : 'them'} are dropped (no-route); look at: ip route get ${addresses[0]!}`,
  };
}
