/** Encapsulated packets for pods of this host: the `far` ones, which are next to it and not where packets come from. */
import { LbFeature } from '../../compiler/generated/layout.ts';
import { fragmentHeader, payload, raw, tagged, tcp, udp, type IpFields, type IpPart, type Part } from '../support/packet.ts';
import * as net from './hosts.ts';
import type { Exchange, Fixture, NatSpec, RowSpec, ServiceSpec } from './model.ts';
import { dnat } from './nat-flow.ts';

const { arrives, backends, client, fromClient, inGeneve, vip, vip2, versions, wrapped } = net;
const sender = { 4: '10.9.0.1', 6: 'fd00:9::1' } as const;
const tunnels = [
  ['ipip', (packet: IpPart, fields: IpFields): IpPart => wrapped(packet, fields)],
  ['geneve', (packet: IpPart, fields: IpFields): IpPart => inGeneve(packet, fields)],
] as const;

const translated = versions.flatMap((v) => tunnels.flatMap(([mode, wrap]) => (['tcp', 'udp'] as const).flatMap((proto): Fixture[] => {
  const far = `far${v}`;
  const pod = backends[far]!;
  const transport = (dport: number, data = payload(11), sport = 40000, flags = 'PA', unchecked = false): Part =>
    proto === 'tcp' ? tcp({ sport, dport, flags }, data) : udp({ sport, dport, unchecked }, data);
  const toVip = (part: Part, fields: Partial<IpFields> = {}): IpPart => fromClient(v, part, fields);
  const toPod = (part: Part, fields: Partial<IpFields> = {}): IpPart => fromClient(v, part, { ...fields, dst: pod });
  const into = (packet: IpPart, dst = pod, fields: Partial<IpFields> = {}): IpPart => wrap(packet, { src: sender[dst.includes(':') ? 6 : 4], dst, ...fields });
  const service = (more: Partial<ServiceSpec> = {}): ServiceSpec => ({ vip: vip[v], mode, proto, slots: [far], ...more });
  const rows = { [far]: { port: 8080 } };
  const entry = (more: Partial<NatSpec> = {}): NatSpec => ({
    proto, backend: far, port: 8080, to: { address: client[v], port: 40000 }, client: { address: client[v], port: 40000 }, vip: { address: vip[v], port: 80 },
    state: proto === 'tcp' ? 'open' : 'opening', received: true, ...more,
  });
  const passes = (part: Part, out: Part): Exchange => ({ packet: arrives(into(toVip(part))), verdict: 'pass', out: arrives(toPod(out)) });
  const plain = passes(transport(80), transport(8080));
  const answers = dnat({ v, proto, backend: far, port: 8080 });
  const left = (says: string, packet: IpPart, more: Partial<Fixture> = {}): Fixture => ({
    says: `IPv${v}, ${proto}, ${mode}: ${says}`, services: [service()], rows, exchange: [{ packet: arrives(packet), verdict: 'pass' }], translates: [], activity: { DECAPSULATED: 0 }, ...more,
  });
  const says = `IPv${v}, ${proto}, ${mode}`;
  const bytes = (v === 4 ? 20 : 40) + (proto === 'tcp' ? 31 : 19);
  return [
    {
      says: `${says}: a packet for a pod goes up the stack with the pod's address and port, and the pod's answers are known`,
      services: [service()],
      rows,
      exchange: [plain],
      translates: [entry()],
      remembers: [],
      activity: { DECAPSULATED: 1, TRANSLATED: 1, NAT_OPENED: 1, FLOW_OPENED: 0 },
      serviceCount: { packets: 1, bytes, flows: 0 },
      backendCounts: { [far]: { packets: 1, bytes, flows: 0 } },
    },
    {
      says: `${says}: the pod's answers leave with the VIP as their source, and the flow has no other entry`,
      services: [service()],
      rows,
      exchange: [plain, answers.back(), answers.back({ data: payload(70) }), plain],
      translates: [entry({ state: 'open' })],
      remembers: [],
      activity: { NAT_REPLIED: 2, NAT_OPENED: 1, FLOW_OPENED: 0 },
    },
    {
      says: `${says}: a packet of a pod that answers nothing passes`,
      services: [service()],
      rows,
      exchange: [{ ...answers.back(), verdict: 'pass', out: answers.back().packet }],
      translates: [],
    },
    {
      says: `${says}: a pod without a port of its own has that of the VIP`,
      services: [service()],
      exchange: [passes(transport(80), transport(80))],
      translates: [entry({ port: 80 })],
    },
    {
      says: `${says}: later packets of a flow make no entry, and open it`,
      services: [service()],
      rows,
      exchange: [plain, plain, plain],
      translates: [entry({ state: 'open' })],
      activity: { TRANSLATED: 3, NAT_OPENED: 1 },
    },
    {
      says: `${says}: two clients' ports are two flows`,
      services: [service()],
      rows,
      exchange: [plain, passes(transport(80, payload(3), 40001), transport(8080, payload(3), 40001))],
      translates: [entry(), entry({ to: { address: client[v], port: 40001 }, client: { address: client[v], port: 40001 } })],
    },
    {
      says: `${says}: a packet of the same client and port by another VIP conflicts, since the pod could not tell them apart`,
      services: [service(), service({ vip: vip2[v] })],
      rows,
      nats: [entry({ vip: { address: vip2[v], port: 80 }, state: 'open' })],
      exchange: [{ packet: plain.packet, verdict: 'drop' }],
      translates: [entry({ vip: { address: vip2[v], port: 80 }, state: 'open' })],
      drops: { NAT_CONFLICT: 1 },
    },
    {
      says: `${says}: it takes the place of such a flow that is over`,
      services: [service(), service({ vip: vip2[v] })],
      rows,
      nats: [entry({ vip: { address: vip2[v], port: 80 }, state: 'open', age: 7600 })],
      exchange: [plain],
      translates: [entry()],
    },
    {
      says: `${says}: it takes the place of such a flow whose backend is gone`,
      services: [service()],
      rows,
      nats: [entry({ vip: { address: vip2[v], port: 80 }, state: 'open', birth: 4 })],
      exchange: [plain],
      translates: [entry()],
    },
    {
      says: `${says}: an entry of the pod's former row is made anew`,
      services: [service()],
      rows,
      nats: [entry({ state: 'open', birth: 4 })],
      exchange: [plain],
      translates: [entry()],
      activity: { NAT_OPENED: 1 },
    },
    {
      says: `${says}: a pod that the kernel knows no neighbour for is left to the kernel too, translated`,
      services: [service({ slots: [`silent${v}`] })],
      exchange: [{ packet: arrives(into(toVip(transport(80)), backends[`silent${v}`]!)), verdict: 'pass', out: arrives(fromClient(v, transport(80), { dst: backends[`silent${v}`]! })) }],
      activity: { TRANSLATED: 1 },
    },
    left('a backend behind a router is no pod of this host', into(toVip(transport(80)), backends[`routed${v}`]!), { services: [service({ slots: [`routed${v}`] })] }),
    left('a backend where the packet came from is no pod of this host', into(toVip(transport(80)), backends[`near${v}`]!), { services: [service({ slots: [`near${v}`] })] }),
    left('what is no backend of the service is no pod of it', into(toVip(transport(80))), { services: [service({ slots: [`near${v}`] })] }),
    left('a backend of another service is no pod of this one', into(toVip(transport(80))), { services: [service({ slots: [`near${v}`] }), service({ id: 2, vip: vip2[v] })] }),
    left('a row of another service is no pod of this one', into(toVip(transport(80))), { rows: { [far]: { port: 8080, service: 2 } } }),
    left('a pod of the other family cannot get the packet', into(toVip(transport(80)), backends[`far${v === 4 ? 6 : 4}`]!), { services: [service({ slots: [`far${v === 4 ? 6 : 4}`] })] }),
    left('with decapsulation switched off tunnels to pods pass', into(toVip(transport(80))), { without: LbFeature.DECAP }),
    {
      says: `${says}: the inner TTL, class and options stay, and congestion comes over`,
      services: [service()],
      rows,
      exchange: [{
        packet: arrives(into(toVip(transport(80), { ttl: 9, tos: 0xb9, ...(v === 4 ? { options: new Uint8Array(8).fill(1), id: 77 } : { extensions: [{ proto: 60, bytes: new Uint8Array(8) }] }) }), pod, { tos: 3 })),
        verdict: 'pass',
        out: arrives(toPod(transport(8080), { ttl: 9, tos: 0xbb, ...(v === 4 ? { options: new Uint8Array(8).fill(1), id: 77 } : { extensions: [{ proto: 60, bytes: new Uint8Array(8) }] }) })),
      }],
    },
    {
      says: `${says}: the frame keeps its tag`,
      vlans: [{ parent: 'in', vid: 5, interface: 'tag' }],
      services: [service()],
      rows,
      exchange: [{ packet: tagged(net.arriving, 5, into(toVip(transport(80)))), verdict: 'pass', out: tagged(net.arriving, 5, toPod(transport(8080))) }],
    },
    {
      says: `${says}: padding stays where it is`,
      services: [service()],
      rows,
      exchange: [{ packet: Uint8Array.from([...plain.packet, 4, 2]), verdict: 'pass', out: Uint8Array.from([...plain.out!, 4, 2]) }],
    },
    {
      says: `${says}: any checksum comes out right`,
      services: [service()],
      rows,
      exchange: Array.from({ length: 40 }, (_, i) => passes(transport(80, Uint8Array.of(i * 97, i * 31, i)), transport(8080, Uint8Array.of(i * 97, i * 31, i)))),
    },
    {
      says: `${says}: a host that does not forward takes packets for pods as its own, untranslated`,
      services: [service()],
      rows,
      sysctl: { name: `ipv${v}/conf/sluice-in/forwarding`, value: '0', restore: '1' },
      exchange: [{ packet: plain.packet, verdict: 'pass', out: arrives(toVip(transport(80))) }],
      translates: [],
    },
    ...fragmented(says, { v, proto, services: [service()], rows, whole: (dport) => transport(dport, payload(44)), pod, into }),
  ];
})));

