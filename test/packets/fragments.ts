/** Datagrams that were cut into fragments on their way. */
import { LbFeature } from '../../compiler/generated/layout.ts';
import { fragmentHeader, frame, icmp, payload, raw, tcp, udp, type Extension, type IpFields, type IpPart, type Part } from '../support/packet.ts';
import * as net from './hosts.ts';
import type { Exchange, Fixture, FragmentSpec, ServiceSpec } from './model.ts';

const { arrives, client, fromClient, tcpFromClient, versions, vip, vip2 } = net;
const id = 0x1234;
const tcpPart = tcp({ sport: 40000, dport: 80, flags: 'PA' }, payload(36));
const udpPart = udp({ sport: 40000, dport: 80 }, payload(48));
const protocols = [['TCP', 'tcp', tcpPart], ['UDP', 'udp', udpPart]] as const;
const destinationOptions: Extension = { proto: 60, bytes: new Uint8Array(8) };

/** A packet cut before each of these bytes behind its IP header. */
function cut(v: 4 | 6, part: Part, at: readonly number[], fields: Partial<IpFields> = {}): IpPart[] {
  const body = fromClient(v, part, { dst: fields.dst ?? vip[v] }).bytes(() => 0).subarray(v === 4 ? 20 : 40);
  const ends = [...at, body.length];
  return ends.map((end, i) => fragment(v, part.proto, body, i === 0 ? 0 : ends[i - 1]!, end, fields));
}

function fragment(v: 4 | 6, proto: number, body: Uint8Array, start: number, end: number, fields: Partial<IpFields> = {}): IpPart {
  const more = end < body.length;
  const piece = raw(proto, body.subarray(start, end));
  if (v === 4) return fromClient(4, piece, { id, fragment: { offset: start, more }, ...fields });
  return fromClient(6, piece, { ...fields, extensions: [...(fields.extensions ?? []), fragmentHeader(start, more, id)] });
}

const service = (v: 4 | 6, more: Partial<ServiceSpec> = {}): ServiceSpec => ({ vip: vip[v], mode: 'l2', slots: [`far${v}`], ...more });
const toFar = (p: IpPart): Exchange => ({ packet: arrives(p), verdict: 'redirect', out: frame(net.toFar, p) });
const dropped = (p: IpPart): Exchange => ({ packet: arrives(p), verdict: 'drop' });
const passes = (p: IpPart): Exchange => ({ packet: arrives(p), verdict: 'pass' });

const cutUp = versions.flatMap((v) => protocols.flatMap(([name, proto, part]): Fixture[] => {
  const pieces = cut(v, part, [24, 40]);
  const [first, second, third] = pieces as [IpPart, IpPart, IpPart];
  const known = (more: Partial<FragmentSpec> = {}): FragmentSpec => ({ proto, src: client[v], dst: vip[v], id, sport: 40000, dport: 80, ...more });
  const header = v === 4 ? 20 : 48;
  const says = `IPv${v}, ${name}`;
  return [
    {
      says: `${says}: the later fragments of a datagram follow the first one`,
      services: [service(v, { proto })],
      exchange: [toFar(first), toFar(second), toFar(third)],
      fragmentCount: 1,
      activity: { FRAGMENT_FIRST: 1, FRAGMENT_LATER: 2 },
      serviceCount: { packets: 3, bytes: 3 * header + 56, flows: 0 },
    },
    {
      says: `${says}: the fragments of a datagram go to the backend of its flow, whatever their addresses alone would give`,
      services: [service(v, { proto, slots: [''], hash: 'random' })],
      flows: [{ proto, src: client[v], sport: 40000, dst: vip[v], dport: 80, backend: `far${v}` }],
      exchange: [toFar(first), toFar(third)],
    },
    {
      says: `${says}: fragments are wrapped by dsr ipip, each by itself`,
      services: [service(v, { mode: 'ipip', proto, slots: ['near4'] })],
      exchange: pieces.map((p) => ({ packet: arrives(p), verdict: 'tx', out: frame(net.toNear, net.wrapped(p, { src: net.own.in4, dst: net.backends['near4']! })) })),
    },
    {
      says: `${says}: a later fragment whose first one never came is dropped and counted`,
      services: [service(v, { proto })],
      exchange: [dropped(second), toFar(first), toFar(second)],
      drops: { FRAGMENT: 1 },
    },
    {
      says: `${says}: a later fragment belongs to no datagram of another identification, protocol, source or destination`,
      services: [service(v, { proto }), service(v, { proto, id: 2, vip: vip2[v] })],
      fragments: [
        known({ id: id + 1 }), known({ src: v === 4 ? '203.0.113.8' : '2001:db8:7::8' }), known({ dst: vip2[v] }), known({ proto: proto === 'tcp' ? 'udp' : 'tcp' }),
      ],
      exchange: [dropped(second)],
      drops: { FRAGMENT: 1 },
    },
    {
      says: `${says}: a later fragment is known for half a minute after its first one`,
      services: [service(v, { proto })],
      fragments: [known({ age: 25 })],
      exchange: [toFar(second)],
    },
    {
      says: `${says}: a later fragment that comes more than half a minute after its first one is dropped`,
      services: [service(v, { proto })],
      fragments: [known({ age: 31 })],
      exchange: [dropped(second)],
      drops: { FRAGMENT: 1 },
    },
    {
      says: `${says}: all fragments of a datagram to a port that no service has are dropped`,
      services: [service(v, { proto, port: 81 })],
      exchange: [dropped(first), dropped(second)],
      drops: { UNKNOWN_PORT: 2 },
    },
    {
      says: `${says}: fragments for what is no VIP pass, and nothing is remembered of them`,
      services: [service(v, { proto })],
      exchange: cut(v, part, [24, 40], { dst: vip2[v] }).map(passes),
      fragmentCount: 0,
    },
    {
      says: `${says}: fragments of a VIP that passes what no service is for pass`,
      services: [service(v, { proto, port: 81, pass: true })],
      exchange: [passes(third), passes(first), passes(second)],
    },
    {
      says: `${says}: a first fragment without a whole header is malformed, and its later ones are unknown`,
      services: [service(v, { proto })],
      exchange: [dropped(fragment(v, part.proto, new Uint8Array(64), 0, proto === 'tcp' ? 16 : 0)), dropped(second)],
      drops: { MALFORMED: 1, FRAGMENT: 1 },
      fragmentCount: 0,
    },
    {
      says: `${says}: with fragments switched off all of them are dropped`,
      without: LbFeature.FRAGMENTS,
      services: [service(v, { proto })],
      exchange: [dropped(first), dropped(second)],
      drops: { FRAGMENT: 2 },
    },
    {
      says: `${says}: a fragment with a TTL of 1 goes up the stack`,
      services: [service(v, { proto })],
      exchange: cut(v, part, [24], { ttl: 1 }).map(passes),
    },
    {
      says: `${says}: fragments go up the stack where the backend is this host`,
      services: [service(v, { proto, slots: [`self${v}`] })],
      exchange: [passes(first), passes(second)],
    },
    {
      says: `${says}: what identifies fragments does not matter for a whole packet with the same`,
      services: [service(v, { proto })],
      fragments: [known({ dport: 81 })],
      exchange: [toFar(fromClient(v, part, v === 4 ? { id } : { extensions: [fragmentHeader(0, false, id)] }))],
      fragmentCount: 1,
    },
    {
      says: `${says}: a datagram that reuses an identification replaces the former one`,
      services: [service(v, { proto })],
      fragments: [known({ dport: 81 })],
      exchange: [toFar(first), toFar(second)],
      fragmentCount: 1,
      backendCounts: { [`far${v}`]: { packets: 2, bytes: 2 * header + 40, flows: 0 } },
    },
    {
      says: `${says}: fragments of a source that is not allowed are dropped`,
      services: [service(v, { proto, allow: [v === 4 ? '198.51.100.0/24' : '2001:db8:9::/48'] })],
      exchange: [dropped(first), dropped(second)],
      drops: { SOURCE_NOT_ALLOWED: 2 },
    },
  ];
}));

