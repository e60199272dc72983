/**
 * Network namespaces joined by veth pairs, from a description. Namespaces are named
 * `sluice-<pid>-<start>-<n>-<host>`; links are born inside them and never show in the machine's own
 * namespace. Everything goes when the process leaves, and what a killed process left goes at the next
 * `raise`. Needs root, iproute2, ethtool and nsenter.
 */
import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { whenLeaving } from './leaving.ts';
import { isAbandoned, ownMark } from './owner.ts';

export interface HostDescription {
  /** Addresses in CIDR notation on the loopback: VIPs of a host that takes them in. */
  readonly loopback?: readonly string[];
  /** Forwards IPv4 and IPv6 between its links. */
  readonly router?: boolean;
  /** Each as `ip route add …` takes it, e.g. `default via 10.0.0.1`; IPv6 ones are recognised by a colon. */
  readonly routes?: readonly string[];
  readonly sysctls?: Readonly<Record<string, string>>;
}

export interface LinkEnd {
  readonly host: string;
  /** At most 15 characters, starting with `sluice`; unique in its host. */
  readonly name: string;
  /** In CIDR notation. */
  readonly addresses?: readonly string[];
  readonly mac?: string;
}

export interface LinkDescription {
  readonly ends: readonly [LinkEnd, LinkEnd];
  /** Bytes; 1500 where absent. */
  readonly mtu?: number;
}

export interface TopologyDescription {
  readonly hosts: Readonly<Record<string, HostDescription>>;
  readonly links: readonly LinkDescription[];
}

export interface Host {
  readonly name: string;
  /** Path of the network namespace. */
  readonly netns: string;
  /** Runs a command inside and waits; returns what it printed. Throws `LabError` unless it ends with 0. */
  exec(command: string, args?: readonly string[], input?: string): string;
  /** Starts a command inside; it is killed when the topology is removed. */
  spawn(command: string, args: readonly string[], options?: SpawnOptions): ChildProcess;
}

export interface Topology {
  /** Unique among running topologies, e.g. `4711-1k2j3-0`. */
  readonly tag: string;
  readonly hosts: readonly Host[];
  host(name: string): Host;
  /** Ends the processes inside and removes the namespaces with all links. Twice is no mistake. */
  remove(): void;
}

/** A tool of the lab is missing or refused; the message says which and what it printed. */
export class LabError extends Error {
  override readonly name = 'LabError';
}

const prefix = 'sluice';
const folder = '/run/netns';
let raised = 0;

/** Raises a topology; where a step fails, what was made before it is removed again. */
export function raise(description: TopologyDescription): Topology {
  sweepNamespaces();
  check(description);
  const tag = `${ownMark()}-${raised++}`;
  const namespace = (host: string): string => `${prefix}-${tag}-${host}`;
  const names = Object.keys(description.hosts);
  const children = new Set<ChildProcess>();
  let gone = false;
  const remove = (): void => {
    if (gone) return;
    gone = true;
    forget();
    for (const child of children) child.kill('SIGKILL');
    removeNamespaces(names.map(namespace));
  };
  const forget = whenLeaving(remove);
  try {
    batch(names.map((n) => `netns add ${namespace(n)}`));
    for (const n of names) inside(namespace(n), 'sh', ['-e'], sysctlScript(description.hosts[n]!));
    batch(description.links.map((l, i) => linkLine(l, i, namespace)));
    for (const n of names) inside(namespace(n), 'sh', ['-e'], networkScript(n, description));
  } catch (error) {
    remove();
    throw error;
  }
  const hosts = names.map((name): Host => ({
    name,
    netns: `${folder}/${namespace(name)}`,
    exec: (command, args = [], input) => inside(namespace(name), command, args, input),
    spawn(command, args, options = {}) {
      const child = spawn('nsenter', [`--net=${folder}/${namespace(name)}`, command, ...args], options);
      children.add(child);
      child.once('close', () => children.delete(child));
      return child;
    },
  }));
  return {
    tag,
    hosts,
    host(name) {
      const found = hosts.find((h) => h.name === name);
      if (!found) throw new LabError(`the topology has no host '${name}', only ${names.join(', ')}`);
      return found;
    },
    remove,
  };
}

/** Removes the namespaces of processes that are gone, and ends what still runs in them; returns their names. */
export function sweepNamespaces(): string[] {
  let found: string[];
  try {
    found = readdirSync(folder).filter((n) => isAbandoned(n, prefix));
  } catch {
    return [];
  }
  for (const name of found) {
    const pids = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).stdout ?? '';
    for (const pid of pids.split('\n').filter(Boolean)) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It ended on its own.
      }
    }
  }
  removeNamespaces(found);
  return found;
}