interface Cut {
  readonly v: 4 | 6;
  readonly proto: 'tcp' | 'udp';
  readonly services: readonly ServiceSpec[];
  readonly rows: Readonly<Record<string, RowSpec>>;
  readonly whole: (dport: number) => Part;
  readonly pod: string;
  readonly into: (packet: IpPart, dst?: string) => IpPart;
}

/** Of a packet that was cut before it was put into tunnels. */
function fragmented(says: string, { v, proto, services, rows, whole, pod, into }: Cut): Fixture[] {
  const pieces = (dst: string, dport: number): IpPart[] => {
    const body = fromClient(v, whole(dport), { dst }).bytes(() => 0).subarray(v === 4 ? 20 : 40);
    return [[0, 24], [24, 40], [40, body.length]].map(([start, end]) => {
      const more = end! < body.length;
      const piece = raw(proto === 'tcp' ? 6 : 17, body.subarray(start, end));
      return fromClient(v, piece, { dst, ...(v === 4 ? { id: 9, fragment: { offset: start!, more } } : { extensions: [fragmentHeader(start!, more, 9)] }) });
    });
  };
  const inside = pieces(vip[v], 80);
  const own = v === 4 ? net.own.in4 : net.own.in6;
  return [
    {
      says: `${says}: fragments inside are translated, the later ones by their first`,
      services,
      rows,
      exchange: inside.map((p, i) => ({ packet: arrives(into(p)), verdict: 'pass', out: arrives(pieces(pod, 8080)[i]!) })),
      fragmentCount: 1,
      activity: { TRANSLATED: 3, NAT_OPENED: 1, FRAGMENT_FIRST: 1, FRAGMENT_LATER: 2 },
    },
    {
      says: `${says}: fragments inside for this host are taken in, the later ones by their first`,
      services,
      rows,
      exchange: inside.map((p) => ({ packet: arrives(into(p, own)), verdict: 'pass', out: arrives(p) })),
      fragmentCount: 1,
    },
    {
      says: `${says}: a later fragment inside whose first one never came is dropped, for a pod and for this host`,
      services,
      rows,
      exchange: [{ packet: arrives(into(inside[1]!)), verdict: 'drop' }, { packet: arrives(into(inside[2]!, own)), verdict: 'drop' }],
      drops: { FRAGMENT: 2 },
    },
    {
      says: `${says}: fragments inside that are for neither pass, and nothing is remembered of them`,
      services,
      exchange: [...inside.map((p) => into(p, backends[`routed${v}`]!)), ...pieces(vip2[v], 80).map((p) => into(p, own)), ...pieces(vip[v], 81).slice(0, 1).map((p) => into(p, own))]
        .map((p) => ({ packet: arrives(p), verdict: 'pass' })),
      fragmentCount: 0,
    },
    {
      says: `${says}: with fragments switched off those inside are dropped`,
      without: LbFeature.FRAGMENTS,
      services,
      exchange: [{ packet: arrives(into(inside[0]!)), verdict: 'drop' }, { packet: arrives(into(inside[1]!)), verdict: 'drop' }],
      drops: { FRAGMENT: 2 },
    },
  ];
}

