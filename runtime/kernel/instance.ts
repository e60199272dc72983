/** The pinned maps and links of one instance, and whatever else was opened through it. */
import { join } from 'node:path';
import { LbFeature, mapSpecs, type MapSpec } from '../../compiler/generated/layout.ts';
import { lengthOf, placesFor } from '../../compiler/service-table.ts';
import type { ProgramState } from '../../compiler/live.ts';
import type { XdpMode } from '../../compiler/state.ts';
import { DatapathError, type EventReader, type Instance, type LinkInfo, type MapHandle, type MapName, type ProgramHandle } from '../datapath.ts';
import type { Places } from './bpffs.ts';
import { check, errnoName, fail } from './errors.ts';
import { readEvents } from './events.ts';
import { Links } from './links.ts';
import { KernelMap } from './maps.ts';
import type { Libbpf } from './native.ts';
import { loadProgram, mapNames } from './objects.ts';
import { KernelProgram, measureRuns } from './programs.ts';
import { looksUpSource } from './source-address.ts';
import { startSweeper, sweeperBuild, sweeperState } from './sweeper.ts';

/** An inner map may be replaced between reading its id and opening it. */
const innerAttempts = 8;

export class KernelInstance implements Instance {
  private readonly pinned = new Map<MapName, KernelMap>();
  private readonly open = new Set<KernelMap | KernelProgram>();
  private readonly linkPins: Links;

  /** Opens every map at once, so that a damaged instance is known as such. */
  constructor(private readonly bpf: Libbpf, private readonly objects: string, private readonly places: Places, private readonly name: string) {
    this.linkPins = new Links(bpf, places.links);
    try {
      for (const map of mapNames) this.map(map);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  map(name: MapName): KernelMap {
    const known = this.pinned.get(name);
    if (known && !known.closed) return known;
    const fd = this.bpf.objGet(join(this.places.maps, name));
    if (fd < 0) {
      const errno = errnoName(fd);
      throw new DatapathError(`open map ${name} of instance ${this.name}`, errno, undefined, errno === 'ENOENT' ? 'damaged' : undefined);
    }
    const map = this.adopt(fd);
    this.pinned.set(name, map);
    const spec: MapSpec = mapSpecs[name];
    if (map.type !== spec.type || map.info.keySize !== spec.keySize || map.info.valueSize !== spec.valueSize) {
      throw new DatapathError(`use map ${name} of instance ${this.name}`, 'EINVAL', 'it was made by another version, with another layout', 'damaged');
    }
    return map;
  }

  inner(outer: 'root' | 'arenas', index: number): MapHandle | undefined {
    for (let attempt = 0; attempt < innerAttempts; attempt++) {
      const id = this.map(outer).lookup(u32(index));
      if (!id) return undefined;
      const fd = this.bpf.mapFdById(new DataView(id.buffer).getUint32(0, true));
      if (fd >= 0) return this.adopt(fd);
      if (errnoName(fd) !== 'ENOENT') fail(`open ${outer}[${index}]`, fd);
    }
    throw new DatapathError(`open ${outer}[${index}]`, 'EAGAIN', 'it is being replaced all the time');
  }

  /** Returns when no program can see the former map any more. */
  setInner(outer: 'root' | 'arenas', index: number, inner: MapHandle): void {
    this.setInners(outer, [{ index, inner }]);
  }

  setInners(outer: 'root' | 'arenas', places: readonly { readonly index: number; readonly inner: MapHandle }[]): void {
    const fds = places.map(({ index, inner }) => {
      if (!(inner instanceof KernelMap) || inner.closed) throw new DatapathError(`set ${outer}[${index}]`, 'EBADF');
      return inner.fd;
    });
    const packed = (numbers: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(numbers).buffer);
    this.map(outer).updateBatch(packed(places.map((p) => p.index)), packed(fds), places.length);
  }

  clearInner(outer: 'root' | 'arenas', index: number): void {
    this.map(outer).delete(u32(index));
  }

  createServiceMap(): MapHandle {
    return this.create('services', mapSpecs.root.inner, lengthOf(this.servicePlaces));
  }

  createArena(): MapHandle {
    return this.create('arena', mapSpecs.arenas.inner, mapSpecs.arenas.inner.maxEntries);
  }

  /** A program for `dsr ipip` loads on any kernel, and on one without that look-up it would drop every packet. */
  load(program: ProgramState): ProgramHandle {
    if ((program.features & LbFeature.DSR_IPIP) !== 0 && !looksUpSource(this.bpf)) {
      throw new DatapathError(`load the program ${program.variant}`, 'ENOTSUPP', 'dsr ipip needs BPF_FIB_LOOKUP_SRC, for the source of the outer header; Linux 6.7 and newer have it');
    }
    const fd = loadProgram(this.bpf, this.objects, program, this.servicePlaces, (name) => this.map(name).fd);
    const handle = new KernelProgram(this.bpf, fd, (closed) => this.open.delete(closed));
    this.open.add(handle);
    return handle;
  }

  links(): readonly LinkInfo[] {
    return this.linkPins.all();
  }

  measureRuns(): { close(): void } {
    return measureRuns(this.bpf);
  }

  attach(iface: string, xdp: XdpMode, program: ProgramHandle): void {
    this.linkPins.attach(iface, xdp, fdOf(program));
  }

  replace(iface: string, program: ProgramHandle): void {
    this.linkPins.replace(iface, fdOf(program));
  }

  detach(iface: string): void {
    this.linkPins.detach(iface);
  }

  readEvents(): EventReader {
    return readEvents(this.bpf, this.places, this.map('events').fd);
  }

  sweeperState(): Uint8Array | undefined {
    return sweeperState(this.bpf, this.places);
  }

  sweeperBuild(): bigint {
    return sweeperBuild(this.objects);
  }

  startSweeper(): void {
    startSweeper(this.bpf, this.objects, this.places, (name) => this.map(name).fd);
  }

  close(): void {
    for (const handle of [...this.open]) handle.close();
    this.pinned.clear();
  }

  get servicePlaces(): number {
    return placesFor(this.map('service_counters').info.maxEntries - 1);
  }

  private create(name: string, spec: MapSpec, entries: number): MapHandle {
    return this.adopt(check(this.bpf.mapCreate(spec.type, name, spec.keySize, spec.valueSize, Math.max(1, entries), spec.flags, 0), `make a map of ${entries} ${name}`));
  }

  private adopt(fd: number): KernelMap {
    const map = new KernelMap(this.bpf, fd, (closed) => this.open.delete(closed));
    this.open.add(map);
    return map;
  }
}

function fdOf(program: ProgramHandle): number {
  if (!(program instanceof KernelProgram)) throw new DatapathError('use a program', 'EBADF');
  return program.fd;
}

function u32(value: number): Uint8Array {
  return new Uint8Array(new Uint32Array([value]).buffer);
}
