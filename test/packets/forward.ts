/** Packets that go to a backend. */
import { flowHash } from '../support/hash.ts';
import { frame, payload, tcp, type IpPart } from '../support/packet.ts';
import * as net from './hosts.ts';
import type { Fixture, ServiceSpec } from './model.ts';

const { arrives, backends, tcpFromClient, udpFromClient, versions, vip, wrapped } = net;

const l2 = (v: 4 | 6, backend: string, more: Partial<ServiceSpec> = {}): ServiceSpec => ({ vip: vip[v], mode: 'l2', slots: [`${backend}${v}`], ...more });
const ipip = (v: 4 | 6, backend: string, more: Partial<ServiceSpec> = {}): ServiceSpec => ({ vip: vip[v], mode: 'ipip', slots: [backend], ...more });

/** Flow label of an outer IPv6 header: of the flow's hash. */
function label(v: 4 | 6, proto: number): number {
  return flowHash({ src: net.client[v], dst: vip[v], sport: 40000, dport: 80, proto }) & 0xfffff;
}

function wrappedTo(v: 4 | 6, backend: string, packet: IpPart, proto = 6): Uint8Array {
  const six = backend.endsWith('6');
  const near = backend.startsWith('near');
  const src = near ? net.own[six ? 'in6' : 'in4'] : net.own[six ? 'out6' : 'out4'];
  return frame(near ? net.toNear : net.toFar, wrapped(packet, { src, dst: backends[backend]!, ...(six ? { flowLabel: label(v, proto) } : {}) }));
}

const l2Fixtures = versions.flatMap((v): Fixture[] => {
  const segment = tcpFromClient(v, { flags: 'PA' }, {}, payload(5));
  const datagram = udpFromClient(v, payload(11));
  return [
    {
      says: `dsr l2, IPv${v}: a TCP segment goes out the way it came in, with the backend's MAC address and nothing else changed`,
      services: [l2(v, 'near')],
      exchange: [{ packet: arrives(segment), verdict: 'tx', out: frame(net.toNear, segment) }],
      serviceCount: { packets: 1, bytes: (v === 4 ? 20 : 40) + 25, flows: 0 },
    },
    {
      says: `dsr l2, IPv${v}: a SYN for a backend behind another interface is redirected there, and counts as a flow`,
      services: [l2(v, 'far')],
      exchange: [{ packet: arrives(tcpFromClient(v, { flags: 'S' })), verdict: 'redirect', out: frame(net.toFar, tcpFromClient(v, { flags: 'S' })) }],
      serviceCount: { packets: 1, bytes: (v === 4 ? 20 : 40) + 20, flows: 1 },
      backendCounts: { [`far${v}`]: { packets: 1, bytes: (v === 4 ? 20 : 40) + 20, flows: 1 } },
    },
    {
      says: `dsr l2, IPv${v}: a UDP datagram finds the UDP service of the same VIP and port`,
      services: [l2(v, 'near'), l2(v, 'far', { proto: 'udp', id: 2 })],
      exchange: [{ packet: arrives(datagram), verdict: 'redirect', out: frame(net.toFar, datagram) }],
    },
    {
      says: `dsr l2, IPv${v}: padding behind a short packet stays where it is`,
      services: [l2(v, 'near')],
      exchange: [{ packet: Uint8Array.from([...arrives(segment), 0, 0, 0]), verdict: 'tx', out: Uint8Array.from([...frame(net.toNear, segment), 0, 0, 0]) }],
    },
    {
      says: `dsr l2, IPv${v}: a backend that is this host itself gets the packet up the stack`,
      services: [l2(v, 'self')],
      exchange: [{ packet: arrives(segment), verdict: 'pass' }],
      serviceCount: { packets: 1, bytes: (v === 4 ? 20 : 40) + 25, flows: 0 },
    },
    {
      says: `dsr l2, IPv${v}: a backend behind a router cannot be reached by its MAC address`,
      services: [l2(v, 'routed')],
      exchange: [{ packet: arrives(segment), verdict: 'drop' }],
      drops: { NOT_ON_LINK: 1 },
      serviceCount: { packets: 0, bytes: 0, flows: 0 },
    },
    {
      says: `dsr l2, IPv${v}: a VIP with several services tells them apart by port`,
      services: [l2(v, 'near'), l2(v, 'far', { port: 443, id: 2 })],
      exchange: [
        { packet: arrives(tcpFromClient(v, { dport: 443 })), verdict: 'redirect', out: frame(net.toFar, tcpFromClient(v, { dport: 443 })) },
        { packet: arrives(tcpFromClient(v)), verdict: 'tx', out: frame(net.toNear, tcpFromClient(v)) },
      ],
    },
  ];
});

