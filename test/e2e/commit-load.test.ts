/**
 * Commits that change 500 services, again and again, while a client asks and a reader samples the live maps: no
 * request fails, and nobody ever sees a mix of two configurations.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { State } from '../../compiler/state.ts';
import { commit } from '../../runtime/commit.ts';
import { takeDown } from '../../runtime/down.ts';
import { createKernelDatapath } from '../../runtime/kernel/datapath.ts';
import { inNetns } from '../../runtime/kernel/netns.ts';
import { askOn, serve } from '../../runtime/lab/agents.ts';
import { raise } from '../../runtime/lab/topology.ts';
import { objects, privateBpffs } from '../support/bpffs.ts';
import { backendAt, serviceAt, stateWith } from '../support/machine.ts';
import { realDatapath, testWith } from '../support/needs.ts';
import type { Samples } from '../support/sample.ts';

const serviceCount = 500;
const commits = 12;
const vip = '10.99.0.1';
const addresses = ['10.8.1.11', '10.8.2.12'] as const;
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const sampler = new URL('../support/sample.ts', import.meta.url).pathname;

/** All services go to the one backend; the other keeps what it has. */
function towards(up: 0 | 1): State {
  const backends = addresses.map((a, i) => backendAt(a, { state: i === up ? 'up' : 'drain' }));
  return stateWith(Array.from({ length: serviceCount }, (_, i) => serviceAt(`s${String(i).padStart(3, '0')}`, vip, backends, {
    mode: 'dsr l2',
    frontends: [{ address: vip, family: 4, port: i === 0 ? 80 : 1000 + i, protocol: 'tcp' }],
  })));
}

function startSampler(bpffs: string, name: string): Promise<{ stop(): Promise<Samples> }> {
  const child = spawn(process.execPath, ['--import', tsx, sampler, bpffs, name], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, NODE_NO_WARNINGS: '1' } });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => (await lines.next()).value as string;
  return next().then((first) => {
    assert.is(first, 'started');
    return {
      stop() {
        child.stdin.end();
        return next().then((line) => JSON.parse(line) as Samples);
      },
    };
  });
}

testWith(realDatapath, test, '500 services change at once under load: no request fails and no reader sees a mix', async () => {
  const bpffs = privateBpffs();
  const datapath = createKernelDatapath({ bpffs, objects });
  const topology = raise({
    hosts: {
      client: { routes: ['default via 10.7.0.1'] },
      lb: { router: true },
      b0: { loopback: [`${vip}/32`], routes: ['default via 10.8.1.1'] },
      b1: { loopback: [`${vip}/32`], routes: ['default via 10.8.2.1'] },
    },
    links: [
      { ends: [{ host: 'client', name: 'sluice-c', addresses: ['10.7.0.9/24'] }, { host: 'lb', name: 'sluice-up', addresses: ['10.7.0.1/24'] }] },
      { ends: [{ host: 'b0', name: 'sluice-b', addresses: [`${addresses[0]}/24`] }, { host: 'lb', name: 'sluice-d0', addresses: ['10.8.1.1/24'] }] },
      { ends: [{ host: 'b1', name: 'sluice-b', addresses: [`${addresses[1]}/24`] }, { host: 'lb', name: 'sluice-d1', addresses: ['10.8.2.1/24'] }] },
    ],
  });
  const name = 'load';
  const states = [towards(0), towards(1)] as const;
  const apply = (state: State): void => inNetns(topology.host('lb').netns, () => {
    const result = commit(datapath, name, { state, rulesets: state.rulesets });
    assert.equal(result.diagnostics, []);
  });
  try {
    apply(states[0]);
    await Promise.all(['b0', 'b1'].map((b) => serve(topology.host(b), { name: b, http: [80], udp: [] })));
    const reader = await startSampler(bpffs, name);
    const load = askOn(topology.host('client'), { protocol: 'tcp', address: vip, port: 80, count: 0, timeoutMs: 5000, parallel: 8 });
    for (let i = 1; i <= commits; i++) {
      await pause(150);
      apply(states[i % 2 === 1 ? 1 : 0]);
    }
    await pause(150);
    load.stop();
    const replies = await load.done;
    const samples = await reader.stop();

    assert.equal(replies.filter((r) => !r.ok), []);
    assert.equal([...new Set(replies.map((r) => r.backend))].sort(), ['b0', 'b1'], `${replies.length} requests`);
    assert.equal(samples.problems, []);
    assert.equal(Object.keys(samples.raw).sort(), [`11 of ${serviceCount}`, `12 of ${serviceCount}`]);
    assert.equal(Object.keys(samples.reported).sort(), addresses.map((a) => `${a} of ${serviceCount}`));
  } finally {
    inNetns(topology.host('lb').netns, () => takeDown(datapath, name));
    topology.remove();
  }
});

test.run();
