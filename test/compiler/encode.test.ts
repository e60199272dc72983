import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeLive, encodeMeta, encodeServices } from '../../compiler/encode.ts';
import { LbServiceFlag, metaChunk, rangeKey, service, serviceKey } from '../../compiler/generated/layout.ts';
import type { Packed } from '../../compiler/metadata.ts';
import { plan } from '../../compiler/plan.ts';
import type { State } from '../../compiler/state.ts';
import { Machine } from '../support/simulate.ts';
import { frontend, makeService, state, up } from './states.ts';

function running(desired: State): Machine {
  const machine = new Machine();
  machine.apply(plan(machine.inspect(), desired, machine.context).plan);
  return machine;
}

const desired = state([
  makeService('web', { frontends: [frontend('10.99.0.1', 80), frontend('10.99.0.1', 443), frontend('fd00:99::1', 80)], backends: [up('10.0.0.1'), up('fd00::1')] }),
  makeService('dns', { frontends: [frontend('10.99.0.1', 53, 'udp')], mode: 'dsr l2', hash: { kind: 'random' }, onEmpty: 'drop' }),
]);

test('the service map has an entry for each front end, a wildcard for each VIP, and a head', () => {
  const packed = encodeServices(running(desired).inspect());
  assert.is(packed.count, 4 + 2 + 1);
  const flags = Array.from({ length: packed.count }, (_, i) => service.decode(packed.values, i * service.size).flags);
  assert.is(flags.filter((f) => f & LbServiceFlag.WILDCARD).length, 2);
  assert.is(flags.filter((f) => f & LbServiceFlag.HEAD).length, 1);
  const keys = Array.from({ length: packed.count }, (_, i) => serviceKey.decode(packed.keys, i * serviceKey.size));
  assert.equal(keys.map((k) => k.port).sort((a, b) => a - b), [0, 0, 0, 53, 80, 80, 443]);
});

test('text of any length and script comes back', () => {
  const doc = 'ä€𝄞 "quoted" \\ '.repeat(400);
  const machine = running(state([makeService('web', { doc })]));
  assert.is(machine.inspect().services[0]!.doc, doc);
  const { count } = encodeMeta(machine.inspect().services, machine.inspect());
  assert.ok(count > 5);
});

function tampered(change: (raw: { live: Packed; meta: Packed }) => void): string[] {
  const raw = running(desired).raw();
  const copy = (p: Packed): Packed => ({ keys: p.keys.slice(), values: p.values.slice(), count: p.count });
  const copies = { live: copy(raw.live!), meta: copy(raw.meta) };
  change(copies);
  const { live, problems } = decodeLive({ ...raw, ...copies });
  assert.is(live.drifted ?? false, problems.length > 0);
  return problems.map((p) => `${p.code} ${p.message}`);
}

test('what was not touched has no problems', () => assert.equal(tampered(() => {}), []));

test('an entry that something else changed is named', () => {
  const at = (raw: { live: Packed }, port: number): number => Array.from({ length: raw.live.count }, (_, i) => i)
    .find((i) => serviceKey.decode(raw.live.keys, i * serviceKey.size).port === port)!;
  assert.equal(tampered((raw) => { raw.live.values[at(raw, 53) * service.size + 24]! ^= 1; }), [
    'LB521 the entry 10.99.0.1:53/udp of the live configuration has another value in the service map than was committed']);
  assert.equal(tampered((raw) => { raw.live.keys[at(raw, 443) * serviceKey.size + 17]! = 1; }).sort(), [
    'LB521 the entry 10.99.0.1:257/tcp of the live configuration is in the service map, but was never committed',
    'LB521 the entry 10.99.0.1:443/tcp of the live configuration is missing from the service map']);
});

test('text that is damaged is said, and the rest is read', () => {
  const problems = tampered((raw) => {
    for (let i = 0; i < raw.meta.count; i++) raw.meta.values[i * metaChunk.size + 8] = 0xff;
  });
  assert.ok(problems.length >= 3);
  assert.ok(problems.every((p) => /^LB52[01]/.test(p)), problems.join('\n'));
});

test('a map that drifted is written anew though the script did not change', () => {
  const machine = running(desired);
  const raw = machine.raw();
  raw.live!.values[24]! ^= 1;
  const { live } = decodeLive(raw);
  const { plan: made } = plan(live, desired, machine.context);
  assert.equal(made.changes, []);
  assert.equal(made.steps.map((s) => s.kind), ['write-meta', 'write-entries', 'write-services', 'write-addresses', 'swap', 'sweep']);
  machine.apply(made);
  assert.equal(plan(machine.inspect(), desired, machine.context).plan.steps, []);
});

test('source ranges, sources and address bits that somebody changed are named, and written anew by the next plan', () => {
  const wanted = state([makeService('web', { mode: 'snat', from: ['10.0.0.5'], allow: ['10.0.0.0/8'] }), makeService('open', { frontends: [frontend('10.99.0.2')] })]);
  const machine = running(wanted);
  const raw = machine.raw();
  const beside = raw.beside!;
  const none = { keys: new Uint8Array(0), values: new Uint8Array(0), count: 0 };
  const said = (change: Partial<typeof beside>): string[] => decodeLive({ ...raw, beside: { ...beside, ...change } }).problems.map((p) => `${p.code} ${p.message}`);
  assert.equal(said({}), []);
  assert.equal(said({ ranges: none }), ["LB521 the source ranges (allow) of the live service 'web' are not what was committed"]);
  assert.equal(said({ sources: { ...beside.sources, values: beside.sources.values.map((b) => b ^ 1) } }), ["LB521 the sources (from) of the live service 'web' are not what was committed"]);
  const open = rangeKey.encode({ ...rangeKey.decode(beside.ranges.keys), prefix: 64 });
  const more = { keys: Buffer.concat([beside.ranges.keys, open]), values: Buffer.concat([beside.ranges.values, beside.ranges.values]), count: 2 };
  assert.equal(said({ ranges: more }), ["LB521 the source ranges (allow) of the live service 'web' are not what was committed"], 'one that lets everybody in');
  assert.match(said({ addresses: new Uint8Array(beside.addresses.length) }).join(), /are not looked at/);
  const { live } = decodeLive({ ...raw, beside: { ...beside, ranges: none } });
  const { plan: made } = plan(live, wanted, machine.context);
  assert.equal(made.steps.filter((s) => s.kind === 'write-entries').map((s) => s.map), ['ranges', 'sources', 'targets']);
  machine.apply(made);
  assert.equal(machine.inspect().services.map((s) => s.name), ['open', 'web']);
});

test('nothing at all decodes to nothing', () => {
  const { live, problems } = decodeLive(new Machine().raw());
  assert.equal(problems, []);
  assert.is(live.serial, 0);
  assert.equal(live.services, []);
});

test.run();
