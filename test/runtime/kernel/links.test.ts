import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LbFeature } from '../../../compiler/generated/layout.ts';
import type { Datapath, Instance, ProgramHandle } from '../../../runtime/datapath.ts';
import { placesOf } from '../../../runtime/kernel/bpffs.ts';
import { createKernelDatapath } from '../../../runtime/kernel/datapath.ts';
import { libbpf, libc } from '../../../runtime/kernel/libbpf.ts';
import { Links } from '../../../runtime/kernel/links.ts';
import type { Libbpf } from '../../../runtime/kernel/native.ts';
import { inFreshNetns } from '../../../runtime/kernel/netns.ts';
import { assemble, passAll } from '../../../runtime/kernel/probe-programs.ts';
import { KernelProgram } from '../../../runtime/kernel/programs.ts';
import { ip, objects, privateBpffs } from '../../support/bpffs.ts';
import { errorOf } from '../../support/errors.ts';
import { testWith, type Need } from '../../support/needs.ts';

const needs: Need[] = ['root', 'bpf', 'libbpf', 'ip'];
const capacity = { backends: 16, services: 16, flows: 64, meta: 16 };
const small = { variant: 'dsr_l2', features: LbFeature.IPV4 | LbFeature.TCP | LbFeature.DSR_L2 };
const large = { variant: 'dsr', features: small.features | LbFeature.IPV6 | LbFeature.DSR_IPIP };
let bpffs: string | undefined;

interface Scene { readonly kernel: Datapath; readonly instance: Instance; readonly program: ProgramHandle; readonly bpffs: string }

/** An instance and a veth pair `sluice-a`, `sluice-b`, in a namespace that is gone afterwards. */
function scene(body: (scene: Scene) => void): void {
  const at = (bpffs ??= privateBpffs());
  inFreshNetns(() => {
    ip('link', 'add', 'sluice-a', 'type', 'veth', 'peer', 'name', 'sluice-b');
    const kernel = createKernelDatapath({ bpffs: at, objects });
    const instance = kernel.create('links', capacity);
    try {
      body({ kernel, instance, program: instance.load(small), bpffs: at });
    } finally {
      instance.close();
      kernel.remove('links');
    }
  });
}

testWith(needs, test, 'a program that is replaced while a reader asks for it does not hide the link', () => scene(({ instance, program, bpffs }) => {
  instance.attach('sluice-a', 'native', program);
  const bpf = libbpf();
  let gone = 2;
  const racing: Libbpf = Object.assign(Object.create(bpf) as Libbpf, { progFdById: (id: number) => (gone-- > 0 ? -2 : bpf.progFdById(id)) });
  const found = new Links(racing, placesOf(bpffs, 'links').links).all();
  assert.equal(found.map((l) => [l.interface, l.program.id]), [['sluice-a', program.info.id]]);
}));

const programOn = (iface: string): number => {
  const found = libbpf().xdpQuery(libc().ifNameToIndex(iface));
  assert.type(found, 'object');
  return typeof found === 'number' ? 0 : found.prog_id;
};

testWith(needs, test, 'a link is made in the mode asked for, and read back with its program by another opener', () => scene(({ kernel, instance, program }) => {
  instance.attach('sluice-a', 'native', program);
  instance.attach('sluice-b', 'generic', program);
  const other = kernel.open('links')!;
  const [a, b] = other.links();
  assert.equal([a!.interface, a!.actual, b!.interface, b!.actual], ['sluice-a', 'native', 'sluice-b', 'generic']);
  assert.is(a!.ifindex, libc().ifNameToIndex('sluice-a'));
  assert.is(a!.program.variant, small.variant);
  assert.is(a!.program.features, small.features);
  assert.is(a!.program.id, program.info.id);
  other.close();
}));

testWith(needs, test, 'auto is native where the driver can, and generic elsewhere', () => scene(({ instance, program }) => {
  instance.attach('sluice-a', 'auto', program);
  instance.attach('lo', 'auto', program);
  assert.equal(instance.links().map((l) => [l.interface, l.actual]), [['lo', 'generic'], ['sluice-a', 'native']]);
  instance.detach('lo');
  const error = errorOf(() => instance.attach('lo', 'native', program));
  assert.is(error.errno, 'EOPNOTSUPP');
  assert.match(error.message, 'generic');
}));