const states = versions.flatMap((v) => tunnels.flatMap(([mode, wrap]): Fixture[] => {
  const far = `far${v}`;
  const pod = backends[far]!;
  const send = (flags: string): Exchange => ({
    packet: arrives(wrap(fromClient(v, tcp({ sport: 40000, dport: 80, flags })), { src: sender[v], dst: pod })), verdict: 'pass',
    out: arrives(fromClient(v, tcp({ sport: 40000, dport: 80, flags }), { dst: pod })),
  });
  const entry = (state: NatSpec['state'], age = 0): NatSpec => ({
    proto: 'tcp', backend: far, to: { address: client[v], port: 40000 }, client: { address: client[v], port: 40000 }, vip: { address: vip[v], port: 80 }, state: state!, received: true, age,
  });
  const services: ServiceSpec[] = [{ vip: vip[v], mode, slots: [far] }];
  return ([
    ['S', 'opening'], ['S A', 'open'], ['S A FA', 'closing'], ['S A R', 'closed'], ['A', 'open'], ['S FA S', 'opening'], ['R', 'closed'],
  ] as const).map(([flags, state]): Fixture => ({
    says: `IPv${v}, ${mode}: a flow to a pod is ${state} after ${flags}`,
    services,
    exchange: flags.split(' ').map(send),
    translates: [entry(state)],
    activity: { NAT_OPENED: 1 },
  })).concat([
    {
      says: `IPv${v}, ${mode}: a flow to a pod that was over opens anew`,
      services,
      nats: [entry('closed', 11)],
      exchange: [send('S')],
      translates: [entry('opening')],
      activity: { NAT_OPENED: 1 },
    },
    {
      says: `IPv${v}, ${mode}: a SYN for a pod counts as a flow of its service`,
      services,
      exchange: [send('S'), send('A')],
      serviceCount: { packets: 2, bytes: v === 4 ? 80 : 120, flows: 1 },
    },
  ]);
}));

const unchecked: Fixture[] = tunnels.map(([mode, wrap]) => {
  const datagram = (dst: string, dport: number): IpPart => fromClient(4, udp({ sport: 40000, dport, unchecked: true }, payload(9)), { dst });
  const pod = backends['far4']!;
  return {
    says: `IPv4, ${mode}: a datagram for a pod that has no checksum gets none`,
    services: [{ vip: vip[4], mode, proto: 'udp', slots: ['far4'] }],
    rows: { far4: { port: 53 } },
    exchange: [{ packet: arrives(wrap(datagram(vip[4], 80), { src: sender[4], dst: pod })), verdict: 'pass', out: arrives(datagram(pod, 53)) }],
  };
});

export const fixtures: readonly Fixture[] = [...translated, ...states, ...unchecked];
