import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { diff } from '../../compiler/diff.ts';
import { LbFeature } from '../../compiler/generated/layout.ts';
import { plan, type PlanContext } from '../../compiler/plan.ts';
import type { Plan, Step } from '../../compiler/plan-types.ts';
import { featuresOfService, featureNames, smallestVariant } from '../../compiler/programs.ts';
import { planToJson, renderPlan } from '../../compiler/render-plan.ts';
import type { Service, State } from '../../compiler/state.ts';
import { Machine } from '../support/simulate.ts';
import { frontend, makeService, state, up } from './states.ts';

function planned(machine: Machine, desired: State, more: Partial<PlanContext> = {}): Plan {
  const made = plan(machine.inspect(), desired, { ...machine.context, ...more });
  assert.equal(made.diagnostics, []);
  return made.plan;
}

function commit(machine: Machine, desired: State, more: Partial<PlanContext> = {}): Plan {
  const made = planned(machine, desired, more);
  machine.apply(made);
  return made;
}

const kinds = (p: Plan): string[] => p.steps.map((s) => s.kind);
const stepOf = <K extends Step['kind']>(p: Plan, kind: K): Extract<Step, { kind: K }> | undefined => p.steps.find((s) => s.kind === kind) as Extract<Step, { kind: K }> | undefined;
const several = (n: number): ReturnType<typeof makeService>[] => Array.from({ length: n }, (_, i) => makeService(`s${i}`, { frontends: [frontend(`10.99.0.${i + 1}`)] }));
const eth0 = { interface: 'eth0', xdp: 'native', ruleset: 'shop' } as const;

test('a change of one service writes that service only', () => {
  const machine = new Machine();
  commit(machine, state(several(20)));
  const before = machine.inspect();
  const services = several(20).map((s) => (s.name === 's7' ? { ...s, backends: [up('10.0.0.1'), up('10.0.0.9')] } : s));
  const made = commit(machine, state(services));
  assert.equal(stepOf(made, 'write-rows')!.rows.map((r) => r.address), ['10.0.0.9']);
  assert.is(stepOf(made, 'write-tables')!.tables.length, 1);
  assert.equal(stepOf(made, 'write-meta')!.services.map((s) => s.name), ['s7']);
  for (const s of machine.inspect().services) {
    const was = before.services.find((b) => b.name === s.name)!;
    if (s.name !== 's7') assert.equal(s, was);
    else assert.is(s.backends.find((b) => b.address === '10.0.0.1')!.row, was.backends.find((b) => b.address === '10.0.0.1')!.row);
  }
});

test('a label changes text, and neither slots nor rows', () => {
  const machine = new Machine();
  commit(machine, state([makeService('web')]));
  const made = commit(machine, state([makeService('web', { labels: { team: 'edge' } })]));
  assert.equal(kinds(made), ['write-meta', 'write-services', 'swap', 'sweep']);
});

test('where a service was written is no change', () => {
  const machine = new Machine();
  commit(machine, state([makeService('web')]));
  assert.equal(diff(machine.inspect(), state([makeService('web', { origin: { file: 'other.lb', line: 9 } })]), ['shop']), []);
});

test('other rulesets stay as they are, and an empty ruleset removes what it owned', () => {
  const machine = new Machine();
  commit(machine, state([makeService('theirs', { ruleset: 'other' })], { rulesets: ['other'] }));
  commit(machine, state([makeService('web', { frontends: [frontend('10.99.0.2')] })]));
  assert.equal(machine.inspect().services.map((s) => s.name), ['theirs', 'web']);
  commit(machine, { rulesets: ['shop'], services: [], attachments: [] });
  assert.equal(machine.inspect().services.map((s) => s.name), ['theirs']);
  assert.equal(machine.inspect().rulesets, ['other']);
});

test('everything that may fail comes before the swap', () => {
  const machine = new Machine();
  commit(machine, state([makeService('web', { mode: 'dsr l2' })], { attachments: [eth0] }));
  const made = planned(machine, state([makeService('web')], { attachments: [{ ...eth0, interface: 'eth1' }] }));
  assert.equal(kinds(made), ['write-meta', 'write-entries', 'write-services', 'write-addresses', 'replace-program', 'attach', 'swap', 'replace-program', 'detach', 'sweep']);
  const [across, after] = made.steps.filter((s) => s.kind === 'replace-program').map((s) => s.program);
  assert.equal(featureNames(across!.features & (LbFeature.DSR_L2 | LbFeature.DSR_IPIP)), ['dsr-l2', 'dsr-ipip']);
  assert.equal(featureNames(after!.features & (LbFeature.DSR_L2 | LbFeature.DSR_IPIP)), ['dsr-ipip']);
});

