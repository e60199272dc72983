/** Where the balancer's host sends what, worked out from `packets/hosts.ts` and not asked of the kernel. */
import * as net from '../../packets/hosts.ts';
import type { InterfaceName } from '../../packets/model.ts';
import { macBytes } from '../packet.ts';
import { addressOf, parseCidr } from './addresses.ts';
import { keyAt } from './wire.ts';

export type Interface = InterfaceName;

export interface Way {
  readonly by: Interface;
  /** 12 digits, as keys of addresses are. */
  readonly mac: string;
  readonly mtu: number;
  /** The next hop is the address itself. */
  readonly onLink: boolean;
}

interface Route {
  readonly prefix: (key: string) => boolean;
  readonly bits: number;
  /** Undefined: nowhere. */
  readonly by: Interface | undefined;
  readonly via?: string;
  readonly mtu: number;
}

const linkMtu = 1500;
const names: Readonly<Record<string, Interface>> = { 'sluice-in': 'in', 'sluice-out': 'out', 'sluice-tag': 'tag' };
const own: readonly { readonly key: string; readonly by: Interface }[] = net.description.links.flatMap(({ ends }) =>
  ends.filter((e) => e.host === 'lb').flatMap((e) => (e.addresses ?? []).map((a) => ({ key: addressOf(a.split('/')[0]!).key, by: names[e.name]! }))));
const neighbours = new Map(net.neighbours.map((line) => {
  const [address, , mac, , device] = line.split(' ') as [string, string, string, string, string];
  return [`${addressOf(address).key} ${names[device]}`, macKey(mac)];
}));
const connected: readonly Route[] = net.description.links.flatMap(({ ends }) => ends.filter((e) => e.host === 'lb').flatMap((e) =>
  (e.addresses ?? []).map((a): Route => ({ ...parseCidr(a), by: names[e.name]!, mtu: linkMtu }))));
const routes: readonly Route[] = [...connected, ...net.description.hosts['lb']!.routes!.map(readRoute)].sort((a, b) => b.bits - a.bits);
const ways = new Map<string, Way | undefined>();

export function macKey(mac: string): string {
  return keyAt(macBytes(mac), 0, 6);
}

/** Of the host's interfaces. */
export const macs: Readonly<Record<Interface, string>> = { in: macKey(net.mac.in), out: macKey(net.mac.out), tag: macKey(net.mac.tag) };

function readRoute(text: string): Route {
  const words = text.split(' ');
  const after = (word: string): string | undefined => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined);
  if (words[0] === 'blackhole') return { ...parseCidr(words[1]!), by: undefined, mtu: 0 };
  const via = after('via');
  const device = after('dev');
  const mtu = Number(after('lock') ?? after('mtu') ?? linkMtu);
  const by = device ? names[device]! : connected.find((r) => r.prefix(addressOf(via!).key))!.by;
  return { ...parseCidr(words[0]!), by, mtu, ...(via ? { via: addressOf(via).key } : {}) };
}

/** The way to an address, by its key. Undefined: to this host, or nowhere that a frame could go. */
export function wayTo(key: string): Way | undefined {
  if (!ways.has(key)) ways.set(key, findWay(key));
  return ways.get(key);
}

function findWay(key: string): Way | undefined {
  if (isOwn(key)) return undefined;
  const route = routes.find((r) => r.prefix(key));
  if (!route?.by) return undefined;
  const next = route.via ?? key;
  const mac = neighbours.get(`${next} ${route.by}`);
  return mac === undefined ? undefined : { by: route.by, mac, mtu: route.mtu, onLink: next === key };
}

export function isOwn(key: string): boolean {
  return own.some((o) => o.key === key);
}

/** Address that the host prefers for what it sends by an interface. */
export function sourceBy(by: Interface, version: 4 | 6): string {
  return own.find((o) => o.by === by && o.key.length === (version === 4 ? 8 : 32))!.key;
}
