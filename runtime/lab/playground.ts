/**
 * The playground: a client, a load balancer and three nginx-labelled pods in network namespaces, with
 * real HTTP servers and the manifests that describe them.
 *
 *     client 203.0.113.7 ── sluice0 lb sluice1…3 ── sluice0 pod1…3 (10.217.0.11…13)
 *
 * Every VIP is local to the pods, and they answer the client themselves: direct server return. The
 * same script is meant to be applied on the load balancer and on each pod, which then takes in what was
 * encapsulated for it; the interface to attach on is called the same everywhere.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askOn, serve } from './agents.ts';
import type { ClientOptions, Reply } from './client.ts';
import { whenLeaving } from './leaving.ts';
import { manifests, type PodDescription } from './manifests.ts';
import { isAbandoned, ownMark } from './owner.ts';
import { raise, type Host, type Topology, type TopologyDescription } from './topology.ts';

/** A namespace in which the script is applied, with the name of the instance that does it. */
export interface Seat {
  readonly instance: string;
  /** Path of the network namespace. */
  readonly netns: string;
}

export interface Target {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
}

export interface Playground {
  readonly balancer: Seat;
  /** The pods, which run the same script as receivers. */
  readonly receivers: readonly Seat[];
  /** Where requests come from; needs a program of its own to take XDP_TX (see `clientScript`). */
  readonly requester: Seat;
  readonly pods: readonly PodDescription[];
  /** Addresses of the client, IPv4 first. */
  readonly client: readonly [string, string];
  /** Statements that fit this playground to the machine: where the cluster is described, where to attach. */
  readonly prelude: string;
  /** The one sentence. */
  readonly sentence: string;
  readonly target: Target;
  /** Requests from the client, each over a fresh connection, one after another, until `signal` stops them. */
  request(count: number, target?: Target, signal?: AbortSignal): Promise<Reply[]>;
  /** Removes namespaces, servers and files. The instances are their sessions' business. */
  remove(): void;
}

const instancePrefix = 'pg';
const folderPrefix = 'sluice-playground';
export const sentence = 'service nginx vip 10.99.38.155:80 -> pods(app=nginx) mode dsr hash maglev';
const vips = ['10.99.38.155', 'fd00:99:38::155'] as const;
const client = ['203.0.113.7', '2001:db8:203::7'] as const;
const ports = [
  { name: 'http', port: 80, protocol: 'TCP' },
  { name: 'http-alt', port: 8080, protocol: 'TCP' },
  { name: 'echo', port: 7, protocol: 'UDP' },
] as const;

const pods: readonly PodDescription[] = ['q7x2m', 'v4kzt', 'zb9wd'].map((suffix, i) => ({
  name: `nginx-6f7d9c5b48-${suffix}`,
  node: `pod${i + 1}`,
  labels: { app: 'nginx', 'pod-template-hash': '6f7d9c5b48', track: i < 2 ? 'stable' : 'canary' },
  ips: [`10.217.0.${11 + i}`, `fd00:10:217::${11 + i}`],
  ports,
}));

const gateway = ['10.217.0.1', 'fd00:10:217::1'] as const;

const description: TopologyDescription = {
  hosts: {
    client: { routes: ['default via 203.0.113.1', 'default via 2001:db8:203::1'] },
    lb: {
      router: true,
      routes: pods.flatMap((p, i) => [`${p.ips[0]}/32 dev sluice${i + 1}`, `${p.ips[1]}/128 dev sluice${i + 1}`]),
    },
    ...Object.fromEntries(pods.map((p) => [p.node, {
      loopback: [`${vips[0]}/32`, `${vips[1]}/128`],
      routes: [
        `${gateway[0]}/32 dev sluice0`, `${gateway[1]}/128 dev sluice0`,
        `default via ${gateway[0]} dev sluice0 src ${p.ips[0]}`, `default via ${gateway[1]} dev sluice0 src ${p.ips[1]}`,
        // Not just the VIP of the sentence: any of its network may be tried.
        'local 10.99.38.0/24 dev lo', 'local fd00:99:38::/64 dev lo',
      ],
    }])),
  },
  links: [
    { ends: [
      { host: 'client', name: 'sluice0', addresses: [`${client[0]}/24`, `${client[1]}/64`] },
      { host: 'lb', name: 'sluice0', addresses: ['203.0.113.1/24', '2001:db8:203::1/64'] },
    ] },
    // Room for the outer header around a full packet of the client's link.
    ...pods.map((p, i) => ({ mtu: 1600, ends: [
      { host: 'lb', name: `sluice${i + 1}`, addresses: [`${gateway[0]}/32`, `${gateway[1]}/128`] },
      { host: p.node, name: 'sluice0', addresses: [`${p.ips[0]}/32`, `${p.ips[1]}/128`] },
    ] as const })),
  ],
};

/** A veth takes what its peer sends by XDP_TX only while it runs a program itself: one without any service. */
export const clientScript = 'attach sluice0 xdp native\n';

/** Raises it; resolves when all servers listen. Throws `LabError` where a tool is missing or refuses. */
export async function raisePlayground(): Promise<Playground> {
  sweepFolders();
  const topology = raise(description);
  const folder = mkdtempSync(join(tmpdir(), `${folderPrefix}-${ownMark()}-`));
  const remove = (): void => {
    forget();
    topology.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  const forget = whenLeaving(remove);
  try {
    const file = join(folder, 'cluster.yaml');
    writeFileSync(file, manifests('nginx', pods));
    await Promise.all(pods.map((p) => serve(topology.host(p.node), serverOf(p))));
    return playground(topology, file, remove);
  } catch (error) {
    remove();
    throw error;
  }
}

function serverOf(pod: PodDescription): Parameters<typeof serve>[1] {
  return {
    name: pod.name,
    http: ports.filter((p) => p.protocol === 'TCP').map((p) => p.port),
    udp: [...vips, ...pod.ips].map((address) => ({ address, port: 7 })),
  };
}

function playground(topology: Topology, manifestFile: string, remove: () => void): Playground {
  const seat = (host: Host): Seat => ({ instance: `${instancePrefix}-${topology.tag}-${host.name}`, netns: host.netns });
  const target: Target = { protocol: 'tcp', address: vips[0], port: 80 };
  return {
    balancer: seat(topology.host('lb')),
    receivers: pods.map((p) => seat(topology.host(p.node))),
    requester: seat(topology.host('client')),
    pods,
    client,
    prelude: `k8s(manifests="${manifestFile}")\nattach sluice0 xdp native\n`,
    sentence,
    target,
    request: async (count, to = target, signal) => {
      const options: ClientOptions = { ...to, count, timeoutMs: 2000, parallel: 1 };
      const load = askOn(topology.host('client'), options);
      signal?.addEventListener('abort', load.stop, { once: true });
      try {
        return await load.done;
      } finally {
        signal?.removeEventListener('abort', load.stop);
      }
    },
    remove,
  };
}

/** Of these instances, the ones of playgrounds whose process is gone. */
export function abandonedInstances(instances: readonly string[]): string[] {
  return instances.filter((name) => isAbandoned(name, instancePrefix));
}

function sweepFolders(): void {
  for (const name of readdirSync(tmpdir())) {
    if (isAbandoned(name, folderPrefix)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}
