/** What deletes entries that are over, on the real kernel. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { affinity, affinityKey, flowKey, fragment, fragmentKey, LbActivity, LbFlowState, LbLife, sweep, type Sweep } from '../../compiler/generated/layout.ts';
import { commit } from '../../runtime/commit.ts';
import { DatapathError, type Instance, type MapName } from '../../runtime/datapath.ts';
import { takeDown } from '../../runtime/down.ts';
import { createKernelDatapath } from '../../runtime/kernel/datapath.ts';
import { pause } from '../../runtime/pause.ts';
import { isSweeping, keepSweeping, readSweep } from '../../runtime/sweeper.ts';
import { objects, privateBpffs } from '../support/bpffs.ts';
import { mapped, readCount } from '../support/configure.ts';
import { backendAt, raiseMachine, serviceAt, stateWith, type Machine } from '../support/machine.ts';
import { realDatapath, testWith, type Need } from '../support/needs.ts';
import { rememberFlow, rememberNat, type Remembered } from '../support/remember.ts';

const test = suite('sweeper');
const needs: Need[] = ['root', 'bpf', 'libbpf'];
let bpffs: string | undefined;
let machine: Machine | undefined;
test.after(() => machine?.topology.remove());

function withInstance(body: (instance: Instance) => void, flows = 4096): void {
  bpffs ??= privateBpffs();
  const kernel = createKernelDatapath({ bpffs, objects });
  const instance = kernel.create('swept', { backends: 8, services: 8, flows, meta: 8 });
  try {
    body(instance);
  } finally {
    instance.close();
    kernel.remove('swept');
  }
}

/** Starts it anew, and waits for the pass that this begins. */
function pass(instance: Instance): Sweep {
  instance.startSweeper();
  for (let i = 0; i < 500; i++) {
    const state = readSweep(instance)!;
    if (state.passes > 0n) return state;
    pause(10);
  }
  throw new Error('no pass within five seconds');
}

const count = (instance: Instance, map: MapName): number => instance.map(map).entries().count;
const base = { vip: ['10.99.0.1', 80], row: 1, birth: 1 } as const;
const ago = (seconds: number): bigint => process.hrtime.bigint() - BigInt(seconds) * 1_000_000_000n;

/** Every protocol and state with its life in seconds. */
const lives: readonly (readonly [Remembered['protocol'] & string, keyof typeof LbFlowState, number])[] = [
  ['tcp', 'OPENING', LbLife.TCP_OPENING], ['tcp', 'OPEN', LbLife.TCP_OPEN], ['tcp', 'CLOSING', LbLife.TCP_CLOSING], ['tcp', 'CLOSED', LbLife.TCP_CLOSED],
  ['udp', 'OPENING', LbLife.UDP_OPENING], ['udp', 'OPEN', LbLife.UDP_OPEN],
];

testWith(needs, test, 'flows and translations of each protocol and state are deleted when their life is over, and not before', () => withInstance((instance) => {
  const alive: number[] = [];
  lives.forEach(([protocol, state, life], i) => {
    for (const [port, age] of [[1000 + i, life - 5], [2000 + i, life + 1]] as const) {
      rememberFlow(instance, { ...base, client: ['203.0.113.7', port], protocol, state, age });
      rememberNat(instance, { ...base, client: ['203.0.113.7', port], protocol, state, age, service: 1, from: ['10.8.0.11', port], source: ['192.0.2.1', port] });
    }
    alive.push(1000 + i);
  });
  const state = pass(instance);
  for (const map of ['flows', 'nat'] as const) {
    const { keys, count: left } = instance.map(map).entries();
    const ports = Array.from({ length: left }, (_, i) => flowKey.decode(keys, i * flowKey.size).sport).sort((a, b) => a - b);
    assert.equal(ports, alive, map);
  }
  assert.is(readCount(instance, 'activity', LbActivity.FLOW_CLOSED), lives.length);
  assert.is(readCount(instance, 'activity', LbActivity.NAT_CLOSED), lives.length);
  assert.equal([state.passes, state.deleted], [1n, BigInt(2 * lives.length)]);
}));