const beyond: Fixture[] = [
  {
    says: 'IPv4: fragments of what has no ports are dropped for a VIP',
    services: [service(4)],
    exchange: cut(4, raw(47, payload(64)), [24, 40]).map(dropped),
    drops: { UNKNOWN_PORT: 1, FRAGMENT: 2 },
    fragmentCount: 0,
  },
  {
    says: 'IPv4: options of a fragment are parsed past',
    services: [service(4, { proto: 'udp' })],
    exchange: cut(4, udpPart, [24, 40], { options: new Uint8Array(8).fill(1) }).map(toFar),
  },
  {
    says: 'IPv6: a fragment header is found behind other headers',
    services: [service(6, { proto: 'udp' })],
    exchange: cut(6, udpPart, [24, 40], { extensions: [{ proto: 0, bytes: new Uint8Array(8) }, destinationOptions] }).map(toFar),
  },
  {
    says: 'IPv6: headers behind the fragment header are in the first fragment only',
    services: [service(6, { proto: 'udp' })],
    exchange: (() => {
      const whole = fromClient(6, udpPart, { extensions: [destinationOptions] }).bytes(() => 0).subarray(40);
      return [[0, 16], [16, 40], [40, whole.length]].map(([start, end]) => toFar(fragment(6, 60, whole, start!, end!)));
    })(),
    activity: { FRAGMENT_FIRST: 1, FRAGMENT_LATER: 2 },
  },
  {
    says: 'IPv6: a first fragment that ends before its transport header is malformed (RFC 7112)',
    services: [service(6, { proto: 'udp' })],
    exchange: [dropped(fragment(6, 60, fromClient(6, udpPart, { extensions: [destinationOptions] }).bytes(() => 0).subarray(40), 0, 8))],
    drops: { MALFORMED: 1 },
    fragmentCount: 0,
  },
  {
    says: 'IPv6: the payload of a later fragment is no header, whatever it looks like',
    services: [service(6, { proto: 'udp' })],
    fragments: [{ proto: 'udp', src: client[6], dst: vip[6], id, sport: 40000, dport: 80 }],
    exchange: [toFar(fragment(6, 17, tcpFromClient(6, { dport: 81 }).bytes(() => 0), 40, 60))],
  },
  ...versions.map((v): Fixture => ({
    says: `IPv${v}: fragments of ICMP to what is no VIP pass`,
    services: [service(v)],
    exchange: cut(v, icmp(v, v === 4 ? 8 : 128, 0, payload(56)), [24, 40], { dst: vip2[v] }).map(passes),
    fragmentCount: 0,
  })),
];

export const fixtures: readonly Fixture[] = [...cutUp, ...beyond];
