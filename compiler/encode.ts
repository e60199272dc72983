/**
 * A configuration as entries of maps, and back. `encodeServices` is the one place that says which entries a
 * configuration has; reading back compares with exactly that, so what something else changed is found.
 */
import type { Diagnostic } from '../dsl/diagnostic.ts';
import { formatAddress, parseAddress } from '../dsl/ip.ts';
import { bug } from '../dsl/diagnostic.ts';
import { decodeGeneration, findDrift, findDriftBeside, type RawMaps } from './decode.ts';
import { backend, LbHash, LbMode, LbServiceFlag, service, serviceKey, type Service as ServiceValue } from './generated/layout.ts';
import type { Generation, Live, LiveService, LiveTable, Mark } from './live.ts';
import { isUnfinished } from './marks.ts';
import { Texts, type Packed } from './metadata.ts';
import type { RowWrite } from './plan-types.ts';
import { readSource } from './sources.ts';
import { modeFor, remembers, wraps, type Frontend, type Hash } from './state.ts';

export { encodeMeta } from './metadata.ts';
export type { RawMaps } from './decode.ts';

const protocols = { tcp: 6, udp: 17 } as const;
const nothing: ServiceValue = {
  settleTcp: 0n, settleUdp: 0n, id: 0, serial: 0, tableBase: 0, tableSize: 0, prevBase: 0, prevSize: 0,
  arena: 0, prevArena: 0, mode: LbMode.NONE, hash: LbHash.NONE, flags: 0, sources: 0, affinity: 0, portLow: 0, portHigh: 0,
};

/** 16 bytes of canonical address text. */
export function addressBytes(text: string): Uint8Array {
  return parseAddress(text)?.bytes ?? bug(`'${text}' is not an address`);
}

/** The service map of a configuration: its front ends, a wildcard for each VIP, the head. */
export function encodeServices(generation: Generation): Packed {
  const { services } = generation;
  const starts = new Uint32Array(services.length + 1);
  for (let i = 0; i < services.length; i++) starts[i + 1] = starts[i]! + services[i]!.frontends.length;
  const frontends = starts[services.length]!;
  const wildcardKeys = last && sameFrontends(last.services, services) ? last.wildcardKeys : wildcardKeysOf(services);
  const wildcards = wildcardKeys.length / serviceKey.size;
  const count = frontends + wildcards + 1;
  const keys = new Uint8Array(count * serviceKey.size);
  const values = new Uint8Array(count * service.size);
  putFrontends(services, starts, keys, values);
  keys.set(wildcardKeys, frontends * serviceKey.size);
  const passing = passingVips(services);
  for (let i = 0; i < wildcards; i++) {
    const passes = passing.size > 0 && passing.has(formatAddress(wildcardKeys.subarray(i * serviceKey.size, i * serviceKey.size + 16)));
    values.set(passes ? passingWildcard : wildcard, (frontends + i) * service.size);
  }
  service.encode({ ...nothing, id: services.length, serial: generation.serial, flags: LbServiceFlag.HEAD }, values, (count - 1) * service.size);
  last = { services, starts, wildcardKeys, keys: keys.slice(), values: values.slice() };
  return { keys, values, count };
}

const wildcard = service.encode({ ...nothing, flags: LbServiceFlag.WILDCARD });
const passingWildcard = service.encode({ ...nothing, flags: LbServiceFlag.WILDCARD | LbServiceFlag.PASS });

/** VIPs that leave to the network stack what none of their services is for. */
function passingVips(services: readonly LiveService[]): Set<string> {
  return new Set(services.flatMap((s) => (s.onUnknown === 'pass' ? s.frontends.map((f) => f.address) : [])));
}

/** What was encoded last: the next configuration has most of its services, as the same objects. */
let last: {
  readonly services: readonly LiveService[];
  /** First entry of each service, and where the last ends. */
  readonly starts: Uint32Array;
  readonly wildcardKeys: Uint8Array;
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
} | undefined;

function sameFrontends(a: readonly LiveService[], b: readonly LiveService[]): boolean {
  return a.length === b.length && a.every((s, i) => s === b[i]
    || (s.frontends.length === b[i]!.frontends.length && s.frontends.every((f, n) => f.address === b[i]!.frontends[n]!.address)));
}

function wildcardKeysOf(services: readonly LiveService[]): Uint8Array {
  const vips = [...new Set(services.flatMap((s) => s.frontends.map((f) => f.address)))];
  const keys = new Uint8Array(vips.length * serviceKey.size);
  vips.forEach((vip, i) => keys.set(addressBytes(vip), i * serviceKey.size));
  return keys;
}

/** Copies runs of services that were encoded last, and encodes the others. */
function putFrontends(services: readonly LiveService[], starts: Uint32Array, keys: Uint8Array, values: Uint8Array): void {
  let places: Map<LiveService, number> | undefined;
  for (let i = 0, was = 0; i < services.length;) {
    let run = 0;
    while (last && i + run < services.length && last.services[was + run] === services[i + run]) run++;
    if (last && run > 0) {
      const [from, to] = [last.starts[was]!, last.starts[was + run]!];
      keys.set(last.keys.subarray(from * serviceKey.size, to * serviceKey.size), starts[i]! * serviceKey.size);
      values.set(last.values.subarray(from * service.size, to * service.size), starts[i]! * service.size);
      i += run;
      was += run;
      continue;
    }
    const s = services[i]!;
    places ??= new Map(last?.services.map((other, n) => [other, n]));
    const place = places.get(s);
    if (place !== undefined) {
      was = place;
      continue;
    }
    s.frontends.forEach((f, n) => {
      serviceKey.encode({ addr: addressBytes(f.address), port: f.port, proto: protocols[f.protocol] }, keys, (starts[i]! + n) * serviceKey.size);
      service.encode(entryOf(s, f), values, (starts[i]! + n) * service.size);
    });
    i++;
    was++;
  }
}

