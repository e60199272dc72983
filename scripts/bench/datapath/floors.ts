/** The floor programs of `bpf/bench/floors.bpf.c`, with one service and a ring of ten backends. */
import { addressBytes } from '../../../test/support/packet.ts';
import { BenchObject, u32 } from '../objects.ts';
import { backends, flowCapacity, vip } from './network.ts';

const ringSlots = 16381;

export const floorNames = {
  floor_drop: '(i) return',
  floor_lookup: '(vi) parse, one look-up, pass',
  floor_swap: '(ii) parse, swap MACs, TX',
  floor_ring_l2: '(iii-l2) parse, look-up, ring, MACs, TX',
  floor_ring: '(iii) parse, look-up, ring, IPIP, TX',
  floor_ring_ipv6: '(iii-6) the same in IPv6',
  floor_lru: '(iv) as iii, with one LRU look-up',
  floor_nat: '(v) parse, LRU look-up, translate, TX',
} as const;
export type FloorName = keyof typeof floorNames;

/** Loads them with tables filled. */
export function openFloors(): BenchObject {
  const object = new BenchObject('floors', { flows: flowCapacity, nat: 2 * flowCapacity });
  const service = (addr: Uint8Array, proto: number): Uint8Array => Uint8Array.from([...addr, 0, 80, proto, 0]);
  for (const proto of [6, 17]) {
    object.map('vips_ipv4').update(service(addressBytes(vip[4]), proto), u32(0));
    object.map('vips_ipv6').update(service(addressBytes(vip[6]), proto), u32(0));
  }
  const ring = object.map('ring');
  for (let slot = 0; slot < ringSlots; slot++) ring.update(u32(slot), addressBytes(backends[4][slot % backends[4].length]!));
  return object;
}
