/** The balancer's host: one interface, clients and backends both behind it, so that what is forwarded leaves by XDP_TX. */
import { raise, type Topology } from '../../../runtime/lab/topology.ts';
import { interfaceIndex } from '../attach.ts';
import { frame, ip, payload, tcp, udp } from '../../../test/support/packet.ts';

export const vip = { 4: '10.99.0.1', 6: 'fd00:99::1' } as const;
/** Addresses that are no VIP. */
export const other = { 4: '10.98.0.1', 6: 'fd00:98::1' } as const;
const many = Array.from({ length: 20 }, (_, i) => i + 11);
const at = { 4: (i: number) => `10.1.0.${i}`, 6: (i: number) => `fd00:1::${i}` } as const;
export const backends = { 4: many.slice(0, 10).map(at[4]), 6: many.slice(0, 10).map(at[6]) } as const;
/** For the floor programs; their ring takes IPv4 for IPv6 too. */
export const floorServices = ([6, 4] as const).map((family) => ({ vip: vip[family], port: 80, backends: backends[4] }));
/** What a commit replaces them by. */
export const fresh = { 4: many.slice(10).map(at[4]) } as const;

const mac = { lb: '02:00:00:00:01:01', peer: '02:00:00:00:01:fe' } as const;
export const iface = 'sluice-in';
const idle = ['sluice-i0', 'sluice-i1', 'sluice-i2', 'sluice-i3'] as const;

export interface Network {
  readonly netns: string;
  readonly ifindex: number;
  /** Interfaces beside, which nothing is sent to. */
  readonly idle: { readonly netns: string; readonly names: readonly string[] };
  remove(): void;
}

export function raiseNetwork(): Network {
  const topology: Topology = raise({
    hosts: { lb: { router: true, routes: ['default via 10.1.0.254', 'default via fd00:1::254'] }, peer: {} },
    links: [
      { ends: [{ host: 'lb', name: iface, mac: mac.lb, addresses: ['10.1.0.1/16', 'fd00:1::1/64'] }, { host: 'peer', name: 'sluice-p', mac: mac.peer }] },
      { ends: [{ host: 'peer', name: idle[0] }, { host: 'peer', name: idle[1] }] },
      { ends: [{ host: 'peer', name: idle[2] }, { host: 'peer', name: idle[3] }] },
    ],
  });
  const lb = topology.host('lb');
  const known = [...many, 254].flatMap((i) => [at[4](i), at[6](i)]);
  lb.exec('ip', ['-batch', '-'], known.map((a, i) => `neigh replace ${a} lladdr 02:00:00:00:02:${i.toString(16).padStart(2, '0')} dev ${iface} nud permanent\n`).join(''));
  return { netns: lb.netns, ifindex: interfaceIndex(lb.netns, iface), idle: { netns: topology.host('peer').netns, names: idle.slice(0, 3) }, remove: () => topology.remove() };
}

export type PacketKind = 'syn' | 'ack' | 'udp';

/** As a client sends it. Source address and port are the wrapper's; these are those of its first flow. */
export function packet(kind: PacketKind, family: 4 | 6 = 4, dst: string = vip[family]): Uint8Array {
  const ports = { sport: 1024, dport: 80 };
  const part = kind === 'udp' ? udp(ports, payload(6)) : tcp({ ...ports, flags: kind === 'syn' ? 'S' : 'A' }, kind === 'syn' ? undefined : payload(6));
  return frame({ src: mac.peer, dst: mac.lb }, ip({ src: family === 4 ? '16.0.0.0' : '2001:db8::1000:0', dst, dontFragment: true }, part));
}
