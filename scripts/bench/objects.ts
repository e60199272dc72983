/** Programs of `bpf/bench`, which only benchmarks run: built when one starts, by the machine's clang, into a folder that goes with the process. */
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { checkLibc } from '../../runtime/kernel/errors.ts';
import { libbpf, libc } from '../../runtime/kernel/libbpf.ts';
import { KernelMap } from '../../runtime/kernel/maps.ts';
import type { Pointer } from '../../runtime/kernel/native.ts';
import { KernelProgram } from '../../runtime/kernel/programs.ts';
import { whenLeaving } from '../../runtime/lab/leaving.ts';

const sources = new URL('../../bpf/', import.meta.url).pathname;
const flags = '-target bpf -mcpu=v3 -O2 -g -std=gnu11 -Wall -Wextra -Wno-unused-parameter -Werror -Iinclude'.split(' ');
let folder: string | undefined;

/** Builds all of them once; returns the folder of the objects. */
function build(): string {
  if (folder !== undefined) return folder;
  const made = mkdtempSync(join(tmpdir(), 'sluice-bench-bpf-'));
  whenLeaving(() => rmSync(made, { recursive: true, force: true }));
  for (const source of globSync('bench/*.bpf.c', { cwd: sources })) {
    const { status, stderr, error } = spawnSync('clang', [...flags, '-c', source, '-o', join(made, `${basename(source, '.bpf.c')}.o`)], { cwd: sources, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${source} does not build: ${error?.message ?? stderr}`);
  }
  return (folder = made);
}

/** One loaded object: its programs and maps by name. */
export class BenchObject {
  private readonly bpf = libbpf();
  private readonly object: Pointer;
  private readonly open = new Map<string, KernelMap | KernelProgram>();

  /** `sizes`: entries of maps, instead of those declared. */
  constructor(private readonly name: string, sizes: Readonly<Record<string, number>> = {}) {
    const object = this.bpf.objectOpen(join(build(), `${name}.o`));
    if (object === null) throw new Error(`${name}.o cannot be read: ${this.bpf.takeLog()}`);
    this.object = object;
    for (const [map, entries] of Object.entries(sizes)) this.bpf.mapSetMaxEntries(this.find('objectFindMap', map), entries);
    this.bpf.takeLog();
    if (this.bpf.objectLoad(object) < 0) throw new Error(`${name}.o does not load: ${this.bpf.takeLog()}`);
  }

  program(name: string): KernelProgram {
    return this.once(name, KernelProgram, () => this.bpf.programFd(this.find('objectFindProgram', name)));
  }

  map(name: string): KernelMap {
    return this.once(name, KernelMap, () => this.bpf.mapFd(this.find('objectFindMap', name)));
  }

  close(): void {
    for (const handle of this.open.values()) handle.close();
    this.bpf.objectClose(this.object);
  }

  private once<T extends KernelMap | KernelProgram>(name: string, kind: new (bpf: ReturnType<typeof libbpf>, fd: number) => T, fd: () => number): T {
    const known = this.open.get(name);
    if (known instanceof kind) return known;
    const handle = new kind(this.bpf, checkLibc(libc().duplicate(fd()), `use ${name} of ${this.name}.o`));
    this.open.set(name, handle);
    return handle;
  }

  private find(how: 'objectFindMap' | 'objectFindProgram', name: string): Pointer {
    const found = this.bpf[how](this.object, name);
    if (found === null) throw new Error(`${this.name}.o has no ${name}`);
    return found;
  }
}

export function u32(value: number): Uint8Array {
  return new Uint8Array(new Uint32Array([value]).buffer);
}
