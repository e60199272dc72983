/** Which backend a flow gets when slots change under it, and what is remembered. */
import { LbFeature } from '../../compiler/generated/layout.ts';
import { frame, tcp, udp, type IpPart } from '../support/packet.ts';
import * as net from './hosts.ts';
import type { Exchange, Fixture, FlowSpec, ServiceSpec } from './model.ts';

const { arrives, client, fromClient, versions, vip } = net;

const versioned = versions.flatMap((v): Fixture[] => {
  const near = `near${v}`;
  const far = `far${v}`;
  const send = (to: string, flags: string, sport = 40000): Exchange => {
    const packet: IpPart = fromClient(v, tcp({ sport, dport: 80, flags }));
    return { packet: arrives(packet), verdict: to === near ? 'tx' : 'redirect', out: frame(to === near ? net.toNear : net.toFar, packet) };
  };
  const datagram = (to: string): Exchange => {
    const packet = fromClient(v, udp({ sport: 40000, dport: 80 }));
    return { packet: arrives(packet), verdict: to === near ? 'tx' : 'redirect', out: frame(to === near ? net.toNear : net.toFar, packet) };
  };
  const flow = (backend: string, more: Partial<FlowSpec> = {}): FlowSpec => ({ proto: 'tcp', src: client[v], sport: 40000, dst: vip[v], dport: 80, backend, ...more });
  /** A slot that a commit moved from `far` to `near`. */
  const moved = (more: Partial<ServiceSpec> = {}): ServiceSpec => ({ vip: vip[v], mode: 'l2', slots: [[near, far]], settleTcp: 60, settleUdp: 10, ...more });
  const bytes = v === 4 ? 40 : 60;
  const ipv = `IPv${v}`;
  return [
    {
      says: `${ipv}: an undisturbed slot answers alone and remembers nothing`,
      services: [moved({ slots: [near] })],
      exchange: [send(near, 'S'), send(near, 'A'), send(near, 'FA')],
      remembers: [],
      serviceCount: { packets: 3, bytes: 3 * bytes, flows: 1 },
    },
    {
      says: `${ipv}: an undisturbed slot does not look a flow up`,
      services: [moved({ slots: [near] })],
      flows: [flow(far)],
      exchange: [send(near, 'A')],
    },
    {
      says: `${ipv}: in a disturbed slot a SYN opens at the new backend, is remembered, and its flow stays there`,
      services: [moved()],
      exchange: [send(near, 'S'), send(near, 'S'), send(near, 'A')],
      remembers: [flow(near)],
      serviceCount: { packets: 3, bytes: 3 * bytes, flows: 1 },
    },
    {
      says: `${ipv}: in a disturbed slot a flow from before the change stays with the former backend, and is remembered`,
      services: [moved()],
      exchange: [send(far, 'A'), send(far, 'PA')],
      remembers: [flow(far)],
      serviceCount: { packets: 2, bytes: 2 * bytes, flows: 0 },
    },
    {
      says: `${ipv}: a SYN with ACK, RST or FIN opens nothing`,
      services: [moved()],
      exchange: [send(far, 'SA', 40001), send(far, 'SR', 40002), send(far, 'SF', 40003), send(far, 'R', 40004)],
      remembers: [40001, 40002, 40003, 40004].map((sport) => flow(far, { sport })),
    },
    {
      says: `${ipv}: a watched slot keeps remembered flows where they are and sends all others to its backend`,
      services: [moved({ slots: [[near, near]], settleTcp: -1 })],
      flows: [flow(far)],
      exchange: [send(far, 'A'), send(near, 'A', 40001)],
      remembers: [flow(far)],
    },
    {
      says: `${ipv}: a watched slot of a table that was resized keeps remembered flows where they are`,
      services: [moved({ slots: [[near, near]], formerSlots: [near], settleTcp: -1 })],
      flows: [flow(far)],
      exchange: [send(far, 'A'), send(near, 'A', 40001)],
      remembers: [flow(far)],
    },
    {
      says: `${ipv}: after the window only remembered flows go to the former backend`,
      services: [moved({ settleTcp: -1 })],
      flows: [flow(far)],
      exchange: [send(far, 'A'), send(near, 'A', 40001)],
      remembers: [flow(far)],
    },
    {
      says: `${ipv}: a remembered flow goes on when its SYN comes again`,
      services: [moved()],
      flows: [flow(far)],
      exchange: [send(far, 'S')],
      serviceCount: { packets: 1, bytes, flows: 0 },
    },
    {
      says: `${ipv}: a former backend that is dead gets nothing, not even its remembered flows`,
      services: [moved({ serial: 10 })],
      rows: { [far]: { deadFrom: 10 } },
      flows: [flow(far)],
      exchange: [send(near, 'A'), send(near, 'A', 40001)],
      remembers: [flow(far)],
    },
    {
      says: `${ipv}: a mark for a later serial does not count yet, so that it takes effect with the swap`,
      services: [moved({ serial: 10 })],
      rows: { [far]: { deadFrom: 11 } },
      flows: [flow(far)],
      exchange: [send(far, 'A'), send(far, 'A', 40001)],
      remembers: [flow(far), flow(far, { sport: 40001 })],
    },
    {
      says: `${ipv}: an entry of a row that was given to another backend since is none`,
      services: [moved()],
      rows: { [far]: { birth: 7 } },
      flows: [flow(far, { birth: 6 })],
      exchange: [send(near, 'S')],
      remembers: [flow(near)],
    },
    {
      says: `${ipv}: an entry of another service's row is none`,
      services: [moved()],
      rows: { nowhere4: { service: 2 } },
      flows: [flow('nowhere4')],
      exchange: [send(near, 'S')],
      remembers: [flow(near)],
    },
    {
      says: `${ipv}: a third backend that a flow is remembered for keeps it`,
      services: [moved({ slots: [[`silent${v}`, near]] })],
      flows: [flow(far)],
      exchange: [send(far, 'A')],
    },
    {
      says: `${ipv}: UDP has no SYN, so within its window every unknown flow counts as old`,
      services: [moved({ proto: 'udp' })],
      exchange: [datagram(far)],
      remembers: [flow(far, { proto: 'udp' })],
      serviceCount: { packets: 1, bytes: bytes - 12, flows: 0 },
    },
    {
      says: `${ipv}: the window of UDP is its own`,
      services: [moved({ proto: 'udp', settleUdp: -1, settleTcp: 60 })],
      exchange: [datagram(near)],
      remembers: [],
    },
    {
      says: `${ipv}: the last backend drains: its flows go on, new ones are rejected`,
      services: [moved({ slots: [['', far]], reject: false })],
      exchange: [send(far, 'A'), { packet: send(far, 'S', 40001).packet, verdict: 'drop' }],
      remembers: [flow(far)],
      drops: { NO_BACKEND: 1 },
    },
    {
      says: `${ipv}: a former table of another size says who was there before`,
      services: [moved({ slots: [near, near], formerSlots: [far, far, far], settleTcp: 60 })],
      exchange: [send(far, 'A'), send(near, 'S', 40001)],
      remembers: [flow(far), flow(near, { sport: 40001 })],
    },
    {
      says: `${ipv}: a former table that agrees disturbs nothing`,
      services: [moved({ slots: [near], formerSlots: [near, near] })],
      exchange: [send(near, 'A')],
      remembers: [],
    },
    {
      says: `${ipv}: with flows switched off the table answers alone`,
      without: LbFeature.FLOWS | LbFeature.RANDOM,
      services: [moved()],
      exchange: [send(near, 'A')],
      remembers: [],
    },
    {
      says: `${ipv}: random remembers every flow, whatever packet it is first seen by, and counts it`,
      services: [moved({ hash: 'random', slots: [near] })],
      exchange: [send(near, 'A'), send(near, 'PA'), send(near, 'S', 40001)],
      remembers: [flow(near), flow(near, { sport: 40001 })],
      serviceCount: { packets: 3, bytes: 3 * bytes, flows: 2 },
    },
    {
      says: `${ipv}: random keeps a flow where it is remembered, also on a backend that drains`,
      services: [moved({ hash: 'random', slots: [near] })],
      flows: [flow(far)],
      exchange: [send(far, 'A'), send(far, 'S')],
      remembers: [flow(far)],
    },
    {
      says: `${ipv}: random picks again when the remembered backend is dead`,
      services: [moved({ hash: 'random', slots: [near] })],
      rows: { [far]: { deadFrom: 3 } },
      flows: [flow(far)],
      exchange: [send(near, 'A')],
      remembers: [flow(near)],
    },
    {
      says: `${ipv}: random without a usable backend still carries the flows it knows`,
      services: [moved({ hash: 'random', slots: [] })],
      flows: [flow(far)],
      exchange: [send(far, 'A'), { packet: send(far, 'A', 40001).packet, verdict: 'drop' }],
      drops: { NO_BACKEND: 1 },
    },
    {
      says: `${ipv}: random remembers UDP`,
      services: [moved({ hash: 'random', proto: 'udp', slots: [near] })],
      exchange: [datagram(near), datagram(near)],
      remembers: [flow(near, { proto: 'udp' })],
      serviceCount: { packets: 2, bytes: 2 * (bytes - 12), flows: 1 },
    },
  ];
});

export const fixtures: readonly Fixture[] = versioned;
