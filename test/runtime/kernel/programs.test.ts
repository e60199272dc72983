import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LbFeature } from '../../../compiler/generated/layout.ts';
import { variants } from '../../../compiler/generated/variants.ts';
import type { Instance } from '../../../runtime/datapath.ts';
import { placesOf } from '../../../runtime/kernel/bpffs.ts';
import { createKernelDatapath } from '../../../runtime/kernel/datapath.ts';
import { KernelInstance } from '../../../runtime/kernel/instance.ts';
import { libbpf, libc } from '../../../runtime/kernel/libbpf.ts';
import type { Libbpf } from '../../../runtime/kernel/native.ts';
import { inFreshNetns } from '../../../runtime/kernel/netns.ts';
import { assemble } from '../../../runtime/kernel/probe-programs.ts';
import { describeProgramById, KernelProgram } from '../../../runtime/kernel/programs.ts';
import { ip, objects, privateBpffs } from '../../support/bpffs.ts';
import { errorOf } from '../../support/errors.ts';
import { testWith, type Need } from '../../support/needs.ts';

const needs: Need[] = ['root', 'bpf', 'libbpf'];
const capacity = { backends: 300, services: 40, flows: 256, meta: 16 };
const xdpPass = 2;
let bpffs: string | undefined;

function withInstance(body: (instance: Instance) => void, folder = objects): void {
  bpffs ??= privateBpffs();
  const kernel = createKernelDatapath({ bpffs, objects });
  kernel.create('programs', capacity).close();
  const instance = createKernelDatapath({ bpffs, objects: folder }).open('programs')!;
  try {
    body(instance);
  } finally {
    instance.close();
    kernel.remove('programs');
  }
}

testWith(needs, test, 'every variant loads with all, with one and with none of its features on', () => withInstance((instance) => {
  for (const { name, features } of variants) {
    const sizes = [features, features & -features, 0].map((on) => {
      const program = instance.load({ variant: name, features: on });
      assert.equal([program.info.variant, program.info.features], [name, on]);
      assert.ok(program.info.jited > 0);
      assert.match(program.info.loadedAt!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/);
      program.close();
      return program.info.verified!;
    });
    assert.ok(sizes[0]! > sizes[2]!, `${name}: features that are off are pruned`);
  }
}));

testWith(needs, test, 'on a kernel whose route look-up gives no source address, a program for dsr ipip is refused, and one for dsr l2 is not', () => withInstance(() => {
  const bpf = libbpf();
  const old: Libbpf = Object.assign(Object.create(bpf) as Libbpf, { testRun: () => ({ retval: -22 >>> 0, duration: 0, data_size_out: 64 }) });
  const instance = new KernelInstance(old, objects, placesOf(bpffs!, 'programs'), 'programs');
  try {
    const { errno, detail } = errorOf(() => instance.load({ variant: 'dsr_ipip', features: LbFeature.IPV4 | LbFeature.DSR_IPIP }));
    assert.is(errno, 'ENOTSUPP');
    assert.match(detail!, 'Linux 6.7');
    instance.load({ variant: 'dsr_l2', features: LbFeature.IPV4 | LbFeature.DSR_L2 });
  } finally {
    instance.close();
  }
}));

testWith(needs, test, 'a loaded program is recognised by its id alone', () => withInstance((instance) => {
  const { name, features } = variants.at(-1)!;
  const program = instance.load({ variant: name, features });
  assert.equal(describeProgramById(libbpf(), program.info.id), program.info);
  program.close();
}));

testWith(needs, test, 'features that a variant was built without, and variants that do not exist, are refused', () => withInstance((instance) => {
  const { name, features } = variants[0]!;
  assert.is(errorOf(() => instance.load({ variant: name, features: features | 1 << 31 })).errno, 'EINVAL');
  assert.is(errorOf(() => instance.load({ variant: '../evil', features: 0 })).errno, 'ENOENT');
}));

testWith(needs, test, 'an object that is missing, or is none, is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-objects-'));
  try {
    withInstance((instance) => {
      const { name } = variants[0]!;
      assert.match(errorOf(() => instance.load({ variant: name, features: 0 })).message, `${name}.o`);
      writeFileSync(join(folder, `${name}.o`), 'not an object');
      const error = errorOf(() => instance.load({ variant: name, features: 0 }));
      assert.match(error.message, `${name}.o`);
      assert.match(error.message, 'not a proper ELF object');
      copyFileSync(join(objects, `${name}.o`), join(folder, `${name}.o`));
      instance.load({ variant: name, features: 0 }).close();
    }, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

testWith(needs, test, 'what is not for us passes untouched, with an average time over the runs', () => withInstance((instance) => {
  const program = instance.load({ variant: variants.at(-1)!.name, features: variants.at(-1)!.features });
  const packet = new Uint8Array(64).map((_, i) => i);
  const { verdict, packet: out, ns } = program.testRun(packet, { repeat: 1000 });
  assert.is(verdict, xdpPass);
  assert.equal(out, packet);
  assert.ok(ns > 0);
  assert.is(errorOf(() => program.testRun(new Uint8Array(4))).errno, 'EINVAL');
  program.close();
  assert.is(errorOf(() => program.testRun(packet)).errno, 'EBADF');
}));

testWith([...needs, 'ip'], test, 'a run sees the interface that it is told', () => inFreshNetns(() => {
  ip('link', 'add', 'sluice-a', 'type', 'veth', 'peer', 'name', 'sluice-b');
  const bpf = libbpf();
  const loadWord = 0x61, exit = 0x95, ingressIfindex = 12;
  const program = new KernelProgram(bpf, bpf.progLoad(6, 'ingress', 'MIT', assemble([[loadWord, 0, 1, ingressIfindex, 0], [exit, 0, 0, 0, 0]])));
  const ifindex = libc().ifNameToIndex('sluice-a');
  assert.is(program.testRun(new Uint8Array(64)).verdict, 1);
  assert.is(program.testRun(new Uint8Array(64), { ifindex }).verdict, ifindex);
  assert.is(errorOf(() => program.testRun(new Uint8Array(64), { ifindex: 9999 })).errno, 'ENODEV');
  program.close();
}));

test.run();
