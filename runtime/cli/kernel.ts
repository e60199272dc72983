/** The datapath that a command line means. */
import type { Datapath } from '../datapath.ts';
import { objectsFolder } from '../install.ts';
import { createKernelDatapath } from '../kernel/datapath.ts';
import type { Context } from './command.ts';

export function datapathOf(context: Context): Datapath {
  return createKernelDatapath({ bpffs: context.bpffs, objects: objectsFolder() });
}
