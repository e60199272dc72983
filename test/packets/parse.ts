/** Headers beyond the plain ones, and what is no proper packet. */
import { LbDrop } from '../../compiler/generated/layout.ts';
import { ether, fragmentHeader, frame, icmp, ip, payload, raw, tcp, udp, type Extension, type IpFields, type IpPart, type Part } from '../support/packet.ts';
import * as net from './hosts.ts';
import type { Fixture, ServiceSpec } from './model.ts';

const { arrives, arriving, fromClient, tcpFromClient, udpFromClient, versions, vip, vip2 } = net;

const service = (v: 4 | 6): ServiceSpec[] => [{ vip: vip[v], mode: 'l2', slots: [`near${v}`] }, { vip: vip[v], mode: 'l2', slots: [`near${v}`], proto: 'udp', id: 2 }];
const passes = (says: string, v: 4 | 6, ...packets: readonly Uint8Array[]): Fixture => ({ says, services: service(v), exchange: packets.map((packet) => ({ packet, verdict: 'pass' })) });
const forwards = (says: string, v: 4 | 6, ...packets: readonly IpPart[]): Fixture => ({ says, services: service(v), exchange: packets.map((p) => ({ packet: arrives(p), verdict: 'tx', out: frame(net.toNear, p) })) });

/** Dropped for the VIP; the same packets for another address pass. */
function drops(says: string, v: 4 | 6, reason: keyof typeof LbDrop, ...make: readonly ((dst: string) => Uint8Array)[]): Fixture {
  return {
    says,
    services: service(v),
    exchange: [
      ...make.map((m) => ({ packet: m(vip[v]), verdict: 'drop' as const })),
      ...make.map((m) => ({ packet: m(vip2[v]), verdict: 'pass' as const })),
    ],
    drops: { [reason]: make.length },
  };
}

const segment = (dst: string, fields: Partial<IpFields> = {}, v: 4 | 6 = 4): Uint8Array => arrives(tcpFromClient(v, {}, { dst, ...fields }));
const cut = (bytes: Uint8Array, length: number): Uint8Array => bytes.subarray(0, length);
const part = (v: 4 | 6, dst: string, p: Part, fields: Partial<IpFields> = {}): Uint8Array => arrives(fromClient(v, p, { dst, ...fields }));
const extension = (proto: number, length = 8, ...fields: readonly number[]): Extension => ({ proto, bytes: Uint8Array.from({ length }, (_, i) => fields[i - 2] ?? 0) });

const both = versions.flatMap((v): Fixture[] => {
  const header = v === 4 ? 34 : 54;
  return [
    passes(`IPv${v}: a TTL of 1, or 0, goes up the stack, so that the kernel answers`, v, segment(vip[v], { ttl: 1 }, v), segment(vip[v], { ttl: 0 }, v)),
    forwards(`IPv${v}: a TTL of 2 is forwarded and stays 2`, v, tcpFromClient(v, {}, { ttl: 2 })),
    passes(`IPv${v}: a frame that is cut in the middle of its IP header passes`, v, cut(segment(vip[v], {}, v), header - 1), cut(segment(vip[v], {}, v), 15)),
    drops(`IPv${v}: a packet to a VIP that is shorter than it says is malformed`, v, 'MALFORMED',
      (dst) => cut(segment(dst, {}, v), header + 19),
      (dst) => segment(dst, { length: 2000 }, v),
      (dst) => cut(segment(dst, {}, v), header)),
    drops(`IPv${v}: a packet to a VIP whose length leaves no room for ports is malformed, padding or not`, v, 'MALFORMED',
      (dst) => segment(dst, { length: v === 4 ? 20 : 0 }, v),
      (dst) => segment(dst, { length: (v === 4 ? 20 : 0) + 12 }, v)),
    drops(`IPv${v}: a version that is not that of the frame is malformed`, v, 'MALFORMED', (dst) => segment(dst, { version: v === 4 ? 6 : 4 }, v)),
    drops(`IPv${v}: a TCP header that is too short, or longer than the packet, is malformed`, v, 'MALFORMED',
      (dst) => part(v, dst, tcp({ sport: 1, dport: 80, headerLength: 16 })),
      (dst) => part(v, dst, tcp({ sport: 1, dport: 80, headerLength: 24 }))),
    drops(`IPv${v}: a UDP length below 8, or beyond the packet, is malformed`, v, 'MALFORMED',
      (dst) => part(v, dst, udp({ sport: 1, dport: 80, length: 7 })),
      (dst) => part(v, dst, udp({ sport: 1, dport: 80, length: 9 }))),
    drops(`IPv${v}: GRE and ESP to a VIP are dropped, not mangled`, v, 'UNKNOWN_PORT',
      (dst) => part(v, dst, raw(47, payload(30))),
      (dst) => part(v, dst, raw(50, payload(30)))),
    forwards(`IPv${v}: TCP options and UDP without a payload are fine`, v, fromClient(v, tcp({ sport: 40000, dport: 80, headerLength: 32 }, payload(12))), udpFromClient(v)),
  ];
});

