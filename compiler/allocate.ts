/**
 * Gives what changed a place: ids, rows, slots, texts of a commit that is not written yet. A service that no change
 * names keeps everything, its serial included.
 */
import { bug } from '../dsl/diagnostic.ts';
import type { Change } from './change.ts';
import { countEntries } from './entries.ts';
import { mapSpecs } from './generated/layout.ts';
import type { Live, LiveService, LiveTable, Mark, PlacedBackend, TablePlace } from './live.ts';
import { drains, marksOf } from './marks.ts';
import type { Packed } from './metadata.ts';
import { backendKey, sortServices } from './order.ts';
import { portsFor } from './source-ports.ts';
import { reachable, Slots, takenBy, type NewArena, type Numbers } from './place.ts';
import type { Impact, RowWrite, TableWrite } from './plan-types.ts';
import { rememberedRows } from './remembered.ts';
import { remembers, type Service } from './state.ts';
import { makeTable, movedShare, tableDigest, type NewTable, type OldTable } from './tables.ts';

/** How long a changed slot stays with its former backend, in ms. UDP has no SYN, so every unknown packet counts as old. */
const defaultGrace = { tcp: 60_000, udp: 10_000 } as const;
/** A window that ends within this time counts as over: the swap comes a moment after the plan. */
const margin = 1_000_000_000n;

export interface Allocation {
  /** All services of the new configuration. */
  readonly services: readonly LiveService[];
  /** Those that this commit writes. */
  readonly written: readonly LiveService[];
  readonly rows: readonly RowWrite[];
  readonly tables: readonly TableWrite[];
  readonly arenas: readonly NewArena[];
  /** Rows that flows no longer stick to, and rows that they do again. */
  readonly dead: readonly number[];
  readonly revived: readonly number[];
  /** Rows that new flows of known clients do not come to from now on, and rows that they come to again. */
  readonly draining: readonly number[];
  readonly refilled: readonly number[];
  readonly newIds: readonly number[];
  readonly moved: Impact['moved'];
  /** What does not fit: how many are needed, and how many are free. */
  readonly shortage?: { readonly of: 'backends' | 'services' | 'slots' | 'ranges' | 'sources'; readonly needed: number; readonly free: number; readonly former: number };
}

export interface AllocateContext {
  readTable(place: TablePlace): Uint32Array;
  /** CLOCK_MONOTONIC, ns. */
  readonly now: bigint;
  /** Entries of the flow table; asked for at most once, and only where it tells which slots are clean again. Absent: none are. */
  readonly flows?: () => Packed;
  /** Ports that the kernel takes for sockets of its own (net.ipv4.ip_local_port_range); absent: what it does unless told otherwise. */
  readonly localPorts?: readonly [low: number, high: number];
}

interface Draft {
  readonly service: Omit<LiveService, 'tables'>;
  readonly before: LiveService | undefined;
  readonly tables: readonly { readonly family: 4 | 6; readonly digest: string; readonly keep?: LiveTable; readonly made?: NewTable }[];
}

export function allocate(live: Live, changes: readonly Change[], serial: number, given: AllocateContext): Allocation {
  const context = given.flows ? { ...given, flows: once(given.flows) } : given;
  const { ids, rows: rowNumbers, places } = takenBy(live);
  const marks = marksOf(live);
  const formerVersions = new Map(live.former?.services.map((s) => [s.id, s]));
  const rows: RowWrite[] = [];
  const dead: number[] = [];
  const revived: number[] = [];
  const draining: number[] = [];
  const refilled: number[] = [];
  const newIds: number[] = [];
  const moved: Impact['moved'][number][] = [];
  const gone = new Set<number>();
  const drafts: Draft[] = [];
  for (const change of changes) {
    if (change.kind === 'remove-service') {
      const { id } = change.service;
      gone.add(id);
      // Its id and rows are given away one day, and flows may still be remembered for them.
      judgeRows([], change.service, formerVersions.get(id), marks, dead, revived);
    }
    if (change.kind !== 'add-service' && change.kind !== 'change-service') continue;
    const before = change.kind === 'change-service' ? change.before : undefined;
    const service = change.kind === 'change-service' ? change.after : change.service;
    const id = before?.id ?? ids.take();
    if (before) gone.add(id);
    else newIds.push(id);
    const backends = placeBackends(service, before, id, serial, rowNumbers, rows);
    judgeRows(backends, before, formerVersions.get(id), marks, dead, revived);
    judgeDraining(backends, serial, marks, draining, refilled);
    drafts.push(draft({ ...service, id, serial, ...portsFor(service, context.localPorts), backends }, before, context, moved));
  }
  const slots = new Slots(live.arenas, places);
  const tables: TableWrite[] = [];
  const written = drafts.map((d) => withTables(d, slots, tables, context.now));
  const services = sortServices([...live.services.filter((s) => !gone.has(s.id)), ...written.flatMap((s) => s ?? [])]);
  const shortage = shortageOf(live, ids.reserved, newIds.length, rowNumbers.reserved, rows.length, written.includes(undefined), drafts);
  return {
    services, written: written.flatMap((s) => s ?? []), rows, tables, arenas: slots.created, dead, revived, draining, refilled, newIds, moved,
    ...(shortage ? { shortage } : {}),
  };
}