function entryOf(s: LiveService, f: Frontend): ServiceValue {
  const table = s.tables.find((t) => t.family === f.family);
  const mode = modeFor(s.mode, f.protocol);
  const empty = table === undefined || table.size === 0;
  return {
    ...(empty ? nothing : placeOf(table)),
    id: s.id,
    serial: s.serial,
    mode: modes[mode],
    hash: hashes[s.hash.kind],
    affinity: s.affinity ?? 0,
    sources: mode === 'snat' || wraps(s.mode) ? countSources(s) : 0,
    portLow: mode === 'snat' ? s.ports?.[0] ?? 0 : 0,
    portHigh: mode === 'snat' ? s.ports?.[1] ?? 0 : 0,
    flags: (s.onEmpty === 'reject' ? LbServiceFlag.REJECT : 0)
      | (remembers(s, f.protocol) ? LbServiceFlag.REMEMBER : 0)
      | (s.affinity !== undefined || (s.hash.kind === 'maglev' && s.hash.by === 'source') ? LbServiceFlag.BY_SOURCE : 0)
      | (s.allow.length > 0 ? LbServiceFlag.ALLOW : 0)
      | (!empty && table.previous ? LbServiceFlag.PREV_TABLE : 0),
  };
}

const modes = {
  'dsr l2': LbMode.DSR_L2, 'dsr ipip': LbMode.DSR_IPIP, 'dsr geneve': LbMode.DSR_GENEVE, snat: LbMode.SNAT, dnat: LbMode.DNAT,
} as const satisfies Record<ReturnType<typeof modeFor>, number>;
const hashes = { maglev: LbHash.MAGLEV, random: LbHash.RANDOM, rr: LbHash.RR } as const satisfies Record<Hash['kind'], number>;

/** As an entry has it: those of IPv4, and those of IPv6 four bits up. */
function countSources({ from }: LiveService): number {
  return from.reduce((count, text) => count + (readSource(text).family === 4 ? 1 : 1 << 4), 0);
}

function placeOf(table: LiveTable): ServiceValue {
  return {
    ...nothing,
    settleTcp: BigInt(table.settleTcp),
    settleUdp: BigInt(table.settleUdp),
    arena: table.arena,
    tableBase: table.base,
    tableSize: table.size,
    prevArena: table.previous?.arena ?? 0,
    prevBase: table.previous?.base ?? 0,
    prevSize: table.previous?.size ?? 0,
  };
}

/** Entries of `backends`, none of them dead. */
export function encodeRows(rows: readonly RowWrite[]): Packed {
  const keys = new Uint8Array(Uint32Array.from(rows, (r) => r.row).buffer);
  const values = new Uint8Array(rows.length * backend.size);
  rows.forEach((r, i) => {
    backend.encode({
      addr: addressBytes(r.address), birth: r.birth, deadFrom: 0, drainFrom: r.drainFrom, service: r.service, port: r.port, family: r.family,
    }, values, i * backend.size);
  });
  return { keys, values, count: rows.length };
}

/**
 * What runs, from the maps' contents. What is not as the metadata says comes back as problems: LB520 for text that is
 * missing or unreadable (its services are then left out), LB521 for entries that something else changed.
 */
export function decodeLive(raw: RawMaps): { live: Live; problems: Diagnostic[] } {
  const problems: Diagnostic[] = [];
  const texts = new Texts(raw.meta);
  const current = decodeGeneration(raw.live, texts, 'live', problems);
  if (raw.live && current) problems.push(...findDrift(raw.live, encodeServices(current)));
  if (raw.beside && current) problems.push(...findDriftBeside(current, raw.beside));
  const drifted = problems.length > 0;
  const former = decodeGeneration(raw.former, texts, 'former', problems);
  const marks: Mark[] = [];
  let lastSerial = Math.max(current?.serial ?? 0, former?.serial ?? 0, texts.lastVersion);
  const view = new DataView(raw.rows.values.buffer, raw.rows.values.byteOffset, raw.rows.values.byteLength);
  for (let row = 0; row < raw.rows.count; row++) {
    const birth = view.getUint32(row * backend.size + backend.at.birth, true);
    const deadFrom = view.getUint32(row * backend.size + backend.at.deadFrom, true);
    const drainFrom = view.getUint32(row * backend.size + backend.at.drainFrom, true);
    if (deadFrom !== 0 || drainFrom !== 0) marks.push({ row, deadFrom, drainFrom });
    lastSerial = Math.max(lastSerial, birth, deadFrom, drainFrom);
  }
  const unfinished = raw.unsettled !== undefined && current !== undefined && isUnfinished(current, former, marks, raw.unsettled.targets);
  const empty: Generation = { serial: 0, rulesets: [], services: [], attachments: [], neighbours: [] };
  return {
    live: {
      ...(current ?? empty), lastSerial, ...(former ? { former } : {}),
      links: raw.links, arenas: raw.arenas, capacity: raw.capacity, metaUsed: raw.meta.count, marks,
      ...(drifted ? { drifted } : {}), ...(unfinished ? { unfinished } : {}),
    },
    problems,
  };
}
