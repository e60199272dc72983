/** A balancer's host in a namespace of its own, as `packets/hosts.ts` describes it, and an instance to test-run in. */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { variants } from '../../compiler/generated/variants.ts';
import type { Instance, ProgramHandle } from '../../runtime/datapath.ts';
import { createKernelDatapath } from '../../runtime/kernel/datapath.ts';
import { inNetns } from '../../runtime/kernel/netns.ts';
import { raise } from '../../runtime/lab/topology.ts';
import * as net from '../packets/hosts.ts';
import type { InterfaceName, Verdict } from '../packets/model.ts';
import { objects, privateBpffs } from './bpffs.ts';

export interface Sent {
  readonly verdict: Verdict | 'aborted';
  readonly packet: Uint8Array;
}

export interface Balancer {
  readonly instance: Instance;
  /** Of the interfaces in `packets/hosts.ts`. */
  readonly ifindex: Readonly<Record<InterfaceName, number>>;
  /** Loaded once for each variant and features; all of the variant's where absent. */
  program(variant: string, features?: number): ProgramHandle;
  /** Runs `body` in the host's namespace, for many runs of `program.testRun` with `ifindex`. */
  inside<T>(body: () => T): T;
  run(program: ProgramHandle, packet: Uint8Array, on?: 'in' | 'out'): Sent;
  /** Nanoseconds of a run, over a million. */
  time(program: ProgramHandle, packet: Uint8Array): number;
  /** Sets net/NAME on the host. */
  sysctl(name: string, value: string): void;
  close(): void;
}

const verdicts = ['aborted', 'drop', 'pass', 'tx', 'redirect'] as const;

/** Keeps this process on one CPU, so that what the program keeps per CPU stays the same from one packet to the next. */
export function stayOnOneCpu(): void {
  spawnSync('taskset', ['-cp', String(process.pid % availableParallelism()), String(process.pid)]);
}

/** Needs what `realDatapath` lists. */
export function openBalancer(): Balancer {
  const topology = raise(net.description);
  const lb = topology.host('lb');
  lb.exec('ip', ['-batch', '-'], net.neighbours.map((n) => `neigh replace ${n} nud permanent\n`).join(''));
  const links = JSON.parse(lb.exec('ip', ['-json', 'link'])) as { ifname: string; ifindex: number }[];
  const ifindex: Record<InterfaceName, number> = { in: 0, out: 0, tag: 0 };
  for (const { ifname, ifindex: index } of links) {
    for (const name of ['in', 'out', 'tag'] as const) if (ifname === `sluice-${name}`) ifindex[name] = index;
  }
  const kernel = createKernelDatapath({ bpffs: privateBpffs(), objects });
  const instance = kernel.create('packets', { backends: 64, services: 8, flows: 4096, meta: 4 });
  const programs = new Map<string, ProgramHandle>();
  return {
    instance,
    ifindex,
    inside: (body) => inNetns(lb.netns, body),
    program(variant, features = variants.find((v) => v.name === variant)!.features) {
      const key = `${variant} ${features}`;
      const known = programs.get(key) ?? instance.load({ variant, features });
      programs.set(key, known);
      return known;
    },
    run(program, packet, on = 'in') {
      const { verdict, packet: out } = inNetns(lb.netns, () => program.testRun(packet, { ifindex: ifindex[on] }));
      return { verdict: verdicts[verdict]!, packet: out };
    },
    time: (program, packet) => inNetns(lb.netns, () => program.testRun(packet, { ifindex: ifindex.in, repeat: 1_000_000 }).ns),
    sysctl: (name, value) => void lb.exec('sh', ['-c', `echo ${value} > /proc/sys/net/${name}`]),
    close() {
      instance.close();
      kernel.remove('packets');
      topology.remove();
    },
  };
}
