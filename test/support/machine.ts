/**
 * A balancer for tests of commits: one namespace with a link to a client and one to backends, a bpffs of its own,
 * the kernel datapath, and states made by hand. Everything goes when the process ends.
 */
import type { Backend, Service, State } from '../../compiler/state.ts';
import type { Datapath } from '../../runtime/datapath.ts';
import { inNetns } from '../../runtime/kernel/netns.ts';
import { createKernelDatapath } from '../../runtime/kernel/datapath.ts';
import { raise, type Topology } from '../../runtime/lab/topology.ts';
import { objects, privateBpffs } from './bpffs.ts';

export interface Machine {
  readonly topology: Topology;
  readonly netns: string;
  readonly bpffs: string;
  readonly datapath: Datapath;
  /** Runs in the balancer's namespace. */
  within<T>(body: () => T): T;
}

/** The balancer's links: `sluice-up` to the client, `sluice-dn` to the backends' network 10.8.0.0/16. */
export function raiseMachine(): Machine {
  const bpffs = privateBpffs();
  const topology = raise({
    hosts: { lb: { router: true }, client: {}, backends: {} },
    links: [
      { ends: [
        { host: 'lb', name: 'sluice-up', addresses: ['10.7.0.1/24', 'fd07::1/64'] },
        { host: 'client', name: 'sluice-c', addresses: ['10.7.0.9/24', 'fd07::9/64'] },
      ] },
      { ends: [
        { host: 'lb', name: 'sluice-dn', addresses: ['10.8.0.1/16', 'fd08::1/64'] },
        { host: 'backends', name: 'sluice-b', addresses: ['10.8.0.9/16', 'fd08::9/64'] },
      ] },
    ],
  });
  const { netns } = topology.host('lb');
  return {
    topology, netns, bpffs,
    datapath: createKernelDatapath({ bpffs, objects }),
    within: (body) => inNetns(netns, body),
  };
}

export function backendAt(address: string, more: Partial<Backend> = {}): Backend {
  return { address, family: address.includes(':') ? 6 : 4, port: 0, weight: 1, state: 'up', ...more };
}

/** An IPv4 TCP service on port 80 of ruleset `t`, unless `more` says otherwise. */
export function serviceAt(name: string, vip: string, backends: readonly Backend[], more: Partial<Service> = {}): Service {
  return {
    ruleset: 't',
    name,
    labels: {},
    origin: { file: 't.lb', line: 1 },
    frontends: [{ address: vip, family: vip.includes(':') ? 6 : 4, port: 80, protocol: 'tcp' }],
    mode: 'dsr ipip',
    from: [],
    hash: { kind: 'maglev', size: 101, seed: '', by: 'flow' },
    onEmpty: 'reject',
    allow: [],
    scope: 'cluster',
    backends,
    ...more,
  };
}

/** A state of ruleset `t` on these interfaces. */
export function stateWith(services: readonly Service[], interfaces: readonly string[] = ['sluice-up']): State {
  return {
    rulesets: ['t'],
    services,
    attachments: interfaces.map((name) => ({ interface: name, xdp: 'auto', ruleset: 't' })),
  };
}
