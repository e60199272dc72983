/** Puts a program on an interface for as long as the benchmark wants it. */
import { closeSync } from 'node:fs';
import { check } from '../../runtime/kernel/errors.ts';
import { libbpf, libc } from '../../runtime/kernel/libbpf.ts';
import { inNetns } from '../../runtime/kernel/netns.ts';
import type { KernelProgram } from '../../runtime/kernel/programs.ts';

const attachXdp = 37;
const nativeMode = 1 << 2;

/** In native mode; the function returned takes it off again, and so does the end of the process. */
export function attachTo(netns: string, iface: string, program: KernelProgram): () => void {
  const ifindex = interfaceIndex(netns, iface);
  const fd = inNetns(netns, () => check(libbpf().linkCreate(program.fd, ifindex, attachXdp, nativeMode), `attach to ${iface}`));
  return () => closeSync(fd);
}

export function interfaceIndex(netns: string, iface: string): number {
  return inNetns(netns, () => libc().ifNameToIndex(iface));
}
