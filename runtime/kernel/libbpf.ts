/**
 * The foreign functions: libbpf.so.1 and a few of libc, typed and nothing more. No other file knows
 * koffi. Calls return what C returns (a negative errno on failure, unless said otherwise); turning that
 * into a `DatapathError` is the business of `errors.ts`.
 */
import type * as Koffi from 'koffi';
import { createRequire } from 'node:module';
import { DatapathError } from '../datapath.ts';
import type { Libbpf, Libc, MaybePointer, Pointer, TestRunRaw } from './native.ts';

const fcntlDuplicate = 1030;
const readWriteShared = { protection: 3, flags: 1 };
/** What is kept of libbpf's messages: a verifier log says what is wrong at its end. */
const logLimit = 64 * 1024;
const libbpfDebug = 2;
const testRunLiveFrames = 1 << 1;

let koffiModule: typeof Koffi | undefined;
let libcBinding: Libc | undefined;
const libbpfBindings = new Map<string, Libbpf>();

function koffi(): typeof Koffi {
  try {
    return (koffiModule ??= createRequire(import.meta.url)('koffi') as typeof Koffi);
  } catch (error) {
    throw new DatapathError('load koffi, which calls libbpf', undefined, String((error as Error).message).split('\n')[0], 'libbpf-missing');
  }
}

export function libc(): Libc {
  return (libcBinding ??= bindLibc(koffi()));
}

/** Loads libbpf once. Throws with reason `libbpf-missing` or `libbpf-old`. */
export function libbpf(name = 'libbpf.so.1'): Libbpf {
  const known = libbpfBindings.get(name);
  if (known) return known;
  const library = open(name);
  try {
    const binding = bindLibbpf(koffi(), library);
    libbpfBindings.set(name, binding);
    return binding;
  } catch (error) {
    throw new DatapathError(`use ${name}`, undefined, (error as Error).message, 'libbpf-old');
  }
}

function open(name: string): Koffi.LibraryHandle {
  const k = koffi();
  let library: Koffi.LibraryHandle;
  try {
    library = k.load(name);
  } catch (error) {
    if (name === 'libbpf.so.1' && canLoad('libbpf.so.0')) {
      throw new DatapathError('use libbpf', undefined, 'this machine has libbpf 0.x only; 1.0 or newer is needed (Debian: libbpf1)', 'libbpf-old');
    }
    throw new DatapathError(`load ${name}`, undefined, (error as Error).message, 'libbpf-missing');
  }
  let major = 0;
  try {
    major = library.func('uint32_t libbpf_major_version()')() as number;
  } catch { /* Before 0.6 there was no such function. */ }
  if (major < 1) throw new DatapathError(`use ${name}`, undefined, 'it is older than libbpf 1.0 (Debian: libbpf1)', 'libbpf-old');
  return library;
}

function canLoad(name: string): boolean {
  try {
    koffi().load(name).unload();
    return true;
  } catch {
    return false;
  }
}

function bindLibc(k: typeof Koffi): Libc {
  const c = k.load('libc.so.6');
  const mmap = c.func('intptr_t mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)');
  const memcpy = c.func('void *memcpy(void *to, void *from, size_t size)');
  const fcntl = c.func('int fcntl(int fd, int command, ...)');
  const mount = c.func('int mount(const char *source, const char *target, const char *type, unsigned long flags, void *data)');
  return {
    lastErrno: () => k.errno(),
    flock: c.func('int flock(int fd, int operation)'),
    setns: c.func('int setns(int fd, int type)'),
    unshare: c.func('int unshare(int flags)'),
    duplicate: (fd) => fcntl(fd, fcntlDuplicate, 'int', 3) as number,
    ifNameToIndex: c.func('uint32_t if_nametoindex(const char *name)'),
    mount: (source, target, type, flags) => mount(source, target, type, flags, null) as number,
    unmount: c.func('int umount2(const char *target, int flags)'),
    mmap: (fd, length, offset) => {
      const address = BigInt(mmap(null, length, readWriteShared.protection, readWriteShared.flags, fd, offset) as number | bigint);
      return address === -1n ? undefined : address;
    },
    munmap: c.func('int munmap(void *address, size_t length)'),
    copyIn: (to, from) => { memcpy(to, from, from.byteLength); },
    copyOut: (to, from) => { memcpy(to, from, to.byteLength); },
  };
}

