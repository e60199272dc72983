/** The packet fixtures through the kernel's BPF_PROG_TEST_RUN, for every variant that can run them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LbActivity, LbDrop, LbFeature } from '../../../compiler/generated/layout.ts';
import { variants } from '../../../compiler/generated/variants.ts';
import type { ProgramHandle } from '../../../runtime/datapath.ts';
import { fixtures as decap } from '../../packets/decap.ts';
import { fixtures as forward } from '../../packets/forward.ts';
import { rowOf } from '../../packets/hosts.ts';
import type { Exchange, Fixture } from '../../packets/model.ts';
import { fixtures as nat } from '../../packets/nat.ts';
import { fixtures as parse } from '../../packets/parse.ts';
import { fixtures as refuse } from '../../packets/refuse.ts';
import { fixtures as track } from '../../packets/track.ts';
import { openBalancer, type Balancer } from '../../support/balancer.ts';
import { configure, expectedFlows, expectedNats, readCounters, readCount, readFlows, readNats, readStates } from '../../support/configure.ts';
import { describe, faults } from '../../support/dissect.ts';
import { realDatapath, testWith } from '../../support/needs.ts';

const fixtures: readonly Fixture[] = [...forward, ...refuse, ...parse, ...track, ...decap, ...nat];
let balancer: Balancer | undefined;

const featureOf = { l2: LbFeature.DSR_L2, ipip: LbFeature.DSR_IPIP, geneve: LbFeature.DSR_GENEVE, snat: LbFeature.SNAT, dnat: LbFeature.DNAT } as const;

/** Features that a fixture speaks about; a variant without them cannot run it. */
function needed(fixture: Fixture): number {
  return fixture.services.reduce((all, s) => all | featureOf[s.mode], decap.includes(fixture) ? LbFeature.DECAP : 0);
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

/** Names of what is not zero; but how often the kernel is asked for a way depends on time and CPU. */
function counted(on: Balancer, map: 'drops' | 'activity', names: Readonly<Record<string, number>>): Record<string, number> {
  const all = Object.entries(names).filter(([name]) => name !== 'MAX' && name !== 'NEXT_HOP_FOUND').map(([name, index]) => [name, readCount(on.instance, map, index)] as const);
  return Object.fromEntries(all.filter(([, n]) => n > 0));
}

function play(on: Balancer, fixture: Fixture, run: ProgramHandle): void {
  configure(on.instance, fixture);
  if (fixture.sysctl) on.sysctl(fixture.sysctl.name, fixture.sysctl.value);
  try {
    for (const exchange of fixture.exchange) send(on, run, exchange, fixture.says);
  } finally {
    if (fixture.sysctl) on.sysctl(fixture.sysctl.name, fixture.sysctl.restore);
  }
  assert.equal(counted(on, 'drops', LbDrop), fixture.drops ?? {}, `${fixture.says}: drops`);
  if (fixture.activity) assert.equal(counted(on, 'activity', LbActivity), fixture.activity, `${fixture.says}: activity`);
  if (fixture.remembers) assert.equal(readFlows(on.instance), expectedFlows(fixture.remembers, fixture.rows), `${fixture.says}: flows`);
  if (fixture.translates) assert.equal(readNats(on.instance), expectedNats(fixture.translates, fixture.rows), `${fixture.says}: translations`);
  if (fixture.states) assert.equal(readStates(on.instance), fixture.states, `${fixture.says}: states`);
  if (fixture.serviceCount) assert.equal(readCounters(on.instance, 'service_counters', 1), fixture.serviceCount, `${fixture.says}: service counters`);
  for (const [name, count] of Object.entries(fixture.backendCounts ?? {})) {
    assert.equal(readCounters(on.instance, 'backend_counters', rowOf(name)), count, `${fixture.says}: counters of ${name}`);
  }
}

for (const fixture of fixtures) {
  testWith(realDatapath, test, fixture.says, () => {
    balancer ??= openBalancer();
    const able = variants.filter((v) => (v.features & needed(fixture)) === needed(fixture));
    assert.ok(able.length > 0, 'no variant has the features');
    for (const v of able) play(balancer, fixture, balancer.program(v.name, v.features & ~(fixture.without ?? 0)));
  });
}

test.after(() => balancer?.close());
test.run();
