/** The network that the fixtures assume around the balancer, and frames as they arrive from it. */
import type { TopologyDescription } from '../../runtime/lab/topology.ts';
import { frame, geneve, ip, tcp, udp, type GeneveFields, type IpFields, type IpPart, type Macs, type Part, type TcpFields } from '../support/packet.ts';
import type { BackendName } from './model.ts';

export const mac = {
  in: '02:00:00:00:01:01',
  out: '02:00:00:00:02:01',
  /** Router through which clients come. */
  router: '02:00:00:00:01:fe',
  near: '02:00:00:00:01:0b',
  far: '02:00:00:00:02:0c',
  tag: '02:00:00:00:05:01',
  tagged: '02:00:00:00:05:0f',
} as const;

/** Addresses of the balancer itself, by interface. */
export const own = { in4: '10.1.0.1', in6: 'fd00:1::1', out4: '10.2.0.1', out6: 'fd00:2::1' } as const;

const routers = { 4: '10.1.0.254', 6: 'fd00:1::fe' } as const;
export const client = { 4: '203.0.113.7', 6: '2001:db8:7::7' } as const;
export const vip = { 4: '10.99.0.1', 6: 'fd00:99::1' } as const;
/** Clients that the balancer has no route to, and none that it has a neighbour for. */
export const strayClient = { 4: '198.51.100.9', 6: '2001:db8:9::9' } as const;
export const silentClient = { 4: '192.0.2.5', 6: '2001:db8:5::5' } as const;
/** Another VIP. */
export const vip2 = { 4: '10.99.0.2', 6: 'fd00:99::2' } as const;
export const versions = [4, 6] as const;

/** Backends by name: `near` behind the interface that packets arrive on, `far` behind the other one. */
export const backends: Readonly<Record<BackendName, string>> = {
  near4: '10.1.0.11',
  near6: 'fd00:1::b',
  far4: '10.2.0.12',
  far6: 'fd00:2::c',
  /** Behind `far` as a router. */
  routed4: '10.77.0.13',
  routed6: 'fd00:77::d',
  /** No neighbour answers for it. */
  silent4: '10.2.0.99',
  silent6: 'fd00:2::99',
  nowhere4: '10.88.0.1',
  nowhere6: 'fd00:88::1',
  blackhole4: '10.66.0.1',
  blackhole6: 'fd00:66::1',
  self4: own.out4,
  self6: own.out6,
  /** Beside `far`, where the route has an MTU of 1300. */
  narrow4: '10.2.0.14',
  narrow6: 'fd00:2::e',
  /** Behind an interface that fixtures make one of a VLAN. */
  tagged4: '10.5.0.15',
  tagged6: 'fd00:5::f',
  /** The same ones in rows of another service. */
  near4b: '10.1.0.11',
  near6b: 'fd00:1::b',
  far4b: '10.2.0.12',
  far6b: 'fd00:2::c',
};

/** Row 0 is none. */
export function rowOf(name: BackendName): number {
  if (name === '') return 0;
  const index = Object.keys(backends).indexOf(name);
  if (index < 0) throw new Error(`no backend '${name}'`);
  return index + 1;
}

export const description: TopologyDescription = {
  hosts: {
    lb: {
      router: true,
      routes: [
        '10.77.0.0/16 via 10.2.0.12', 'blackhole 10.66.0.0/16', 'fd00:77::/64 via fd00:2::c', 'blackhole fd00:66::/64',
        // For what it forwards the kernel heeds the MTU of a route only if it is locked.
        '10.2.0.14 dev sluice-out mtu lock 1300', 'fd00:2::e dev sluice-out mtu lock 1300',
        `203.0.113.0/24 via ${routers[4]}`, `2001:db8:7::/64 via ${routers[6]}`, '192.0.2.0/24 via 10.2.0.99', '2001:db8:5::/64 via fd00:2::99',
      ],
    },
    near: {},
    far: {},
  },
  links: [
    { ends: [{ host: 'lb', name: 'sluice-in', mac: mac.in, addresses: [`${own.in4}/24`, `${own.in6}/64`] }, { host: 'near', name: 'sluice-n' }] },
    { ends: [{ host: 'lb', name: 'sluice-out', mac: mac.out, addresses: [`${own.out4}/24`, `${own.out6}/64`] }, { host: 'far', name: 'sluice-f' }] },
    { ends: [{ host: 'lb', name: 'sluice-tag', mac: mac.tag, addresses: ['10.5.0.1/24', 'fd00:5::1/64'] }, { host: 'near', name: 'sluice-t' }] },
  ],
};

/** Entries that the balancer's host needs; nobody answers for them. */
export const neighbours: readonly string[] = [
  `${backends['near4']} lladdr ${mac.near} dev sluice-in`,
  `${backends['near6']} lladdr ${mac.near} dev sluice-in`,
  `${backends['far4']} lladdr ${mac.far} dev sluice-out`,
  `${backends['far6']} lladdr ${mac.far} dev sluice-out`,
  `${backends['narrow4']} lladdr ${mac.far} dev sluice-out`,
  `${backends['narrow6']} lladdr ${mac.far} dev sluice-out`,
  `${routers[4]} lladdr ${mac.router} dev sluice-in`,
  `${routers[6]} lladdr ${mac.router} dev sluice-in`,
  `${backends['tagged4']} lladdr ${mac.tagged} dev sluice-tag`,
  `${backends['tagged6']} lladdr ${mac.tagged} dev sluice-tag`,
];

/** As clients' packets arrive, and as they leave for a backend. */
export const arriving: Macs = { src: mac.router, dst: mac.in };
export const toNear: Macs = { src: mac.in, dst: mac.near };
export const toTagged: Macs = { src: mac.tag, dst: mac.tagged };
export const toFar: Macs = { src: mac.out, dst: mac.far };
export const answering: Macs = { src: mac.in, dst: mac.router };

export function fromClient(version: 4 | 6, part: Part, fields: Partial<IpFields> = {}): IpPart {
  return ip({ src: client[version], dst: vip[version], ...fields }, part);
}

export function tcpFromClient(version: 4 | 6, fields: Partial<TcpFields> = {}, ipFields: Partial<IpFields> = {}, data?: Uint8Array): IpPart {
  return fromClient(version, tcp({ sport: 40000, dport: 80, ...fields }, data), ipFields);
}

export function udpFromClient(version: 4 | 6, data?: Uint8Array, ipFields: Partial<IpFields> = {}): IpPart {
  return fromClient(version, udp({ sport: 40000, dport: 80 }, data), ipFields);
}

export function arrives(packet: IpPart): Uint8Array {
  return frame(arriving, packet);
}

/** What `dsr ipip` makes of a packet, before the frame. */
export function wrapped(packet: IpPart, fields: IpFields): IpPart {
  return ip({ ttl: 64, ...(fields.src.includes(':') ? {} : { dontFragment: true }), ...fields }, packet);
}

/** What `dsr geneve` makes of a packet; its source port is any. */
export function inGeneve(packet: IpPart, fields: IpFields, sport = 0xc123, header: GeneveFields = {}): IpPart {
  return ip({ ttl: 64, ...(fields.src.includes(':') ? {} : { dontFragment: true }), ...fields }, udp({ sport, dport: 6081, unchecked: true }, geneve(packet, header)));
}
