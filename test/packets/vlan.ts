/** Frames with VLAN tags. The interface `tag` stands for VLAN 5 of `in`. */
import { LbFeature } from '../../compiler/generated/layout.ts';
import { ether, frame, icmp, join, payload, tagged, type IpPart } from '../support/packet.ts';
import * as net from './hosts.ts';
import type { Exchange, Fixture, ServiceSpec, VlanSpec } from './model.ts';

const { arrives, arriving, backends, own, tcpFromClient, toFar, toNear, toTagged, udpFromClient, versions, vip, vip2, wrapped } = net;
const vid = 5;
const vlans: readonly VlanSpec[] = [{ parent: 'in', vid, interface: 'tag' }];
const gateway = { 4: '10.5.0.1', 6: 'fd00:5::1' } as const;

/** A packet behind any tags: type and VLAN of each. */
function behind(tags: readonly (readonly [number, number])[], p: IpPart): Uint8Array {
  let rest = p.bytes(() => 0);
  let type = p.etherType;
  for (const [tagType, id] of [...tags].reverse()) {
    rest = join(Uint8Array.of(id >> 8, id & 0xff, type >> 8, type & 0xff), rest);
    type = tagType;
  }
  return ether(arriving, type, rest);
}

const perPacket = versions.flatMap((v) => (['TCP', 'UDP'] as const).flatMap((name): Fixture[] => {
  const proto = name === 'TCP' ? 'tcp' : 'udp';
  const p = name === 'TCP' ? tcpFromClient(v, { flags: 'PA' }, {}, payload(9)) : udpFromClient(v, payload(21));
  const service = (backend: string, more: Partial<ServiceSpec> = {}): ServiceSpec => ({ vip: vip[v], mode: 'l2', proto, slots: [backend], ...more });
  const says = `IPv${v}, ${name}`;
  const inside = (src: string, backend: string): IpPart => wrapped(p, { src, dst: backends[backend]! });
  return [
    {
      says: `${says}: a packet with a tag leaves without one where its backend has none`,
      vlans,
      services: [service(`far${v}`)],
      exchange: [{ packet: tagged(arriving, vid, p), verdict: 'redirect', out: frame(toFar, p) }],
    },
    {
      says: `${says}: a packet without a tag gets that of its backend's VLAN`,
      vlans,
      services: [service(`tagged${v}`)],
      exchange: [
        { packet: arrives(p), verdict: 'tx', out: tagged(toTagged, vid, p) },
        { packet: arrives(p), on: 'out', verdict: 'redirect', out: tagged(toTagged, vid, p) },
      ],
    },
    {
      says: `${says}: a packet stays in its VLAN where its backend is there, and its priority is not kept`,
      vlans,
      services: [service(`tagged${v}`)],
      exchange: [0, 5].map((priority) => ({ packet: tagged(arriving, vid, p, priority), verdict: 'tx', out: tagged(toTagged, vid, p) })),
    },
    {
      says: `${says}: a tag is replaced by that of another VLAN`,
      vlans: [...vlans, { parent: 'in', vid: 4094, interface: 'out' }],
      services: [service(`far${v}`)],
      exchange: [{ packet: tagged(arriving, vid, p), verdict: 'tx', out: tagged(toFar, 4094, p) }],
    },
    {
      says: `${says}: dsr ipip wraps behind the frame's new header, with a tag or without`,
      vlans,
      services: [service('tagged4', { mode: 'ipip' })],
      exchange: [
        { packet: arrives(p), verdict: 'tx', out: tagged(toTagged, vid, inside(gateway[4], 'tagged4')) },
        { packet: tagged(arriving, vid, p), verdict: 'tx', out: tagged(toTagged, vid, inside(gateway[4], 'tagged4')) },
      ],
    },
    {
      says: `${says}: dsr ipip takes the tag off`,
      vlans,
      services: [service('far4', { mode: 'ipip' })],
      exchange: [{ packet: tagged(arriving, vid, p), verdict: 'redirect', out: frame(toFar, inside(own.out4, 'far4')) }],
    },
    {
      says: `${says}: a priority without a VLAN (802.1p) is like no tag`,
      vlans,
      services: [service(`near${v}`)],
      exchange: [{ packet: tagged(arriving, 0, p, 7), verdict: 'tx', out: frame(toNear, p) }],
    },
    {
      says: `${says}: padding behind a packet with a tag stays where it is`,
      vlans,
      services: [service(`far${v}`)],
      exchange: [{ packet: Uint8Array.from([...tagged(arriving, vid, p), 1, 2]), verdict: 'redirect', out: Uint8Array.from([...frame(toFar, p), 1, 2]) }],
    },
    {
      says: `${says}: for a VIP, tags that no interface of this host has are dropped and counted`,
      vlans,
      services: [service(`near${v}`)],
      exchange: [
        [[0x8100, 6]], [[0x8100, 4095]], [[0x88a8, vid]], [[0x88a8, vid], [0x8100, vid]], [[0x8100, vid], [0x8100, vid]], [[0x8100, 0], [0x8100, vid]],
      ].map((tags): Exchange => ({ packet: behind(tags as [number, number][], p), verdict: 'drop' })),
      drops: { UNSUPPORTED_VLAN: 6 },
    },
    {
      says: `${says}: so they are where the tag is one of another interface`,
      vlans,
      services: [service(`near${v}`)],
      exchange: [{ packet: tagged(arriving, vid, p), on: 'out', verdict: 'drop' }],
      drops: { UNSUPPORTED_VLAN: 1 },
    },
    {
      says: `${says}: with VLANs switched off every tag passes by`,
      without: LbFeature.VLAN,
      vlans,
      services: [service(`near${v}`)],
      exchange: [{ packet: tagged(arriving, vid, p), verdict: 'pass' }, { packet: tagged(arriving, 6, p), verdict: 'pass' }],
    },
  ];
}));