function bindLibbpf(k: typeof Koffi, lib: Koffi.LibraryHandle): Libbpf {
  const u32 = 'uint32_t', u64 = 'uint64_t', name16 = k.array('char', 16);
  const MapCreateOpts = k.struct({
    sz: 'size_t', btf_fd: u32, btf_key_type_id: u32, btf_value_type_id: u32, btf_vmlinux_value_type_id: u32,
    inner_map_fd: u32, map_flags: u32, map_extra: u64, numa_node: u32, map_ifindex: u32,
  });
  const TestRunOpts = k.struct({
    sz: 'size_t', data_in: u64, data_out: u64, data_size_in: u32, data_size_out: u32, ctx_in: u64, ctx_out: u64,
    ctx_size_in: u32, ctx_size_out: u32, retval: u32, repeat: 'int', duration: u32, flags: u32, cpu: u32, batch_size: u32,
  });
  const LinkCreateOpts = k.struct({ sz: 'size_t', flags: u32, iter_info: u64, iter_info_len: u32, target_btf_id: u32 });
  const XdpQueryOpts = k.struct({ sz: 'size_t', prog_id: u32, drv_prog_id: u32, hw_prog_id: u32, skb_prog_id: u32, attach_mode: 'uint8_t' });
  const MapInfo = k.struct({ type: u32, id: u32, key_size: u32, value_size: u32, max_entries: u32, map_flags: u32, name: name16 });
  const ProgInfo = k.struct({
    type: u32, id: u32, tag: u64, jited_prog_len: u32, xlated_prog_len: u32, jited_prog_insns: u64, xlated_prog_insns: u64,
    load_time: u64, created_by_uid: u32, nr_map_ids: u32, map_ids: u64, name: name16, ifindex: u32, gpl_compatible: u32,
    netns_dev: u64, netns_ino: u64, nr_jited_ksyms: u32, nr_jited_func_lens: u32, jited_ksyms: u64, jited_func_lens: u64,
    btf_id: u32, func_info_rec_size: u32, func_info: u64, nr_func_info: u32, nr_line_info: u32, line_info: u64,
    jited_line_info: u64, nr_jited_line_info: u32, line_info_rec_size: u32, jited_line_info_rec_size: u32, nr_prog_tags: u32,
    prog_tags: u64, run_time_ns: u64, run_cnt: u64, recursion_misses: u64, verified_insns: u32, attach_btf_obj_id: u32, attach_btf_id: u32,
  });
  const LinkInfo = k.struct({ type: u32, id: u32, prog_id: u32, pad: u32, ifindex: u32 });
  /** What only a number in a struct points at: kept from the garbage collector during the call. */
  const held: { now: unknown } = { now: undefined };
  const to = (type: Koffi.TypeObject): Koffi.TypeObject => k.pointer(type);
  const infoInto = lib.func('int bpf_obj_get_info_by_fd(int fd, void *info, uint32_t *length)');
  const info = <T>(fd: number, type: Koffi.TypeObject, fill?: (bytes: DataView) => void): T | number => {
    const bytes = new Uint8Array(type.size);
    fill?.(new DataView(bytes.buffer));
    const status = infoInto(fd, bytes, new Uint32Array([type.size])) as number;
    return status < 0 ? status : k.decode(bytes, type) as T;
  };
  const mapCreate = lib.func('bpf_map_create', 'int', ['int', 'str', u32, u32, u32, to(MapCreateOpts)]);
  const updateBatch = lib.func('int bpf_map_update_batch(int fd, void *keys, void *values, uint32_t *count, void *opts)');
  const lookupBatch = lib.func('int bpf_map_lookup_batch(int fd, void *in, void *out, void *keys, void *values, uint32_t *count, void *opts)');
  const progLoad = lib.func('int bpf_prog_load(int type, const char *name, const char *license, void *insns, size_t count, void *opts)');
  const testRun = lib.func('int bpf_prog_test_run_opts(int fd, void *opts)');
  const linkCreate = lib.func('bpf_link_create', 'int', ['int', 'int', 'int', to(LinkCreateOpts)]);
  const linkUpdate = lib.func('int bpf_link_update(int link, int program, void *opts)');
  const xdpQuery = lib.func('bpf_xdp_query', 'int', ['int', 'int', k.inout(to(XdpQueryOpts))]);
  const runBytes = new Uint8Array(new ArrayBuffer(TestRunOpts.size));
  const run = new DataView(runBytes.buffer);
  const of = (field: string): number => k.offsetof(TestRunOpts, field);
  const runAt = {
    sz: of('sz'), dataIn: of('data_in'), dataOut: of('data_out'), sizeIn: of('data_size_in'), sizeOut: of('data_size_out'), contextIn: of('ctx_in'),
    contextSize: of('ctx_size_in'), retval: of('retval'), repeat: of('repeat'), duration: of('duration'), flags: of('flags'), batch: of('batch_size'),
  };
  /* Field by field: koffi takes longer over a struct than the kernel over five runs. */
  const runOnce = (fd: number, data: Uint8Array | null, out: Uint8Array | null, context: Uint8Array | null, repeat: number, flags = 0, batch = 0): TestRunRaw | number => {
    held.now = [data, out, context];
    runBytes.fill(0);
    run.setBigUint64(runAt.sz, BigInt(TestRunOpts.size), true);
    run.setBigUint64(runAt.dataIn, data ? k.address(data) : 0n, true);
    run.setUint32(runAt.sizeIn, data?.length ?? 0, true);
    run.setBigUint64(runAt.dataOut, out ? k.address(out) : 0n, true);
    run.setUint32(runAt.sizeOut, out?.length ?? 0, true);
    run.setBigUint64(runAt.contextIn, context ? k.address(context) : 0n, true);
    run.setUint32(runAt.contextSize, context?.length ?? 0, true);
    run.setUint32(runAt.repeat, repeat, true);
    run.setUint32(runAt.flags, flags, true);
    run.setUint32(runAt.batch, batch, true);
    const status = testRun(fd, runBytes) as number;
    held.now = undefined;
    if (status < 0) return status;
    return { retval: run.getUint32(runAt.retval, true), duration: run.getUint32(runAt.duration, true), data_size_out: run.getUint32(runAt.sizeOut, true) };
  };
  const openFile = lib.func('void *bpf_object__open_file(const char *path, void *opts)');
  return {
    version: `${lib.func('uint32_t libbpf_major_version()')() as number}.${lib.func('uint32_t libbpf_minor_version()')() as number}`,
    possibleCpus: lib.func('int libbpf_num_possible_cpus()'),
    takeLog: captureLog(k, lib),
    mapCreate: (type, name, keySize, valueSize, maxEntries, flags, innerFd) =>
      mapCreate(type, name, keySize, valueSize, maxEntries, { sz: MapCreateOpts.size, map_flags: flags, inner_map_fd: innerFd }) as number,
    mapLookup: lib.func('int bpf_map_lookup_elem(int fd, void *key, void *value)'),
    mapUpdate: lib.func('int bpf_map_update_elem(int fd, void *key, void *value, uint64_t flags)'),
    mapDelete: lib.func('int bpf_map_delete_elem(int fd, void *key)'),
    mapUpdateBatch: (fd, keys, values, count) => updateBatch(fd, keys, values, count, null) as number,
    mapLookupBatch: (fd, inBatch, outBatch, keys, values, count) => lookupBatch(fd, inBatch, outBatch, keys, values, count, null) as number,
    objPin: lib.func('int bpf_obj_pin(int fd, const char *path)'),
    objGet: lib.func('int bpf_obj_get(const char *path)'),
    mapFdById: lib.func('int bpf_map_get_fd_by_id(uint32_t id)'),
    progFdById: lib.func('int bpf_prog_get_fd_by_id(uint32_t id)'),
    mapInfo: (fd) => info(fd, MapInfo),
    progInfo: (fd, mapIds) => info(fd, ProgInfo, (bytes) => {
      held.now = mapIds;
      bytes.setUint32(k.offsetof(ProgInfo, 'nr_map_ids'), mapIds.length, true);
      bytes.setBigUint64(k.offsetof(ProgInfo, 'map_ids'), k.address(mapIds), true);
    }),
    linkInfo: (fd) => info(fd, LinkInfo),
    enableStats: lib.func('int bpf_enable_stats(int type)'),
    progLoad: (type, name, license, insns) => progLoad(type, name, license, insns, insns.length / 8, null) as number,
    testRun: runOnce,
    testRunLive: (fd, data, context, repeat, batch) => runOnce(fd, data, null, context, repeat, testRunLiveFrames, batch),
    runSyscall: (fd, context) => {
      const ran = runOnce(fd, null, null, context, 0);
      return typeof ran === 'number' ? ran : { returned: ran.retval | 0 };
    },
    linkCreate: (progFd, ifindex, type, flags) =>
      linkCreate(progFd, ifindex, type, { sz: LinkCreateOpts.size, flags, iter_info: 0n, iter_info_len: 0, target_btf_id: 0 }) as number,
    linkUpdate: (linkFd, progFd) => linkUpdate(linkFd, progFd, null) as number,
    linkDetach: lib.func('int bpf_link_detach(int fd)'),
    xdpQuery: (ifindex) => {
      const opts = { sz: XdpQueryOpts.size, prog_id: 0, drv_prog_id: 0, hw_prog_id: 0, skb_prog_id: 0, attach_mode: 0 };
      const status = xdpQuery(ifindex, 0, opts) as number;
      return status < 0 ? status : opts;
    },
    ringOpen: ringOpener(k, lib),
    objectOpen: (path) => openFile(path, null) as MaybePointer,
    objectLoad: lib.func('int bpf_object__load(void *object)'),
    objectClose: lib.func('void bpf_object__close(void *object)'),
    objectFindMap: lib.func('void *bpf_object__find_map_by_name(void *object, const char *name)'),
    objectFindProgram: lib.func('void *bpf_object__find_program_by_name(void *object, const char *name)'),
    mapFd: lib.func('int bpf_map__fd(void *map)'),
    mapReuseFd: lib.func('int bpf_map__reuse_fd(void *map, int fd)'),
    mapSetInner: lib.func('int bpf_map__set_inner_map_fd(void *map, int fd)'),
    mapSetMaxEntries: lib.func('int bpf_map__set_max_entries(void *map, uint32_t entries)'),
    mapInitialValue: lib.func('void *bpf_map__initial_value(void *map, size_t *size)'),
    programSetAutoload: lib.func('int bpf_program__set_autoload(void *program, bool on)'),
    programFd: lib.func('int bpf_program__fd(void *program)'),
  };
}

