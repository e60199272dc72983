/** Encapsulated packets on a backend's host. */
import { LbFeature } from '../../compiler/generated/layout.ts';
import { frame, geneve, icmp, ip, payload, tagged, udp, type IpFields, type IpPart } from '../support/packet.ts';
import * as net from './hosts.ts';
import type { Fixture, ServiceSpec, VlanSpec } from './model.ts';

const { arrives, inGeneve, own, tcpFromClient, udpFromClient, versions, vip, vip2, wrapped } = net;

/** The address of the balancer that sent it. */
const sender = { 4: '10.9.0.1', 6: 'fd00:9::1' } as const;
const outer = (v: 4 | 6, fields: Partial<IpFields> = {}): IpFields => ({ src: sender[v], dst: v === 4 ? own.in4 : own.in6, ...fields });
const vlans: readonly VlanSpec[] = [{ parent: 'in', vid: 5, interface: 'tag' }];
const service = (v: 4 | 6, more: Partial<ServiceSpec> = {}): ServiceSpec => ({ vip: vip[v], mode: 'ipip', slots: [`near${v}`], ...more });
const untouched = (says: string, v: 4 | 6, packet: IpPart, more: Partial<Fixture> = {}): Fixture => ({ says, services: [service(v)], exchange: [{ packet: arrives(packet), verdict: 'pass' }], ...more });

/** The two tunnels, and their services. */
const tunnels = [
  ['ipip', (packet: IpPart, fields: IpFields) => wrapped(packet, fields)],
  ['geneve', (packet: IpPart, fields: IpFields) => inGeneve(packet, fields)],
] as const;

const pairs = [[4, 4], [6, 6], [4, 6], [6, 4]] as const;
const taken = tunnels.flatMap(([mode, wrap]) => pairs.flatMap(([inside, outside]): Fixture[] => {
  const syn = tcpFromClient(inside, { flags: 'S' });
  const datagram = udpFromClient(inside, payload(21));
  const says = `IPv${inside} in IPv${outside}, ${mode}`;
  return [
    {
      says: `${says}: a segment for a VIP of a service of this tunnel's mode loses its outer headers and goes up the stack`,
      services: [service(inside, { mode })],
      exchange: [{ packet: arrives(wrap(syn, outer(outside))), verdict: 'pass', out: arrives(syn) }],
      activity: { DECAPSULATED: 1, TRANSLATED: 0, NAT_OPENED: 0 },
      serviceCount: { packets: 1, bytes: (inside === 4 ? 20 : 40) + 20, flows: 1 },
      backendCounts: { [`near${inside}`]: { packets: 0, bytes: 0, flows: 0 } },
    },
    {
      says: `${says}: so does a datagram, with its padding`,
      services: [service(inside, { mode, proto: 'udp' })],
      exchange: [{ packet: Uint8Array.from([...arrives(wrap(datagram, outer(outside))), 5, 5]), verdict: 'pass', out: Uint8Array.from([...arrives(datagram), 5, 5]) }],
    },
    {
      says: `${says}: the frame keeps its tag`,
      vlans,
      services: [service(inside, { mode })],
      exchange: [{ packet: tagged(net.arriving, 5, wrap(syn, outer(outside)), 3), verdict: 'pass', out: tagged(net.arriving, 5, syn, 3) }],
    },
    {
      says: `${says}: a tunnel to a service of another mode is left alone`,
      services: [service(inside, { mode: mode === 'ipip' ? 'geneve' : 'ipip' })],
      exchange: [{ packet: arrives(wrap(syn, outer(outside))), verdict: 'pass' }],
      activity: { DECAPSULATED: 0 },
    },
  ];
}));

const congestion = tunnels.flatMap(([mode, wrap]) => versions.flatMap((v): Fixture[] => {
  const inner = (tos: number): IpPart => tcpFromClient(v, {}, { tos });
  const says = `IPv${v}, ${mode}`;
  return [
    {
      says: `${says}: a congestion mark of the outer header comes over to the inner one`,
      services: [service(v, { mode })],
      exchange: [1, 2, 3].map((ecn) => ({ packet: arrives(wrap(inner(0xb8 | ecn), outer(v, { tos: 3 }))), verdict: 'pass', out: arrives(inner(0xb8 | 3)) })),
    },
    {
      says: `${says}: a congestion mark on a packet that cannot bear one drops it`,
      services: [service(v, { mode })],
      exchange: [{ packet: arrives(wrap(inner(0), outer(v, { tos: 3 }))), verdict: 'drop' }],
      drops: { MALFORMED: 1 },
    },
    {
      says: `${says}: the traffic class of the outer header is of no further use`,
      services: [service(v, { mode })],
      exchange: [{ packet: arrives(wrap(inner(2), outer(v, { tos: 0xb8 | 2 }))), verdict: 'pass', out: arrives(inner(2)) }],
    },
  ];
}));