const perVersion = versions.flatMap((v): Fixture[] => {
  const p = tcpFromClient(v);
  const other = tcpFromClient(v, {}, { dst: vip2[v] });
  const services: ServiceSpec[] = [{ vip: vip[v], mode: 'ipip', slots: ['near4'] }];
  return [
    {
      says: `IPv${v}: what is for no VIP passes, whatever its tags`,
      vlans,
      services,
      exchange: [[[0x8100, vid]], [[0x8100, 6]], [[0x88a8, 1]], [[0x88a8, 1], [0x8100, 2]], [[0x8100, 1], [0x88a8, 2], [0x8100, 3]]]
        .map((tags) => ({ packet: behind(tags as [number, number][], other), verdict: 'pass' })),
    },
    {
      says: `IPv${v}: three tags are not looked behind`,
      vlans,
      services,
      exchange: [{ packet: behind([[0x8100, 1], [0x8100, 2], [0x8100, 3]], p), verdict: 'pass' }],
    },
    {
      says: `IPv${v}: ICMP and unknown ports of a VIP are dropped behind a foreign tag too`,
      vlans,
      services,
      exchange: [
        { packet: behind([[0x8100, 6]], net.fromClient(v, icmp(v, v === 4 ? 8 : 128, 0, payload(8)))), verdict: 'drop' },
        { packet: behind([[0x8100, 6]], tcpFromClient(v, { dport: 81 })), verdict: 'drop' },
      ],
      drops: { UNSUPPORTED_VLAN: 2 },
    },
    {
      says: `IPv${v}: foreign tags pass where the VIP passes what no service is for`,
      vlans,
      services: [{ ...services[0]!, pass: true }],
      exchange: [{ packet: behind([[0x8100, 6]], p), verdict: 'pass' }],
    },
    {
      says: `IPv${v}: a port that no service has is dropped in a VLAN as without one`,
      vlans,
      services,
      exchange: [{ packet: tagged(arriving, vid, tcpFromClient(v, { dport: 81 })), verdict: 'drop' }],
      drops: { UNKNOWN_PORT: 1 },
    },
    {
      says: `IPv${v}: a frame that is cut in its tag, or right behind it, passes`,
      vlans,
      services,
      exchange: [15, 17, 18, 21, 22].map((length) => ({ packet: behind([[0x8100, vid], [0x8100, 6]], p).subarray(0, length), verdict: 'pass' as const })),
    },
  ];
});

const routing: Fixture = {
  says: 'the way to a backend is asked for from the VLAN that a packet came by',
  vlans,
  services: [{ vip: vip[4], mode: 'ipip', slots: ['near4'] }],
  sysctl: { name: 'ipv4/conf/sluice-tag/forwarding', value: '0', restore: '1' },
  exchange: [
    { packet: tagged(arriving, vid, tcpFromClient(4)), verdict: 'drop' },
    { packet: arrives(tcpFromClient(4)), verdict: 'tx', out: frame(toNear, wrapped(tcpFromClient(4), { src: own.in4, dst: backends['near4']! })) },
    { packet: tagged(arriving, vid, tcpFromClient(4)), verdict: 'drop' },
  ],
  drops: { FORWARDING_OFF: 2 },
};

export const fixtures: readonly Fixture[] = [...perPacket, ...perVersion, routing];
