/** What the kernel lets this process do, read without trying. */
import { readFileSync } from 'node:fs';

/** Bits of linux/capability.h. */
const netAdmin = 1n << 12n;
const sysAdmin = 1n << 21n;
const bpf = 1n << 39n;

/** Whether it may change the datapath; undefined where /proc does not say. */
export function mayChangeDatapath(): boolean | undefined {
  let effective: bigint;
  try {
    const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/thread-self/status', 'utf8'));
    if (!line) return undefined;
    effective = BigInt(`0x${line[1]!}`);
  } catch {
    return undefined;
  }
  const has = (bit: bigint): boolean => (effective & bit) !== 0n;
  return has(netAdmin) && (has(bpf) || has(sysAdmin));
}
