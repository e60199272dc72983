/** Packets that do not fit where they have to go: the client is told how big they may be. */
import { LbFeature } from '../../compiler/generated/layout.ts';
import { frame, payload, type IpFields, type IpPart } from '../support/packet.ts';
import * as net from './hosts.ts';
import { answered, delivered, part, type FlowOf } from './leaving.ts';
import type { Exchange, Fixture, ServiceSpec } from './model.ts';

const { arrives, tcpFromClient, udpFromClient, versions, vip } = net;

const service = (v: 4 | 6, backend: string, more: Partial<ServiceSpec> = {}): ServiceSpec => ({ vip: vip[v], mode: 'l2', slots: [backend], ...more });

/** A segment or datagram of so many bytes. */
function sized(v: 4 | 6, proto: FlowOf['proto'], bytes: number, fields: Partial<IpFields> = {}): IpPart {
  const room = bytes - (v === 4 ? 20 : 40);
  return proto === 'tcp' ? tcpFromClient(v, {}, fields, payload(room - 20)) : udpFromClient(v, payload(room - 8), fields);
}

/** Packet too big: what a client's packet may have. */
const told = (v: 4 | 6, packet: IpPart, mtu: number): Uint8Array => (v === 4 ? answered(4, packet, 3, 4, mtu) : answered(6, packet, 2, 0, mtu));

const ways = [
  [4, 'l2', 'narrow4', 1300], [6, 'l2', 'narrow6', 1300],
  [4, 'ipip', 'far4', 1480], [6, 'ipip', 'far6', 1460], [4, 'ipip', 'far6', 1460], [6, 'ipip', 'far4', 1480],
  [4, 'geneve', 'far4', 1464], [6, 'geneve', 'far6', 1444], [4, 'geneve', 'far6', 1444], [6, 'geneve', 'far4', 1464],
  [4, 'ipip', 'narrow6', 1260],
] as const;

const fits = ways.flatMap(([v, mode, backend, mtu]) => (['tcp', 'udp'] as const).map((proto): Fixture => {
  const big = sized(v, proto, mtu + 1, v === 4 ? { dontFragment: true } : {});
  const fitting = sized(v, proto, mtu);
  return {
    says: `dsr ${mode}, IPv${v}, ${proto} to ${backend}: a packet of ${mtu} bytes leaves, and of a bigger one the client is told that limit`,
    services: [service(v, backend, { mode, proto })],
    exchange: [
      { packet: arrives(fitting), verdict: 'redirect', out: delivered(mode, v, backend, fitting, { proto }) },
      { packet: arrives(big), verdict: 'tx', out: told(v, big, mtu) },
    ],
    drops: { TOO_BIG_TOLD: 1 },
    serviceCount: { packets: 1, bytes: mtu, flows: 0 },
  };
}));

const tooBig = versions.flatMap((v): Fixture[] => {
  const far = service(v, `far${v}`, { mode: 'ipip', proto: 'udp' });
  const big = sized(v, 'udp', 1500);
  const silent = (says: string, packet: Uint8Array, more: Partial<Fixture> = {}): Fixture => ({
    says: `dsr ipip, IPv${v}: ${says}`, services: [far], exchange: [{ packet, verdict: 'drop' }], drops: { TOO_BIG: 1 }, ...more,
  });
  const room = v === 4 ? 1480 : 1448;
  const datagram = udpFromClient(v, payload(2 * room - 8));
  return [
    {
      says: `dsr ipip, IPv${v}: a fragment that is too big is told of, the first and the later ones`,
      services: [far],
      exchange: [0, room].map((offset): Exchange => {
        const packet = part(datagram, v, offset, room);
        return { packet: arrives(packet), verdict: 'tx', out: told(v, packet, v === 4 ? 1480 : 1460) };
      }),
      drops: { TOO_BIG_TOLD: 2 },
    },
    silent('a frame sent to a group is not told that it is too big', frame({ src: net.mac.router, dst: '01:00:5e:00:00:01' }, big)),
    silent('nor is a source that is no one host', arrives(sized(v, 'udp', 1500, { src: v === 4 ? '0.0.0.0' : '::' }))),
    silent('with such answers switched off it is dropped', arrives(big), { without: LbFeature.TOO_BIG }),
  ];
});

const alone: Fixture[] = [
  {
    says: 'IPv4: a packet that may be fragmented is too big all the same',
    services: [service(4, 'far4', { mode: 'ipip' })],
    exchange: [{ packet: arrives(sized(4, 'tcp', 1481)), verdict: 'tx', out: told(4, sized(4, 'tcp', 1481), 1480) }],
    drops: { TOO_BIG_TOLD: 1 },
  },
  {
    says: 'IPv6: of less than 1280 bytes nobody is told, since every link carries as many',
    services: [service(6, 'narrow6', { mode: 'ipip' })],
    exchange: [{ packet: arrives(sized(6, 'tcp', 1261)), verdict: 'tx', out: told(6, sized(6, 'tcp', 1261), 1280) }],
    drops: { TOO_BIG_TOLD: 1 },
  },
];

export const fixtures: readonly Fixture[] = [...fits, ...tooBig, ...alone];
