/**
 * `kill -9` of the process that applies, at every step of a plan that touches everything: afterwards `show`
 * reports exactly the old or the new configuration, packets go by it, and the next apply succeeds.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { entryMaps } from '../../compiler/entries.ts';
import { stateOf } from '../../compiler/live.ts';
import type { Plan } from '../../compiler/plan-types.ts';
import type { State } from '../../compiler/state.ts';
import { commit, propose, proposeRollback, rollback } from '../../runtime/commit.ts';
import { takeDown } from '../../runtime/down.ts';
import { inspect } from '../../runtime/inspect.ts';
import { show } from '../../runtime/show/show.ts';
import type { Order } from '../support/commit-and-die.ts';
import { backendAt, raiseMachine, serviceAt, stateWith, type Machine } from '../support/machine.ts';
import { realDatapath, testWith } from '../support/needs.ts';
import { frame, ip, payload, tcp } from '../support/packet.ts';

const test = suite('apply, killed');
const child = new URL('../support/commit-and-die.ts', import.meta.url).pathname;
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
let machine: Machine | undefined;
test.after(() => machine?.topology.remove());

/** A state, and where the packets for each VIP go under it: the address of a backend, or to nobody. */
interface Configuration {
  readonly state: State;
  readonly ways: Readonly<Record<string, string | undefined>>;
}

const vips = ['10.99.0.1', '10.99.0.2', '10.99.0.3'] as const;
/** Changes a service, removes one, adds one, detaches, and needs another program. */
const old: Configuration = {
  state: stateWith([
    serviceAt('changed', vips[0], [backendAt('10.8.0.11'), backendAt('10.8.0.12', { state: 'drain' })], { allow: ['10.7.0.0/16'] }),
    serviceAt('removed', vips[1], [backendAt('10.8.0.12')], { mode: 'dsr l2', affinity: 60 }),
  ], ['sluice-dn', 'sluice-up']),
  ways: { [vips[0]]: '10.8.0.11', [vips[1]]: '10.8.0.12', [vips[2]]: undefined },
};
const fresh: Configuration = {
  state: stateWith([
    serviceAt('added', vips[2], [backendAt('10.8.0.13')], { mode: 'dsr l2', hash: { kind: 'random' } }),
    serviceAt('changed', vips[0], [backendAt('10.8.0.12'), backendAt('10.8.0.14', { weight: 500 })], {
      hash: { kind: 'maglev', size: 211, seed: 'x', by: 'source' }, from: ['10.200.0.0/16'], affinity: 60,
    }),
  ], ['sluice-up']),
  ways: { [vips[0]]: '10.8.0.14', [vips[1]]: undefined, [vips[2]]: '10.8.0.13' },
};
const macOf = (address: string): string => `02:00:00:00:08:${address.split('.')[3]!}`;

function at(): Machine {
  if (machine) return machine;
  machine = raiseMachine();
  for (const end of [11, 12, 13, 14]) {
    machine.topology.host('lb').exec('ip', ['neigh', 'replace', `10.8.0.${end}`, 'lladdr', macOf(`10.8.0.${end}`), 'dev', 'sluice-dn', 'nud', 'permanent']);
  }
  return machine;
}

const apply = (name: string, { state }: Configuration): void => {
  const result = commit(at().datapath, name, { state, rulesets: state.rulesets });
  assert.equal(result.diagnostics, []);
  assert.ok(result.serial !== undefined);
};
const planOf = (name: string, { state }: Configuration): Plan => propose(at().datapath, name, { state, rulesets: state.rulesets }).plan!;

function kill(name: string, where: Order['at'], configuration?: Configuration): void {
  const order: Order = { bpffs: at().bpffs, instance: name, at: where, ...(configuration ? { state: configuration.state } : {}) };
  const ran = spawnSync(process.execPath, ['--import', tsx, child, JSON.stringify(order)], { encoding: 'utf8', env: { ...process.env, NODE_NO_WARNINGS: '1' } });
  assert.is(ran.signal, 'SIGKILL', `${JSON.stringify(where)}: ${ran.stderr}`);
}

let sport = 40_000;

/** Sends the SYN of a new flow to each VIP through the program that is on sluice-up; the destination MAC tells who gets it. */
function waysNow(name: string): Configuration['ways'] {
  const instance = at().datapath.open(name)!;
  try {
    const link = instance.links().find((l) => l.interface === 'sluice-up')!;
    const program = instance.load(link.program);
    return Object.fromEntries(vips.map((vip) => {
      const syn = frame({ src: '02:00:00:00:07:09', dst: '02:00:00:00:07:01' },
        ip({ src: '10.7.0.9', dst: vip }, tcp({ sport: sport++, dport: 80, flags: 'S' }, payload(10))));
      const { verdict, packet } = program.testRun(syn, { ifindex: link.ifindex });
      if (verdict !== 4) return [vip, undefined];
      const mac = [...packet.subarray(0, 6)].map((b) => b.toString(16).padStart(2, '0')).join(':');
      return [vip, ['10.8.0.11', '10.8.0.12', '10.8.0.13', '10.8.0.14'].find((a) => macOf(a) === mac)];
    }));
  } finally {
    instance.close();
  }
}