test('an interface that changes its mode is taken off and attached anew, with what it was for an undo', () => {
  const machine = new Machine();
  commit(machine, state([makeService('web')], { attachments: [eth0] }));
  const made = commit(machine, state([makeService('web')], { attachments: [{ ...eth0, xdp: 'generic' }] }));
  assert.equal(kinds(made), ['write-meta', 'write-services', 'detach', 'attach', 'swap', 'sweep']);
  assert.equal(stepOf(made, 'detach')!.was!.attachment.xdp, 'native');
  assert.is(machine.inspect().links[0]!.actual, 'generic');
});

test('addresses are looked at before the swap that needs them, and no longer once nothing can be gone back to', () => {
  const machine = new Machine();
  const web = (address: string): State => state([makeService('web', { frontends: [frontend(address)] })]);
  commit(machine, web('10.99.0.1'));
  const made = commit(machine, web('10.99.0.2'));
  const order = kinds(made);
  assert.ok(order.indexOf('write-addresses') < order.indexOf('swap'));
  assert.ok(machine.mayBe('vip', '10.99.0.1'), 'an undo needs it');
  assert.not.ok(machine.mayBe('backend', '10.99.0.1'));
  commit(machine, web('10.99.0.3'));
  assert.not.ok(machine.mayBe('vip', '10.99.0.1'));
  assert.ok(machine.mayBe('vip', '10.99.0.2'));
  assert.ok(machine.mayBe('backend', '10.0.0.1'));
});

test('flows that a commit disturbs bring the flow table in', () => {
  const machine = new Machine();
  commit(machine, state([makeService('web')], { attachments: [eth0] }));
  assert.not.ok(machine.inspect().links[0]!.program.features & LbFeature.FLOWS);
  commit(machine, state([makeService('web', { backends: [up('10.0.0.1'), up('10.0.0.2'), up('10.0.0.3')] })], { attachments: [eth0] }));
  assert.ok(machine.inspect().links[0]!.program.features & LbFeature.FLOWS);
});

test('VLANs of the host bring tags in, also when they come after the commit', () => {
  const machine = new Machine();
  const desired = state([makeService('web')], { attachments: [eth0] });
  const features = (): number => machine.inspect().links[0]!.program.features & LbFeature.VLAN;
  commit(machine, desired);
  assert.is(features(), 0);
  const made = commit(machine, desired, { vlans: true });
  assert.equal([kinds(made), made.serial], [['replace-program'], made.base]);
  assert.match(renderPlan(made, { color: false }), /need another program[^]*on: {2}vlan/);
  assert.ok(features());
  assert.equal(planned(machine, desired, { vlans: true }).steps, []);
  commit(machine, state([makeService('web', { mode: 'dsr l2' })], { attachments: [eth0] }), { vlans: true });
  assert.ok(features());
});

test('neighbours are asked for new backends, kept for the others, and go with their backend', () => {
  const machine = new Machine();
  const asked: string[][] = [];
  const neighbours = (addresses: readonly string[]): { interface: string; address: string }[] => {
    asked.push([...addresses]);
    return addresses.map((address) => ({ interface: 'eth0', address }));
  };
  commit(machine, state([makeService('web')]), { neighbours });
  commit(machine, state([makeService('web', { backends: [up('10.0.0.2'), up('10.0.0.3')] })]), { neighbours });
  assert.equal(asked, [['10.0.0.1', '10.0.0.2'], ['10.0.0.3']]);
  assert.equal([...machine.neighbours.keys()], ['eth0 10.0.0.2', 'eth0 10.0.0.3']);
  assert.equal(machine.inspect().neighbours.map((n) => n.address), ['10.0.0.2', '10.0.0.3']);
});

test('texts of rulesets and the network namespace are kept with the configuration', () => {
  const machine = new Machine();
  commit(machine, state([makeService('web')]), { netns: 42, sources: { shop: 'service web …' } });
  assert.equal(machine.inspect().sources, { shop: 'service web …' });
  commit(machine, state([makeService('theirs', { ruleset: 'other', frontends: [frontend('10.99.0.2')] })], { rulesets: ['other'] }), { sources: { other: 'x' } });
  assert.equal(machine.inspect().sources, { shop: 'service web …', other: 'x' });
  assert.is(machine.inspect().netns, 42);
  commit(machine, state([makeService('web', { labels: { a: 'b' } })]));
  assert.equal(machine.inspect().sources, { other: 'x' });
});

for (const [of, capacity, services] of [
  ['services', { backends: 4096, services: 7, flows: 64, meta: 4096 }, several(8)],
  ['backends', { backends: 15, services: 64, flows: 64, meta: 4096 }, several(8)],
  ['metadata', { backends: 4096, services: 64, flows: 64, meta: 8 }, several(8)],
] as const) {
  test(`too many for the ${of} map is said before anything is written, with what fits`, () => {
    const machine = new Machine(capacity);
    const made = plan(machine.inspect(), state(services), machine.context);
    assert.equal(made.diagnostics.map((d) => d.code), ['LB510']);
    assert.equal(made.plan.steps, []);
    assert.match(made.diagnostics[0]!.message, /\b(7|15|8)\b/);
    commit(machine, state(services.slice(0, 7)));
  });
}

