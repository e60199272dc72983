/**
 * A configuration as entries of maps, and back. `encodeServices` is the one place that says which entries a
 * configuration has; reading back compares with exactly that, so what something else changed is found.
 */
import type { Diagnostic } from '../dsl/diagnostic.ts';
import { parseAddress } from '../dsl/ip.ts';
import { bug } from '../dsl/diagnostic.ts';
import { decodeGeneration, findDrift, type RawMaps } from './decode.ts';
import { backend, LbHash, LbMode, LbServiceFlag, service, serviceKey, type Service as ServiceValue } from './generated/layout.ts';
import type { Generation, Live, LiveService, LiveTable } from './live.ts';
import { Texts, type Packed } from './metadata.ts';
import type { RowWrite } from './plan-types.ts';
import type { Frontend } from './state.ts';

export { encodeMeta } from './metadata.ts';
export type { RawMaps } from './decode.ts';

const protocols = { tcp: 6, udp: 17 } as const;
const anyAddress = new Uint8Array(16);
const nothing: ServiceValue = {
  settleTcp: 0n, settleUdp: 0n, id: 0, serial: 0, tableBase: 0, tableSize: 0, prevBase: 0, prevSize: 0,
  arena: 0, prevArena: 0, mode: LbMode.NONE, hash: LbHash.NONE, flags: 0,
};

/** 16 bytes of canonical address text. */
export function addressBytes(text: string): Uint8Array {
  return parseAddress(text)?.bytes ?? bug(`'${text}' is not an address`);
}

/** The service map of a configuration: its front ends, a wildcard for each VIP, the head. */
export function encodeServices(generation: Generation): Packed {
  const vips = new Set<string>();
  let frontends = 0;
  for (const s of generation.services) {
    frontends += s.frontends.length;
    for (const f of s.frontends) vips.add(f.address);
  }
  const count = frontends + vips.size + 1;
  const keys = new Uint8Array(count * serviceKey.size);
  const values = new Uint8Array(count * service.size);
  let at = 0;
  let wildcards = frontends;
  for (const s of generation.services) {
    const own = frontendEntries(s);
    keys.set(own.keys, at * serviceKey.size);
    values.set(own.values, at * service.size);
    for (let i = 0; i < own.count; i++) {
      if (!vips.delete(s.frontends[i]!.address)) continue;
      keys.set(own.keys.subarray(i * serviceKey.size, i * serviceKey.size + anyAddress.length), wildcards * serviceKey.size);
      values.set(wildcard, wildcards * service.size);
      wildcards++;
    }
    at += own.count;
  }
  serviceKey.encode({ addr: anyAddress, port: 0, proto: 0 }, keys, wildcards * serviceKey.size);
  service.encode({ ...nothing, id: generation.services.length, serial: generation.serial, flags: LbServiceFlag.HEAD }, values, wildcards * service.size);
  return { keys, values, count };
}

const wildcard = service.encode({ ...nothing, flags: LbServiceFlag.WILDCARD });
const encoded = new WeakMap<LiveService, Packed>();

/** One entry for each front end, in their order. What a commit does not change is the same object in the next. */
function frontendEntries(s: LiveService): Packed {
  const known = encoded.get(s);
  if (known) return known;
  const count = s.frontends.length;
  const packed: Packed = { keys: new Uint8Array(count * serviceKey.size), values: new Uint8Array(count * service.size), count };
  s.frontends.forEach((f, i) => {
    serviceKey.encode({ addr: addressBytes(f.address), port: f.port, proto: protocols[f.protocol] }, packed.keys, i * serviceKey.size);
    service.encode(entryOf(s, f), packed.values, i * service.size);
  });
  encoded.set(s, packed);
  return packed;
}

function entryOf(s: LiveService, f: Frontend): ServiceValue {
  const table = s.tables.find((t) => t.family === f.family);
  const empty = table === undefined || table.size === 0;
  return {
    ...(empty ? nothing : placeOf(table)),
    id: s.id,
    serial: s.serial,
    mode: s.mode === 'dsr l2' ? LbMode.DSR_L2 : s.mode === 'dsr ipip' ? LbMode.DSR_IPIP : bug(`mode '${s.mode}' reached the maps`),
    hash: s.hash.kind === 'maglev' ? LbHash.MAGLEV : s.hash.kind === 'random' ? LbHash.RANDOM : bug(`hash '${s.hash.kind}' reached the maps`),
    flags: (s.onEmpty === 'reject' ? LbServiceFlag.REJECT : 0)
      | (s.hash.kind === 'maglev' && s.hash.by === 'source' ? LbServiceFlag.BY_SOURCE : 0)
      | (!empty && table.previous ? LbServiceFlag.PREV_TABLE : 0),
  };
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

/** Entries of `backends`, all alive. */
export function encodeRows(rows: readonly RowWrite[]): Packed {
  const keys = new Uint8Array(Uint32Array.from(rows, (r) => r.row).buffer);
  const values = new Uint8Array(rows.length * backend.size);
  rows.forEach((r, i) => {
    backend.encode({
      addr: addressBytes(r.address), birth: r.birth, deadFrom: 0, service: r.service, port: r.port, family: r.family,
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
  const drifted = problems.length > 0;
  const former = decodeGeneration(raw.former, texts, 'former', problems);
  const marks: { row: number; deadFrom: number }[] = [];
  let lastSerial = Math.max(current?.serial ?? 0, former?.serial ?? 0, texts.lastVersion);
  const view = new DataView(raw.rows.values.buffer, raw.rows.values.byteOffset, raw.rows.values.byteLength);
  for (let row = 0; row < raw.rows.count; row++) {
    const birth = view.getUint32(row * backend.size + 16, true);
    const deadFrom = view.getUint32(row * backend.size + 20, true);
    if (deadFrom !== 0) marks.push({ row, deadFrom });
    if (birth > lastSerial) lastSerial = birth;
    if (deadFrom > lastSerial) lastSerial = deadFrom;
  }
  const empty: Generation = { serial: 0, rulesets: [], services: [], attachments: [], neighbours: [] };
  return {
    live: {
      ...(current ?? empty), lastSerial, ...(former ? { former } : {}),
      links: raw.links, arenas: raw.arenas, capacity: raw.capacity, metaUsed: raw.meta.count, marks, ...(drifted ? { drifted } : {}),
    },
    problems,
  };
}