const ipipFixtures = versions.flatMap((v): Fixture[] => {
  const marked = tcpFromClient(v, { flags: 'PA' }, { tos: 0xb9, ttl: 17 }, payload(100));
  const segment = tcpFromClient(v, { flags: 'PA' }, {}, payload(9));
  const datagram = udpFromClient(v, payload(40));
  return [
    {
      says: `dsr ipip, IPv${v}: a segment leaves inside an IP packet from the address of the outgoing interface to the backend`,
      services: [ipip(v, `near${v}`)],
      exchange: [{ packet: arrives(segment), verdict: 'tx', out: wrappedTo(v, `near${v}`, segment) }],
      serviceCount: { packets: 1, bytes: (v === 4 ? 20 : 40) + 29, flows: 0 },
    },
    {
      says: `dsr ipip, IPv${v}: a datagram for a backend behind another interface is redirected`,
      services: [ipip(v, `far${v}`, { proto: 'udp' })],
      exchange: [{ packet: arrives(datagram), verdict: 'redirect', out: wrappedTo(v, `far${v}`, datagram, 17) }],
    },
    {
      says: `dsr ipip, IPv${v}: the outer header carries the inner traffic class and ECN, and a TTL of its own`,
      services: [ipip(v, `near${v}`)],
      exchange: [{
        packet: arrives(marked),
        verdict: 'tx',
        out: frame(net.toNear, wrapped(marked, { src: v === 4 ? net.own.in4 : net.own.in6, dst: backends[`near${v}`]!, tos: 0xb9, ...(v === 6 ? { flowLabel: label(6, 6) } : {}) })),
      }],
    },
    {
      says: `dsr ipip, IPv${v}: a backend behind a router is the outer destination, the router only the next hop`,
      services: [ipip(v, `routed${v}`)],
      exchange: [{ packet: arrives(segment), verdict: 'redirect', out: wrappedTo(v, `routed${v}`, segment) }],
    },
    {
      says: `dsr ipip, IPv${v}: a backend that is this host itself gets the packet up the stack, not wrapped`,
      services: [ipip(v, `self${v}`)],
      exchange: [{ packet: arrives(segment), verdict: 'pass' }],
    },
    {
      says: `dsr ipip, IPv${v}: padding is not counted into the outer length`,
      services: [ipip(v, `near${v}`)],
      exchange: [{ packet: Uint8Array.from([...arrives(segment), 9, 9]), verdict: 'tx', out: Uint8Array.from([...wrappedTo(v, `near${v}`, segment), 9, 9]) }],
    },
  ];
});

const mixed = tcpFromClient(4, { flags: 'S' });
const mixedFixtures: Fixture[] = [
  {
    says: 'dsr ipip: an IPv4 packet goes to an IPv6 backend inside an IPv6 packet, with the hash of the flow as flow label',
    services: [{ vip: vip[4], mode: 'ipip', slots: ['far6'] }],
    exchange: [{ packet: arrives(mixed), verdict: 'redirect', out: wrappedTo(4, 'far6', mixed) }],
  },
  {
    says: 'dsr ipip: an IPv6 packet goes to an IPv4 backend inside an IPv4 packet',
    services: [{ vip: vip[6], mode: 'ipip', slots: ['near4'] }],
    exchange: [{ packet: arrives(tcpFromClient(6)), verdict: 'tx', out: wrappedTo(6, 'near4', tcpFromClient(6)) }],
  },
  {
    says: 'a packet that arrives on the other interface goes out where its backend is',
    services: [{ vip: vip[4], mode: 'l2', slots: ['near4'] }],
    exchange: [{ packet: arrives(tcpFromClient(4)), on: 'out', verdict: 'redirect', out: frame(net.toNear, tcpFromClient(4)) }],
  },
  {
    says: 'a client next to the balancer may use any port, also 0',
    services: [{ vip: vip[4], mode: 'l2', slots: ['near4'] }],
    exchange: [{ packet: arrives(net.fromClient(4, tcp({ sport: 0, dport: 80 }))), verdict: 'tx', out: frame(net.toNear, net.fromClient(4, tcp({ sport: 0, dport: 80 }))) }],
  },
];

export const fixtures: readonly Fixture[] = [...l2Fixtures, ...ipipFixtures, ...mixedFixtures];
