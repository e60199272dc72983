/** Plays packet fixtures through the kernel's BPF_PROG_TEST_RUN, for the smallest variant that can run them and the one that has all. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LbActivity, LbDrop, LbFeature } from '../../compiler/generated/layout.ts';
import { variants } from '../../compiler/generated/variants.ts';
import type { ProgramHandle } from '../../runtime/datapath.ts';
import { rowOf } from '../packets/hosts.ts';
import type { Exchange, Fixture } from '../packets/model.ts';
import { openBalancer, stayOnOneCpu, type Balancer } from './balancer.ts';
import { configure, expectedAffinities, expectedFlows, expectedNats, readAffinities, readCounters, readCount, readFlows, readNats, readStates } from './configure.ts';
import { describe, faults } from './dissect.ts';
import { realDatapath, testWith } from './needs.ts';

const featureOf = { l2: LbFeature.DSR_L2, ipip: LbFeature.DSR_IPIP, geneve: LbFeature.DSR_GENEVE, snat: LbFeature.SNAT, dnat: LbFeature.DNAT } as const;

/** Features that a fixture speaks about, besides those that all of its kind need; a variant without them cannot run it. */
function needed(fixture: Fixture, common: number): number {
  return fixture.services.reduce((all, s) => all | featureOf[s.mode], common);
}

function send(on: Balancer, run: ProgramHandle, exchange: Exchange, says: string): void {
  const sent = on.run(run, exchange.packet, exchange.on);
  const shown = `${says}\n  in:  ${describe(exchange.packet).join(' | ')}\n  out: ${describe(sent.packet).join(' | ')}`;
  assert.is(sent.verdict, exchange.verdict, shown);
  if (exchange.verdict === 'drop') return;
  const expected = exchange.out ?? exchange.packet;
  assert.equal(describe(sent.packet), describe(expected), shown);
  assert.equal([...sent.packet], [...expected], shown);
  if (exchange.out) assert.equal(faults(sent.packet), [], shown);
}

/** Names of what is not zero. */
function counted(on: Balancer, map: 'drops' | 'activity', names: Readonly<Record<string, number>>): Record<string, number> {
  const all = Object.entries(names).filter(([name]) => name !== 'MAX').map(([name, index]) => [name, readCount(on.instance, map, index)] as const);
  return Object.fromEntries(all.filter(([, n]) => n > 0));
}

function play(on: Balancer, fixture: Fixture, run: ProgramHandle): void {
  configure(on.instance, fixture, on.ifindex);
  if (fixture.sysctl) on.sysctl(fixture.sysctl.name, fixture.sysctl.value);
  try {
    for (const exchange of fixture.exchange) send(on, run, exchange, fixture.says);
  } finally {
    if (fixture.sysctl) on.sysctl(fixture.sysctl.name, fixture.sysctl.restore);
  }
  assert.equal(counted(on, 'drops', LbDrop), fixture.drops ?? {}, `${fixture.says}: drops`);
  for (const [name, times] of Object.entries(fixture.activity ?? {})) {
    assert.is(counted(on, 'activity', LbActivity)[name] ?? 0, times, `${fixture.says}: ${name}`);
  }
  if (fixture.remembers) assert.equal(readFlows(on.instance), expectedFlows(fixture.remembers, fixture.rows), `${fixture.says}: flows`);
  if (fixture.translates) assert.equal(readNats(on.instance), expectedNats(fixture.translates, fixture.rows), `${fixture.says}: translations`);
  if (fixture.states) assert.equal(readStates(on.instance), fixture.states, `${fixture.says}: states`);
  if (fixture.follows) assert.equal(readAffinities(on.instance), expectedAffinities(fixture.follows, fixture.rows), `${fixture.says}: affinities`);
  if (fixture.fragmentCount !== undefined) assert.is(on.instance.map('fragments').entries().count, fixture.fragmentCount, `${fixture.says}: fragments`);
  if (fixture.serviceCount) assert.equal(readCounters(on.instance, 'service', 1), fixture.serviceCount, `${fixture.says}: service counters`);
  for (const [name, count] of Object.entries(fixture.backendCounts ?? {})) {
    assert.equal(readCounters(on.instance, 'backend', rowOf(name)), count, `${fixture.says}: counters of ${name}`);
  }
}

/** Whether its packets may take the express lane once the way to the backend is known, with nothing remembered. */
function isStateless(fixture: Fixture): boolean {
  return !fixture.flows && fixture.services.every((s) => (s.mode === 'l2' || s.mode === 'ipip') && (s.hash ?? 'maglev') === 'maglev' && !s.affinity && s.slots.every((slot) => typeof slot === 'string'));
}

/** A second packet right behind the first is treated as the first was: the hop is fresh now. */
function playAgain(on: Balancer, fixture: Fixture, run: ProgramHandle): void {
  configure(on.instance, fixture, on.ifindex);
  for (const exchange of fixture.exchange) {
    on.run(run, exchange.packet, exchange.on);
    send(on, run, exchange, `${fixture.says} (again)`);
  }
}

/** One test for each; `common`: bits of LbFeature that a variant must have for any of them. */
export function playAll(fixtures: readonly Fixture[], common = 0): void {
  let balancer: Balancer | undefined;
  for (const fixture of fixtures) {
    testWith(realDatapath, test, fixture.says, () => {
      if (!balancer) stayOnOneCpu();
      balancer ??= openBalancer();
      const features = needed(fixture, common);
      const able = variants.filter((v) => (v.features & features) === features);
      assert.ok(able.length > 0, 'no variant has the features');
      // The smallest, and the one that has all.
      for (const v of new Set([able[0]!, able.at(-1)!])) {
        const program = balancer.program(v.name, v.features & ~(fixture.without ?? 0));
        play(balancer, fixture, program);
        if (isStateless(fixture) && !fixture.sysctl) playAgain(balancer, fixture, program);
      }
    });
  }
  test.after(() => balancer?.close());
  test.run();
}