testWith(needs, test, 'a link outlives the handles, and replacing its program keeps it', () => scene(({ kernel, instance, program }) => {
  instance.attach('sluice-a', 'native', program);
  const first = programOn('sluice-a');
  instance.close();
  assert.is(programOn('sluice-a'), first);
  const again = kernel.open('links')!;
  const next = again.load(large);
  again.replace('sluice-a', next);
  assert.is(programOn('sluice-a'), next.info.id);
  assert.is.not(programOn('sluice-a'), first);
  assert.equal(again.links().map((l) => l.program.variant), ['dsr']);
  again.close();
}));

testWith(needs, test, 'after detaching, and after removing the instance, no program is left on the interface', () => scene(({ kernel, instance, program }) => {
  instance.attach('sluice-a', 'native', program);
  instance.attach('sluice-b', 'native', program);
  instance.detach('sluice-a');
  assert.is(programOn('sluice-a'), 0);
  assert.is(errorOf(() => instance.detach('sluice-a')).errno, 'ENOENT');
  instance.close();
  assert.is(kernel.remove('links'), true);
  assert.is(programOn('sluice-b'), 0);
}));

testWith(needs, test, 'an interface with a foreign program is refused, and the program named and left alone', () => scene(({ instance, program, bpffs }) => {
  const bpf = libbpf();
  const foreign = new KernelProgram(bpf, bpf.progLoad(6, 'somebody_else', 'MIT', assemble(passAll)));
  const pin = join(bpffs, 'foreign');
  assert.is(bpf.objPin(foreign.fd, pin), 0);
  for (const [command, xdp] of [['xdpdrv', 'native'], ['xdpdrv', 'generic'], ['xdpgeneric', 'native'], ['xdpgeneric', 'auto']] as const) {
    ip('link', 'set', 'dev', 'sluice-a', command, 'pinned', pin);
    const error = errorOf(() => instance.attach('sluice-a', xdp, program));
    assert.equal([error.errno, error.reason], ['EBUSY', 'foreign-program'], `${command}, then ${xdp}`);
    assert.match(error.message, `program ${foreign.info.id} (somebody_else)`);
    assert.is(programOn('sluice-a'), foreign.info.id);
    ip('link', 'set', 'dev', 'sluice-a', command, 'off');
  }
  foreign.close();
  ip('link', 'set', 'dev', 'sluice-a', 'up');
}));

testWith(needs, test, 'an interface that does not exist is ENODEV, and one that we hold already is EEXIST', () => scene(({ instance, program }) => {
  assert.is(errorOf(() => instance.attach('sluice-none', 'auto', program)).errno, 'ENODEV');
  instance.attach('sluice-a', 'native', program);
  assert.is(errorOf(() => instance.attach('sluice-a', 'generic', program)).errno, 'EEXIST');
  assert.is(instance.links().length, 1);
}));

testWith(needs, test, 'an interface that vanished is still listed, with ifindex 0, and can be detached or attached anew', () => scene(({ instance, program }) => {
  instance.attach('sluice-a', 'native', program);
  instance.attach('sluice-b', 'generic', program);
  ip('link', 'delete', 'sluice-a');
  assert.equal(instance.links().map((l) => [l.interface, l.ifindex, l.actual]), [['sluice-a', 0, 'native'], ['sluice-b', 0, 'generic']]);
  instance.detach('sluice-b');
  ip('link', 'add', 'sluice-a', 'type', 'veth', 'peer', 'name', 'sluice-b');
  instance.attach('sluice-a', 'generic', program);
  assert.equal(instance.links().map((l) => [l.interface, l.ifindex, l.actual]), [['sluice-a', libc().ifNameToIndex('sluice-a'), 'generic']]);
}));

testWith(needs, test, 'an interface with a dot and a plus sign in its name is pinned and read back by that name', () => scene(({ instance, program }) => {
  ip('link', 'add', 'sluice-c.1+nat', 'type', 'veth', 'peer', 'name', 'sluice-d');
  instance.attach('sluice-c.1+nat', 'generic', program);
  assert.equal(instance.links().map((l) => l.interface), ['sluice-c.1+nat']);
  instance.detach('sluice-c.1+nat');
  assert.equal(instance.links(), []);
}));

test.run();
