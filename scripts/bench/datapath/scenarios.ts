/** What is measured: which packets, through which script, beside which floor, and what is to be reached. */
import { manyServices } from '../scripts.ts';
import { flowCapacity, type FloorName } from '../floors.ts';
import { backends, fresh, other, packet, vip } from './network.ts';
import type { Traffic } from '../template.ts';
import type { VerdictName } from './rig.ts';

export interface Scenario {
  readonly label: string;
  /** Name in `subjects`. */
  readonly subject: string;
  readonly floor: FloorName;
  readonly frame: Uint8Array;
  /** For which numbers of flows. */
  readonly flows: readonly Traffic['flows'][];
  readonly verdict: VerdictName;
  /** Largest ratio to the floor that is wanted. */
  readonly target?: number;
  /** Flows that the instance's tables hold, where not `flowCapacity`: a translated one has two entries. */
  readonly capacity?: number;
  /** Half of the packets are backends' answers. */
  readonly dialogue?: boolean;
  /** What opens the flows before the measurement, and is answered; nothing where flows need no state. */
  readonly opening?: Uint8Array;
}

const list = (addresses: readonly string[], suffix = ''): string => addresses.map((a) => a + suffix).join(', ');
const web = (settings: string, to = list(backends[4])): string => `service web vip ${vip[4]}:80/tcp+udp -> ${to} ${settings}`;
const ipip = 'mode dsr ipip hash maglev(size=16381)';

/** Enough ports for as many new flows as tables hold. */
const from = `from ${Array.from({ length: 15 }, (_, i) => `10.1.1.${i + 1}:1024-65535`).join(', ')}`;

/** Scripts by name, applied one after the other. */
export const subjects: Readonly<Record<string, readonly string[]>> = {
  ipip: [web(ipip)],
  ipip6: [`service web vip [${vip[6]}]:80/tcp+udp -> ${list(backends[6])} ${ipip}`],
  disturbed: [web(`${ipip} grace 1h`), web(`${ipip} grace 1h`, `${list(backends[4], ' drain')}, ${list(fresh[4])}`)],
  geneve: [web('mode dsr geneve hash maglev(size=16381)')],
  l2: [web('mode dsr l2 hash maglev(size=16381)')],
  'by-source': [web('mode dsr ipip hash maglev(size=16381, by=source)')],
  random: [web('mode dsr ipip hash random')],
  rr: [web('mode dsr ipip hash rr')],
  affinity: [web(`${ipip} affinity 10m`)],
  allow: [web(`${ipip} allow 16.0.0.0/8, 192.0.2.0/24`)],
  snat: [web(`mode snat ${from} hash maglev(size=16381)`)],
  dnat: [web('mode dnat hash maglev(size=16381)')],
  hybrid: [web('mode hybrid hash maglev(size=16381)')],
};

const all = [1, 1 << 16, 1 << 19] as const;
const fresh4 = ['new'] as const;
const twice = 2 * flowCapacity;
const [syn, ack, udp] = [packet('syn'), packet('ack'), packet('udp')];

