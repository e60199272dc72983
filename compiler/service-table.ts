/**
 * The service table: entries of a configuration in an array that programs search by open addressing. An entry stands at the
 * place its key hashes to, or at one of the next `probes - 1`, with no empty place between; the head stands first.
 */
import { LbServiceFlag, service, serviceKey } from './generated/layout.ts';
import type { Packed } from './metadata.ts';

/** Places that an entry may stand at (`LB_PROBES`). */
const probes = 16;
/** Places for each service that an instance has room for: an entry and a wildcard for each fill half of them. */
const roomy = 4;
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

/** Places of the tables of an instance with room for so many services: a power of two. */
export function placesFor(services: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(64, roomy * services)));
}

/** Entries of a table's array: the head, the places, and those behind the last that it may lead to. */
export function lengthOf(places: number): number {
  return 1 + places + probes;
}

/** The bytes of a table of `places`, with `entries` (the head among them); undefined where not all find a place. */
export function layOut({ keys, values, count }: Packed, places: number): Uint8Array | undefined {
  if (count - 1 > places / 2) return undefined;
  const table = new Uint8Array(lengthOf(places) * entrySize);
  const view = new DataView(keys.buffer, keys.byteOffset, keys.byteLength);
  const flags = new DataView(values.buffer, values.byteOffset, values.byteLength);
  const taken = new Uint8Array(lengthOf(places));
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
  return { keys, values, count: used.length };
}
