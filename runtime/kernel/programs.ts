/** Loaded programs: what they are, and running them on a packet. */
import { closeSync } from 'node:fs';
import { uptime } from 'node:os';
import { rodata } from '../../compiler/generated/layout.ts';
import type { ProgramState } from '../../compiler/live.ts';
import { DatapathError, type ProgramHandle, type ProgramInfo } from '../datapath.ts';
import { check, checkValue } from './errors.ts';
import type { Libbpf } from './native.ts';

const xdpContextSize = 24;
/** More than a program may grow a packet by. */
const growth = 512;
const idLimit = 64;
/** Of a program whose `.rodata` tells nothing, hence none of this build. */
const unknown: ProgramState = { variant: 'unknown', features: 0 };

export class KernelProgram implements ProgramHandle {
  readonly info: ProgramInfo;
  private open = true;
  /** Kept from run to run: what is passed to C is dear to make. */
  private readonly context = new Uint8Array(new ArrayBuffer(xdpContextSize));
  private output = new Uint8Array(0);

  /** Takes over `fd`. */
  constructor(private readonly bpf: Libbpf, readonly fd: number, private readonly onClose?: (program: KernelProgram) => void) {
    this.info = describeProgram(bpf, fd);
  }

  /**
   * `ifindex` is that of an interface in the calling thread's network namespace, by default its loopback.
   * With `repeat` the packet is not restored between the runs, and `packet` is what the last one left.
   */
  testRun(packet: Uint8Array, options: { readonly ifindex?: number; readonly repeat?: number } = {}): { verdict: number; packet: Uint8Array; ns: number } {
    if (!this.open) throw new DatapathError('run the program', 'EBADF');
    if (this.output.length < packet.length + growth) this.output = new Uint8Array(2 * packet.length + growth);
    const context = options.ifindex === undefined ? null : fillContext(this.context, packet.length, options.ifindex);
    const result = checkValue(this.bpf.testRun(this.fd, packet, this.output, context, options.repeat ?? 1), 'run the program on a packet');
    return { verdict: result.retval, packet: this.output.slice(0, result.data_size_out), ns: result.duration };
  }

  /** Runs it on `count` packets of its own making, which go where it answers: XDP_TX out of `ifindex`. Their bytes are not restored in between. */
  testRunLive(packet: Uint8Array, options: { readonly ifindex: number; readonly count: number; readonly batch: number }): void {
    if (!this.open) throw new DatapathError('run the program', 'EBADF');
    checkValue(this.bpf.testRunLive(this.fd, packet, fillContext(this.context, packet.length, options.ifindex), options.count, options.batch), 'send packets');
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    closeSync(this.fd);
    this.onClose?.(this);
  }
}

/** A `struct xdp_md` as BPF_PROG_TEST_RUN takes it: offsets instead of addresses. */
function fillContext(context: Uint8Array, length: number, ifindex: number): Uint8Array {
  const view = new DataView(context.buffer);
  view.setUint32(4, length, true);
  view.setUint32(12, ifindex, true);
  return context;
}

/** Variant and features of any of our programs, also one that another process loaded. */
function describeProgram(bpf: Libbpf, fd: number): ProgramInfo {
  const mapIds = new Uint32Array(idLimit);
  const raw = checkValue(bpf.progInfo(fd, mapIds), 'ask about a program');
  const loaded = Date.now() - uptime() * 1000 + Number(raw.load_time) / 1e6;
  return {
    ...identify(bpf, mapIds.subarray(0, Math.min(raw.nr_map_ids, idLimit))),
    id: raw.id,
    ...(raw.verified_insns > 0 ? { verified: raw.verified_insns } : {}),
    translated: raw.xlated_prog_len,
    jited: raw.jited_prog_len,
    ...(Number(raw.run_cnt) > 0 ? { runs: { count: Number(raw.run_cnt), ns: Number(raw.run_time_ns) } } : {}),
    loadedAt: new Date(Math.round(loaded / 1000) * 1000).toISOString(),
  };
}

export function describeProgramById(bpf: Libbpf, id: number): ProgramInfo {
  const fd = check(bpf.progFdById(id), `open program ${id}`);
  try {
    return describeProgram(bpf, fd);
  } finally {
    closeSync(fd);
  }
}

/** Until it is closed the kernel measures every program's runs, and for longer where a sysctl or another process says so. */
export function measureRuns(bpf: Libbpf): { close(): void } {
  const runTime = 0;
  const fd = check(bpf.enableStats(runTime), 'measure run times');
  return { close: () => closeSync(fd) };
}

/** Name of any program; undefined where it may not be asked about or is gone. */
export function programNameOf(bpf: Libbpf, id: number): string | undefined {
  const fd = bpf.progFdById(id);
  if (fd < 0) return undefined;
  try {
    const raw = bpf.progInfo(fd, new Uint32Array(0));
    return typeof raw === 'number' ? undefined : raw.name;
  } finally {
    closeSync(fd);
  }
}

/** The loader's settings stay readable in the program's frozen `.rodata` map. */
function identify(bpf: Libbpf, mapIds: Uint32Array): ProgramState {
  for (const id of mapIds) {
    const fd = bpf.mapFdById(id);
    if (fd < 0) continue;
    try {
      const info = bpf.mapInfo(fd);
      if (typeof info === 'number' || !info.name.endsWith('.rodata') || info.value_size !== rodata.size) continue;
      const bytes = new Uint8Array(rodata.size);
      if (bpf.mapLookup(fd, new Uint8Array(4), bytes) < 0) continue;
      const { enabledFeatures, variantName } = rodata;
      const name = new TextDecoder().decode(bytes.subarray(variantName.offset, variantName.offset + variantName.size)).replace(/\0.*$/s, '');
      return { variant: name, features: new DataView(bytes.buffer).getUint32(enabledFeatures.offset, true) };
    } finally {
      closeSync(fd);
    }
  }
  return unknown;
}
