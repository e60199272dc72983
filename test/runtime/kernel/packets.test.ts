/** The packet fixtures through the kernel's BPF_PROG_TEST_RUN, for every variant that can run them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LbDrop, LbFeature } from '../../../compiler/generated/layout.ts';
import { variants } from '../../../compiler/generated/variants.ts';
import type { Instance, ProgramHandle } from '../../../runtime/datapath.ts';
import { createKernelDatapath } from '../../../runtime/kernel/datapath.ts';
import { inNetns } from '../../../runtime/kernel/netns.ts';
import { raise, type Topology } from '../../../runtime/lab/topology.ts';
import { fixtures as decap } from '../../packets/decap.ts';
import { fixtures as forward } from '../../packets/forward.ts';
import * as net from '../../packets/hosts.ts';
import type { Exchange, Fixture, Verdict } from '../../packets/model.ts';
import { fixtures as parse } from '../../packets/parse.ts';
import { fixtures as refuse } from '../../packets/refuse.ts';
import { fixtures as track } from '../../packets/track.ts';
import { objects, privateBpffs } from '../../support/bpffs.ts';
import { configure, expectedFlows, readCounters, readDrop, readFlows } from '../../support/configure.ts';
import { describe, faults } from '../../support/dissect.ts';
import { realDatapath, testWith } from '../../support/needs.ts';

const fixtures: readonly Fixture[] = [...forward, ...refuse, ...parse, ...track, ...decap];
const verdicts: readonly (Verdict | undefined)[] = [undefined, 'drop', 'pass', 'tx', 'redirect'];
const capacity = { backends: 64, services: 8, flows: 4096, meta: 4 };

interface World {
  readonly topology: Topology;
  readonly instance: Instance;
  readonly ifindex: Readonly<Record<'in' | 'out', number>>;
  readonly programs: Map<string, ProgramHandle>;
}

let world: World | undefined;

function open(): World {
  if (world) return world;
  const topology = raise(net.description);
  const lb = topology.host('lb');
  lb.exec('ip', ['-batch', '-'], net.neighbours.map((n) => `neigh replace ${n} nud permanent\n`).join(''));
  const links = JSON.parse(lb.exec('ip', ['-json', 'link'])) as { ifname: string; ifindex: number }[];
  const indexOf = (name: string): number => links.find((l) => l.ifname === name)!.ifindex;
  const kernel = createKernelDatapath({ bpffs: privateBpffs(), objects });
  world = { topology, instance: kernel.create('packets', capacity), ifindex: { in: indexOf('sluice-in'), out: indexOf('sluice-out') }, programs: new Map() };
  return world;
}

function program(variant: string, features: number): ProgramHandle {
  const { instance, programs } = open();
  const key = `${variant} ${features}`;
  const known = programs.get(key) ?? instance.load({ variant, features });
  programs.set(key, known);
  return known;
}

/** Features that a fixture speaks about; a variant without them cannot run it. */
function needed(fixture: Fixture): number {
  const modes = fixture.services.map((s) => (s.mode === 'l2' ? LbFeature.DSR_L2 : LbFeature.DSR_IPIP));
  return modes.reduce((all, m) => all | m, decap.includes(fixture) ? LbFeature.DECAP : 0);
}

function send(run: ProgramHandle, { packet, verdict, out, on }: Exchange, says: string): void {
  const { topology, ifindex } = open();
  const sent = inNetns(topology.host('lb').netns, () => run.testRun(packet, { ifindex: ifindex[on ?? 'in'] }));
  const shown = `${says}\n  in:  ${describe(packet).join(' | ')}\n  out: ${describe(sent.packet).join(' | ')}`;
  assert.is(verdicts[sent.verdict], verdict, shown);
  if (verdict === 'drop') return;
  const expected = out ?? packet;
  assert.equal(describe(sent.packet), describe(expected), shown);
  assert.equal([...sent.packet], [...expected], shown);
  if (out) assert.equal(faults(sent.packet), [], shown);
}

function play(fixture: Fixture, run: ProgramHandle): void {
  const { instance, topology } = open();
  configure(instance, fixture);
  const set = (value: string): string => topology.host('lb').exec('sh', ['-c', `echo ${value} > /proc/sys/net/${fixture.sysctl!.name}`]);
  if (fixture.sysctl) set(fixture.sysctl.value);
  try {
    for (const exchange of fixture.exchange) send(run, exchange, fixture.says);
  } finally {
    if (fixture.sysctl) set(fixture.sysctl.restore);
  }
  const dropped = Object.entries(LbDrop).filter(([name]) => name !== 'MAX').map(([name, reason]) => [name, readDrop(instance, reason)] as const);
  assert.equal(Object.fromEntries(dropped.filter(([, n]) => n > 0)), fixture.drops ?? {}, `${fixture.says}: drops`);
  if (fixture.remembers) assert.equal(readFlows(instance), expectedFlows(fixture.remembers, fixture.rows), `${fixture.says}: flows`);
  if (fixture.serviceCount) assert.equal(readCounters(instance, 'service_counters', 1), fixture.serviceCount, `${fixture.says}: service counters`);
  for (const [name, count] of Object.entries(fixture.backendCounts ?? {})) {
    assert.equal(readCounters(instance, 'backend_counters', net.rowOf(name)), count, `${fixture.says}: counters of ${name}`);
  }
}

for (const fixture of fixtures) {
  testWith(realDatapath, test, fixture.says, () => {
    const able = variants.filter((v) => (v.features & needed(fixture)) === needed(fixture));
    assert.ok(able.length > 0, 'no variant has the features');
    for (const v of able) play(fixture, program(v.name, v.features & ~(fixture.without ?? 0)));
  });
}

test.after(() => {
  world?.instance.close();
  world?.topology.remove();
});
test.run();
