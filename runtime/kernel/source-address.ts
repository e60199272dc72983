/** Whether the kernel's route look-up tells a program the source address too (BPF_FIB_LOOKUP_SRC). */
import { check, checkValue } from './errors.ts';
import { closeSync } from 'node:fs';
import type { Libbpf } from './native.ts';
import { assemble, fibLookupSource } from './probe-programs.ts';

const xdpType = 6;
const invalid = -22;
const known = new WeakMap<Libbpf, boolean>();

/** Tried once per process, with a program that nothing is attached to. Throws where it cannot be tried. */
export function looksUpSource(bpf: Libbpf): boolean {
  const answer = known.get(bpf) ?? attempt(bpf);
  known.set(bpf, answer);
  return answer;
}

function attempt(bpf: Libbpf): boolean {
  const doing = 'look a source address up';
  const fd = check(bpf.progLoad(xdpType, 'sluice_probe', 'Dual MIT/GPL', assemble(fibLookupSource)), doing);
  try {
    return (checkValue(bpf.testRun(fd, new Uint8Array(64), new Uint8Array(64), null, 1), doing).retval | 0) !== invalid;
  } finally {
    closeSync(fd);
  }
}
