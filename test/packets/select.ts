/** Who may come, and which backend a new flow gets: source ranges, affinity, turns, and what is remembered for how long. */
import { LbFeature } from '../../compiler/generated/layout.ts';
import { frame, tcp, udp, type IpPart } from '../support/packet.ts';
import * as net from './hosts.ts';
import type { AffinitySpec, Exchange, Fixture, FlowSpec, ServiceSpec } from './model.ts';

const { arrives, client, fromClient, versions, vip } = net;
const second = { 4: '203.0.113.8', 6: '2001:db8:7::8' } as const;
const hour = 3600;

const versioned = versions.flatMap((v): Fixture[] => {
  const near = `near${v}`;
  const far = `far${v}`;
  const to = (backend: string, packet: IpPart): Exchange => ({
    packet: arrives(packet), verdict: backend === near ? 'tx' : 'redirect', out: frame(backend === near ? net.toNear : net.toFar, packet),
  });
  const segment = (flags: string, sport = 40000, src: string = client[v]): IpPart => fromClient(v, tcp({ sport, dport: 80, flags }), { src });
  const datagram = (sport = 40000, src: string = client[v]): IpPart => fromClient(v, udp({ sport, dport: 80 }), { src });
  const send = (backend: string, flags: string, sport?: number, src?: string): Exchange => to(backend, segment(flags, sport, src));
  const dropped = (packet: IpPart): Exchange => ({ packet: arrives(packet), verdict: 'drop' });
  const flow = (backend: string, more: Partial<FlowSpec> = {}): FlowSpec => ({ proto: 'tcp', src: client[v], sport: 40000, dst: vip[v], dport: 80, backend, ...more });
  const service = (more: Partial<ServiceSpec> = {}): ServiceSpec => ({ vip: vip[v], mode: 'l2', slots: [near], ...more });
  const sticky = (more: Partial<ServiceSpec> = {}): ServiceSpec => service({ affinity: hour, ...more });
  const settled = (more: Partial<ServiceSpec> = {}): ServiceSpec => service({ slots: [[near, far]], settleTcp: -1, settleUdp: -1, ...more });
  const known = (backend: string, more: Partial<AffinitySpec> = {}): AffinitySpec => ({ client: client[v], backend, ...more });
  const [host, net24, net16, all, elsewhere] = v === 4
    ? [`${client[4]}/32`, '203.0.113.0/24', '203.0.0.0/16', '0.0.0.0/0', '198.51.100.0/24']
    : [`${client[6]}/128`, '2001:db8:7::/64', '2001:db8::/32', '::/0', '2001:db8:8::/64'];
  const allowed = (says: string, ...allow: string[]): Fixture => ({
    says: `IPv${v}: ${says}`,
    services: [service({ allow }), service({ allow, proto: 'udp', id: 2 })],
    exchange: [send(near, 'S'), to(near, datagram())],
  });
  const refused = (says: string, src: string, ...allow: string[]): Fixture => ({
    says: `IPv${v}: ${says}`,
    services: [service({ allow }), service({ allow, proto: 'udp', id: 2 })],
    exchange: [dropped(segment('S', 40000, src)), dropped(datagram(40000, src))],
    drops: { SOURCE_NOT_ALLOWED: 2 },
    remembers: [],
    serviceCount: { packets: 0, bytes: 0, flows: 0 },
  });
  const ipv = `IPv${v}`;
  return [
    allowed('a source that is allowed by its address alone comes in', host!),
    allowed('a source that is allowed by a prefix comes in', net24!),
    allowed('a source comes in by any of several ranges', elsewhere!, net16!),
    allowed('everybody comes in by a prefix of no bits', all!),
    refused('a source next to the only one that is allowed is dropped', second[v], host!),
    refused('a source outside all ranges is dropped', client[v], elsewhere!),
    refused('where the list is empty every source is dropped', client[v]),
    refused('ranges of the other family are for nobody of this one', client[v], v === 4 ? '2001:db8::/32' : '203.0.113.0/24'),
    refused('sources are looked at before flows', second[v], host!),
    {
      says: `${ipv}: the ranges of one service are not those of another, nor those of another version of it`,
      services: [service({ allow: [elsewhere!] }), service({ port: 81, id: 2, allow: [all!] }), service({ port: 82, serial: 9, allow: [all!] })],
      exchange: [dropped(segment('S'))],
      drops: { SOURCE_NOT_ALLOWED: 1 },
    },
    {
      says: `${ipv}: a flow that is remembered is dropped where its source is not allowed any more`,
      services: [service({ hash: 'random', allow: [elsewhere!] })],
      flows: [flow(near)],
      exchange: [dropped(segment('A'))],
      drops: { SOURCE_NOT_ALLOWED: 1 },
    },
    {
      says: `${ipv}: with source ranges switched off everybody comes in`,
      without: LbFeature.ALLOW,
      services: [service({ allow: [elsewhere!] })],
      exchange: [send(near, 'S')],
    },

    {
      says: `${ipv}: the first flow of a client goes where the hash says, and the client is remembered`,
      services: [sticky()],
      exchange: [send(near, 'S')],
      remembers: [flow(near)],
      follows: [known(near)],
      activity: { AFFINITY_SET: 1, AFFINITY_KEPT: 0 },
      serviceCount: { packets: 1, bytes: v === 4 ? 40 : 60, flows: 1 },
    },
    {
      says: `${ipv}: the next flow of a client goes where its last one went, though its turn or slot is another`,
      services: [sticky({ hash: 'rr', slots: [near, far] })],
      exchange: [send(near, 'S'), send(near, 'S', 40001), send(far, 'S', 40000, second[v]), send(near, 'S', 40002), send(far, 'A', 40000, second[v])],
      follows: [known(near), known(far, { client: second[v] })],
      activity: { AFFINITY_SET: 2, AFFINITY_KEPT: 2 },
    },
    {
      says: `${ipv}: affinity beats the table`,
      services: [sticky()],
      affinities: [known(far)],
      exchange: [send(far, 'S'), send(far, 'A')],
      remembers: [flow(far)],
    },
    {
      says: `${ipv}: affinity is by client for each protocol's service, UDP too`,
      services: [sticky(), sticky({ proto: 'udp', id: 2 })],
      rows: { [far]: { service: 2 } },
      affinities: [known(far, { service: 2 })],
      exchange: [to(far, datagram()), send(near, 'S')],
    },
    {
      says: `${ipv}: affinity ends when no new flow came for the time that was given`,
      services: [sticky()],
      affinities: [known(far, { age: hour + 1 })],
      exchange: [send(near, 'S')],
      follows: [known(near)],
    },
    {
      says: `${ipv}: affinity goes on as long as new flows come in time`,
      services: [sticky()],
      affinities: [known(far, { age: hour - 10 })],
      exchange: [send(far, 'S')],
      follows: [known(far)],
    },
    {
      says: `${ipv}: a client of a backend that drains is sent elsewhere with its next flow, and its old flow stays`,
      services: [sticky()],
      rows: { [far]: { drainFrom: 10 } },
      flows: [flow(far)],
      affinities: [known(far)],
      exchange: [send(far, 'A'), send(near, 'S', 40001), send(far, 'PA')],
      remembers: [flow(far), flow(near, { sport: 40001 })],
      follows: [known(near)],
    },
    {
      says: `${ipv}: a drain of a later serial does not count yet`,
      services: [sticky()],
      rows: { [far]: { drainFrom: 11 } },
      affinities: [known(far)],
      exchange: [send(far, 'S')],
    },
    {
      says: `${ipv}: a client of a dead backend is sent elsewhere, its old flows too`,
      services: [sticky()],
      rows: { [far]: { deadFrom: 10 } },
      flows: [flow(far)],
      affinities: [known(far)],
      exchange: [send(near, 'A'), send(near, 'S', 40001)],
      remembers: [flow(near), flow(near, { sport: 40001 })],
      follows: [known(near)],
    },
    {
      says: `${ipv}: a client whose backend's row was given to another one since is new`,
      services: [sticky()],
      rows: { [far]: { birth: 7 } },
      affinities: [known(far, { birth: 6 })],
      exchange: [send(near, 'S')],
      follows: [known(near)],
    },
    {
      says: `${ipv}: with affinity, a flow stays with a backend that drains when no other is active, and new ones find none`,
      services: [sticky({ slots: [] })],
      rows: { [far]: { drainFrom: 10 } },
      flows: [flow(far)],
      affinities: [known(far)],
      exchange: [send(far, 'A'), dropped(segment('S', 40001))],
      remembers: [flow(far)],
      drops: { NO_BACKEND: 1 },
    },
    {
      says: `${ipv}: without affinity, a flow stays with a backend that drains when no other is active`,
      services: [settled({ slots: [['', far]] })],
      rows: { [far]: { drainFrom: 10 } },
      flows: [flow(far)],
      exchange: [send(far, 'A'), dropped(segment('S', 40001))],
      remembers: [flow(far)],
      drops: { NO_BACKEND: 1 },
    },
    {
      says: `${ipv}: with affinity switched off the hash answers`,
      without: LbFeature.AFFINITY,
      services: [sticky()],
      affinities: [known(far)],
      exchange: [send(near, 'S')],
    },

    {
      says: `${ipv}: rr gives new flows to one backend after the other, and flows stay`,
      services: [service({ hash: 'rr', slots: [near, far, far] })],
      exchange: [
        send(near, 'S', 1), send(far, 'S', 2), send(far, 'S', 3), send(near, 'S', 4), send(near, 'A', 1), send(far, 'A', 2), send(far, 'A', 3), send(far, 'S', 5),
      ],
      remembers: [flow(near, { sport: 1 }), flow(far, { sport: 2 }), flow(far, { sport: 3 }), flow(near, { sport: 4 }), flow(far, { sport: 5 })],
      backendCounts: { [near]: { packets: 3, bytes: 3 * (v === 4 ? 40 : 60), flows: 2 }, [far]: { packets: 5, bytes: 5 * (v === 4 ? 40 : 60), flows: 3 } },
    },
    {
      says: `${ipv}: rr takes turns by service, for UDP as for TCP`,
      services: [service({ hash: 'rr', slots: [near, far] }), service({ hash: 'rr', slots: [near, far], proto: 'udp', id: 2 })],
      rows: { [near]: { service: 2 }, [far]: { service: 2 } },
      exchange: [send(near, 'S', 1), to(near, datagram(1)), to(far, datagram(2)), to(near, datagram(3)), to(near, datagram(1)), to(far, datagram(4))],
    },
    {
      says: `${ipv}: with rr switched off new flows go where the hash of their flow says`,
      without: LbFeature.RR,
      services: [service({ hash: 'rr', slots: [far] })],
      exchange: [send(far, 'S', 1), send(far, 'S', 2)],
    },
    {
      says: `${ipv}: rr without a usable backend rejects or drops`,
      services: [service({ hash: 'rr', slots: [] })],
      exchange: [dropped(segment('S'))],
      drops: { NO_BACKEND: 1 },
    },
    {
      says: `${ipv}: random picks among the slots, and nothing else`,
      services: [service({ hash: 'random', slots: [far, far, far] })],
      exchange: [1, 2, 3, 4, 5].map((sport) => send(far, 'S', sport)),
      remembers: [1, 2, 3, 4, 5].map((sport) => flow(far, { sport })),
    },

    {
      says: `${ipv}: what no service of a VIP is for is dropped, or passes where that was asked for`,
      services: [service({ port: 81 })],
      exchange: [dropped(segment('S')), dropped(datagram())],
      drops: { UNKNOWN_PORT: 2 },
    },
    {
      says: `${ipv}: a VIP that passes what no service is for passes ports, protocols and what is malformed, and balances its services`,
      services: [service({ pass: true })],
      exchange: [
        { packet: arrives(fromClient(v, tcp({ sport: 1, dport: 81 }))), verdict: 'pass' },
        { packet: arrives(datagram()), verdict: 'pass' },
        { packet: arrives(fromClient(v, tcp({ sport: 1, dport: 80, headerLength: 60 }))), verdict: 'pass' },
        send(near, 'S'),
      ],
    },

    {
      says: `${ipv}: after the window a SYN of a disturbed slot leaves nothing behind`,
      services: [settled(), settled({ proto: 'udp', id: 2 })],
      exchange: [send(near, 'S'), send(near, 'A'), to(near, datagram())],
      remembers: [],
    },
    {
      says: `${ipv}: after the window a SYN of a watched slot leaves nothing behind`,
      services: [settled({ slots: [[near, near]] })],
      exchange: [send(near, 'S'), send(near, 'A')],
      remembers: [],
    },
    ...([
      ['opening', 55, 65], ['open', 7400, 7600], ['closing', 230, 250], ['closed', 8, 12],
    ] as const).map(([state, young, old]): Fixture => ({
      says: `${ipv}: a TCP flow that is ${state} is remembered for its time, and then counts as none`,
      services: [settled()],
      flows: [flow(far, { state, age: young }), flow(far, { state, age: old, sport: 40001 })],
      exchange: [send(far, 'A'), send(near, 'A', 40001)],
    })),
    ...([['opening', 110, 130], ['open', 290, 310]] as const).map(([state, young, old]): Fixture => ({
      says: `${ipv}: a UDP flow that is ${state} is remembered for its time, and then counts as none`,
      services: [settled({ proto: 'udp' })],
      flows: [flow(far, { proto: 'udp', state, age: young }), flow(far, { proto: 'udp', state, age: old, sport: 40001 })],
      exchange: [to(far, datagram()), to(near, datagram(40001))],
    })),
    {
      says: `${ipv}: a flow that is over opens anew, and is remembered anew`,
      services: [service({ hash: 'random' })],
      flows: [flow(far, { state: 'closed', age: 60 })],
      exchange: [send(near, 'S')],
      remembers: [flow(near)],
      states: ['opening'],
      serviceCount: { packets: 1, bytes: v === 4 ? 40 : 60, flows: 1 },
    },
    ...([
      ['opening', 'S', 'opening'], ['opening', 'A', 'open'], ['opening', 'R', 'closed'], ['open', 'PA', 'open'], ['open', 'S', 'open'], ['open', 'FA', 'closing'],
      ['open', 'RA', 'closed'], ['closing', 'A', 'closing'], ['closing', 'R', 'closed'], ['closing', 'S', 'opening'], ['closed', 'A', 'closed'], ['closed', 'FA', 'closed'],
      ['closed', 'S', 'opening'],
    ] as const).map(([before, flags, after]): Fixture => ({
      says: `${ipv}: a flow that is ${before} is ${after} after ${flags}`,
      services: [settled()],
      flows: [flow(far, { state: before })],
      exchange: [send(far, flags)],
      states: [after],
    })),
    {
      says: `${ipv}: a UDP flow is open from its second packet on`,
      services: [service({ hash: 'random', proto: 'udp' }), service({ hash: 'random', proto: 'udp', port: 81, id: 2 })],
      rows: { [near]: { service: 1 } },
      exchange: [to(near, datagram(1)), to(near, datagram(2)), to(near, datagram(2))],
      states: ['open', 'opening'],
    },
  ];
});

export const fixtures: readonly Fixture[] = versioned;
