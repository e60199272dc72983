/** Packets that do not reach a backend: unknown, unroutable, too big, or of a service without backends. */
import { LbFeature } from '../../compiler/generated/layout.ts';
import { addressBytes, frame, payload, type IpPart } from '../support/packet.ts';
import * as net from './hosts.ts';
import { answered, part } from './leaving.ts';
import type { Fixture, ServiceSpec } from './model.ts';

const { arrives, tcpFromClient, udpFromClient, versions, vip, vip2 } = net;

const one = (v: 4 | 6, mode: 'l2' | 'ipip', backend: string): ServiceSpec => ({ vip: vip[v], mode, slots: [`${backend}${v}`] });
const empty = (v: 4 | 6, more: Partial<ServiceSpec> = {}): ServiceSpec => ({ vip: vip[v], mode: 'l2', slots: [], reject: true, ...more });

const notOurs = versions.flatMap((v): Fixture[] => [
  {
    says: `IPv${v}: a packet for an address that is no VIP passes`,
    services: [one(v, 'l2', 'near')],
    exchange: [{ packet: arrives(tcpFromClient(v, {}, { dst: vip2[v] })), verdict: 'pass' }],
  },
  {
    says: `IPv${v}: a VIP without such a port, or such a protocol, drops the packet and says so`,
    services: [one(v, 'l2', 'near')],
    exchange: [
      { packet: arrives(tcpFromClient(v, { dport: 81 })), verdict: 'drop' },
      { packet: arrives(tcpFromClient(v, { dport: 0 })), verdict: 'drop' },
      { packet: arrives(udpFromClient(v)), verdict: 'drop' },
    ],
    drops: { UNKNOWN_PORT: 3 },
  },
  {
    says: `IPv${v}: with the family switched off its packets pass`,
    without: v === 4 ? LbFeature.IPV4 : LbFeature.IPV6,
    services: [one(v, 'l2', 'near')],
    exchange: [{ packet: arrives(tcpFromClient(v)), verdict: 'pass' }],
  },
  {
    says: `IPv${v}: with UDP switched off a VIP knows no UDP port`,
    without: LbFeature.UDP,
    services: [one(v, 'l2', 'near')],
    exchange: [
      { packet: arrives(udpFromClient(v)), verdict: 'drop' },
      { packet: arrives(tcpFromClient(v)), verdict: 'tx', out: frame(net.toNear, tcpFromClient(v)) },
    ],
    drops: { UNKNOWN_PORT: 1 },
  },
]);

const head: Fixture = {
  says: 'IPv6: the record of the configuration, which stands under ::, is no VIP',
  services: [one(6, 'l2', 'near')],
  exchange: [{ packet: arrives(tcpFromClient(6, {}, { dst: '::' })), verdict: 'pass' }],
};

/** An IPv6 frame whose destination is the IPv4 VIP as ::ffff:a.b.c.d. */
function toMapped(dport: number): Uint8Array {
  const bytes = arrives(tcpFromClient(6, { dport }));
  bytes.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...addressBytes(vip[4])], 14 + 24);
  return bytes;
}

const mapped: Fixture = {
  says: 'IPv6: a destination of the form ::ffff:a.b.c.d is not the VIP a.b.c.d',
  services: [one(4, 'l2', 'near'), empty(4, { port: 81, id: 2 })],
  exchange: [80, 81, 82].map((port) => ({ packet: toMapped(port), verdict: 'pass' })),
};

const noRoute = versions.flatMap((v): Fixture[] => (['l2', 'ipip'] as const).flatMap((mode): Fixture[] => {
  const packet = arrives(tcpFromClient(v));
  const dropped = (says: string, backend: string, reason: 'NO_ROUTE' | 'NO_NEIGHBOUR'): Fixture => ({
    says: `dsr ${mode}, IPv${v}: ${says}`,
    services: [one(v, mode, backend)],
    exchange: [{ packet, verdict: 'drop' }],
    drops: { [reason]: 1 },
    serviceCount: { packets: 0, bytes: 0, flows: 0 },
  });
  return [
    { says: `dsr ${mode}, IPv${v}: a packet for a backend without any route goes up the stack, which answers`, services: [one(v, mode, 'nowhere')], exchange: [{ packet, verdict: 'pass' }] },
    dropped('a blackhole route drops', 'blackhole', 'NO_ROUTE'),
    dropped('a backend that no neighbour entry knows drops', 'silent', 'NO_NEIGHBOUR'),
    {
      // A receiver of dsr l2 is not told apart from a balancer but by this: it does not forward.
      ...(mode === 'l2'
        ? { says: `dsr l2, IPv${v}: on an interface that does not forward a packet goes up the stack`, services: [one(v, mode, 'far')], exchange: [{ packet, verdict: 'pass' as const }], backendCounts: { [`far${v}`]: { packets: 1, bytes: v === 4 ? 40 : 60, flows: 0 } } }
        : { ...dropped('an interface that does not forward drops', 'far', 'NO_ROUTE'), drops: { FORWARDING_OFF: 1 } }),
      sysctl: { name: `ipv${v}/conf/sluice-in/forwarding`, value: '0', restore: '1' },
    },
  ];
}));

