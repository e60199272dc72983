/**
 * A client and the balancer's host, joined by one veth pair: packets go to the balancer and come back by the same wire, for the
 * backends are behind it too. Each end has a thread of its own that receives, on a core of its own.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename, dirname } from 'node:path';
import { raise } from '../../../runtime/lab/topology.ts';
import { frame, ip, payload, udp } from '../../../test/support/packet.ts';
import { interfaceIndex } from '../attach.ts';
import type { Place } from '../subject.ts';

const mac = { lb: '02:00:00:00:01:01', client: '02:00:00:00:01:fe' } as const;
/** Names of the receiving threads begin with the interface's, and the kernel shortens them. */
const own = (process.pid % 36 ** 3).toString(36).padStart(3, '0');
const names = { lb: `sluice${own}l`, client: `sluice${own}c` } as const;

const idle = ['sluice-i0', 'sluice-i1'] as const;

/** The generator's core, which is the receiver's too, and the balancer's. */
export const cores = { generator: 0, balancer: cpus().length - 1 } as const;

export interface Network {
  readonly lb: Place;
  readonly client: Place & { readonly ifindex: number };
  /** An interface that is down, so that a program on it sees no packets of the kernel's. */
  readonly idle: Place;
  /** Time that the balancer's thread has had on its core, ns: less than what passed where others want the core too. */
  balancerNs(): number;
  /** Runs a command on the balancer's host. */
  exec(command: string, args: readonly string[], input?: string): string;
  remove(): void;
}

export function raiseNetwork(): Network {
  const topology = raise({
    hosts: {
      lb: { router: true, routes: ['default via 10.1.0.254'], sysctls: { 'net/ipv4/conf/all/send_redirects': '0', 'net/ipv4/conf/default/send_redirects': '0' } },
      client: {},
    },
    links: [
      { ends: [{ host: 'lb', name: names.lb, mac: mac.lb, addresses: ['10.1.0.1/24'] }, { host: 'client', name: names.client, mac: mac.client }] },
      { ends: [{ host: 'client', name: idle[0] }, { host: 'client', name: idle[1] }] },
    ],
  });
  try {
    const lb = topology.host('lb');
    const client = topology.host('client');
    lb.exec('ip', `neigh replace 10.1.0.254 lladdr ${mac.client} dev ${names.lb} nud permanent`.split(' '));
    for (const name of idle) client.exec('ip', ['link', 'set', name, 'down']);
    const balancing = receiveOn(lb.netns, names.lb, cores.balancer);
    // Goes before the generator beside it, or the wire's end would lose what the balancer sent.
    run('chrt', ['-f', '-p', '1', String(receiveOn(client.netns, names.client, cores.generator))]);
    return {
      lb: { netns: lb.netns, iface: names.lb },
      client: { netns: client.netns, iface: names.client, ifindex: interfaceIndex(client.netns, names.client) },
      idle: { netns: client.netns, iface: idle[0] },
      balancerNs: () => Number(readFileSync(`/proc/${balancing}/schedstat`, 'utf8').split(' ')[0]),
      exec: (command, args, input) => lb.exec(command, args, input),
      remove: () => topology.remove(),
    };
  } catch (error) {
    topology.remove();
    throw error;
  }
}

/** `all`: wherever the kernel likes. */
export function pin(pid: number, core: number | 'all'): void {
  run('taskset', ['-p', '-c', core === 'all' ? `0-${cpus().length - 1}` : String(core), String(pid)]);
}

/** Gives the receiving side of an interface a thread on this core; returns its process id. */
function receiveOn(netns: string, iface: string, core: number): number {
  const before = new Set(threads(iface));
  // Of a network namespace's own view of /sys; `ip netns exec` mounts one.
  run('ip', ['netns', 'exec', basename(netns), 'sh', '-c', `echo 1 > /sys/class/net/${iface}/threaded`]);
  const [fresh, more] = threads(iface).filter((pid) => !before.has(pid));
  if (fresh === undefined || more !== undefined) throw new Error(`the kernel did not make one thread that receives for ${iface}`);
  pin(fresh, core);
  return fresh;
}

function threads(iface: string): number[] {
  return globSync('/proc/[0-9]*/comm').flatMap((path) => {
    try {
      return readFileSync(path, 'utf8').startsWith(`napi/${iface}`.slice(0, 15)) ? [Number(basename(dirname(path)))] : [];
    } catch {
      // The process ended meanwhile.
      return [];
    }
  });
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
}

/** For a VIP's UDP port 80, as the client sends it. Without a checksum, which UDP over IPv4 may lack: the client's address varies. */
export function packetTo(vip: string): Uint8Array {
  const bytes = frame({ src: mac.client, dst: mac.lb }, ip({ src: '16.0.0.1', dst: vip }, udp({ sport: 1024, dport: 80 }, payload(22))));
  bytes.fill(0, 40, 42);
  return bytes;
}
