/**
 * The slots of a changed service, and what flows keep of the old ones. A slot is undisturbed (no `previous`), or it
 * is tracked: its packets look flows up, and what is not found goes to `previous` within the settling window.
 * `previous` equal to `current` is a watch: look up, but send what is not found to `current`.
 *
 * After Beamer (Olteanu et al., NSDI '18) and JET (Mendelson et al., CoNEXT '20). A table names only rows of backends
 * that are up or draining in its own version of the service, so that a freed row can be given away:
 *
 *   was → is        window still open                       window over, or never opened
 *   A    → A        previous stays; a gone one: watch       a tracked slot is watched on
 *   A    → B        the older previous stays; else A        A; where A is gone, a tracked slot is watched
 *
 * A tracked slot stays tracked while flows are remembered there for a backend that is not `current` (`remembered`), or
 * while nobody looked; then it is undisturbed again. A table of another size cannot have `previous` slot by slot: the
 * old answers are written as a table of their own (flag PREV_TABLE), which the program asks first, and every slot is
 * watched. Protocols of which every flow is remembered (`remembers` of state.ts) need nothing of this; where a protocol
 * is remembered no longer, its flows are still in the flow table, and every slot is watched.
 */
import type { LiveTable, PlacedBackend } from './live.ts';
import { backendKey } from './order.ts';
import { maglevTable, murmur3, randomTable, turnTable, type Weighted } from './maglev.ts';
import { slotOf } from './service-table.ts';
import { backendsFor, remembers, type Service } from './state.ts';

/** What a table is computed from. */
export interface TableInput {
  readonly service: Omit<Service, 'backends'> & { readonly backends: readonly PlacedBackend[] };
  readonly family: 4 | 6;
}

/** The table that the last commit left. */
export interface OldTable {
  readonly table: LiveTable;
  readonly service: Pick<Service, 'mode' | 'hash' | 'affinity' | 'frontends'>;
  /** `current` and `previous` alternating. */
  readonly slots: Uint32Array;
  /** Slots of `table.previous`, likewise. */
  readonly previous?: Uint32Array;
  /** Whether the settling window is still open for a protocol of the service. */
  readonly open: boolean;
  /** Rows that flows are remembered for, by slot, as of a window that is over; absent: unknown. */
  readonly remembered?: ReadonlyMap<number, ReadonlySet<number>>;
}

export interface NewTable {
  /** `current` and `previous` alternating; empty: no usable backend, and no flow to keep. */
  readonly slots: Uint32Array;
  /** A table that answers for flows from before, where it is not slot by slot. */
  readonly previous?: Uint32Array;
  /** Slots that consult the flow table. */
  readonly tracked: number;
}