/** What `show` reports and what packets do is this configuration, exactly. */
function assertIs(name: string, { state, ways }: Configuration, when: string): void {
  const { live, problems } = inspect(at().datapath, name);
  assert.equal(problems, [], when);
  assert.equal(stateOf(live), state, when);
  const shown = show(at().datapath, name, 'services').facts as { services: { name: string }[] };
  assert.equal(shown.services.map((s) => s.name), state.services.map((s) => s.name), when);
  assert.equal(waysNow(name), ways, when);
}

/** Entries beside the service maps, and arenas: must not grow with every death. */
function litter(name: string): Record<string, number> {
  const instance = at().datapath.open(name)!;
  try {
    const counts = (['meta', ...entryMaps] as const).map((map) => [map, instance.map(map).entries().count] as const);
    return { ...Object.fromEntries(counts), arenas: inspect(at().datapath, name).live.arenas.length };
  } finally {
    instance.close();
  }
}

/** Before each step, which is after the one before it, and after the last. */
function deaths(plan: Plan): Exclude<Order['at'], string>[] {
  return [...plan.steps.map((_, step) => ({ step, phase: 'before' as const })), { step: plan.steps.length - 1, phase: 'after' }];
}

function isLiveAfter(plan: Plan, where: Exclude<Order['at'], string>): boolean {
  const swap = plan.steps.findIndex((s) => s.kind === 'swap' || s.kind === 'swap-back');
  return where.step > swap || (where.step === swap && where.phase === 'after');
}

function testOn(title: string, name: string, body: (name: string) => void): void {
  testWith(realDatapath, test, title, () => at().within(() => {
    try {
      body(name);
    } finally {
      takeDown(at().datapath, name);
    }
  }));
}

testOn('a writer killed at any step of a change leaves the old or the new configuration', 'change', (name) => {
  apply(name, old);
  apply(name, fresh);
  apply(name, old);
  const plan = planOf(name, fresh);
  const kinds = plan.steps.map((s) => s.kind);
  for (const kind of ['write-rows', 'write-tables', 'write-meta', 'write-entries', 'write-services', 'replace-program', 'mark-rows', 'swap', 'detach', 'sweep'] as const) {
    assert.ok(kinds.includes(kind), `the plan has a step ${kind}: ${kinds.join(', ')}`);
  }
  const clean = litter(name);
  for (const where of deaths(plan)) {
    const when = `killed ${where.phase} step ${where.step}, ${kinds[where.step]!}`;
    kill(name, where, fresh);
    assertIs(name, isLiveAfter(plan, where) ? fresh : old, when);
    apply(name, fresh);
    assertIs(name, fresh, `${when}, then applied`);
    assert.equal(planOf(name, fresh).steps, [], when);
    apply(name, old);
    assertIs(name, old, `${when}, then the old one applied`);
    assert.equal(litter(name), clean, when);
  }
});

testOn('a writer killed between the two pointers of the swap leaves the old configuration', 'pointers', (name) => {
  apply(name, old);
  kill(name, 'within-swap', fresh);
  assertIs(name, old, 'after death');
  apply(name, fresh);
  assertIs(name, fresh, 'applied');
  assert.equal(rollback(at().datapath, name).diagnostics, []);
  assertIs(name, old, 'undone');
});

testOn('the old configuration applied after a death finds nothing to do but what the dead one attached', 'regret', (name) => {
  apply(name, fresh);
  const plan = planOf(name, old);
  for (const where of deaths(plan).filter((w) => !isLiveAfter(plan, w))) {
    kill(name, where, old);
    apply(name, fresh);
    assertIs(name, fresh, `killed ${where.phase} ${plan.steps[where.step]!.kind}`);
    const links = inspect(at().datapath, name).live.links.map((l) => l.interface);
    assert.equal(links, ['sluice-up'], `killed ${where.phase} ${plan.steps[where.step]!.kind}`);
  }
});

testOn('a writer killed at any step of the first apply leaves no configuration or the whole', 'first', (name) => {
  const plan = planOf(name, fresh);
  for (const where of deaths(plan)) {
    const when = `killed ${where.phase} step ${where.step}, ${plan.steps[where.step]!.kind}`;
    kill(name, where, fresh);
    const { live, problems } = inspect(at().datapath, name);
    assert.equal(problems, [], when);
    if (isLiveAfter(plan, where)) assertIs(name, fresh, when);
    else assert.equal([live.services, live.rulesets, live.serial], [[], [], 0], when);
    apply(name, fresh);
    assertIs(name, fresh, `${when}, then applied`);
    takeDown(at().datapath, name);
  }
});

testOn('a writer killed at any step of an undo leaves one of the two configurations', 'undo', (name) => {
  apply(name, old);
  apply(name, fresh);
  const plan = proposeRollback(at().datapath, name).plan!;
  for (const where of deaths(plan)) {
    const when = `killed ${where.phase} step ${where.step}, ${plan.steps[where.step]!.kind}`;
    kill(name, where);
    assertIs(name, isLiveAfter(plan, where) ? old : fresh, when);
    apply(name, old);
    apply(name, fresh);
    assertIs(name, fresh, `${when}, then both applied`);
  }
  kill(name, 'within-swap');
  assertIs(name, old, 'killed between the pointers of an undo');
  apply(name, fresh);
  assertIs(name, fresh, 'applied');
});

test.run();
