import { spawn, spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DatapathError } from '../../../runtime/datapath.ts';
import { libc } from '../../../runtime/kernel/libbpf.ts';
import { inFreshNetns, inNetns } from '../../../runtime/kernel/netns.ts';
import { ip } from '../../support/bpffs.ts';
import { testWith } from '../../support/needs.ts';

const here = (): string => readlinkSync('/proc/thread-self/ns/net');

testWith(['root', 'ip'], test, 'a body runs inside a namespace, children too, and comes back with its result', () => {
  const home = here();
  const inside = inFreshNetns(() => {
    ip('link', 'add', 'sluice-a', 'type', 'veth', 'peer', 'name', 'sluice-b');
    assert.ok(libc().ifNameToIndex('sluice-a') > 0);
    assert.match(spawnSync('ip', ['-o', 'link'], { encoding: 'utf8' }).stdout, 'sluice-a');
    return here();
  });
  assert.is.not(inside, home);
  assert.is(here(), home);
  assert.is(libc().ifNameToIndex('sluice-a'), 0);
});

testWith(['root'], test, 'a namespace is entered by path, and nested ones come back to where they were', () => {
  const home = here();
  const outside = spawn('sleep', ['60'], { stdio: 'ignore' });
  try {
    inFreshNetns(() => {
      const outer = here();
      inNetns(`/proc/${outside.pid}/ns/net`, () => assert.is(here(), home));
      assert.is(here(), outer);
    });
  } finally {
    outside.kill();
  }
});

testWith(['root'], test, 'a body that throws comes back too', () => {
  const home = here();
  assert.throws(() => inFreshNetns(() => { throw new Error('inside'); }), 'inside');
  assert.is(here(), home);
});

test('a namespace that does not exist is an error, and nothing moves', () => {
  const home = here();
  try {
    inNetns('/run/netns/sluice-none', () => assert.unreachable());
    assert.unreachable();
  } catch (error) {
    assert.instance(error, DatapathError);
    assert.is((error as DatapathError).errno, 'ENOENT');
  }
  assert.is(here(), home);
});

test.run();
