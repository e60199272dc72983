/**
 * What this machine can do, found by trying: tiny maps and programs, in a network namespace of their own
 * where one is needed. Only a plain yes or no of the kernel counts as such; without the privilege to try,
 * the answer is unknown.
 */
import { accessSync, closeSync, constants, readFileSync } from 'node:fs';
import type { Capability } from '../datapath.ts';
import { DatapathError, type MapName } from '../datapath.ts';
import { mapSpecs } from '../../compiler/generated/layout.ts';
import { variants } from '../../compiler/generated/variants.ts';
import { placesFor } from '../../compiler/service-table.ts';
import { runIp } from '../iproute.ts';
import { isUnmounted, requireBpffs } from './bpffs.ts';
import { mayChangeDatapath } from './capabilities.ts';
import { check, checkLibc } from './errors.ts';
import { libbpf, libc } from './libbpf.ts';
import { KernelMap } from './maps.ts';
import type { Libbpf } from './native.ts';
import { inFreshNetns } from './netns.ts';
import { createMaps, loadProgram } from './objects.ts';
import { assemble, passAll } from './probe-programs.ts';
import { KernelProgram } from './programs.ts';
import { looksUpSource } from './source-address.ts';

export interface ProbeOptions {
  readonly bpffs: string;
  readonly objects: string;
  readonly library?: string;
}

interface Probe {
  readonly name: string;
  readonly need: string;
  /** What to do where the answer is no. */
  readonly remedy: string;
  /** Returns what to tell beside yes; throws for no. */
  readonly attempt: (bpf: Libbpf) => string | void;
}

const notAllowed = new Set(['EPERM', 'EACCES']);
const loopback = 1;
const tiny = { backends: 2, services: 2, flows: 64, meta: 2 };

export function probeKernel(options: ProbeOptions): readonly Capability[] {
  let bpf: Libbpf | undefined;
  const library = answer({
    name: 'libbpf', need: 'loads programs and maps', remedy: 'install libbpf 1.0 or newer (Debian: libbpf1)',
    attempt: () => { bpf = libbpf(options.library); return bpf.version; },
  }, undefined as never);
  const rest: Probe[] = [privilege, bpffs(options.bpffs), ...kernelProbes, xdp(options.objects), xdpLink, fibLookupSrc, jit, iproute];
  return [library, ...rest.map((p) => (bpf || independent.has(p.name) ? answer(p, bpf!) : told(p, 'unknown', 'needs libbpf to find out')))];
}

const independent = new Set(['privilege', 'bpffs', 'btf', 'jit', 'iproute2']);

function answer(probe: Probe, bpf: Libbpf): Capability {
  try {
    return told(probe, 'yes', probe.attempt(bpf) ?? undefined);
  } catch (error) {
    if (!(error instanceof DatapathError)) throw error;
    const why = [error.errno, error.detail].filter((s) => s !== undefined).join(': ');
    if (probe.name !== 'privilege' && error.errno !== undefined && notAllowed.has(error.errno)) return told(probe, 'unknown', 'needs root to find out');
    return told(probe, 'no', `${why === '' ? '' : `${why}; `}${probe.remedy}`);
  }
}

function told({ name, need }: Probe, status: Capability['status'], more?: string): Capability {
  return { name, status, detail: more ? `${need}: ${more}` : need };
}

const privilege: Probe = {
  name: 'privilege', need: 'changing the datapath', remedy: 'run as root',
  attempt: () => {
    if (!mayChangeDatapath()) throw new DatapathError('use BPF', 'EPERM');
  },
};

const bpffs = (path: string): Probe => ({
  name: 'bpffs', need: 'keeps what runs, beyond the process', remedy: `mount one with: mount -t bpf bpf ${path}`,
  attempt: () => {
    if (isUnmounted(path)) return `${path}, which the first apply mounts`;
    requireBpffs(path);
    return path;
  },
});