export const scenarios: readonly Scenario[] = [
  { label: 'dsr ipip maglev, established', subject: 'ipip', floor: 'floor_ring', frame: ack, flows: all, verdict: 'tx', target: 1.2 },
  { label: 'dsr ipip maglev, SYN', subject: 'ipip', floor: 'floor_ring', frame: syn, flows: [1, 'new'], verdict: 'tx', target: 1.2 },
  { label: 'dsr ipip maglev, UDP', subject: 'ipip', floor: 'floor_ring', frame: udp, flows: [1, 1 << 16], verdict: 'tx', target: 1.2 },
  { label: 'dsr ipip maglev, IPv6, established', subject: 'ipip6', floor: 'floor_ring_ipv6', frame: packet('ack', 6), flows: all, verdict: 'tx', target: 1.2 },
  { label: 'dsr ipip maglev(by=source), established', subject: 'by-source', floor: 'floor_ring', frame: ack, flows: [1, 1 << 16], verdict: 'tx' },
  { label: 'dsr ipip maglev, allow, established', subject: 'allow', floor: 'floor_ring', frame: ack, flows: [1, 1 << 16], verdict: 'tx' },
  { label: 'dsr geneve maglev, established', subject: 'geneve', floor: 'floor_ring', frame: ack, flows: [1, 1 << 16], verdict: 'tx' },
  { label: 'dsr l2 maglev, established', subject: 'l2', floor: 'floor_ring_l2', frame: ack, flows: all, verdict: 'tx' },
  { label: 'dsr l2 maglev, SYN', subject: 'l2', floor: 'floor_ring_l2', frame: syn, flows: fresh4, verdict: 'tx' },
  { label: 'not ours', subject: 'ipip', floor: 'floor_lookup', frame: packet('ack', 4, other[4]), flows: [1, 1 << 16], verdict: 'pass', target: 1.3 },
  { label: 'not ours, beside snat', subject: 'snat', floor: 'floor_lookup', frame: packet('ack', 4, other[4]), flows: [1, 1 << 16], verdict: 'pass', target: 1.3 },
  { label: 'dsr ipip disturbed slots, established', subject: 'disturbed', floor: 'floor_lru', frame: ack, flows: all, verdict: 'tx', target: 1.2 },
  { label: 'dsr ipip disturbed slots, SYN', subject: 'disturbed', floor: 'floor_lru', frame: syn, flows: [1, 'new'], verdict: 'tx', target: 1.2 },
  { label: 'dsr ipip random, established', subject: 'random', floor: 'floor_lru', frame: ack, flows: all, verdict: 'tx' },
  { label: 'dsr ipip random, SYN', subject: 'random', floor: 'floor_lru', frame: syn, flows: fresh4, verdict: 'tx' },
  { label: 'dsr ipip rr, established', subject: 'rr', floor: 'floor_lru', frame: ack, flows: all, verdict: 'tx' },
  { label: 'dsr ipip affinity, established', subject: 'affinity', floor: 'floor_lru', frame: ack, flows: all, verdict: 'tx' },
  { label: 'snat, established', subject: 'snat', floor: 'floor_nat', capacity: twice, frame: ack, opening: syn, flows: all, verdict: 'tx', target: 1.3 },
  { label: 'snat, established, with answers', subject: 'snat', floor: 'floor_nat', capacity: twice, frame: ack, opening: syn, dialogue: true, flows: all, verdict: 'tx', target: 1.3 },
  { label: 'snat, UDP, with answers', subject: 'snat', floor: 'floor_nat', capacity: twice, frame: udp, dialogue: true, flows: [1, 1 << 16], verdict: 'tx' },
  { label: 'snat, SYN', subject: 'snat', floor: 'floor_nat', capacity: twice, frame: syn, flows: fresh4, verdict: 'tx' },
  { label: 'dnat, established', subject: 'dnat', floor: 'floor_nat', capacity: twice, frame: ack, opening: syn, flows: all, verdict: 'tx' },
  { label: 'dnat, established, with answers', subject: 'dnat', floor: 'floor_nat', capacity: twice, frame: ack, opening: syn, dialogue: true, flows: all, verdict: 'tx' },
  { label: 'dnat, SYN', subject: 'dnat', floor: 'floor_nat', capacity: twice, frame: syn, flows: fresh4, verdict: 'tx' },
  { label: 'hybrid, TCP established', subject: 'hybrid', floor: 'floor_ring', frame: ack, flows: [1, 1 << 16], verdict: 'tx' },
  { label: 'hybrid, UDP established', subject: 'hybrid', floor: 'floor_nat', capacity: twice, frame: udp, flows: [1, 1 << 16], verdict: 'tx' },
];

/** Services in the configuration; packets go to the last one. */
export const serviceCounts = [1, 100, 1_000, 10_000] as const;
export const lastService = (count: number): string => `10.${100 + ((count - 1) >> 16)}.${((count - 1) >> 8) & 255}.${(count - 1) & 255}`;
export const servicesScript = (count: number): string => manyServices(count, 3).replace('ruleset bench\n', '');
