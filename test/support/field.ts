/**
 * Where traffic tests take place: clients, routers, a balancer and backends, each a namespace.
 *
 *     client ──── isp ── lb ──┬─ b1 … bN
 *     far ── thin ─┘ 1400     └─ n1 … nM ── p1 … pM     (nodes with a pod each)
 *
 * All of it goes when the body ends, whatever happens.
 */
import * as assert from 'uvu/assert';
import { raise, type Host, type HostDescription, type LinkDescription } from '../../runtime/lab/topology.ts';
import { openSession } from '../../runtime/session.ts';
import type { Session } from '../../runtime/session-port.ts';
import { privateBpffs } from './bpffs.ts';
import { startPeer, type Peer } from './peers.ts';

export type Version = 4 | 6;

export interface FieldOptions {
  readonly backends?: number;
  readonly pods?: number;
  /** With `far` and `thin`. */
  readonly far?: boolean;
  /** On the loopbacks of backends. */
  readonly vips?: readonly string[];
}

export interface Field {
  host(name: string): Host;
  /** Started at the first call for a host. */
  peer(name: string): Peer;
  /** Commits a script on a host. */
  apply(host: string, text: string): void;
  /** What `show` says on a host. */
  show(host: string, ...what: string[]): string;
}

export const clients = { client: { 4: '203.0.113.7', 6: '2001:db8:7::7' }, far: { 4: '198.51.100.7', 6: '2001:db8:8::7' } } as const;
/** The nth VIP, from 1. */
export const vip = (version: Version, n: number): string => (version === 4 ? `10.99.0.${n}` : `fd00:99::${n}`);
/** Of the nth backend, from 1. */
export const backend = (version: Version, n: number): string => (version === 4 ? `10.0.${n}.11` : `fd00:${n}::11`);
/** The balancer's, on the nth backend's link. */
export const own = (version: Version, n: number): string => (version === 4 ? `10.0.${n}.1` : `fd00:${n}::1`);
/** Of the nth pod, and of the node it is on. */
export const pod = (version: Version, n: number): string => (version === 4 ? `10.244.${n}.5` : `fd00:244:${n}::5`);
const node = (version: Version, n: number, host: number): string => (version === 4 ? `10.1.${n}.${host}` : `fd00:1:${n}::${host}`);

/** As scripts write them: `[fd00::1]:80`, `10.0.0.1:80`. */
export const written = (address: string, port?: number): string => `${address.includes(':') ? `[${address}]` : address}${port === undefined ? '' : `:${port}`}`;
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

type Ends = LinkDescription['ends'];
const link = (a: string, aName: string, aAt: readonly string[], b: string, bName: string, bAt: readonly string[], mtu = 1500): LinkDescription => {
  const cidr = (address: string): string => `${address}/${address.includes(':') ? 64 : 24}`;
  const ends: Ends = [{ host: a, name: aName, addresses: aAt.map(cidr) }, { host: b, name: bName, addresses: bAt.map(cidr) }];
  return { ends, mtu };
};
const through = (four: string, six: string): string[] => [`default via ${four}`, `default via ${six}`];

function describe({ backends = 0, pods = 0, far = false, vips = [] }: FieldOptions): Parameters<typeof raise>[0] {
  const hosts: Record<string, HostDescription> = {
    client: { routes: through('203.0.113.1', '2001:db8:7::1') },
    isp: { router: true, routes: [...through('192.0.2.1', '2001:db8:1::1'), ...(far ? ['198.51.100.0/24 via 192.0.3.2', '2001:db8:8::/64 via 2001:db8:2::2'] : [])] },
    lb: { router: true, routes: [...through('192.0.2.2', '2001:db8:1::2'), ...upTo(pods).flatMap((n) => [`10.244.${n}.0/24 via ${node(4, n, 11)}`, `fd00:244:${n}::/64 via ${node(6, n, 11)}`])] },
  };
  const links = [
    link('client', 'sluice-c', ['203.0.113.7', '2001:db8:7::7'], 'isp', 'sluice-c', ['203.0.113.1', '2001:db8:7::1']),
    link('isp', 'sluice-lb', ['192.0.2.2', '2001:db8:1::2'], 'lb', 'sluice-up', ['192.0.2.1', '2001:db8:1::1']),
  ];
  if (far) {
    hosts['far'] = { routes: through('198.51.100.1', '2001:db8:8::1') };
    hosts['thin'] = { router: true, routes: through('192.0.3.1', '2001:db8:2::1') };
    links.push(
      link('far', 'sluice-c', ['198.51.100.7', '2001:db8:8::7'], 'thin', 'sluice-c', ['198.51.100.1', '2001:db8:8::1']),
      link('thin', 'sluice-isp', ['192.0.3.2', '2001:db8:2::2'], 'isp', 'sluice-thin', ['192.0.3.1', '2001:db8:2::1'], 1400),
    );
  }
  for (const n of upTo(backends)) {
    hosts[`b${n}`] = { loopback: vips.map((v) => `${v}/${v.includes(':') ? 128 : 32}`), routes: through(own(4, n), own(6, n)) };
    links.push(link(`b${n}`, 'sluice-b', [backend(4, n), backend(6, n)], 'lb', `sluice-d${n}`, [own(4, n), own(6, n)]));
  }
  for (const n of upTo(pods)) {
    hosts[`n${n}`] = { router: true, routes: through(node(4, n, 1), node(6, n, 1)) };
    hosts[`p${n}`] = { routes: through(`10.244.${n}.1`, `fd00:244:${n}::1`) };
    links.push(
      link(`n${n}`, 'sluice-up', [node(4, n, 11), node(6, n, 11)], 'lb', `sluice-n${n}`, [node(4, n, 1), node(6, n, 1)]),
      link(`p${n}`, 'sluice-p', [pod(4, n), pod(6, n)], `n${n}`, 'sluice-p', [`10.244.${n}.1`, `fd00:244:${n}::1`]),
    );
  }
  return { hosts, links };
}

/** Runs `body` in a field. Where it throws, what the balancer dropped is printed. */
export async function withField(options: FieldOptions, body: (field: Field) => Promise<void>): Promise<void> {
  const bpffs = privateBpffs();
  const topology = raise(describe(options));
  const sessions = new Map<string, Session>();
  const peers = new Map<string, Peer>();
  const session = (host: string): Session => {
    const known = sessions.get(host) ?? openSession({ instance: host, bpffs, ruleset: 'e2e', netns: topology.host(host).netns });
    sessions.set(host, known);
    return known;
  };
  const field: Field = {
    host: topology.host,
    peer(name) {
      const known = peers.get(name) ?? startPeer(topology.host(name));
      peers.set(name, known);
      return known;
    },
    apply(host, text) {
      const proposal = session(host).propose({ file: 'e2e', text });
      assert.equal(proposal.diagnostics.filter((d) => d.severity === 'error'), [], `${host}: plan`);
      assert.equal(session(host).commit(proposal).diagnostics, [], `${host}: commit`);
    },
    show: (host, ...what) => session(host).show(what).text,
  };
  try {
    // A veth takes XDP_TX from its peer only while it runs a program itself.
    field.apply('isp', 'attach sluice-lb xdp native\n');
    await body(field);
  } catch (error) {
    for (const host of sessions.keys()) console.log(`${host}\n${field.show(host, 'drops')}\n${field.show(host, 'counters')}`);
    throw error;
  } finally {
    for (const s of sessions.values()) {
      s.remove();
      s.close();
    }
    topology.remove();
  }
}