test('as many services and backends fit as the capacity says, and the answer to one more is in the singular', () => {
  const machine = new Machine({ backends: 16, services: 4, flows: 64, meta: 4096 });
  assert.match(plan(machine.inspect(), state(several(5)), machine.context).diagnostics[0]!.hint!, /^apply with --capacity services=/, 'nothing is there to take down');
  commit(machine, state(several(4)));
  const { diagnostics } = plan(machine.inspect(), state(several(5)), machine.context);
  assert.match(diagnostics[0]!.message, /^1 new service does not fit: 0 of 4 are free$/);
  assert.match(diagnostics[0]!.hint!, /'sluice down', then apply with --capacity services=/);
});

test('rows of the former configuration count until the next commit', () => {
  const machine = new Machine({ backends: 8, services: 64, flows: 64, meta: 4096 });
  const with4 = (n: number): State => state([makeService('web', { backends: [1, 2, 3, 4].map((i) => up(`10.0.${n}.${i}`)) })]);
  commit(machine, with4(1));
  commit(machine, with4(2));
  const { diagnostics } = plan(machine.inspect(), with4(3), machine.context);
  assert.match(diagnostics[0]!.message, /4 new backends do not fit: 0 of 8 are free \(4 more are held for undo/);
});

test('the smallest variant with all features is chosen, and what none has is named', () => {
  const among = [{ name: 'all', features: 0b1111 }, { name: 'some', features: 0b0111 }, { name: 'few', features: 0b0011 }];
  assert.equal(smallestVariant(0b0001, among), { variant: 'few', features: 0b0001 });
  assert.equal(smallestVariant(0b0110, among), { variant: 'some', features: 0b0110 });
  assert.equal(smallestVariant(0b11000, among), { missing: 0b10000 });
});

const always = ['icmp', 'fragments', 'too-big', 'events'];

test('features follow from the services', () => {
  assert.equal(featureNames(featuresOfService(makeService('web', { mode: 'dsr l2', onEmpty: 'drop' }))), ['ipv4', 'tcp', 'dsr-l2', ...always]);
  assert.equal(featureNames(featuresOfService(makeService('web', { hash: { kind: 'random' }, frontends: [frontend('fd00::1', 53, 'udp')], backends: [up('fd00::2')] }))),
    ['ipv6', 'udp', 'dsr-ipip', 'decap', 'reject', 'flows', 'random', ...always]);
  const own = (more: Partial<Service>): string[] => featureNames(featuresOfService(makeService('v', more))).filter((f) => !always.includes(f));
  assert.equal(own({ mode: 'snat', allow: ['10.0.0.0/8'] }), ['ipv4', 'tcp', 'reject', 'flows', 'snat', 'allow']);
  assert.equal(own({ mode: 'dnat', hash: { kind: 'rr' } }), ['ipv4', 'tcp', 'reject', 'flows', 'dnat', 'rr']);
  assert.equal(own({ mode: 'hybrid l2', from: ['10.0.0.5'] }), ['ipv4', 'tcp', 'dsr-l2', 'reject'], 'no UDP, no translation');
  assert.equal(own({ mode: 'hybrid geneve', frontends: [frontend('10.99.0.1'), frontend('10.99.0.1', 80, 'udp')] }),
    ['ipv4', 'tcp', 'udp', 'decap', 'reject', 'flows', 'snat', 'dsr-geneve']);
  assert.equal(own({ from: ['10.200.0.0/16'], affinity: 60 }), ['ipv4', 'tcp', 'dsr-ipip', 'decap', 'reject', 'flows', 'hash-source', 'affinity', 'spread']);
  assert.ok(featureNames(featuresOfService(makeService('v', { backends: [up('fd00::2')] }))).includes('ipv6'), 'IPv4 in IPv6 needs both');
});

test('a program without any feature is named without an empty list', () => {
  const text = renderPlan(planned(new Machine(), state([], { attachments: [eth0] })), { color: false });
  assert.match(text, /^ {2}Program: \w+ \(nothing switched on\)$/m);
});

test('the plan as JSON begins with its format, and names no control character of a service', () => {
  const machine = new Machine();
  const made = planned(machine, state([makeService('evil\u001b[31m\n')]));
  assert.is(Object.keys(planToJson(made))[0], 'format');
  assert.is(JSON.parse(JSON.stringify(planToJson(made))).format, 'sluice.plan/1');
  assert.not.match(renderPlan(made, { color: false }), /\u001b/);
  assert.match(renderPlan(made, { color: false }), /evil\\x1b\[31m\\n/);
});

test.run();
