/**
 * The port between Sluice and whatever runs the BPF objects. Everything here is bytes, names and
 * numbers; layouts are the codecs' business. `kernel/` implements it over libbpf. All calls are
 * synchronous; a failure throws `DatapathError` with the errno's name where there is one.
 */
import type { Capacity, ProgramState } from '../compiler/live.ts';
import type { XdpMode } from '../compiler/state.ts';

export type DatapathReason =
  | 'libbpf-missing' | 'libbpf-old'
  /** The given directory is missing, or no BPF file system. */
  | 'not-bpffs'
  /** Another process has the instance's lock. */
  | 'locked'
  /** An XDP program that is not ours sits on the interface. */
  | 'foreign-program'
  /** Maps that are missing, or have other shapes than this build's. */
  | 'damaged';

export class DatapathError extends Error {
  override readonly name = 'DatapathError';
  /**
   * `doing` completes "could not …"; `errno` is e.g. `ENOSPC`; `detail` may hold the verifier's last lines.
   * `reason` tells apart what an errno does not.
   */
  constructor(readonly doing: string, readonly errno: string | undefined, readonly detail?: string, readonly reason?: DatapathReason) {
    super(`could not ${doing}${errno ? `: ${errno}` : ''}${detail ? `\n${detail}` : ''}`);
  }
}

export interface MapInfo {
  readonly id: number;
  readonly name: string;
  readonly keySize: number;
  /** Bytes of one value (of one CPU, for per-CPU maps). */
  readonly valueSize: number;
  readonly maxEntries: number;
}

export interface MapHandle {
  readonly info: MapInfo;
  /** Per-CPU maps give the values of all possible CPUs, each padded to 8 bytes. */
  lookup(key: Uint8Array): Uint8Array | undefined;
  update(key: Uint8Array, value: Uint8Array): void;
  /** `keys` and `values` are `count` packed entries. Stops at the first failure. */
  updateBatch(keys: Uint8Array, values: Uint8Array, count: number): void;
  /** A key that is not there is no failure. */
  delete(key: Uint8Array): void;
  /** Everything, packed. */
  entries(): { readonly keys: Uint8Array; readonly values: Uint8Array; readonly count: number };
  /** A run of values of an mmapable array. */
  readRange(first: number, count: number): Uint8Array;
  writeRange(first: number, values: Uint8Array): void;
  close(): void;
}

export interface ProgramInfo extends ProgramState {
  readonly id: number;
  /** Instructions the verifier walked; absent where the kernel does not say. */
  readonly verified?: number;
  /** Bytes. */
  readonly translated: number;
  readonly jited: number;
  readonly loadedAt?: string;
  /** Runs since it was loaded that the kernel measured, with their time in all; absent: none. */
  readonly runs?: { readonly count: number; readonly ns: number };
}

export interface ProgramHandle {
  readonly info: ProgramInfo;
  /** Runs the program once on a packet (an Ethernet frame), with live maps. */
  testRun(packet: Uint8Array, options?: { readonly ifindex?: number; readonly repeat?: number }): {
    readonly verdict: number;
    readonly packet: Uint8Array;
    /** Average of the runs. */
    readonly ns: number;
  };
  close(): void;
}

export interface LinkInfo {
  readonly interface: string;
  readonly ifindex: number;
  readonly actual: 'native' | 'generic';
  readonly program: ProgramInfo;
}

export type MapName =
  | 'root' | 'arenas' | 'backends' | 'addresses' | 'ranges' | 'sources' | 'targets' | 'vlans' | 'hops' | 'ways' | 'turns'
  | 'flows' | 'nat' | 'nat_works' | 'affinities' | 'fragments' | 'service_counters' | 'backend_counters' | 'activity'
  | 'drops' | 'reject_limit' | 'settings' | 'events' | 'meta';

/** The one reader of an instance's ring of samples. */
export interface EventReader {
  /** Those that are there, at most so many, oldest first (`struct event`); they are out of the ring afterwards. */
  take(most: number): readonly Uint8Array[];
  close(): void;
}

/** The pinned maps and links of one instance. */
export interface Instance {
  map(name: MapName): MapHandle;
  /** Inner map at an index of `root` or `arenas`; undefined where the place is empty. */
  inner(outer: 'root' | 'arenas', index: number): MapHandle | undefined;
  setInner(outer: 'root' | 'arenas', index: number, inner: MapHandle): void;
  /** Several places, in this order; one wait for programs instead of one each. */
  setInners(outer: 'root' | 'arenas', places: readonly { readonly index: number; readonly inner: MapHandle }[]): void;
  clearInner(outer: 'root' | 'arenas', index: number): void;
  /** Places of a service table (`compiler/service-table.ts`). */
  readonly servicePlaces: number;
  /** A fresh inner map, reachable by nobody yet. */
  createServiceMap(): MapHandle;
  createArena(): MapHandle;
  /** Loads a variant on the pinned maps with these features on. */
  load(program: ProgramState): ProgramHandle;
  links(): readonly LinkInfo[];
  /** Until it is closed, `runs` of programs grow; it costs each run some nanoseconds. */
  measureRuns(): { close(): void };
  /** Makes and pins a link. `EBUSY`: another program sits there. */
  attach(iface: string, xdp: XdpMode, program: ProgramHandle): void;
  /** Atomic; the link stays. */
  replace(iface: string, program: ProgramHandle): void;
  detach(iface: string): void;
  /** Reason `locked`: another process reads. */
  readEvents(): EventReader;
  /** What the sweeper says of itself (`struct sweep`); undefined: there is none. */
  sweeperState(): Uint8Array | undefined;
  /** `build` of the sweeper that `startSweeper` loads. */
  sweeperBuild(): bigint;
  /** Loads the program that deletes what is over, in the place of one that is there, and begins a pass. It lives as long as the maps. */
  startSweeper(): void;
  close(): void;
}

export interface Lock {
  release(): void;
}

export interface Capability {
  /** e.g. `xdp`, `map-in-map`, `fib-lookup-src`. */
  readonly name: string;
  readonly status: 'yes' | 'no' | 'unknown';
  /** What it is needed for, and how to get it where it is missing. */
  readonly detail: string;
}

export interface Datapath {
  readonly kind: 'kernel' | 'vm';
  /** e.g. `kernel 6.18, libbpf 1.1`. */
  readonly title: string;
  probe(): readonly Capability[];
  /** Undefined: no such instance. */
  open(name: string): Instance | undefined;
  /** The XDP program that keeps others off an interface, in words; undefined where there is none, or it cannot be asked. */
  programOn(iface: string): string | undefined;
  /** Pins a fresh set of maps in one rename; dying half-way leaves no instance. */
  create(name: string, capacity: Capacity): Instance;
  /** Detaches and removes everything of an instance; true where there was one. */
  remove(name: string): boolean;
  instances(): readonly string[];
  /** Besides the instances, what killed processes left half-made or half-removed: names that `remove` takes. */
  remains(): readonly string[];
  /** One writer at a time; waits up to `ms`, then throws `EWOULDBLOCK`, reason `locked`. */
  lock(name: string, ms: number): Lock;
}
