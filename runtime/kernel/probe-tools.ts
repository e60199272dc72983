/** What a probe is, and the tiny maps and programs that probes try. */
import { closeSync } from 'node:fs';
import type { MapName } from '../datapath.ts';
import { check, checkLibc } from './errors.ts';
import { libc } from './libbpf.ts';
import { KernelMap } from './maps.ts';
import type { Libbpf } from './native.ts';
import { createMaps } from './objects.ts';
import { assemble } from './probe-programs.ts';
import { KernelProgram } from './programs.ts';

export interface Probe {
  readonly name: string;
  readonly need: string;
  /** What to do where the answer is no. */
  readonly remedy: string;
  /** Returns what to tell beside yes; throws for no. */
  readonly attempt: (bpf: Libbpf) => string | void;
}

export const tiny = { backends: 2, services: 2, flows: 64, meta: 2 };

type Make = (type: number, keySize: number, valueSize: number, entries: number, flags: number, innerFd?: number) => KernelMap;

export function withMaps(bpf: Libbpf, body: (make: Make) => void): void {
  const made: KernelMap[] = [];
  try {
    body((type, keySize, valueSize, entries, flags, innerFd = 0) => {
      const map = new KernelMap(bpf, check(bpf.mapCreate(type, 'probe', keySize, valueSize, entries, flags, innerFd), 'make a map'));
      made.push(map);
      return map;
    });
  } finally {
    for (const map of made) map.close();
  }
}

export function withProgram(bpf: Libbpf, instructions: readonly number[][], body: (program: KernelProgram) => void): void {
  const xdpType = 6;
  const program = new KernelProgram(bpf, check(bpf.progLoad(xdpType, 'sluice_probe', 'Dual MIT/GPL', assemble(instructions)), 'load a program'));
  try {
    body(program);
  } finally {
    program.close();
  }
}

/** A set of maps as of an instance, which nobody else sees. */
export function withTinyMaps<T>(bpf: Libbpf, objects: string, body: (fdOf: (name: MapName) => number) => T): T {
  const fds = new Map<MapName, number>();
  try {
    createMaps(bpf, objects, tiny, (name, fd) => fds.set(name, checkLibc(libc().duplicate(fd), `keep map ${name}`)));
    return body((name) => fds.get(name)!);
  } finally {
    for (const fd of fds.values()) closeSync(fd);
  }
}
