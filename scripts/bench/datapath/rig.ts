/**
 * Nanoseconds per packet of an XDP program, by the kernel's own clock (`duration` of BPF_PROG_TEST_RUN), behind the
 * wrapper of `bpf/bench/wrap.bpf.c`, which gives every run a pristine packet of another flow.
 */
import { inNetns } from '../../../runtime/kernel/netns.ts';
import type { KernelProgram } from '../../../runtime/kernel/programs.ts';
import { attachTo } from '../attach.ts';
import { BenchObject, u32 } from '../objects.ts';
import { familyOf, frameLength, writeTemplate, type Traffic } from '../template.ts';
import type { Network } from './network.ts';

export const verdicts = { aborted: 0, drop: 1, pass: 2, tx: 3, redirect: 4 } as const;
export type VerdictName = keyof typeof verdicts;

export interface Result {
  readonly ns: number;
  readonly verdict: VerdictName;
  readonly packet: Uint8Array;
}

const wrappers = ['wrap_ipv4', 'wrap_ipv6', 'wrap_dialogue_ipv4'] as const;

export class Rig {
  private readonly wrap = new BenchObject('wrap');
  private target: KernelProgram | undefined;

  private readonly detach: readonly (() => void)[];

  /**
   * Programs run as if packets came in by the network's interface. The wrappers are attached to idle ones: the kernel calls
   * attached programs directly and takes tens of milliseconds to get ready for others, before and after every test run.
   */
  constructor(private readonly network: Network) {
    const { netns, names } = network.idle;
    this.detach = names.map((name, i) => attachTo(netns, name, this.wrap.program(wrappers[i]!)));
  }

  /** Runs the program `repeat` times; verdict and packet are those of the last run. */
  run(program: KernelProgram, traffic: Traffic, repeat: number): Result {
    const family = familyOf(traffic.frame);
    const wrapper = this.wrap.program(wrappers[traffic.dialogue ? 2 : family === 4 ? 0 : 1]);
    // Else the kernel rewrites the wrapper's jump, which takes it a while.
    if (this.target !== program) this.wrap.map('target').update(u32(0), u32(program.fd));
    this.target = program;
    writeTemplate(this.wrap.map('.data.template'), traffic);
    return this.bare(wrapper, new Uint8Array(frameLength[family]), repeat);
  }

  /** Without a wrapper: the packet is what the run before left. */
  bare(program: KernelProgram, packet: Uint8Array, repeat: number): Result {
    const result = inNetns(this.network.netns, () => program.testRun(packet, { ifindex: this.network.ifindex, repeat }));
    const verdict = (Object.keys(verdicts) as VerdictName[]).find((name) => verdicts[name] === result.verdict) ?? 'aborted';
    return { ns: result.ns, verdict, packet: result.packet };
  }

  close(): void {
    for (const detach of this.detach) detach();
    this.wrap.close();
  }
}
