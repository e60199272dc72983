/** What benchmarks of programs work with: a network, a rig on it, and instances in it. */
import { objectsFolder } from '../../../runtime/install.ts';
import { createKernelDatapath } from '../../../runtime/kernel/datapath.ts';
import { privateBpffs } from '../../../test/support/bpffs.ts';
import { flowCapacity } from '../floors.ts';
import { iface, raiseNetwork } from './network.ts';
import { Rig } from './rig.ts';
import { NotInThisBuild, openSubject, type Subject } from '../subject.ts';

/** An instance of this name and room for so many flows, with the scripts applied one after the other; undefined where this build cannot. */
export type Open = (name: string, scripts: readonly string[], flows?: number) => Opened | undefined;

export interface Opened {
  readonly subject: Subject;
  /** Removes the instance. */
  close(): void;
}

/** Everything is gone afterwards. */
export async function withRig(body: (rig: Rig, open: Open) => Promise<void>): Promise<void> {
  const network = raiseNetwork();
  const rig = new Rig(network);
  const kernel = createKernelDatapath({ bpffs: privateBpffs(), objects: objectsFolder() });
  const open: Open = (name, scripts, flows = flowCapacity) => {
    try {
      const subject = openSubject(kernel, { netns: network.netns, iface }, name, scripts, { flows });
      return {
        subject,
        close() {
          subject.instance.close();
          kernel.remove(name);
        },
      };
    } catch (error) {
      kernel.remove(name);
      if (error instanceof NotInThisBuild) return undefined;
      throw error;
    }
  };
  try {
    await body(rig, open);
  } finally {
    rig.close();
    network.remove();
  }
}
