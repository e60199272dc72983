/** Outer headers that vary with the flow: Geneve's source port, and sources from a prefix. */
import { LbFeature } from '../../compiler/generated/layout.ts';
import { flowHash } from '../support/hash.ts';
import { addressBytes, frame, payload, tcp, udp, type IpFields, type IpPart } from '../support/packet.ts';
import * as net from './hosts.ts';
import type { Exchange, Fixture, ServiceSpec } from './model.ts';

const { arrives, backends, client, fromClient, inGeneve, own, tcpFromClient, toFar, toNear, udpFromClient, versions, vip, wrapped } = net;
type Mode = 'ipip' | 'geneve';

function hashOf(v: 4 | 6, proto: 'tcp' | 'udp', sport = 40000): number {
  return flowHash({ src: client[v], dst: vip[v], sport, dport: 80, proto: proto === 'tcp' ? 6 : 17 });
}

/** `address` with the low bits of a hash in those that its prefix leaves free. */
function spread(address: string, prefix: number, hash: number): string {
  const bytes = addressBytes(address).slice();
  const free = BigInt(bytes.length * 8 - prefix);
  const bits = BigInt(hash) & ((1n << free) - 1n);
  for (let i = 0; i < 4; i++) bytes[bytes.length - 1 - i]! ^= Number((bits >> BigInt(8 * i)) & 255n);
  if (bytes.length === 4) return bytes.join('.');
  return Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16)).join(':');
}

/** As it leaves for a backend, from `src` where that is given, else from the address of its interface. */
function leaves(mode: Mode, backend: string, packet: IpPart, hash: number, src?: string, tos = 0): Exchange {
  const six = backend.endsWith('6');
  const near = backend.startsWith('near');
  const fields: IpFields = {
    src: src ?? own[near ? (six ? 'in6' : 'in4') : six ? 'out6' : 'out4'], dst: backends[backend]!, tos, ...(six ? { flowLabel: hash & 0xfffff } : {}),
  };
  const outer = mode === 'ipip' ? wrapped(packet, fields) : inGeneve(packet, fields, 0xc000 | (hash & 0x3fff));
  return { packet: arrives(packet), verdict: near ? 'tx' : 'redirect', out: frame(near ? toNear : toFar, outer) };
}

const pairs = [[4, 4], [6, 6], [4, 6], [6, 4]] as const;
const geneve = pairs.flatMap(([inside, outside]): Fixture[] => {
  const service = (name: string, more: Partial<ServiceSpec> = {}): ServiceSpec => ({ vip: vip[inside], mode: 'geneve', slots: [`${name}${outside}`], ...more });
  const says = `dsr geneve, IPv${inside} in IPv${outside}`;
  const header = inside === 4 ? 20 : 40;
  const growth = (outside === 4 ? 20 : 40) + 16;
  const segment = tcpFromClient(inside, { flags: 'PA' }, {}, payload(9));
  const datagram = udpFromClient(inside, payload(40));
  const marked = tcpFromClient(inside, { flags: 'S' }, { tos: 0xb9, ttl: 17 });
  const exchange = (name: string, packet: IpPart, proto: 'tcp' | 'udp', tos = 0): Exchange => leaves('geneve', `${name}${outside}`, packet, hashOf(inside, proto), undefined, tos);
  const full = tcpFromClient(inside, { flags: 'A' }, {}, payload(1500 - growth - header - 20));
  return [
    {
      says: `${says}: a segment leaves in a datagram to port 6081, from a port that its flow's hash gives`,
      services: [service('near')],
      exchange: [exchange('near', segment, 'tcp')],
      serviceCount: { packets: 1, bytes: header + 29, flows: 0 },
      backendCounts: { [`near${outside}`]: { packets: 1, bytes: header + 29, flows: 0 } },
    },
    {
      says: `${says}: a datagram for a backend behind another interface is redirected`,
      services: [service('far', { proto: 'udp' })],
      exchange: [exchange('far', datagram, 'udp')],
    },
    {
      says: `${says}: a backend behind a router is the outer destination`,
      services: [service('routed')],
      exchange: [exchange('routed', segment, 'tcp')],
    },
    {
      says: `${says}: the client's TTL stays, and its traffic class is that of the outer header too`,
      services: [service('near')],
      exchange: [exchange('near', marked, 'tcp', 0xb9)],
    },
    {
      says: `${says}: padding is not counted into the outer lengths`,
      services: [service('near')],
      exchange: [exchange('near', segment, 'tcp')].map((e) => ({ ...e, packet: Uint8Array.from([...e.packet, 9, 9]), out: Uint8Array.from([...e.out!, 9, 9]) })),
    },
    {
      says: `${says}: what just fits leaves`,
      services: [service('near')],
      exchange: [exchange('near', full, 'tcp')],
    },
    {
      says: `${says}: a backend that is this host itself gets the packet up the stack, not wrapped`,
      services: [service('self')],
      exchange: [{ packet: arrives(segment), verdict: 'pass' }],
    },
  ];
});