const left = versions.flatMap((v): Fixture[] => {
  const syn = tcpFromClient(v, { flags: 'S' });
  return [
    untouched(`IPv${v}: a tunnel through this host is left alone`, v, wrapped(syn, outer(v, { dst: net.backends[`far${v}`]! }))),
    untouched(`IPv${v}: a tunnel for this host whose inner destination is no VIP is left alone`, v, wrapped(tcpFromClient(v, {}, { dst: vip2[v] }), outer(v))),
    untouched(`IPv${v}: a tunnel to another port of a VIP is left alone`, v, wrapped(tcpFromClient(v, { dport: 81 }), outer(v))),
    untouched(`IPv${v}: a tunnel to a service of dsr l2 is left alone`, v, wrapped(syn, outer(v)), { services: [service(v, { mode: 'l2' })] }),
    untouched(`IPv${v}: a tunnel with a malformed packet inside is left alone`, v, wrapped(tcpFromClient(v, { headerLength: 60 }), outer(v))),
    untouched(`IPv${v}: a tunnel with ICMP inside is left alone`, v, wrapped(net.fromClient(v, icmp(v, v === 4 ? 8 : 128, 0, payload(8))), outer(v))),
    untouched(`IPv${v}: a tunnel in a tunnel is left alone`, v, wrapped(wrapped(syn, outer(v)), outer(v))),
    untouched(`IPv${v}: with decapsulation switched off tunnels are left alone`, v, wrapped(syn, outer(v)), { without: LbFeature.DECAP }),
    {
      says: `IPv${v}: a host that does not forward takes its packets in all the same`,
      services: [service(v)],
      sysctl: { name: `ipv${v}/conf/sluice-in/forwarding`, value: '0', restore: '1' },
      exchange: [{ packet: arrives(wrapped(syn, outer(v))), verdict: 'pass', out: arrives(syn) }],
    },
    {
      says: `IPv${v}: a tunnel whose outer destination is a VIP is no port of it`,
      services: [service(v)],
      exchange: [{ packet: arrives(wrapped(tcpFromClient(v, { dport: 81 }), outer(v, { dst: vip[v] }))), verdict: 'drop' }],
      drops: { UNKNOWN_PORT: 1 },
    },
    {
      says: `IPv${v}: a fragment of a tunnel is left alone`,
      services: [service(v)],
      exchange: [{
        packet: arrives(ip({ ...outer(v), ...(v === 4 ? { fragment: { offset: 0, more: true } } : { extensions: [{ proto: 44, bytes: Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1) }] }) }, syn)),
        verdict: 'pass',
      }],
    },
  ];
});

const options: Fixture = {
  says: 'IPv4 options of the outer header go with it',
  services: [service(4)],
  exchange: [{ packet: arrives(wrapped(tcpFromClient(4), outer(4, { options: new Uint8Array(8).fill(1) }))), verdict: 'pass', out: arrives(tcpFromClient(4)) }],
};

const geneveHeaders = versions.flatMap((v): Fixture[] => {
  const packet = tcpFromClient(v, { flags: 'PA' }, {}, payload(30));
  const services = [service(v, { mode: 'geneve' })];
  const whole = arrives(inGeneve(packet, outer(v)));
  return [
    {
      says: `IPv${v}, geneve: options of any length are of no further use`,
      services,
      exchange: [4, 8, 252].map((length) => ({
        packet: arrives(inGeneve(packet, outer(v), 1, { options: payload(length) })), verdict: 'pass', out: arrives(packet),
      })),
    },
    {
      says: `IPv${v}, geneve: another version, control packets, critical options, other networks and other payloads are left alone`,
      services,
      exchange: [{ version: 1 }, { flags: 0x80 }, { flags: 0x40, options: payload(4) }, { vni: 1 }, { vni: 0x800000 }, { type: 0x6558 }, { type: v === 4 ? 0x86dd : 0x0800 }]
        .map((fields) => ({ packet: arrives(inGeneve(packet, outer(v), 1, fields)), verdict: 'pass' })),
      activity: { DECAPSULATED: 0 },
    },
    {
      says: `IPv${v}, geneve: a datagram that ends in its headers is left alone`,
      services,
      exchange: [4, 8, 20].map((length) => ({
        packet: arrives(ip(outer(v), udp({ sport: 1, dport: 6081 }, geneve(packet).subarray(0, length)))), verdict: 'pass',
      })),
    },
    {
      says: `IPv${v}, geneve: a service of TCP alone needs no UDP to be switched on for its tunnels`,
      without: LbFeature.UDP,
      services,
      exchange: [{ packet: whole, verdict: 'pass', out: arrives(packet) }],
    },
    {
      says: `IPv${v}, geneve: the same port of another host, or another port of this one, is left alone`,
      services,
      exchange: [
        { packet: arrives(inGeneve(packet, outer(v, { dst: net.backends[`far${v}`]! }))), verdict: 'pass' },
        { packet: arrives(ip(outer(v), udp({ sport: 6081, dport: 6080 }, geneve(packet)))), verdict: 'pass' },
      ],
      activity: { DECAPSULATED: 0 },
    },
  ];
});

const short = tunnels.flatMap(([mode, wrap]) => versions.flatMap((v): Fixture[] => [{
  says: `IPv${v}, ${mode}: an inner packet that ends behind its outer one is left alone`,
  services: [service(v, { mode })],
  exchange: [{ packet: arrives(wrap(tcpFromClient(v, {}, { length: v === 4 ? 44 : 24 }), outer(v))), verdict: 'pass' as const }]
    .map(({ packet, verdict }) => ({ packet: Uint8Array.from([...packet, 0, 0, 0, 0]), verdict })),
  activity: { DECAPSULATED: 0 },
}]));

const kept: Fixture = {
  says: 'a packet in plain form is balanced on a host that also takes tunnels in',
  services: [service(4)],
  exchange: [{
    packet: arrives(tcpFromClient(4)),
    verdict: 'tx',
    out: frame(net.toNear, wrapped(tcpFromClient(4), { src: own.in4, dst: net.backends['near4']! })),
  }],
};

export const fixtures: readonly Fixture[] = [...taken, ...congestion, ...left, options, ...geneveHeaders, ...short, kept];
