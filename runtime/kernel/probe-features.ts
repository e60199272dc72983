/** Probes of single features of the kernel: kinds of maps, helpers, statistics. */
import { accessSync, constants } from 'node:fs';
import { mapSpecs } from '../../compiler/generated/layout.ts';
import { DatapathError } from '../datapath.ts';
import { call, passAll } from './probe-programs.ts';
import { withMaps, withProgram, type Probe } from './probe-tools.ts';
import { measureRuns } from './programs.ts';

const pageSize = 4096;
/** Numbers of `enum bpf_func_id`. */
const jiffies64 = 118, coarseClock = 160;

export const mapProbes: readonly Probe[] = [
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
    name: 'map-in-map', need: 'commits of many services in one swap', remedy: 'a kernel with maps of maps is needed (4.12 or newer has them)',
    attempt: (bpf) => withMaps(bpf, (make) => {
      const { inner } = mapSpecs.arenas;
      const template = make(inner.type, 4, inner.valueSize, 1, inner.flags);
      const outer = make(mapSpecs.arenas.type, 4, 4, 1, 0, template.fd);
      const another = make(inner.type, 4, inner.valueSize, 1, inner.flags);
      outer.update(new Uint8Array(4), new Uint8Array(new Uint32Array([another.fd]).buffer));
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
  {
    name: 'ring-buffer', need: 'samples of flows', remedy: 'a kernel with BPF ring buffers is needed (5.8 or newer has them)',
    attempt: (bpf) => withMaps(bpf, (make) => { make(mapSpecs.events.type, 0, 0, pageSize, 0); }),
  },
  {
    name: 'prefix-maps', need: 'source ranges (allow)', remedy: 'a kernel with longest-prefix maps that are read in batches is needed (5.13 or newer has them)',
    attempt: (bpf) => withMaps(bpf, (make) => {
      const { type, keySize, valueSize, flags } = mapSpecs.ranges;
      const map = make(type, keySize, valueSize, 2, flags);
      map.update(new Uint8Array(keySize), new Uint8Array(valueSize));
      if (map.entries().count !== 1) throw new DatapathError('read a longest-prefix map', undefined);
    }),
  },
];

/** A program that calls a helper with no argument, and drops or passes by what it says. */
const calling = (helper: number): readonly number[][] => [[call, 0, 0, 0, helper], ...passAll];

export const helperProbes: readonly Probe[] = [
  {
    name: 'clocks', need: 'ages of flows and next hops at little cost', remedy: 'a kernel with bpf_ktime_get_coarse_ns and bpf_jiffies64 is needed (5.11 or newer has them)',
    attempt: (bpf) => {
      for (const helper of [jiffies64, coarseClock]) withProgram(bpf, calling(helper), () => undefined);
    },
  },
];

export const runTimes: Probe = {
  name: 'run-times', need: 'what a packet costs (show programs --cost)', remedy: 'a kernel with BPF_ENABLE_STATS is needed (5.8 or newer has it)',
  attempt: (bpf) => measureRuns(bpf).close(),
};
