/** Holds an instance's lock: `lock-holder.ts BPFFS NAME MS`. Prints `held`, and ends after so long. */
import { createKernelDatapath } from '../../runtime/kernel/datapath.ts';

const [bpffs, name, ms] = process.argv.slice(2);
createKernelDatapath({ bpffs: bpffs!, objects: '' }).lock(name!, 1000);
process.stdout.write('held\n');
setTimeout(() => process.exit(), Number(ms));
