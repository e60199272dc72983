/**
 * Nanoseconds per packet of an XDP program, by the kernel's own clock (`duration` of BPF_PROG_TEST_RUN), behind the
 * wrapper of `bpf/bench/wrap.bpf.c`, which gives every run a pristine packet of another flow.
 */
import { inNetns } from '../../../runtime/kernel/netns.ts';
import type { KernelProgram } from '../../../runtime/kernel/programs.ts';
import { attachTo } from '../attach.ts';
import { BenchObject, u32 } from '../objects.ts';
import type { Network } from './network.ts';

/** Which packets a program gets. */
export interface Traffic {
  /** At most 64 bytes with IPv4, 80 with IPv6. */
  readonly frame: Uint8Array;
  /** A power of two, drawn at random; `new`: every packet opens another one. */
  readonly flows: number | 'new';
  /** Each flow once, then from the first again. */
  readonly inOrder?: boolean;
}

export const verdicts = { aborted: 0, drop: 1, pass: 2, tx: 3, redirect: 4 } as const;
export type VerdictName = keyof typeof verdicts;

export interface Result {
  readonly ns: number;
  readonly verdict: VerdictName;
  readonly packet: Uint8Array;
}

const frames = { 4: 64, 6: 80 } as const;
const template = { state: 0, mask: 4, inOrder: 8, frame: 16, size: 96 } as const;

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
    this.detach = ([4, 6] as const).map((family, i) => attachTo(netns, names[i]!, this.wrap.program(`wrap_ipv${family}`)));
  }

  /** Runs the program `repeat` times; verdict and packet are those of the last run. */
  run(program: KernelProgram, traffic: Traffic, repeat: number): Result {
    const family = traffic.frame[12] === 0x86 ? 6 : 4;
    const wrapper = this.wrap.program(`wrap_ipv${family}`);
    // Else the kernel rewrites the wrapper's jump, which takes it a while.
    if (this.target !== program) this.wrap.map('target').update(u32(0), u32(program.fd));
    this.target = program;
    this.describe(traffic, frames[family]);
    return this.bare(wrapper, new Uint8Array(frames[family]), repeat);
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

  private describe({ frame, flows, inOrder }: Traffic, length: number): void {
    if (frame.length > length) throw new Error(`a frame of ${frame.length} bytes does not fit into ${length}`);
    const map = this.wrap.map('.data.template');
    const bytes = new Uint8Array(template.size);
    const view = new DataView(bytes.buffer);
    const state = new DataView(map.lookup(u32(0))!.buffer).getUint32(template.state, true);
    // The generator never leaves zero.
    view.setUint32(template.state, state === 0 ? 1 : state, true);
    view.setUint32(template.mask, flows === 'new' ? 0xffffffff : flows - 1, true);
    view.setUint32(template.inOrder, flows === 'new' || inOrder ? 1 : 0, true);
    bytes.set(frame, template.frame);
    map.update(u32(0), bytes);
  }
}