/**
 * Kept backends keep their rows; new ones get a row each, with this commit as birth, and so do those that return from
 * `down`: flows from before stay dead with the old row.
 */
function placeBackends(service: Service, before: LiveService | undefined, id: number, serial: number, numbers: Numbers, rows: RowWrite[]): PlacedBackend[] {
  const old = new Map(before?.backends.map((b) => [backendKey(b), b]));
  return service.backends.map((b) => {
    const was = old.get(backendKey(b));
    if (was && !(was.state === 'down' && b.state !== 'down')) return { ...b, row: was.row, birth: was.birth };
    const row = numbers.take();
    rows.push({ row, address: b.address, family: b.family, port: b.port, birth: serial, service: id, drainFrom: drains(b) ? serial : 0 });
    return { ...b, row, birth: serial };
  });
}

/**
 * Flows leave a backend that is down or gone; marks that no longer hold are taken back. Rows of the former version
 * count too: after an undo, flows are remembered for backends that only it has.
 */
function judgeRows(
  backends: readonly PlacedBackend[], before: LiveService | undefined, former: LiveService | undefined,
  marks: ReadonlyMap<number, Mark>, dead: number[], revived: number[],
): void {
  if (!before) return;
  const alive = new Set(backends.filter((b) => b.state !== 'down').map((b) => b.row));
  for (const row of new Set([...before.backends, ...(former?.backends ?? [])].map((b) => b.row))) {
    const isMarked = (marks.get(row)?.deadFrom ?? 0) !== 0;
    if (alive.has(row) && isMarked) revived.push(row);
    if (!alive.has(row) && !isMarked) dead.push(row);
  }
}

/** Of rows that were there before; new ones are written with their mark. */
function judgeDraining(backends: readonly PlacedBackend[], serial: number, marks: ReadonlyMap<number, Mark>, draining: number[], refilled: number[]): void {
  for (const b of backends) {
    if (b.birth === serial || b.state === 'down') continue;
    const isMarked = (marks.get(b.row)?.drainFrom ?? 0) !== 0;
    if (drains(b) && !isMarked) draining.push(b.row);
    if (!drains(b) && isMarked) refilled.push(b.row);
  }
}

function familiesOf(service: Service): (4 | 6)[] {
  return ([4, 6] as const).filter((family) => service.frontends.some((f) => f.family === family));
}

function draft(service: Draft['service'], before: LiveService | undefined, context: AllocateContext, moved: Impact['moved'][number][]): Draft {
  const tables = familiesOf(service).map((family) => {
    const digest = tableDigest({ service, family });
    const was = before?.tables.find((t) => t.family === family);
    if (was && was.digest === digest) return { family, digest, keep: was };
    const old = before && was ? oldTable(before, was, context) : undefined;
    const made = makeTable({ service, family }, old);
    if (old) moved.push({ ruleset: service.ruleset, service: service.name, family, share: movedShare(old.slots, made.slots) });
    return { family, digest, made };
  });
  return { service, before, tables };
}

