/** Families that share the form of their addresses in maps, and nothing else. */
import { ether, frame, ip, tcp, type Part } from '../support/packet.ts';
import * as net from './hosts.ts';
import type { Exchange, Fixture, ServiceSpec } from './model.ts';

const { arrives, arriving, client, tcpFromClient, vip, vip2 } = net;

/** From the client's IPv4 address in IPv6 form, which no host has on a wire. */
function fromMapped(dst: string, part: Part): Uint8Array {
  const packet = ip({ src: '::1', dst }, part).bytes(() => 0);
  packet.set([255, 255, ...client[4].split('.').map(Number)], 8 + 10);
  packet.fill(0, 8, 8 + 10);
  return ether(arriving, 0x86dd, packet);
}

const service = (v: 4 | 6, more: Partial<ServiceSpec> = {}): ServiceSpec => ({ vip: vip[v], mode: 'l2', slots: [`near${v}`], ...more });
const syn = tcp({ sport: 40000, dport: 80, flags: 'S' });
const dropped = (packet: Uint8Array): Exchange => ({ packet, verdict: 'drop' });

export const fixtures: readonly Fixture[] = [
  {
    says: 'a source range that holds all of IPv6 holds no IPv4 address',
    services: [service(4, { allow: ['::/0', '10.0.0.0/8'] })],
    exchange: [dropped(arrives(tcpFromClient(4, { flags: 'S' })))],
    drops: { SOURCE_NOT_ALLOWED: 1 },
  },
  {
    says: 'a source range that holds all of IPv4 holds no IPv6 address',
    services: [service(6, { allow: ['0.0.0.0/0', 'fd00::/8'] })],
    exchange: [dropped(arrives(tcpFromClient(6, { flags: 'S' })))],
    drops: { SOURCE_NOT_ALLOWED: 1 },
  },
  {
    says: 'an IPv6 packet from an IPv4 address in IPv6 form is malformed to a VIP, and passes otherwise',
    services: [service(6)],
    exchange: [dropped(fromMapped(vip[6], syn)), dropped(fromMapped(vip[6], syn)), { packet: fromMapped(vip2[6], syn), verdict: 'pass' }],
    drops: { MALFORMED: 2 },
  },
  {
    says: 'an IPv6 packet from an IPv4 address in IPv6 form tells nothing about where that client belongs',
    services: [service(4, { affinity: 60 }), service(6, { affinity: 60 })],
    exchange: [dropped(fromMapped(vip[6], syn)), { packet: arrives(tcpFromClient(4, { flags: 'S' })), verdict: 'tx', out: frame(net.toNear, tcpFromClient(4, { flags: 'S' })) }],
    drops: { MALFORMED: 1 },
    activity: { AFFINITY_SET: 1, FLOW_OPENED: 1 },
  },
];