const sources = (['ipip', 'geneve'] as const).flatMap((mode) => pairs.flatMap(([inside, outside]) => (['tcp', 'udp'] as const).flatMap((proto): Fixture[] => {
  const [address, prefix] = outside === 4 ? ['10.1.128.0', 20] : ['fd00:1:0:0:8::', 80];
  const near = `near${outside}`;
  const service = (more: Partial<ServiceSpec> = {}): ServiceSpec => ({ vip: vip[inside], mode, proto, slots: [near], sources: [{ address, prefix }], ...more });
  const packet = (sport: number, data = 0): IpPart => fromClient(inside, proto === 'tcp' ? tcp({ sport, dport: 80 }, payload(data)) : udp({ sport, dport: 80 }, payload(data)));
  const from = (sport: number, src: string | undefined, data = 0): Exchange => leaves(mode, near, packet(sport, data), hashOf(inside, proto, sport), src);
  const hash = (sport: number): number => hashOf(inside, proto, sport);
  const says = `dsr ${mode}, IPv${inside} in IPv${outside}, ${proto}`;
  return [
    {
      says: `${says}: outer sources stay in the prefix, differ from flow to flow and are the same for all of a flow`,
      services: [service()],
      exchange: [1, 2, 3, 4, 5, 6, 7, 8, 1, 2].map((sport, i) => from(sport, spread(address, prefix, hash(sport)), i)),
    },
    {
      says: `${says}: an outer source without a prefix is that address for every flow`,
      services: [service({ sources: [{ address: outside === 4 ? '10.1.0.77' : 'fd00:1::77' }] })],
      exchange: [1, 2, 3].map((sport) => from(sport, outside === 4 ? '10.1.0.77' : 'fd00:1::77')),
    },
    {
      says: `${says}: of a prefix of one free bit both addresses are used`,
      services: [service({ sources: [{ address: outside === 4 ? '10.1.0.76' : 'fd00:1::76', prefix: outside === 4 ? 31 : 127 }] })],
      exchange: [1, 2, 3, 4, 5, 6, 7, 8].map((sport) => from(sport, spread(outside === 4 ? '10.1.0.76' : 'fd00:1::76', outside === 4 ? 31 : 127, hash(sport)))),
    },
    {
      says: `${says}: sources of the other family are not for this backend`,
      services: [service({ sources: [outside === 4 ? { address: 'fd00:1::', prefix: 64 } : { address: '10.1.128.0', prefix: 24 }] })],
      exchange: [from(1, undefined), from(2, undefined)],
    },
    {
      says: `${says}: with spreading switched off the route's own address is the source`,
      without: LbFeature.SPREAD,
      services: [service()],
      exchange: [from(1, undefined), from(2, undefined)],
    },
  ];
})));

const versionsOfOne: Fixture[] = versions.map((v) => ({
  says: `IPv${v}: the sources of one version of a service are not those of another`,
  services: [{ vip: vip[v], mode: 'ipip', slots: [`near${v}`], sources: [{ address: v === 4 ? '10.1.0.77' : 'fd00:1::77' }] },
    { vip: vip[v], port: 81, mode: 'ipip', slots: [`near${v}`], serial: 9, sources: [{ address: v === 4 ? '10.1.0.78' : 'fd00:1::78' }] }],
  exchange: [leaves('ipip', `near${v}`, tcpFromClient(v), hashOf(v, 'tcp'), v === 4 ? '10.1.0.77' : 'fd00:1::77')],
}));

export const fixtures: readonly Fixture[] = [...geneve, ...sources, ...versionsOfOne];
