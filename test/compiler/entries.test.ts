import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { addressBytes, encodeServices } from '../../compiler/encode.ts';
import { encodeEntries, type EntryMap } from '../../compiler/entries.ts';
import { LbHash, LbMode, LbServiceFlag, mapSpecs, range, rangeKey, service, serviceKey, source, sourceKey, targetKey } from '../../compiler/generated/layout.ts';
import type { Live } from '../../compiler/live.ts';
import { plan, type PlanContext } from '../../compiler/plan.ts';
import { readSource, sourceText } from '../../compiler/sources.ts';
import type { Service } from '../../compiler/state.ts';
import { Machine } from '../support/simulate.ts';
import { frontend, makeService, state, up } from './states.ts';

function running(services: readonly Service[], more: Partial<PlanContext> = {}): Live {
  const machine = new Machine();
  const { plan: made, diagnostics } = plan(machine.inspect(), state(services), { ...machine.context, ...more });
  assert.equal(diagnostics, []);
  machine.apply(made);
  return machine.inspect();
}

type Entry = ReturnType<typeof service.decode>;

/** Entries by address, port and protocol number. */
function entriesOf(live: Live): Map<string, Entry> {
  const { keys, values, count } = encodeServices(live);
  return new Map(Array.from({ length: count }, (_, i) => {
    const { addr, port, proto } = serviceKey.decode(keys, i * serviceKey.size);
    return [`${[...addr.slice(12)].join('.')} ${port} ${proto}`, service.decode(values, i * service.size)];
  }));
}

function packed(live: Live, map: EntryMap): { keys: Uint8Array[]; values: Uint8Array[] } {
  const { keys, values, count } = encodeEntries(map, live.services);
  const { keySize, valueSize } = mapSpecs[map];
  return {
    keys: Array.from({ length: count }, (_, i) => keys.slice(i * keySize, (i + 1) * keySize)),
    values: Array.from({ length: count }, (_, i) => values.slice(i * valueSize, (i + 1) * valueSize)),
  };
}

test('each mode has a number, and hybrid one for each protocol', () => {
  const both = [frontend('10.99.0.1'), frontend('10.99.0.1', 80, 'udp')];
  const mode = (of: Service['mode']): (number | undefined)[] => {
    const entries = entriesOf(running([makeService('web', { mode: of, frontends: both })]));
    return [6, 17].map((proto) => entries.get(`10.99.0.1 80 ${proto}`)?.mode);
  };
  assert.equal(mode('snat'), [LbMode.SNAT, LbMode.SNAT]);
  assert.equal(mode('dnat'), [LbMode.DNAT, LbMode.DNAT]);
  assert.equal(mode('dsr geneve'), [LbMode.DSR_GENEVE, LbMode.DSR_GENEVE]);
  assert.equal(mode('hybrid l2'), [LbMode.DSR_L2, LbMode.SNAT]);
  assert.equal(mode('hybrid ipip'), [LbMode.DSR_IPIP, LbMode.SNAT]);
  assert.equal(mode('hybrid geneve'), [LbMode.DSR_GENEVE, LbMode.SNAT]);
});

test('affinity, allow and rr stand in the entry of each front end', () => {
  const entry = entriesOf(running([makeService('web', { affinity: 600, allow: ['10.0.0.0/8'], hash: { kind: 'rr' } })])).get('10.99.0.1 80 6')!;
  assert.is(entry.affinity, 600);
  assert.is(entry.hash, LbHash.RR);
  assert.ok(entry.flags & LbServiceFlag.ALLOW);
  assert.ok(entry.flags & LbServiceFlag.BY_SOURCE, 'a client is at home in one slot');
  const plain = entriesOf(running([makeService('web')])).get('10.99.0.1 80 6')!;
  assert.equal([plain.affinity, plain.flags & (LbServiceFlag.ALLOW | LbServiceFlag.BY_SOURCE)], [0, 0]);
});

test('the wildcard of a VIP passes what a service of it says may pass', () => {
  const entries = entriesOf(running([
    makeService('a', { onUnknown: 'pass' }), makeService('b', { frontends: [frontend('10.99.0.1', 81)] }), makeService('c', { frontends: [frontend('10.99.0.2')], onUnknown: 'drop' }),
  ]));
  assert.is(entries.get('10.99.0.1 0 0')!.flags, LbServiceFlag.WILDCARD | LbServiceFlag.PASS);
  assert.is(entries.get('10.99.0.2 0 0')!.flags, LbServiceFlag.WILDCARD);
});

test('the source ports of own addresses are the larger range beside that of the sockets, and nothing else has any', () => {
  const ports = (localPorts: readonly [number, number], mode: Service['mode'] = 'snat'): number[] => {
    const { portLow, portHigh } = entriesOf(running([makeService('web', { mode })], { localPorts })).get('10.99.0.1 80 6')!;
    return [portLow, portHigh];
  };
  assert.equal(ports([32768, 60999]), [1024, 32767]);
  assert.equal(ports([2000, 40000]), [40001, 65535]);
  assert.equal(ports([32768, 60999], 'dnat'), [0, 0]);
  assert.equal(ports([32768, 60999], 'dsr ipip'), [0, 0]);
});