function removeNamespaces(names: readonly string[]): void {
  if (names.length > 0) spawnSync('ip', ['-force', '-batch', '-'], { input: names.map((n) => `netns del ${n}\n`).join(''), stdio: ['pipe', 'ignore', 'ignore'] });
}

function check(description: TopologyDescription): void {
  for (const host of Object.keys(description.hosts)) {
    if (!/^[a-z0-9][a-z0-9-]{0,30}$/.test(host)) throw new LabError(`'${host}' cannot be the name of a host: small letters, digits and '-' only`);
  }
  for (const end of description.links.flatMap((l) => l.ends)) {
    if (!(end.host in description.hosts)) throw new LabError(`a link ends at '${end.host}', which is no host of the topology`);
    if (!/^sluice[a-z0-9-]{0,9}$/.test(end.name)) throw new LabError(`'${end.name}' cannot be the name of a link: 'sluice' and up to 9 small letters, digits or '-'`);
  }
}

/**
 * Interface indices are given, because where both ends of a veth have the same one (the usual case for
 * the first link of two namespaces) the kernel takes up to a second to call the later end ready.
 */
function linkLine(link: LinkDescription, index: number, namespace: (host: string) => string): string {
  const end = (e: LinkEnd, offset: number): string =>
    `name ${e.name} index ${10 + 2 * index + offset} netns ${namespace(e.host)}${e.mac ? ` address ${e.mac}` : ''} mtu ${link.mtu ?? 1500}`;
  return `link add ${end(link.ends[0], 0)} type veth peer ${end(link.ends[1], 1)}`;
}

/** Goes first, because a link takes the defaults of its birth. */
function sysctlScript(host: HostDescription): string {
  const forwarding = host.router ? '1' : '0';
  const settings: Record<string, string> = {
    'net/ipv4/ip_forward': forwarding,
    'net/ipv4/conf/all/rp_filter': '0',
    'net/ipv4/conf/default/rp_filter': '0',
    'net/ipv6/conf/all/forwarding': forwarding,
    'net/ipv6/conf/default/forwarding': forwarding,
    'net/ipv6/conf/default/accept_ra': '0',
    'net/ipv6/conf/default/accept_dad': '0',
    ...host.sysctls,
  };
  return Object.entries(settings).map(([name, value]) => `echo ${value} > /proc/sys/${name}\n`).join('');
}

function networkScript(name: string, description: TopologyDescription): string {
  const host = description.hosts[name]!;
  const ends = description.links.flatMap((l) => l.ends).filter((e) => e.host === name);
  const address = (a: string, device: string): string => `address add ${a} dev ${device}${a.includes(':') ? ' nodad' : ''}`;
  const plain = [
    'link set lo up',
    ...(host.loopback ?? []).map((a) => address(a, 'lo')),
    ...ends.flatMap((e) => (e.addresses ?? []).map((a) => address(a, e.name))),
    ...ends.map((e) => `link set ${e.name} up`),
  ];
  const isSix = (route: string): boolean => route.includes(':');
  const routes = (of: readonly string[]): string[] => of.map((r) => `route add ${r}`);
  const all = host.routes ?? [];
  // Without checksums in the packets backends discard what XDP forwards; without GRO at the receiving
  // end a veth has no NAPI and loses what XDP sends to it.
  const offloads = ends.map((e) => `ethtool -K ${e.name} tx off rxvlan off txvlan off gro on >/dev/null`);
  return [
    "ip -batch - <<'END'", ...plain, ...routes(all.filter((r) => !isSix(r))), 'END',
    "ip -6 -batch - <<'END'", ...routes(all.filter(isSix)), 'END',
    ...offloads, '',
  ].join('\n');
}

function batch(lines: readonly string[]): void {
  run('ip', ['-batch', '-'], `${lines.join('\n')}\n`);
}

function inside(namespace: string, command: string, args: readonly string[], input?: string): string {
  return run('nsenter', [`--net=${folder}/${namespace}`, command, ...args], input);
}

function run(command: string, args: readonly string[], input?: string): string {
  const done = spawnSync(command, args, { input: input ?? '', encoding: 'utf8', maxBuffer: 64 << 20 });
  if (done.error) {
    const missing = (done.error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new LabError(missing ? `'${command}' is not installed` : `could not run ${command}: ${done.error.message}`);
  }
  if (done.status !== 0) throw new LabError(`${command} ${args.join(' ')} ended with ${done.status ?? done.signal}: ${done.stderr.trim()}`);
  return done.stdout;
}
