/**
 * What this machine can do, found by trying: tiny maps and programs, in a network namespace of their own
 * where one is needed. Only a plain yes or no of the kernel counts as such; without the privilege to try,
 * the answer is unknown.
 */
import { closeSync, readFileSync } from 'node:fs';
import { variants } from '../../compiler/generated/variants.ts';
import { placesFor } from '../../compiler/service-table.ts';
import type { Capability } from '../datapath.ts';
import { DatapathError } from '../datapath.ts';
import { runIp } from '../iproute.ts';
import { isUnmounted, requireBpffs } from './bpffs.ts';
import { mayChangeDatapath } from './capabilities.ts';
import { check } from './errors.ts';
import { libbpf } from './libbpf.ts';
import type { Libbpf } from './native.ts';
import { inFreshNetns } from './netns.ts';
import { loadProgram } from './objects.ts';
import { helperProbes, mapProbes, runTimes } from './probe-features.ts';
import { passAll } from './probe-programs.ts';
import { withProgram, withTinyMaps, type Probe, tiny } from './probe-tools.ts';
import { looksUpSource } from './source-address.ts';
import { loadSweeper } from './sweeper.ts';

export interface ProbeOptions {
  readonly bpffs: string;
  readonly objects: string;
  readonly library?: string;
}

const notAllowed = new Set(['EPERM', 'EACCES']);
const loopback = 1;

export function probeKernel(options: ProbeOptions): readonly Capability[] {
  let bpf: Libbpf | undefined;
  const library = answer({
    name: 'libbpf', need: 'loads programs and maps', remedy: 'install libbpf 1.0 or newer (Debian: libbpf1)',
    attempt: () => { bpf = libbpf(options.library); return bpf.version; },
  }, undefined as never);
  const rest: Probe[] = [privilege, bpffs(options.bpffs), ...mapProbes, ...helperProbes, xdp(options.objects), xdpLink, fibLookupSrc, sweeper(options.objects), runTimes, jit, iproute];
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

/** Loads every variant with all it has, on maps that nobody else sees. */
const xdp = (objects: string): Probe => ({
  name: 'xdp', need: 'handling packets', remedy: 'a kernel with XDP (CONFIG_BPF_SYSCALL, CONFIG_NET) is needed',
  attempt: (bpf) => withTinyMaps(bpf, objects, (fdOf) => {
    for (const { name, features } of variants) closeSync(loadProgram(bpf, objects, { variant: name, features }, placesFor(tiny.services), fdOf));
    return `variants ${variants.map((v) => v.name).join(', ')} load`;
  }),
});

const sweeper = (objects: string): Probe => ({
  name: 'sweeper', need: 'deleting flows that are over, with no process', remedy: 'Linux 6.10 and newer can; without, a full table gives the oldest place away',
  attempt: (bpf) => withTinyMaps(bpf, objects, (fdOf) => loadSweeper(bpf, objects, fdOf)),
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
