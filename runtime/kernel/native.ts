/** The foreign functions as TypeScript sees them; `libbpf.ts` binds them. Pointers are bigints. */
export type Pointer = bigint;
export type MaybePointer = Pointer | null;
type Bytes = Uint8Array | null;

export interface MapInfoRaw { readonly type: number; readonly id: number; readonly key_size: number; readonly value_size: number; readonly max_entries: number; readonly map_flags: number; readonly name: string }
export interface ProgInfoRaw {
  readonly id: number; readonly jited_prog_len: number; readonly xlated_prog_len: number; readonly load_time: number | bigint;
  readonly nr_map_ids: number; readonly name: string; readonly verified_insns: number;
  readonly run_time_ns: number | bigint; readonly run_cnt: number | bigint;
}
export interface LinkInfoRaw { readonly type: number; readonly id: number; readonly prog_id: number; readonly ifindex: number }
export interface XdpQueryRaw { readonly prog_id: number; readonly drv_prog_id: number; readonly hw_prog_id: number; readonly skb_prog_id: number; readonly attach_mode: number }
export interface TestRunRaw { readonly retval: number; readonly duration: number; readonly data_size_out: number }

/** A BPF ring buffer that this process reads. */
export interface Ring {
  /** Hands out what is there, until there is no more or `onSample` says so. A negative errno on failure. */
  consume(): number;
  close(): void;
}

/** Functions of libbpf by their C names, without the prefixes that all of them share. */
export interface Libbpf {
  readonly version: string;
  possibleCpus(): number;
  /** Messages of libbpf since the last call, the verifier's log among them; forgets them. */
  takeLog(): string;

  mapCreate(type: number, name: string, keySize: number, valueSize: number, maxEntries: number, flags: number, innerFd: number): number;
  mapLookup(fd: number, key: Uint8Array, value: Uint8Array): number;
  mapUpdate(fd: number, key: Uint8Array, value: Uint8Array, flags: number): number;
  mapDelete(fd: number, key: Uint8Array): number;
  mapUpdateBatch(fd: number, keys: Uint8Array, values: Uint8Array, count: Uint32Array): number;
  mapLookupBatch(fd: number, inBatch: Bytes, outBatch: Uint8Array, keys: Uint8Array, values: Uint8Array, count: Uint32Array): number;

  objPin(fd: number, path: string): number;
  objGet(path: string): number;
  mapFdById(id: number): number;
  progFdById(id: number): number;
  mapInfo(fd: number): MapInfoRaw | number;
  /** Fills `mapIds` with as many ids as fit. */
  progInfo(fd: number, mapIds: Uint32Array): ProgInfoRaw | number;
  linkInfo(fd: number): LinkInfoRaw | number;
  /** A descriptor; while it is open the kernel keeps these statistics (`enum bpf_stats_type`). */
  enableStats(type: number): number;

  /** `instructions` are 8 bytes each; the log is the verifier's. */
  progLoad(type: number, name: string, license: string, instructions: Uint8Array): number;
  testRun(fd: number, data: Uint8Array, out: Uint8Array, context: Bytes, repeat: number): TestRunRaw | number;
  /** Sends what the program answers with on its way, `batch` packets at a time; each call ends when all `repeat` are sent. */
  testRunLive(fd: number, data: Uint8Array, context: Uint8Array, repeat: number, batch: number): TestRunRaw | number;
  /** Runs a program of type `syscall` once. Answers what it returned, or a negative errno of the call. */
  runSyscall(fd: number, context: Uint8Array): { readonly returned: number } | number;
  linkCreate(progFd: number, ifindex: number, attachType: number, flags: number): number;
  linkUpdate(linkFd: number, progFd: number): number;
  linkDetach(linkFd: number): number;
  xdpQuery(ifindex: number): XdpQueryRaw | number;

  /** `onSample` gets each sample's address and size, within `consume`, and answers whether to go on. A negative errno on failure. */
  ringOpen(fd: number, onSample: (data: Pointer, size: number) => boolean): Ring | number;

  /** Null on failure, with the errno in `lastErrno`. */
  objectOpen(path: string): MaybePointer;
  objectLoad(object: Pointer): number;
  objectClose(object: Pointer): void;
  objectFindMap(object: Pointer, name: string): MaybePointer;
  objectFindProgram(object: Pointer, name: string): MaybePointer;
  mapFd(map: Pointer): number;
  mapReuseFd(map: Pointer, fd: number): number;
  /** A map like those that a map of maps is to hold. */
  mapSetInner(map: Pointer, fd: number): number;
  mapSetMaxEntries(map: Pointer, entries: number): number;
  /** Address of a map's initial contents, and their size in `size[0]`. */
  mapInitialValue(map: Pointer, size: BigUint64Array): MaybePointer;
  programSetAutoload(program: Pointer, on: boolean): number;
  programFd(program: Pointer): number;
}

/** Functions of libc; -1 on failure, with the errno in `lastErrno`. */
export interface Libc {
  lastErrno(): number;
  flock(fd: number, operation: number): number;
  setns(fd: number, type: number): number;
  unshare(flags: number): number;
  /** A copy that closes on exec. */
  duplicate(fd: number): number;
  /** 0: no such interface in this thread's namespace. */
  ifNameToIndex(name: string): number;
  mount(source: string, target: string, type: string, flags: number): number;
  unmount(target: string, flags: number): number;
  /** Shared, readable and writable; `offset` is a multiple of the page size. Undefined on failure. */
  mmap(fd: number, length: number, offset: number): Pointer | undefined;
  munmap(address: Pointer, length: number): number;
  copyIn(to: Pointer, from: Uint8Array): void;
  copyOut(to: Uint8Array, from: Pointer): void;
}