/** Weighted backends with their rows, in the order that table indices refer to. */
function contenders({ service, family }: TableInput): (Weighted & { readonly row: number })[] {
  const chosen = backendsFor(service, family) as readonly PlacedBackend[];
  return chosen
    .map((b) => ({ key: backendKey(b), weight: b.state === 'up' ? b.weight : 0, row: b.row }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Equal digests: equal tables, and the same backends alive in the service as a whole. */
export function tableDigest({ service, family }: { readonly service: Service; readonly family: 4 | 6 }): string {
  const { hash } = service;
  const chosen = new Set(backendsFor(service, family));
  const remembered = (['tcp', 'udp'] as const).map((p) => (remembers(service, p) ? p : '-'));
  const parts = service.backends.map((b) => `${backendKey(b)} ${chosen.has(b) ? b.weight : '-'} ${b.state}`);
  const text = [hash.kind, ...remembered, ...(hash.kind === 'maglev' ? [hash.size, JSON.stringify(hash.seed), hash.by] : []), ...parts].join('\n');
  return [1, 2, 3, 4].map((seed) => murmur3(text, seed).toString(16).padStart(8, '0')).join('');
}

/** Rows of the answers, without regard to what was before. */
function answers(input: TableInput): Uint32Array {
  const { hash } = input.service;
  const backends = contenders(input);
  const indices = hash.kind === 'maglev' ? maglevTable(backends, hash.size, hash.seed)
    : hash.kind === 'random' ? randomTable(backends)
    : turnTable(backends);
  return indices.map((i) => backends[i]!.row);
}

/** Slots of a changed service, given what was there. */
export function makeTable(input: TableInput, old: OldTable | undefined): NewTable {
  const current = answers(input);
  const alive = new Set(input.service.backends.filter((b) => b.state !== 'down').map((b) => b.row));
  const { hash } = input.service;
  if (hash.kind !== 'maglev' || !tracks(input.service) || !old || old.slots.length === 0) return fresh(current);
  const { hash: oldHash } = old.service;
  if (oldHash.kind !== 'maglev' || !tracks(old.service)) return watchAll(current);
  if (oldHash.by !== hash.by) return old.table.tracked || old.previous ? watchAll(current) : fresh(current);
  // Where nothing takes new flows, a table without current backends still leads the old flows to theirs.
  const witness = contenders(input).find((b) => alive.has(b.row))?.row ?? 0;
  if (current.length === 0 && witness === 0) return fresh(current);
  const next = current.length === 0 ? new Uint32Array(hash.size) : current;
  if (old.slots.length !== next.length * 2) return resized(next, old, alive, witness);
  const made = slotBySlot(next, old, alive, witness);
  return leavesRemembered(old.service, input.service) ? watchRest(made, witness) : made;
}

/** Whether slots answer packets of the service by themselves. */
function tracks(service: OldTable['service']): boolean {
  return service.frontends.some((f) => !remembers(service, f.protocol));
}

/** Whether flows that are all remembered meet slots that answer by themselves. */
function leavesRemembered(old: OldTable['service'], now: OldTable['service']): boolean {
  return old.frontends.some((f) => remembers(old, f.protocol) && !remembers(now, f.protocol));
}

function fresh(current: Uint32Array): NewTable {
  const slots = new Uint32Array(current.length * 2);
  current.forEach((row, i) => { slots[2 * i] = row; });
  return { slots, tracked: 0 };
}

function watchAll(current: Uint32Array): NewTable {
  const slots = new Uint32Array(current.length * 2);
  current.forEach((row, i) => { slots[2 * i] = slots[2 * i + 1] = row; });
  return { slots, tracked: current.length };
}

/** Slots that look nothing up do so, and go to `current` for what is not found. */
function watchRest(table: NewTable, witness: number): NewTable {
  const { slots } = table;
  for (let i = 0; i < slots.length; i += 2) if (slots[i + 1] === 0) slots[i + 1] = slots[i] !== 0 ? slots[i]! : witness;
  return { ...table, tracked: slots.length / 2 };
}

/** `witness`: an alive row, for slots that have no other to be tracked by. */
function slotBySlot(current: Uint32Array, old: OldTable, alive: ReadonlySet<number>, witness: number): NewTable {
  const kept = old.previous && old.open ? onlyAlive(old.previous, alive) : undefined;
  const slots = new Uint32Array(current.length * 2);
  let tracked = 0;
  for (let i = 0; i < current.length; i++) {
    const now = current[i]!;
    const was = old.slots[2 * i]!;
    const before = old.slots[2 * i + 1]!;
    const disturbed = (before !== 0 || old.previous !== undefined) && holdsFlows(old, i, now, alive);
    let previous = 0;
    if (kept) previous = now !== 0 ? now : alive.has(was) ? was : witness;
    else if (old.open && alive.has(before)) previous = before;
    else if (now !== was && alive.has(was)) previous = was;
    else if (disturbed) previous = now !== 0 ? now : alive.has(before) ? before : witness;
    slots[2 * i] = now;
    slots[2 * i + 1] = previous;
    if (previous !== 0) tracked++;
  }
  return { slots, tracked: kept ? current.length : tracked, ...(kept ? { previous: kept } : {}) };
}

/** Whether flows of a slot may be remembered for a backend that is alive and not `now`. */
function holdsFlows({ remembered }: OldTable, slot: number, now: number, alive: ReadonlySet<number>): boolean {
  if (!remembered) return true;
  for (const row of remembered.get(slot) ?? []) if (row !== now && alive.has(row)) return true;
  return false;
}

/** The old answers become a table of their own: within the window those from before it, after it the last ones. */
function resized(current: Uint32Array, old: OldTable, alive: ReadonlySet<number>, witness: number): NewTable {
  const { slots } = watchAll(current);
  if (current[0] === 0) for (let i = 1; i < slots.length; i += 2) slots[i] = witness;
  if (old.previous && old.open) return { slots, previous: onlyAlive(old.previous, alive), tracked: current.length };
  const previous = new Uint32Array(old.slots.length);
  for (let i = 0; i < previous.length; i += 2) {
    const [was, before] = [old.slots[i]!, old.slots[i + 1]!];
    previous[i] = old.open && alive.has(before) ? before : alive.has(was) ? was : 0;
  }
  return { slots, previous, tracked: current.length };
}

function onlyAlive(slots: Uint32Array, alive: ReadonlySet<number>): Uint32Array {
  const kept = new Uint32Array(slots.length);
  for (let i = 0; i < slots.length; i += 2) kept[i] = alive.has(slots[i]!) ? slots[i]! : 0;
  return kept;
}

/** Share (0–1) of hash values whose answer is another backend; exact for tables of one size, else over 65,536 samples. */
export function movedShare(before: Uint32Array, after: Uint32Array): number {
  const [a, b] = [before.length / 2, after.length / 2];
  if (a === 0 || b === 0) return a === b ? 0 : 1;
  const samples = a === b ? a : 65536;
  const slot = a === b ? (n: number): number => n : slotOf;
  let moved = 0;
  for (let n = 0; n < samples; n++) {
    const hash = a === b ? n : Math.imul(n, 0x9e3779b1) >>> 0;
    if (before[2 * slot(hash, a)] !== after[2 * slot(hash, b)]) moved++;
  }
  return moved / samples;
}
