/** Sends as fast as the kernel takes it, for a bounded time, and counts what comes back for the backends. */
import { DatapathError } from '../../../runtime/datapath.ts';
import { inNetns } from '../../../runtime/kernel/netns.ts';
import { attachTo } from '../attach.ts';
import { BenchObject, u32 } from '../objects.ts';
import { writeTemplate, type Traffic } from '../template.ts';
import type { Network } from './network.ts';

/** Packets of a system call, and of a batch in it. */
const [call, batch] = [16_384, 64];

export interface Limits {
  readonly ms: number;
  /** Ends early when so many were delivered. */
  readonly delivered?: number;
}

export interface Sent {
  /** Delivered to a backend each second. */
  readonly perSecond: number;
  /** The same of each second that the balancer's core worked for it. */
  readonly perCoreSecond: number;
}

/** A signal ends a run early, which makes no difference to what is counted. */
function untilInterrupted(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof DatapathError && error.errno === 'EINTR')) throw error;
  }
}

export class Generator {
  private readonly object = new BenchObject('wire');
  private readonly detach: (() => void)[] = [];

  constructor(private readonly network: Network) {
    const { client, idle } = network;
    this.detach.push(attachTo(client.netns, client.iface, this.object.program('wire_count')));
    // The kernel gets ready for a program that is attached nowhere at every run, which takes it tens of milliseconds.
    this.detach.push(attachTo(idle.netns, idle.iface, this.object.program('wire_generate')));
  }

  send(traffic: Traffic, limits: Limits): Sent {
    writeTemplate(this.object.map('.data.template'), traffic);
    const program = this.object.program('wire_generate');
    const { ifindex, netns } = this.network.client;
    const before = this.delivered();
    const worked = this.network.balancerNs();
    const began = performance.now();
    let delivered = 0;
    let ms = 0;
    inNetns(netns, () => {
      do {
        untilInterrupted(() => program.testRunLive(new Uint8Array(64), { ifindex, count: call, batch }));
        delivered = this.delivered() - before;
        ms = performance.now() - began;
      } while (ms < limits.ms && delivered < (limits.delivered ?? Infinity));
    });
    return { perSecond: delivered / ms * 1000, perCoreSecond: delivered / (this.network.balancerNs() - worked) * 1e9 };
  }


  close(): void {
    for (const detach of this.detach) detach();
    this.object.close();
  }

  private delivered(): number {
    const perCpu = new BigUint64Array(this.object.map('arrivals').lookup(u32(0))!.buffer);
    return Number(perCpu.reduce((a, b) => a + b, 0n));
  }
}