test('where sockets have all ports, snat needs a source', () => {
  const planned = (from: readonly string[]): string[] => {
    const machine = new Machine();
    return plan(machine.inspect(), state([makeService('web', { mode: 'snat', from })]), { ...machine.context, localPorts: [1024, 65535] }).diagnostics.map((d) => d.code);
  };
  assert.equal(planned([]), ['LB619']);
  assert.equal(planned(['10.0.0.5']), []);
});

test('source ranges are prefixes behind id, serial and family, IPv4 behind its mapping too', () => {
  const live = running([makeService('web', { allow: ['10.0.0.0/8', '2001:db8::/32', '0.0.0.0/0'] })]);
  const [web] = live.services;
  const { keys, values } = packed(live, 'ranges');
  assert.equal(keys.map((k) => rangeKey.decode(k)).map((k) => [k.prefix, k.service, k.serial, k.family]), [[96 + 96 + 8, web!.id, web!.serial, 4], [96 + 32, web!.id, web!.serial, 6], [96 + 96, web!.id, web!.serial, 4]]);
  assert.equal(rangeKey.decode(keys[0]!).addr, addressBytes('10.0.0.0'));
  assert.equal(values.map((v) => range.decode(v).index), [0, 1, 2]);
});

test('sources are numbered by family, and their count stands in the entry', () => {
  const live = running([makeService('web', { mode: 'snat', from: ['10.0.0.5:20000-29999', '10.0.0.6', 'fd00::5'] })]);
  const { keys, values } = packed(live, 'sources');
  assert.equal(keys.map((k) => sourceKey.decode(k)).map((k) => [k.family, k.index]), [[4, 0], [4, 1], [6, 0]]);
  assert.equal(values.map((v) => source.decode(v)).map((s) => [s.prefix, s.portLow, s.portHigh]), [[32, 20000, 29999], [32, 1024, 65535], [128, 1024, 65535]]);
  assert.is(entriesOf(live).get('10.99.0.1 80 6')!.sources, 2 | 1 << 4);
});

test('a tunnel varies its outer source within a network; sources of hybrid are for its UDP alone', () => {
  const wrapped = running([makeService('web', { from: ['10.200.0.0/16'] })]);
  assert.is(source.decode(packed(wrapped, 'sources').values[0]!).prefix, 16);
  assert.is(entriesOf(wrapped).get('10.99.0.1 80 6')!.sources, 1);
  const hybrid = entriesOf(running([makeService('web', { mode: 'hybrid ipip', from: ['10.0.0.5'], frontends: [frontend('10.99.0.1'), frontend('10.99.0.1', 80, 'udp')] })]));
  assert.equal([6, 17].map((proto) => hybrid.get(`10.99.0.1 80 ${proto}`)!.sources), [0, 1]);
});

test('backends of a tunnel are found by their address, others are not', () => {
  const live = running([
    makeService('web', { mode: 'dsr geneve', backends: [up('10.0.0.1', { port: 8080 }), up('fd00::1')] }),
    makeService('nat', { mode: 'snat', frontends: [frontend('10.99.0.2')] }), makeService('mac', { mode: 'dsr l2', frontends: [frontend('10.99.0.3')] }),
  ]);
  const web = live.services.find((s) => s.name === 'web')!;
  const { keys, values } = packed(live, 'targets');
  assert.equal(keys.map((k) => targetKey.decode(k)), web.backends.map((b) => ({ addr: addressBytes(b.address), service: web.id })));
  assert.equal(values.map((v) => new DataView(v.buffer).getUint32(0, true)), web.backends.map((b) => b.row));
});

test('a source as text comes back', () => {
  for (const text of ['10.0.0.5', '10.0.0.5:20000-29999', 'fd00::5', '[fd00::5]:20000-29999', '10.200.0.0/16', 'fd00:200::/64', '0.0.0.0/0']) assert.is(sourceText(readSource(text)), text);
});

test('more source ranges than the map holds are said before anything is written', () => {
  const machine = new Machine();
  const allow = Array.from({ length: 40_000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
  const web = (n: number): Service => makeService('web', { allow: allow.slice(0, n) });
  machine.apply(plan(machine.inspect(), state([web(40_000)]), machine.context).plan);
  const { plan: made, diagnostics } = plan(machine.inspect(), state([web(39_999)]), machine.context);
  assert.equal(made.steps, []);
  assert.match(diagnostics[0]!.message, /^39,999 source ranges \(allow\) do not fit: 25,536 of 65,536 are free$/);
  assert.is(diagnostics[0]!.code, 'LB510');
});

test.run();