/** What a host says of a port that nobody serves. */
const unreachable = (v: 4 | 6, packet: IpPart): Uint8Array => (v === 4 ? answered(4, packet, 3, 3) : answered(6, packet, 1, 4));

const rejects = versions.flatMap((v): Fixture[] => {
  const rejected = (says: string, packet: IpPart, service: Partial<ServiceSpec> = {}): Fixture => ({
    says: `IPv${v}: ${says}`,
    services: [empty(v, service)],
    exchange: [{ packet: arrives(packet), verdict: 'tx', out: unreachable(v, packet) }],
    drops: { REJECTED: 1 },
    serviceCount: { packets: 0, bytes: 0, flows: 0 },
  });
  const silent = (says: string, packet: Uint8Array, service: Partial<ServiceSpec> = {}): Fixture => ({
    says: `IPv${v}: ${says}`,
    services: [empty(v, service)],
    exchange: [{ packet, verdict: 'drop' }],
    drops: { NO_BACKEND: 1 },
  });
  const syn = tcpFromClient(v, { flags: 'S' });
  return [
    rejected('a SYN for a service without a backend is answered by ICMP port unreachable from the VIP', syn),
    rejected('so is a datagram', udpFromClient(v, payload(32)), { proto: 'udp' }),
    rejected('an odd length is quoted to the last byte', udpFromClient(v, payload(33)), { proto: 'udp' }),
    rejected('a long packet is quoted as far as the standard wants', tcpFromClient(v, {}, {}, payload(1400))),
    rejected('a datagram without a payload, too short for an Ethernet frame, is answered', udpFromClient(v), { proto: 'udp' }),
    rejected('the first fragment of a datagram is answered', part(udpFromClient(v, payload(1000)), v, 0, 640), { proto: 'udp' }),
    {
      ...rejected('later fragments of a datagram are not', syn, { proto: 'udp' }),
      exchange: [0, 640].map((offset) => {
        const packet = part(udpFromClient(v, payload(1000)), v, offset, 640);
        return offset === 0 ? { packet: arrives(packet), verdict: 'tx', out: unreachable(v, packet) } : { packet: arrives(packet), verdict: 'drop' };
      }),
      drops: { REJECTED: 1, NO_BACKEND: 1 },
    },
    rejected('a slot without a backend counts as a service without one', syn, { slots: [''] }),
    rejected('with random too', syn, { hash: 'random' }),
    {
      ...rejected('padding of the frame is not quoted', syn),
      exchange: [{ packet: Uint8Array.from([...arrives(syn), 1, 2, 3, 4, 5, 6]), verdict: 'tx', out: unreachable(v, syn) }],
    },
    silent('a service that drops says nothing', arrives(syn), { reject: false }),
    { ...silent('with reject switched off nothing is said', arrives(syn)), without: LbFeature.REJECT },
    silent('a frame sent to a group is not answered', frame({ src: net.mac.router, dst: '01:00:5e:00:00:01' }, syn)),
    ...(v === 4
      ? [
        silent('a source 0.0.0.0 is not answered', arrives(tcpFromClient(4, {}, { src: '0.0.0.0' }))),
        silent('a source that is a group is not answered', arrives(tcpFromClient(4, {}, { src: '224.0.0.9' }))),
        silent('a broadcast source is not answered', arrives(tcpFromClient(4, {}, { src: '255.255.255.255' }))),
        silent('a loopback source is not answered', arrives(tcpFromClient(4, {}, { src: '127.0.0.1' }))),
        rejected('options are quoted with the header', tcpFromClient(4, {}, { options: Uint8Array.of(1, 1, 1, 0) })),
      ]
      : [
        silent('a source :: is not answered', arrives(tcpFromClient(6, {}, { src: '::' }))),
        silent('a loopback source is not answered', arrives(tcpFromClient(6, {}, { src: '::1' }))),
        silent('a source that is a group is not answered', arrives(tcpFromClient(6, {}, { src: 'ff02::1' }))),
      ]),
  ];
});

export const fixtures: readonly Fixture[] = [...notOurs, head, mapped, ...noRoute, ...rejects];
