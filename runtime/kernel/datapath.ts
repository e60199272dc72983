/**
 * The datapath port over libbpf and bpffs. Nothing is loaded or touched before the first call; where the
 * system's bpffs is not mounted, reading finds nothing and the first writer mounts it.
 */
import { renameSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import type { Capacity } from '../../compiler/live.ts';
import { DatapathError, type Capability, type Datapath, type Instance, type Lock } from '../datapath.ts';
import { isInstanceName } from '../instance-name.ts';
import { ensureBpffs, folderExists, isUnmounted, list, makeFolder, placesOf, removeFolder, removeIfEmpty, requireBpffs, type Places } from './bpffs.ts';
import { check, files } from './errors.ts';
import { KernelInstance } from './instance.ts';
import { libbpf, libc } from './libbpf.ts';
import { describeProgramOn, Links } from './links.ts';
import { lockInstance } from './lock.ts';
import { createMaps } from './objects.ts';
import { probeKernel } from './probe.ts';

export interface KernelOptions {
  /** A mounted BPF file system, or a folder in one. */
  readonly bpffs: string;
  /** Folder of the pre-built objects. */
  readonly objects: string;
  /** Another name of the shared library than libbpf.so.1. */
  readonly library?: string;
}

export function createKernelDatapath(options: KernelOptions): Datapath {
  return new KernelDatapath(options);
}

class KernelDatapath implements Datapath {
  readonly kind = 'kernel';

  constructor(private readonly options: KernelOptions) {}

  get title(): string {
    const kernel = `kernel ${release().split('.').slice(0, 2).join('.')}`;
    try {
      return `${kernel}, libbpf ${libbpf(this.options.library).version}`;
    } catch (error) {
      if (error instanceof DatapathError) return `${kernel}, no libbpf`;
      throw error;
    }
  }

  probe(): readonly Capability[] {
    return probeKernel(this.options);
  }

  open(name: string): Instance | undefined {
    const places = placesOf(this.options.bpffs, name);
    if (isUnmounted(this.options.bpffs)) return undefined;
    requireBpffs(this.options.bpffs);
    if (!folderExists(places.maps)) return undefined;
    return new KernelInstance(libbpf(this.options.library), this.options.objects, places, name);
  }

  programOn(iface: string): string | undefined {
    try {
      const ifindex = libc().ifNameToIndex(iface);
      return ifindex === 0 ? undefined : describeProgramOn(libbpf(this.options.library), ifindex);
    } catch (error) {
      if (error instanceof DatapathError) return undefined;
      throw error;
    }
  }

  /** Expects the caller to hold the lock: it sweeps what a creator who died left behind. */
  create(name: string, capacity: Capacity): Instance {
    const { bpffs, objects, library } = this.options;
    const doing = `make instance ${name}`;
    const places = placesOf(bpffs, name);
    ensureBpffs(bpffs);
    const bpf = libbpf(library);
    if (folderExists(places.maps)) throw new DatapathError(doing, 'EEXIST');
    this.sweep(places);
    makeFolder(places.fresh);
    try {
      createMaps(bpf, objects, capacity, (map, fd) => check(bpf.objPin(fd, join(places.fresh, map)), `pin map ${map}`));
      files(doing, () => renameSync(places.fresh, places.maps));
    } catch (error) {
      removeFolder(places.fresh);
      removeIfEmpty(places.root);
      throw error;
    }
    return new KernelInstance(bpf, objects, places, name);
  }

  remove(name: string): boolean {
    const { bpffs } = this.options;
    const places = placesOf(bpffs, name);
    if (isUnmounted(bpffs)) return false;
    requireBpffs(bpffs);
    if (list(places.root).length === 0) {
      removeFolder(places.root);
      return false;
    }
    this.detachLinks(places);
    if (folderExists(places.maps)) {
      removeFolder(places.former);
      files(`remove instance ${name}`, () => renameSync(places.maps, places.former));
    }
    this.sweep(places);
    removeFolder(places.root);
    removeIfEmpty(join(bpffs, 'sluice'));
    return true;
  }

  instances(): readonly string[] {
    return this.remains().filter((name) => folderExists(placesOf(this.options.bpffs, name).maps));
  }

  remains(): readonly string[] {
    const { bpffs } = this.options;
    if (isUnmounted(bpffs)) return [];
    requireBpffs(bpffs);
    return list(join(bpffs, 'sluice')).filter((name) => isInstanceName(name) && folderExists(placesOf(bpffs, name).root));
  }

  lock(name: string, ms: number): Lock {
    ensureBpffs(this.options.bpffs);
    return lockInstance(placesOf(this.options.bpffs, name), name, ms);
  }

  /** What is left of an instance whose maps are gone, or were never all there. */
  private sweep(places: Places): void {
    this.detachLinks(places);
    for (const folder of [places.links, places.fresh, places.former]) removeFolder(folder);
  }

  private detachLinks(places: Places): void {
    if (folderExists(places.links)) new Links(libbpf(this.options.library), places.links).detachAll();
  }
}