function ringOpener(k: typeof Koffi, lib: Koffi.LibraryHandle): Libbpf['ringOpen'] {
  const sample = k.pointer(k.proto('int (void *context, void *data, size_t size)'));
  const create = lib.func('ring_buffer__new', 'void *', ['int', sample, 'void *', 'void *']);
  const consume = lib.func('int ring_buffer__consume(void *ring)');
  const free = lib.func('void ring_buffer__free(void *ring)');
  return (fd, onSample) => {
    let stopped = false;
    const callback = k.register((_context: unknown, data: Pointer, size: number | bigint): number => {
      stopped = !onSample(data, Number(size));
      return stopped ? -1 : 0;
    }, sample);
    const ring = create(fd, callback, null, null) as MaybePointer;
    if (ring === null) {
      k.unregister(callback);
      return -k.errno();
    }
    return {
      consume() {
        stopped = false;
        const status = consume(ring) as number;
        return stopped ? 0 : Math.min(0, status);
      },
      close() {
        free(ring);
        k.unregister(callback);
      },
    };
  };
}

/** Takes libbpf's messages off stderr; the callback's va_list is a pointer on both x86-64 and arm64. */
function captureLog(k: typeof Koffi, lib: Koffi.LibraryHandle): () => string {
  const format = k.load('libc.so.6').func('int vsnprintf(void *to, size_t size, void *format, void *arguments)');
  const print = k.pointer(k.proto('int (int level, void *format, void *arguments)'));
  const line = new Uint8Array(logLimit);
  let log = '';
  const callback = k.register((level: number, text: Pointer, args: Pointer): number => {
    if (level >= libbpfDebug) return 0;
    const length = Math.min(format(line, line.length, text, args) as number, line.length - 1);
    log = (log + new TextDecoder().decode(line.subarray(0, Math.max(0, length)))).slice(-logLimit);
    return 0;
  }, print);
  lib.func('libbpf_set_print', 'void *', [print])(callback);
  return () => {
    const taken = log;
    log = '';
    return taken;
  };
}
