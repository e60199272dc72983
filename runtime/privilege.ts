/** Whether this process may change the datapath at all, found without trying. */
import { readFileSync } from 'node:fs';
import type { Diagnostic } from '../dsl/diagnostic.ts';
import { DatapathError } from './datapath.ts';
import { diagnosticOf } from './problems.ts';

/** Bits of linux/capability.h. */
const capNetAdmin = 1n << 12n;
const capSysAdmin = 1n << 21n;
const capBpf = 1n << 39n;

/** A diagnostic where the kernel would refuse; undefined where it may allow, or does not say. */
export function lackOfPrivilege(doing: string): Diagnostic | undefined {
  let effective: bigint;
  try {
    const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/thread-self/status', 'utf8'));
    if (!line) return undefined;
    effective = BigInt(`0x${line[1]!}`);
  } catch {
    return undefined;
  }
  const has = (bit: bigint): boolean => (effective & bit) !== 0n;
  if (has(capNetAdmin) && (has(capBpf) || has(capSysAdmin))) return undefined;
  return diagnosticOf(new DatapathError(doing, 'EPERM'));
}
