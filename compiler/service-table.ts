/**
 * The service table: entries of a configuration in an array that programs search by open addressing. An entry stands at the
 * place its key hashes to, or at one of the next `probes - 1`, with no empty place between; the head stands first.
 */
import { bug } from '../dsl/diagnostic.ts';
import { LbServiceFlag, service, serviceKey } from './generated/layout.ts';
import type { Packed } from './metadata.ts';

/** Places that an entry may stand at (`LB_PROBES`). */
const probes = 8;
/** Places per entry at first; doubled until every entry finds one. */
const room = 3;
/** Bytes of a `struct service_entry`. */
export const entrySize = serviceKey.size + service.size;

/** The search for a key begins there, in 32 bits: `place_hash` of bpf/lb_match.h. `keys` holds a key at `offset`. */
export function placeHash(keys: DataView, offset: number): number {
  let hash = (Math.imul(keys.getUint32(offset, true), 0x9e3779b1) + Math.imul(keys.getUint32(offset + 4, true), 0x85ebca77)
    + Math.imul(keys.getUint32(offset + 8, true), 0xc2b2ae3d) + Math.imul(keys.getUint32(offset + 12, true), 0x27d4eb2f)
    + Math.imul(keys.getUint32(offset + 16, true), 0x165667b1)) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  return Math.imul(hash ^ (hash >>> 13), 0x297a2d39) >>> 0;
}

/** `hash × size / 2³²`, without its fraction: as `slot_of` of bpf/lb_hash.h. Both below 2³². */
export function slotOf(hash: number, size: number): number {
  const low = (hash & 0xffff) * size;
  return Math.floor((Math.floor(hash / 0x10000) * size + Math.floor(low / 0x10000)) / 0x10000);
}

/** The table's bytes: `places + probes` entries, of which the first is the head. `entries` hold the head too. */
export function layOut(entries: Packed): Uint8Array {
  for (let places = Math.max(16, room * entries.count); places < 2 ** 28; places *= 2) {
    const table = tryPlaces(entries, places);
    if (table) return table;
  }
  return bug(`${entries.count} services find no places`);
}

function tryPlaces({ keys, values, count }: Packed, places: number): Uint8Array | undefined {
  const table = new Uint8Array((1 + places + probes) * entrySize);
  const view = new DataView(keys.buffer, keys.byteOffset, keys.byteLength);
  const flags = new DataView(values.buffer, values.byteOffset, values.byteLength);
  const taken = new Uint8Array(1 + places + probes);
  for (let i = 0; i < count; i++) {
    let at = 0;
    if (!(flags.getUint16(i * service.size + service.at.flags, true) & LbServiceFlag.HEAD)) {
      const first = at = 1 + slotOf(placeHash(view, i * serviceKey.size), places);
      while (taken[at] === 1) at++;
      if (at - first >= probes) return undefined;
      taken[at] = 1;
    }
    table.set(keys.subarray(i * serviceKey.size, (i + 1) * serviceKey.size), at * entrySize);
    table.set(values.subarray(i * service.size, (i + 1) * service.size), at * entrySize + serviceKey.size);
  }
  new DataView(table.buffer).setUint32(serviceKey.size + service.at.tableSize, places, true);
  return table;
}

/** The entries of a table, the head among them. */
export function readTable(table: Uint8Array): Packed {
  const count = table.length / entrySize;
  const words = new Uint32Array(table.buffer, table.byteOffset, table.length / 4);
  const used: number[] = [];
  const headed = count > 0 && (new DataView(table.buffer, table.byteOffset).getUint16(serviceKey.size + service.at.flags, true) & LbServiceFlag.HEAD) !== 0;
  if (headed) used.push(0);
  for (let at = 1; at < count; at++) {
    const word = (at * entrySize) / 4;
    if ((words[word]! | words[word + 1]! | words[word + 2]! | words[word + 3]!) !== 0) used.push(at);
  }
  const keys = new Uint8Array(used.length * serviceKey.size);
  const values = new Uint8Array(used.length * service.size);
  used.forEach((at, i) => {
    keys.set(table.subarray(at * entrySize, at * entrySize + serviceKey.size), i * serviceKey.size);
    values.set(table.subarray(at * entrySize + serviceKey.size, (at + 1) * entrySize), i * service.size);
  });
  // How many places there are is the table's own business: the entries are the same in a table of any size.
  if (headed) new DataView(values.buffer).setUint32(service.at.tableSize, 0, true);
  return { keys, values, count: used.length };
}
