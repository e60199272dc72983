import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Datapath } from '../../../runtime/datapath.ts';
import { createKernelDatapath } from '../../../runtime/kernel/datapath.ts';
import { objects, privateBpffs } from '../../support/bpffs.ts';
import { errorOf } from '../../support/errors.ts';
import { testWith, type Need } from '../../support/needs.ts';

const needs: Need[] = ['root', 'bpf', 'libbpf'];
const holder = new URL('../../support/lock-holder.ts', import.meta.url).pathname;
let bpffs: string | undefined;

function datapath(): Datapath {
  return createKernelDatapath({ bpffs: (bpffs ??= privateBpffs()), objects });
}

async function holdElsewhere(name: string, ms: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', holder, bpffs!, name, String(ms)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data') as [Buffer];
  assert.is(line.toString(), 'held\n');
  return child;
}

testWith(needs, test, 'a second writer is told that the first holds the lock', async () => {
  const kernel = datapath();
  const child = await holdElsewhere('busy', 60_000);
  assert.is(errorOf(() => kernel.lock('busy', 30)).errno, 'EWOULDBLOCK');
  kernel.lock('other', 0).release();
  child.kill('SIGKILL');
  await once(child, 'close');
  kernel.lock('busy', 1000).release();
});

testWith(needs, test, 'a writer waits for the other to finish', async () => {
  const kernel = datapath();
  const child = await holdElsewhere('wait', 200);
  kernel.lock('wait', 30_000).release();
  if (child.exitCode === null) await once(child, 'close');
  assert.is(child.exitCode, 0);
});

testWith(needs, test, 'a lock on what does not become an instance leaves nothing behind', () => {
  const kernel = datapath();
  const lock = kernel.lock('never', 0);
  assert.is(errorOf(() => kernel.lock('never', 0)).errno, 'EWOULDBLOCK');
  lock.release();
  lock.release();
  assert.not.ok(readdirSync(bpffs!).includes('sluice'));
});

testWith(needs, test, 'removing an instance under its lock leaves the lock free for the next of that name', () => {
  const kernel = datapath();
  const lock = kernel.lock('again', 0);
  kernel.create('again', { backends: 2, services: 2, flows: 16, meta: 2 }).close();
  assert.is(kernel.remove('again'), true);
  const next = kernel.lock('again', 0);
  lock.release();
  assert.is(errorOf(() => kernel.lock('again', 0)).errno, 'EWOULDBLOCK');
  next.release();
});

test.run();
