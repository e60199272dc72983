import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Live } from '../../compiler/live.ts';
import type { State } from '../../compiler/state.ts';
import { commit, propose, rollback } from '../../runtime/commit.ts';
import type { Datapath } from '../../runtime/datapath.ts';
import { takeDown } from '../../runtime/down.ts';
import { inspect, readLive } from '../../runtime/inspect.ts';
import { createKernelDatapath } from '../../runtime/kernel/datapath.ts';
import { claim, recall } from '../../runtime/recall.ts';
import { objects } from '../support/bpffs.ts';
import { backendAt, raiseMachine, serviceAt, stateWith, type Machine } from '../support/machine.ts';
import { realDatapath, testWith } from '../support/needs.ts';

const test = suite('recall');
let machine: Machine | undefined;
test.after(() => machine?.topology.remove());
const at = (): Machine => (machine ??= raiseMachine());

function testOn(title: string, body: (datapath: Datapath) => void): void {
  testWith(realDatapath, test, title, () => at().within(() => {
    try {
      body(at().datapath);
    } finally {
      takeDown(at().datapath, 'r');
    }
  }));
}

const apply = (datapath: Datapath, state: State): void => assert.equal(commit(datapath, 'r', { state, rulesets: ['t'] }).diagnostics, []);
const web = (n: number, end: number, state: 'up' | 'drain' | 'down' = 'up') =>
  serviceAt(`web${n}`, `10.99.0.${n}`, [backendAt('10.8.0.9'), backendAt(`10.8.0.${end}`, { state })]);

/** Without what a memory need not have: how much text there is, and links, which are always read. */
function essence(live: Live): object {
  const { metaUsed: _, links: __, ...rest } = live;
  return rest;
}

function assertRemembered(datapath: Datapath, when: string): void {
  const instance = datapath.open('r')!;
  try {
    const remembered = recall(datapath, 'r', instance);
    assert.ok(remembered, when);
    assert.equal(essence(remembered!), essence(readLive(instance).live), when);
    assert.ok(remembered!.metaUsed! >= instance.map('meta').entries().count - 1, when);
  } finally {
    instance.close();
  }
}

testOn('what is remembered after each commit and undo is what is read back', (datapath) => {
  const states = [
    stateWith([web(1, 11)]),
    stateWith([web(1, 12), web(2, 11)]),
    stateWith([web(1, 12, 'down'), web(2, 11), web(3, 13)], ['sluice-dn', 'sluice-up']),
    stateWith([web(3, 13)]),
    stateWith([web(1, 11, 'drain'), web(3, 14)], []),
    stateWith([]),
    stateWith([web(4, 15), web(1, 16)]),
  ];
  for (const [i, state] of states.entries()) {
    apply(datapath, state);
    assertRemembered(datapath, `commit ${i}`);
    if (i % 2 === 0 || i === 0) continue;
    assert.equal(rollback(datapath, 'r').diagnostics, []);
    assertRemembered(datapath, `undo of ${i}`);
    apply(datapath, state);
    assertRemembered(datapath, `commit ${i} again`);
  }
});

testOn('text that nothing refers to goes, whether what is live was read or remembered', (datapath) => {
  const texts = (): number => {
    const instance = datapath.open('r')!;
    const { count } = instance.map('meta').entries();
    instance.close();
    return count;
  };
  apply(datapath, stateWith([web(1, 11)]));
  apply(datapath, stateWith([web(1, 12)]));
  const usual = texts();
  for (let i = 0; i < 5; i++) {
    apply(datapath, stateWith([web(1, 13 + i)]));
    assert.is(texts(), usual);
  }
  const other = createKernelDatapath({ bpffs: at().bpffs, objects });
  apply(other, stateWith([web(1, 30)]));
  assert.is(texts(), usual);
});

testOn('another writer in between is noticed', (datapath) => {
  const other = createKernelDatapath({ bpffs: at().bpffs, objects });
  apply(datapath, stateWith([web(1, 11)]));
  apply(other, stateWith([web(1, 12), web(2, 12)]));
  apply(datapath, stateWith([web(2, 12)]));
  apply(other, stateWith([web(2, 12), web(3, 13)]));
  assert.equal(inspect(datapath, 'r').live.services.map((s) => s.name), ['web2', 'web3']);
  apply(datapath, stateWith([web(2, 12), web(3, 13)]));
  assert.equal(inspect(datapath, 'r').problems, []);
});

testOn('an instance that was removed and made again is not taken for the old one', (datapath) => {
  const other = createKernelDatapath({ bpffs: at().bpffs, objects });
  apply(datapath, stateWith([web(1, 11)]));
  takeDown(other, 'r');
  apply(other, stateWith([web(2, 12)]));
  apply(datapath, stateWith([web(3, 13)]));
  assert.equal(inspect(datapath, 'r').live.services.map((s) => s.name), ['web3']);
  assert.equal(inspect(datapath, 'r').live.former!.services.map((s) => s.name), ['web2']);
});

const isRemembered = (datapath: Datapath): boolean => {
  const instance = datapath.open('r')!;
  try {
    return recall(datapath, 'r', instance) !== undefined;
  } finally {
    instance.close();
  }
};

testOn('what one process read is remembered until another begins to write', (datapath) => {
  const other = createKernelDatapath({ bpffs: at().bpffs, objects });
  apply(other, stateWith([web(1, 11)]));
  apply(other, stateWith([web(1, 12), web(2, 11)]));
  propose(datapath, 'r', { state: stateWith([web(3, 13)]), rulesets: ['t'] });
  assertRemembered(datapath, 'after a proposal');
  const instance = other.open('r')!;
  claim(other, 'r', instance);
  instance.close();
  assert.not.ok(isRemembered(datapath), 'another writer began');
  propose(datapath, 'r', { state: stateWith([web(3, 13)]), rulesets: ['t'] });
  assert.not.ok(isRemembered(datapath), 'and may be at it still');
  apply(datapath, stateWith([web(3, 13)]));
  apply(datapath, stateWith([web(3, 14)]));
  assertRemembered(datapath, 'after commits of its own');
});

testOn('what somebody else writes to the live service map is found in spite of a memory', (datapath) => {
  const wanted = stateWith([web(1, 11), web(2, 12)]);
  apply(datapath, wanted);
  assert.ok(isRemembered(datapath));
  const instance = datapath.open('r')!;
  const map = instance.inner('root', 0)!;
  const { keys, values } = map.entries();
  values[40]! ^= 1;
  map.update(keys.slice(0, map.info.keySize), values.slice(0, map.info.valueSize));
  map.close();
  instance.close();
  assert.not.ok(isRemembered(datapath));
  assert.equal(inspect(datapath, 'r').problems.map((p) => p.code), ['LB521']);
  apply(datapath, wanted);
  assert.equal(inspect(datapath, 'r').problems, []);
});

test.run();
