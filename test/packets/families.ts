/** Families that share the form of their addresses in maps, and nothing else. */
import { ether, ip, payload, tcp } from '../support/packet.ts';
import * as net from './hosts.ts';
import type { Fixture, ServiceSpec } from './model.ts';

const { arrives, arriving, vip } = net;

/** A segment from `::ffff:203.0.113.7`, which no host on a wire has. */
function fromMapped(): Uint8Array {
  const packet = ip({ src: '::1', dst: vip[6] }, tcp({ sport: 40000, dport: 80, flags: 'S' }, payload(4))).bytes(() => 0);
  packet.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 203, 0, 113, 7], 8);
  return ether(arriving, 0x86dd, packet);
}

const service = (v: 4 | 6, allow: readonly string[]): ServiceSpec => ({ vip: vip[v], mode: 'l2', slots: [`near${v}`], allow });

export const fixtures: readonly Fixture[] = [
  {
    says: 'a source range of IPv6 that holds all of it holds no IPv4 address',
    services: [service(4, ['::/0', '10.0.0.0/8'])],
    exchange: [{ packet: arrives(net.tcpFromClient(4, { flags: 'S' })), verdict: 'drop' }],
    drops: { SOURCE_NOT_ALLOWED: 1 },
  },
  {
    says: 'a source range of IPv4 holds no IPv6 address that has its form',
    services: [service(6, ['203.0.113.0/24'])],
    exchange: [{ packet: fromMapped(), verdict: 'drop' }],
    drops: { SOURCE_NOT_ALLOWED: 1 },
  },
];