const kernelProbes: readonly Probe[] = [
  {
    name: 'btf', need: 'readable dumps of maps', remedy: 'a kernel with CONFIG_DEBUG_INFO_BTF shows field names; all else works without',
    attempt: () => {
      try {
        accessSync('/sys/kernel/btf/vmlinux', constants.R_OK);
      } catch {
        throw new DatapathError('read /sys/kernel/btf/vmlinux', undefined);
      }
    },
  },
  {
    name: 'map-in-map', need: 'commits of many services in one swap', remedy: 'a kernel with inner maps of any size is needed (5.10 or newer has them)',
    attempt: (bpf) => withMaps(bpf, (make) => {
      const { inner } = mapSpecs.arenas;
      const template = make(inner.type, 4, inner.valueSize, 1, inner.flags);
      const outer = make(mapSpecs.arenas.type, 4, 4, 1, 0, template.fd);
      const larger = make(inner.type, 4, inner.valueSize, 512, inner.flags);
      outer.update(new Uint8Array(4), new Uint8Array(new Uint32Array([larger.fd]).buffer));
    }),
  },
  {
    name: 'mmapable-arrays', need: 'writing lookup tables at memory speed', remedy: 'a kernel with BPF_F_MMAPABLE is needed (5.5 or newer has it)',
    attempt: (bpf) => withMaps(bpf, (make) => make(2, 4, 8, 2, 1 << 10).writeRange(1, new Uint8Array(8))),
  },
  {
    name: 'batch', need: 'reading whole maps at once', remedy: 'a kernel with batch operations is needed (5.6 or newer has them)',
    attempt: (bpf) => withMaps(bpf, (make) => { make(1, 4, 4, 2, 1).entries(); }),
  },
];

/** Loads every variant with all it has, on maps that nobody else sees. */
const xdp = (objects: string): Probe => ({
  name: 'xdp', need: 'handling packets', remedy: 'a kernel with XDP (CONFIG_BPF_SYSCALL, CONFIG_NET) is needed',
  attempt: (bpf) => {
    const fds = new Map<MapName, number>();
    const loaded: string[] = [];
    try {
      createMaps(bpf, objects, tiny, (name, fd) => fds.set(name, checkLibc(libc().duplicate(fd), `keep map ${name}`)));
      for (const { name, features } of variants) {
        closeSync(loadProgram(bpf, objects, { variant: name, features }, placesFor(tiny.services), (map) => fds.get(map)!));
        loaded.push(name);
      }
    } finally {
      for (const fd of fds.values()) closeSync(fd);
    }
    return `variants ${loaded.join(', ')} load`;
  },
});

const xdpLink: Probe = {
  name: 'xdp-link', need: 'changing a running program in one step', remedy: 'a kernel with XDP links is needed (5.9 or newer has them)',
  attempt: (bpf) => withProgram(bpf, passAll, (program) => inFreshNetns(() => {
    const generic = 2, attachType = 37;
    const link = check(bpf.linkCreate(program.fd, loopback, attachType, generic), 'make an XDP link');
    try {
      check(bpf.linkUpdate(link, program.fd), 'update an XDP link');
    } finally {
      closeSync(link);
    }
  })),
};

const fibLookupSrc: Probe = {
  name: 'fib-lookup-src', need: 'the outer source address of encapsulated packets', remedy: 'a kernel with BPF_FIB_LOOKUP_SRC is needed (6.7 or newer has it)',
  attempt: (bpf) => {
    if (!looksUpSource(bpf)) throw new DatapathError('look a source address up', 'EINVAL');
  },
};

const jit: Probe = {
  name: 'jit', need: 'programs at full speed', remedy: 'sysctl net.core.bpf_jit_enable=1',
  attempt: () => {
    let enabled: string;
    try {
      enabled = readFileSync('/proc/sys/net/core/bpf_jit_enable', 'utf8').trim();
    } catch (error) {
      throw new DatapathError('read net.core.bpf_jit_enable', (error as NodeJS.ErrnoException).code);
    }
    if (enabled === '0') throw new DatapathError('use the JIT', undefined);
  },
};

const iproute: Probe = {
  name: 'iproute2', need: 'neighbours that the kernel keeps resolved', remedy: 'install iproute2',
  attempt: () => {
    const found = runIp(['-V']);
    if (found.error) throw new DatapathError('run ip', (found.error as NodeJS.ErrnoException).code);
    return /iproute2-([\d.]+)/.exec(found.stdout)?.[1];
  },
};

type Make = (type: number, keySize: number, valueSize: number, entries: number, flags: number, innerFd?: number) => KernelMap;

function withMaps(bpf: Libbpf, body: (make: Make) => void): void {
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

function withProgram(bpf: Libbpf, instructions: readonly number[][], body: (program: KernelProgram) => void): void {
  const xdpType = 6;
  const program = new KernelProgram(bpf, check(bpf.progLoad(xdpType, 'sluice_probe', 'Dual MIT/GPL', assemble(instructions)), 'load a program'));
  try {
    body(program);
  } finally {
    program.close();
  }
}