function oldTable(service: LiveService, table: LiveTable, { readTable, now, flows }: AllocateContext): OldTable {
  const until = (protocol: 'tcp' | 'udp'): bigint =>
    service.frontends.some((f) => f.protocol === protocol) ? BigInt(protocol === 'tcp' ? table.settleTcp : table.settleUdp) : 0n;
  const isOver = now >= until('tcp') && now >= until('udp');
  const { hash } = service;
  const remembered = flows && isOver && (table.tracked ?? 0) > 0 && hash.kind === 'maglev'
    ? rememberedRows(flows(), {
      family: table.family, size: table.size, bySource: hash.by === 'source', now,
      protocols: (['tcp', 'udp'] as const).filter((p) => !remembers(service, p)),
      births: new Map(service.backends.map((b) => [b.row, b.birth])),
    })
    : undefined;
  return {
    table,
    service,
    slots: table.size > 0 ? readTable(table) : new Uint32Array(0),
    ...(table.previous ? { previous: readTable(table.previous) } : {}),
    open: now + margin < until('tcp') || now + margin < until('udp'),
    ...(remembered ? { remembered } : {}),
  };
}

/** The same, asked for once. */
function once<T>(get: () => T): () => T {
  let got: { readonly value: T } | undefined;
  return () => (got ??= { value: get() }).value;
}

function sizesOf({ tables }: Draft): number[] {
  return tables.flatMap(({ made }) => (made ? [made.slots.length / 2, (made.previous?.length ?? 0) / 2] : []));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

/** Undefined: the slots do not fit. */
function withTables({ service, tables }: Draft, slots: Slots, writes: TableWrite[], now: bigint): LiveService | undefined {
  const placed: LiveTable[] = [];
  for (const { family, digest, keep, made } of tables) {
    if (keep) {
      placed.push(keep);
      continue;
    }
    const { slots: content, previous, tracked } = made ?? bug('a table that is neither kept nor made');
    const place = put(content, slots, writes);
    const former = previous && put(previous, slots, writes);
    if (!place || (previous && !former)) return undefined;
    placed.push({ ...place, family, digest, ...(former ? { previous: former } : {}), ...windows(service, tracked, now), tracked, lingering: [] });
  }
  return { ...service, tables: placed };
}

function put(content: Uint32Array, slots: Slots, writes: TableWrite[]): TablePlace | undefined {
  if (content.length === 0) return { arena: 0, base: 0, size: 0 };
  const place = slots.take(content.length / 2);
  if (place) writes.push({ arena: place.arena, base: place.base, slots: content });
  return place;
}

/** A service with both protocols has one window for both, since its slots have one `previous`. */
function windows(service: Draft['service'], tracked: number, now: bigint): { settleTcp: string; settleUdp: string } {
  if (tracked === 0) return { settleTcp: '0', settleUdp: '0' };
  const mixed = new Set(service.frontends.map((f) => f.protocol)).size > 1;
  const end = (ms: number): string => String(now + BigInt(ms) * 1_000_000n);
  return {
    settleTcp: end(service.grace ?? defaultGrace.tcp),
    settleUdp: end(service.grace ?? (mixed ? defaultGrace.tcp : defaultGrace.udp)),
  };
}

function shortageOf(
  live: Live, takenIds: number, newIds: number, takenRows: number, newRows: number, slotsMissing: boolean, drafts: readonly Draft[],
): Allocation['shortage'] {
  const { capacity } = live;
  const freeIds = capacity.services - takenIds;
  if (newIds > freeIds) return { of: 'services', needed: newIds, free: Math.max(0, freeIds), former: takenIds - live.services.length };
  const freeRows = capacity.backends - takenRows;
  if (newRows > freeRows) {
    const current = sum(live.services.map((s) => s.backends.length));
    return { of: 'backends', needed: newRows, free: Math.max(0, freeRows), former: takenRows - current };
  }
  for (const of of ['ranges', 'sources'] as const) {
    const needed = sum(drafts.map((d) => countEntries(of, { ...d.service, tables: [] })));
    if (needed === 0) continue;
    const total = mapSpecs[of].maxEntries;
    const taken = sum(reachable(live).map((s) => countEntries(of, s)));
    if (needed > total - taken) return { of, needed, free: total - taken, former: taken - sum(live.services.map((s) => countEntries(of, s))) };
  }
  if (slotsMissing) return { of: 'slots', needed: sum(drafts.flatMap(sizesOf)), free: 0, former: 0 };
  return undefined;
}
