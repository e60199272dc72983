/** The floor programs of `bpf/bench/floors.bpf.c`: all services share one ring. */
import { addressBytes } from '../../test/support/packet.ts';
import { BenchObject, u32 } from './objects.ts';

const ringSlots = 16381;
const protocols = [6, 17] as const;
/** Flows that their tables hold, and ours beside them. */
export const flowCapacity = 1 << 20;

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

export interface FloorService {
  readonly vip: string;
  readonly port: number;
  /** IPv4; of the last service they are in the ring. */
  readonly backends: readonly string[];
}

/** Loads them with tables filled, for TCP and UDP. */
export function openFloors(services: readonly FloorService[]): BenchObject {
  const entries = Math.max(1024, 4 * services.length);
  const object = new BenchObject('floors', { flows: flowCapacity, nat: 2 * flowCapacity, vips_ipv4: entries, vips_ipv6: entries });
  for (const { vip, port } of services) {
    const addr = addressBytes(vip);
    const map = object.map(addr.length === 4 ? 'vips_ipv4' : 'vips_ipv6');
    for (const proto of protocols) map.update(Uint8Array.from([...addr, port >> 8, port & 255, proto, 0]), u32(0));
  }
  const { backends } = services.at(-1)!;
  const ring = object.map('ring');
  for (let slot = 0; slot < ringSlots; slot++) ring.update(u32(slot), addressBytes(backends[slot % backends.length]!));
  return object;
}
