import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { variants } from '../../../compiler/generated/variants.ts';
import type { Capability } from '../../../runtime/datapath.ts';
import { createKernelDatapath } from '../../../runtime/kernel/datapath.ts';
import { objects, privateBpffs } from '../../support/bpffs.ts';
import { testWith } from '../../support/needs.ts';

testWith(['root', 'bpf', 'libbpf', 'ip'], test, 'a machine that can do everything says so, with the variants that load', () => {
  const bpffs = privateBpffs();
  const found = createKernelDatapath({ bpffs, objects }).probe();
  assert.equal(found.filter((c) => c.status !== 'yes').map((c) => c.name), []);
  assert.match(found.find((c) => c.name === 'xdp')!.detail, variants.map((v) => v.name).join(', '));
});

testWith(['root', 'bpf', 'libbpf'], test, 'objects that are not there, and a directory that is no bpffs, are plain noes with a remedy', () => {
  const found = new Map(createKernelDatapath({ bpffs: '/tmp', objects: '/nonexistent' }).probe().map((c) => [c.name, c]));
  assert.is(found.get('xdp')!.status, 'no');
  assert.is(found.get('sweeper')!.status, 'no');
  assert.is(found.get('bpffs')!.status, 'no');
  assert.match(found.get('bpffs')!.detail, 'mount -t bpf bpf /tmp');
  assert.is(found.get('map-in-map')!.status, 'yes');
});

testWith(['root', 'libbpf'], test, 'without privilege, what cannot be tried is unknown, not missing', () => {
  const script = `
    import { createKernelDatapath } from ${JSON.stringify(new URL('../../../runtime/kernel/datapath.ts', import.meta.url).href)};
    process.setgid(65534);
    process.setuid(65534);
    process.stdout.write(JSON.stringify(createKernelDatapath({ bpffs: '/sys/fs/bpf', objects: ${JSON.stringify(objects)} }).probe()));`;
  const ran = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.is(ran.status, 0, ran.stderr);
  const found = new Map((JSON.parse(ran.stdout) as Capability[]).map((c) => [c.name, c.status]));
  assert.is(found.get('privilege'), 'no');
  assert.is(found.get('libbpf'), 'yes');
  for (const name of ['map-in-map', 'mmapable-arrays', 'batch', 'ring-buffer', 'prefix-maps', 'clocks', 'xdp', 'xdp-link', 'fib-lookup-src', 'sweeper', 'run-times']) assert.is(found.get(name), 'unknown', name);
  assert.ok(existsSync(objects));
});

test.run();