testWith(needs, test, 'clients of a service with affinity stay for a day, ports of a fragment half a minute', () => withInstance((instance) => {
  for (const [end, age] of [[1, LbLife.AFFINITY - 5], [2, LbLife.AFFINITY + 1]] as const) {
    instance.map('affinities').update(affinityKey.encode({ client: mapped(`203.0.113.${end}`), service: 1 }), affinity.encode({ seen: ago(age), backend: 1, birth: 1 }));
  }
  for (const [id, age] of [[1, LbLife.FRAGMENT - 5], [2, LbLife.FRAGMENT + 1]] as const) {
    instance.map('fragments').update(fragmentKey.encode({ saddr: mapped('203.0.113.7'), daddr: mapped('10.99.0.1'), id, proto: 17 }), fragment.encode({ seen: ago(age), sport: 1, dport: 2, proto: 6 }));
  }
  pass(instance);
  const clients = instance.map('affinities').entries();
  assert.equal([clients.count, affinityKey.decode(clients.keys).client[15]], [1, 1]);
  const fragments = instance.map('fragments').entries();
  assert.equal([fragments.count, fragmentKey.decode(fragments.keys).id], [1, 1]);
}));

testWith(needs, test, 'a full table at rest is empty after one pass, and another pass follows by itself without a process', () => withInstance((instance) => {
  const many = 3000;
  for (let i = 0; i < many; i++) rememberFlow(instance, { ...base, client: [`203.0.113.${i % 250}`, 1000 + i], state: 'CLOSED', age: LbLife.TCP_CLOSED + 1 });
  const state = pass(instance);
  assert.is(count(instance, 'flows'), 0);
  assert.ok(Number(state.deleted) > many / 2);
  rememberFlow(instance, { ...base, client: ['203.0.113.7', 1], state: 'CLOSED', age: LbLife.TCP_CLOSED + 1 });
  const wait = Number(state.next - process.hrtime.bigint()) / 1e6;
  assert.ok(wait > 5000 && wait < 11_000, `${wait} ms`);
  pause(wait + 300);
  assert.is(count(instance, 'flows'), 0);
  assert.is(readSweep(instance)!.passes, 2n);
}));

testWith(needs, test, 'one that is at work is left alone; one that stands still or is of another build is replaced', () => withInstance((instance) => {
  assert.is(readSweep(instance), undefined);
  assert.equal(keepSweeping(instance, true), []);
  const started = pass(instance);
  assert.equal(keepSweeping(instance, false), []);
  assert.is(readSweep(instance)!.began, started.began);
  assert.ok(isSweeping(started, started.next) && !isSweeping(started, started.next + 3_600_000_000_000n) && !isSweeping(undefined, 0n));
  const later = Object.assign(Object.create(instance) as Instance, { sweeperBuild: () => 7n });
  assert.equal(keepSweeping(later, false), []);
  pause(200);
  assert.ok(readSweep(instance)!.began > started.began);
}));

testWith(needs, test, 'where the kernel refuses, that is said of a new instance, once', () => withInstance((instance) => {
  const refusing = Object.assign(Object.create(instance) as Instance, {
    startSweeper() { throw new DatapathError('start the sweeper', 'EINVAL', 'extern bpf_wq_init: not found'); },
  });
  const [said] = keepSweeping(refusing, true);
  assert.equal([said!.code, said!.severity], ['LB530', 'warning']);
  assert.equal(keepSweeping(refusing, false), []);
}));

testWith(needs, test, 'an object that is missing is named, and nothing is pinned', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-objects-'));
  try {
    withInstance((instance) => {
      const other = createKernelDatapath({ bpffs: bpffs!, objects: folder }).open('swept')!;
      assert.match(keepSweeping(other, true)[0]!.message, /sweeper/);
      mkdirSync(join(folder, 'sweeper'));
      copyFileSync(join(objects, 'sweeper/sweeper.o'), join(folder, 'sweeper/sweeper.o'));
      assert.equal(keepSweeping(other, true), []);
      assert.is(other.sweeperBuild(), instance.sweeperBuild());
      other.close();
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

testWith(realDatapath, test, 'the first commit starts it, an undo leaves it, down removes it with everything else', () => {
  machine = raiseMachine();
  const { datapath } = machine;
  machine.within(() => {
    try {
      for (const end of [11, 12]) {
        const state = stateWith([serviceAt('web', '10.99.0.1', [backendAt(`10.8.0.${end}`)])]);
        assert.equal(commit(datapath, 'd', { state, rulesets: ['t'] }).diagnostics.filter((d) => d.severity === 'error' || d.code === 'LB530'), []);
      }
      const instance = datapath.open('d')!;
      pause(100);
      assert.ok(isSweeping(readSweep(instance), process.hrtime.bigint()));
      instance.close();
    } finally {
      takeDown(datapath, 'd');
    }
    assert.not(existsSync(join(machine!.bpffs, 'sluice')));
    assert.is(sweep.size, 48);
  });
});

test.run();