const frames: Fixture[] = [
  passes('what is not IP passes: ARP, an unknown type, LLC', 4,
    ether(arriving, 0x0806, payload(28)),
    ether(arriving, 0x9999, payload(50)),
    ether(arriving, 0x0026, payload(50))),
  passes('a frame without anything behind its header passes', 4, ether(arriving, 0x0800, new Uint8Array()), ether(arriving, 0x86dd, new Uint8Array())),
];

const ipv4: Fixture[] = [
  forwards('IPv4 options are parsed past', 4, tcpFromClient(4, {}, { options: Uint8Array.of(1, 1, 1, 0) }), udpFromClient(4, payload(3), { options: new Uint8Array(40).fill(1) })),
  drops('IPv4: a header length below 20, or beyond the packet, is malformed', 4, 'MALFORMED',
    (dst) => segment(dst, { headerLength: 16 }),
    (dst) => segment(dst, { headerLength: 60 }),
    (dst) => part(4, dst, raw(47, payload(30)), { length: 16 })),
];

const options = (count: number): Extension[] => Array.from({ length: count }, (_, i) => extension(i === 0 ? 0 : 60, 8 * (i + 1)));
const ipv6: Fixture[] = [
  forwards('IPv6 extension headers are walked past, up to four of them', 6, ...[1, 2, 3, 4].map((n) => tcpFromClient(6, {}, { extensions: options(n) }))),
  forwards('IPv6: an atomic fragment is a whole packet', 6, udpFromClient(6, payload(4), { extensions: [fragmentHeader(0, false, 7)] })),
  forwards('IPv6: a routing header that is used up does not matter', 6, tcpFromClient(6, {}, { extensions: [extension(43, 8, 4, 0)] })),
  passes('IPv6: ICMP behind a hop-by-hop header goes up the stack', 6, part(6, vip[6], icmp(6, 128, 0, payload(8)), { extensions: options(1) })),
  drops('IPv6: five extension headers, or a routing header with segments left, are not supported', 6, 'UNSUPPORTED_HEADER',
    (dst) => segment(dst, { extensions: options(5) }, 6),
    (dst) => segment(dst, { extensions: [extension(43, 24, 4, 1)] }, 6)),
  drops('IPv6: extension headers that lead out of the packet are malformed', 6, 'MALFORMED',
    (dst) => arrives(ip({ src: net.client[6], dst }, raw(60, Uint8Array.of(6, 200, 0, 0, 0, 0, 0, 0)))),
    (dst) => arrives(ip({ src: net.client[6], dst }, raw(0, Uint8Array.of(6, 0, 0, 0)))),
    (dst) => part(6, dst, raw(59, payload(8)), { extensions: [extension(60)], length: 4 })),
  drops('IPv6: nothing behind the headers is no port', 6, 'UNKNOWN_PORT', (dst) => arrives(ip({ src: net.client[6], dst }, raw(59, new Uint8Array())))),
];

export const fixtures: readonly Fixture[] = [...both, ...frames, ...ipv4, ...ipv6];
