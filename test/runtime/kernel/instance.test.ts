import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { variants } from '../../../compiler/generated/variants.ts';
import type { Datapath, DatapathError } from '../../../runtime/datapath.ts';
import { createKernelDatapath } from '../../../runtime/kernel/datapath.ts';
import { libbpf } from '../../../runtime/kernel/libbpf.ts';
import { mapNames } from '../../../runtime/kernel/objects.ts';
import { objects, privateBpffs } from '../../support/bpffs.ts';
import { errorOf } from '../../support/errors.ts';
import { testWith, type Need } from '../../support/needs.ts';

const needs: Need[] = ['root', 'bpf', 'libbpf'];
const capacity = { backends: 512, services: 64, flows: 1024, meta: 128 };
let path: string | undefined;

function datapath(): { kernel: Datapath; bpffs: string } {
  path ??= privateBpffs();
  return { kernel: createKernelDatapath({ bpffs: path, objects }), bpffs: path };
}

testWith(needs, test, 'an instance that was made can be opened with the capacity it was given beyond row 0 and id 0, and removed', () => {
  const { kernel, bpffs } = datapath();
  assert.is(kernel.open('round'), undefined);
  kernel.create('round', capacity).close();
  assert.equal(kernel.instances(), ['round']);
  const opened = kernel.open('round')!;
  assert.is(opened.map('backends').info.maxEntries, 513);
  assert.is(opened.map('backend_counters').info.maxEntries, 513);
  assert.is(opened.map('service_counters').info.maxEntries, 65);
  assert.is(opened.map('flows').info.maxEntries, 1024);
  assert.is(opened.map('meta').info.maxEntries, 128);
  assert.is(opened.map('root').info.maxEntries, 2);
  assert.is(opened.inner('root', 0), undefined);
  opened.close();
  assert.is(kernel.remove('round'), true);
  assert.is(kernel.open('round'), undefined);
  assert.is(kernel.remove('round'), false);
  assert.not(readdirSync(bpffs).includes('sluice'));
});

testWith(needs, test, 'an instance that exists is not made anew', () => {
  const { kernel } = datapath();
  const made = kernel.create('twice', capacity);
  assert.is(errorOf(() => kernel.create('twice', capacity)).errno, 'EEXIST');
  made.close();
  kernel.remove('twice');
});

testWith(needs, test, 'what a creator left half-made is no instance, and the next creator sweeps it', () => {
  const { kernel, bpffs } = datapath();
  const root = join(bpffs, 'sluice', 'half');
  mkdirSync(join(root, 'maps+new'), { recursive: true });
  const bpf = libbpf();
  const fd = bpf.mapCreate(2, 'left', 4, 8, 1, 0, 0);
  assert.is(bpf.objPin(fd, join(root, 'maps+new', 'backends')), 0);
  assert.equal(kernel.instances(), []);
  assert.is(kernel.open('half'), undefined);
  kernel.create('half', capacity).close();
  assert.equal(readdirSync(root), ['maps']);
  assert.equal(readdirSync(join(root, 'maps')).sort(), [...mapNames].sort());
  assert.is(kernel.remove('half'), true);
});

testWith(needs, test, 'a removal that was cut short leaves no instance, and is finished by the next creation or removal', () => {
  const { kernel, bpffs } = datapath();
  const root = join(bpffs, 'sluice', 'cut');
  const cut = (): void => {
    kernel.create('cut', capacity).close();
    renameSync(join(root, 'maps'), join(root, 'maps+old'));
    assert.is(kernel.open('cut'), undefined);
  };
  cut();
  kernel.create('cut', capacity).close();
  assert.equal(readdirSync(root), ['maps']);
  kernel.remove('cut');
  cut();
  assert.is(kernel.remove('cut'), true);
  assert.is(existsSync(root), false);
});

testWith(needs, test, 'a creation that fails leaves nothing behind', () => {
  const { kernel, bpffs } = datapath();
  const error = errorOf(() => kernel.create('huge', { ...capacity, flows: 0xffffffff }));
  assert.match(error.message, 'make the maps');
  assert.equal(kernel.instances(), []);
  rmSync(join(bpffs, 'sluice'), { recursive: true, force: true });
});

testWith(needs, test, 'an instance that lacks a map is reported as damaged and can be removed', () => {
  const { kernel, bpffs } = datapath();
  kernel.create('hurt', capacity).close();
  unlinkSync(join(bpffs, 'sluice', 'hurt', 'maps', 'meta'));
  const error = errorOf(() => kernel.open('hurt'));
  assert.is(error.reason, 'damaged');
  assert.match(error.message, 'meta');
  assert.is(kernel.remove('hurt'), true);
  assert.equal(kernel.instances(), []);
});

testWith(needs, test, 'a map of another layout is reported and not used', () => {
  const { kernel, bpffs } = datapath();
  kernel.create('old', capacity).close();
  const pin = join(bpffs, 'sluice', 'old', 'maps', 'meta');
  unlinkSync(pin);
  const bpf = libbpf();
  const fd = bpf.mapCreate(1, 'meta', 16, 512, 8, 1, 0);
  assert.is(bpf.objPin(fd, pin), 0);
  const error = errorOf(() => kernel.open('old'));
  assert.is(error.reason, 'damaged');
  assert.match(error.message, 'another layout');
  kernel.remove('old');
});

testWith(needs, test, 'names that could not be a folder are refused', () => {
  const { kernel } = datapath();
  for (const name of ['', '..', 'a.b', 'A', '-x', 'a/b', '\u001b[31m', 'x'.repeat(65)]) {
    const error = errorOf(() => kernel.open(name));
    assert.is(error.errno, 'EINVAL');
    assert.not.match(error.message, '\u001b');
  }
});

testWith(needs, test, 'opening, loading and closing again and again leaks no file descriptor', () => {
  const { kernel } = datapath();
  kernel.create('leak', capacity).close();
  const descriptors = (): number => readdirSync('/proc/self/fd').length;
  const round = (): void => {
    const instance = kernel.open('leak')!;
    instance.setInner('root', 0, instance.createServiceMap());
    instance.inner('root', 0);
    instance.setInner('arenas', 3, instance.createArena());
    instance.inner('arenas', 3)!.writeRange(0, new Uint8Array(80));
    instance.load({ variant: variants[0]!.name, features: variants[0]!.features });
    instance.links();
    instance.close();
  };
  round();
  const before = descriptors();
  for (let i = 0; i < 5; i++) round();
  assert.is(descriptors(), before);
  kernel.remove('leak');
});

testWith(['root', 'libbpf'], test, 'a directory that is no BPF file system is named, with the command that makes it one', () => {
  const at = (bpffs: string): DatapathError => errorOf(() => createKernelDatapath({ bpffs, objects }).open('x'));
  assert.is(at('/tmp').reason, 'not-bpffs');
  assert.match(at('/tmp').message, 'mount -t bpf bpf /tmp');
  assert.is(at('/nonexistent').reason, 'not-bpffs');
  assert.is(at('/nonexistent').errno, 'ENOENT');
  assert.is(at('/etc/passwd').errno, 'ENOTDIR');
});

test.run();
