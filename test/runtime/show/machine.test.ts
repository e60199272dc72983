/** `show counters`, `show maps` and `show programs`: what the program did, how full its maps are, what it costs. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LbActivity, lbActivityNames, mapSpecs, sweep } from '../../../compiler/generated/layout.ts';
import { commit } from '../../../runtime/commit.ts';
import type { Instance } from '../../../runtime/datapath.ts';
import { takeDown } from '../../../runtime/down.ts';
import { libbpf } from '../../../runtime/kernel/libbpf.ts';
import { describeProgramById } from '../../../runtime/kernel/programs.ts';
import { readLive } from '../../../runtime/inspect.ts';
import { show } from '../../../runtime/show/show.ts';
import { topics } from '../../../runtime/show/topics.ts';
import { u32 } from '../../support/configure.ts';
import { backendAt, raiseMachine, serviceAt, stateWith, type Machine } from '../../support/machine.ts';
import { realDatapath, testWith } from '../../support/needs.ts';
import { rememberFlow } from '../../support/remember.ts';

const test = suite('show counters, maps and programs');
let machine: Machine | undefined;
test.after(() => machine?.topology.remove());

interface MapFacts { readonly name: string; readonly used?: number; readonly size: number; readonly whenFull: string; readonly bytes: number }
interface Cost { readonly packets: number; readonly nanoseconds?: number; readonly seconds?: number; readonly packetsPerSecond?: number }
interface Scene {
  readonly instance: Instance;
  facts<T>(what: string, measure?: number): T;
  text(what: string, measure?: number): string;
}

function withScene(name: string, body: (scene: Scene) => void): void {
  testWith(realDatapath, test, name, () => {
    machine ??= raiseMachine();
    const { datapath } = machine;
    machine.within(() => {
      try {
        const state = stateWith([serviceAt('web', '10.99.0.1', [backendAt('10.8.0.11'), backendAt('10.8.0.12')])]);
        assert.equal(commit(datapath, 'm', { state, rulesets: ['t'] }).diagnostics.filter((d) => d.severity === 'error'), []);
        const instance = datapath.open('m')!;
        const shown = (what: string, measure?: number) => show(datapath, 'm', what, undefined, measure === undefined ? {} : { measure });
        body({ instance, facts: <T>(what: string, measure?: number) => shown(what, measure).facts as T, text: (what, measure) => shown(what, measure).text });
        instance.close();
      } finally {
        takeDown(datapath, 'm');
      }
    });
  });
}

withScene('activities are summed over CPUs and named, and those that are zero are for machines only', ({ instance, facts, text }) => {
  const map = instance.map('activity');
  const values = map.lookup(u32(LbActivity.NAT_RETRIED))!;
  const view = new DataView(values.buffer);
  for (let at = 0; at < values.length; at += 8) view.setBigUint64(at, 1234n, true);
  map.update(u32(LbActivity.NAT_RETRIED), values);
  const { activities } = facts<{ activities: { about: string; activity: string; count: number }[] }>('counters');
  assert.equal(activities.map((a) => a.activity), Object.values(lbActivityNames));
  assert.equal(activities.filter((a) => a.count > 0).map((a) => [a.about, a.activity, a.count]), [['NAT table', 'nat-retried', 1234 * (values.length / 8)]]);
  assert.match(text('counters'), /NAT table +nat-retried +[\d,]+ +source ports that were taken$/);
  assert.not.match(text('counters'), /nat-replied/);
});

withScene('every map with entries says how many it has and what happens to one more; arrays claim no fill', ({ instance, facts, text }) => {
  rememberFlow(instance, { client: ['203.0.113.7', 1], vip: ['10.99.0.1', 80], row: 1, birth: 1 });
  const { maps } = facts<{ maps: MapFacts[] }>('maps');
  const of = (name: string): MapFacts => maps.find((m) => m.name === name)!;
  assert.equal([of('flows').used, of('flows').size, of('flows').whenFull], [1, instance.map('flows').info.maxEntries, 'the oldest gives way']);
  assert.equal([of('nat').used, of('affinities').used, of('fragments').used, of('vlans').used], [0, 0, 0, 0]);
  assert.equal([of('ranges').used, of('ranges').whenFull], [0, 'a commit is refused']);
  for (const name of ['hops', 'turns', 'drops', 'activity', 'addresses', 'events']) assert.is(of(name).used, undefined, name);
  assert.is(of('events').bytes, mapSpecs.events.maxEntries);
  assert.match(text('maps'), /^flows +remembered flows +1 +[\d,]+ +0\.0% +the oldest gives way/m);
  assert.match(text('maps'), /^hops +next hops of backends +[\d,]+ +[\d.]+ \wiB$/m);
});

withScene('the instance says when it was swept last, what that took, and what was deleted', ({ instance, facts, text }) => {
  assert.ok(facts<{ sweeper?: { running: boolean } }>('instance').sweeper!.running);
  assert.match(text('instance'), /^sweeper +last pass \ds ago, \d+\.\d ms; 0 deleted so far$/m);
  const still = Object.assign(Object.create(instance) as Instance, { sweeperState: () => sweep.encode({ began: 1n, took: 1n, next: 2n, passes: 3n, deleted: 4n, build: 5n }) });
  const shown = topics.find((t) => t.name === 'instance')!;
  const { live } = readLive(instance);
  assert.match(shown.show({ name: 'm', instance: still, live }, undefined, {})!.text(), /^sweeper +stands still since /m);
  const none = Object.assign(Object.create(instance) as Instance, { sweeperState: () => undefined });
  assert.match(shown.show({ name: 'm', instance: none, live }, undefined, {})!.text(), /^sweeper +nothing deletes what is over$/m);
});

withScene('programs say what a packet costs and how many came while that was measured', ({ instance, facts, text }) => {
  const { program, ifindex } = instance.links()[0]!;
  assert.match(text('programs', 20), /^cost +(no packet came|\d+ ns per packet, [\d,]+ packets\/s .*) ?in 0\.0 s\)?$/m);

  const handle = instance.load(program);
  const runs = 1000;
  const count = (): number => describeProgramById(libbpf(), handle.info.id).runs?.count ?? 0;
  const measuring = instance.measureRuns();
  const before = count();
  handle.testRun(new Uint8Array(64), { ifindex, repeat: runs });
  assert.is(count() - before, runs);
  measuring.close();
  handle.close();

  const load = 'for i in $(seq 400); do echo > /dev/udp/10.7.0.1/9; sleep 0.005; done 2>/dev/null >&2 & echo $!';
  const sender = Number(machine!.topology.host('client').exec('bash', ['-c', load]));
  try {
    const { programs } = facts<{ programs: { cost?: Cost }[] }>('programs', 500);
    const { cost } = programs[0]!;
    assert.ok(cost && cost.packets > 5, `${cost?.packets} packets`);
    assert.ok(cost!.nanoseconds! > 1 && cost!.nanoseconds! < 1e6, `${cost!.nanoseconds} ns`);
    assert.ok(Math.abs(cost!.packetsPerSecond! * cost!.seconds! - cost!.packets) < 1);
    assert.match(text('programs'), /^cost +\d+ ns per packet \([\d,]+ measured so far\)$/m);
  } finally {
    process.kill(sender, 'SIGKILL');
  }
});

test.run();
