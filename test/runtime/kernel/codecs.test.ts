import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as layout from '../../../compiler/generated/layout.ts';
import { variants } from '../../../compiler/generated/variants.ts';

test('ports travel in network byte order, all else in that of the machine', () => {
  const key = layout.serviceKey.encode({ addr: new Uint8Array(16).fill(9), port: 0x1f90, proto: 17 });
  assert.equal([...key.subarray(16)], [0x1f, 0x90, 17, 0, 0, 0, 0, 0]);
  const row = layout.backend.encode({ addr: new Uint8Array(16), birth: 0x01020304, deadFrom: 5, drainFrom: 0, service: 6, port: 80, family: 4 });
  assert.equal([...row.subarray(16)], [4, 3, 2, 1, 5, 0, 0, 0, 6, 0, 0, 0, 0, 80, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test('64-bit values keep all their bits', () => {
  const value = { settleTcp: 0xffff_ffff_ffff_fff1n, settleUdp: 1n << 63n, id: 0xffffffff, serial: 2, tableBase: 3, tableSize: 4, prevBase: 5, prevSize: 6, arena: 63, prevArena: 62, sources: 0, affinity: 0, portLow: 0, portHigh: 0, mode: 2, hash: 1, flags: 0xffff };
  assert.equal(layout.service.decode(layout.service.encode(value)), value);
});

test('values are written at an offset, with their padding zeroed and the rest left alone', () => {
  const bytes = new Uint8Array(100).fill(0xaa);
  const returned = layout.flowKey.encode({ saddr: new Uint8Array(16), daddr: new Uint8Array(16), sport: 1, dport: 2, proto: 6 }, bytes, 50);
  assert.is(returned, bytes);
  assert.equal([...bytes.subarray(82, 92)], [0, 1, 0, 2, 6, 0, 0, 0, 0xaa, 0xaa]);
  assert.is(bytes[49], 0xaa);
  assert.is(layout.flowKey.decode(bytes, 50).dport, 2);
});

test('short byte arrays are padded with zeros, long ones refused', () => {
  const bytes = layout.metaChunk.encode({ length: 2, chunks: 1, data: new Uint8Array([7, 8]) }, new Uint8Array(1024).fill(0xff));
  assert.equal([...bytes.subarray(8, 12)], [7, 8, 0, 0]);
  assert.is(bytes[1023], 0);
  assert.throws(() => layout.metaChunk.encode({ length: 0, chunks: 0, data: new Uint8Array(1017) }), /1017 bytes/);
});

test('decoded byte arrays do not change with the bytes they came from', () => {
  const bytes = layout.backend.encode({ addr: new Uint8Array(16).fill(1), birth: 0, deadFrom: 0, drainFrom: 0, service: 0, port: 0, family: 6 });
  const { addr } = layout.backend.decode(bytes);
  bytes.fill(0);
  assert.equal(addr, new Uint8Array(16).fill(1));
});

test('sizes of codecs are those of the maps that hold them', () => {
  const { mapSpecs: maps } = layout;
  assert.equal([maps.root.inner.valueSize, maps.arenas.inner.valueSize, maps.backends.valueSize], [layout.serviceKey.size + layout.service.size, layout.slot.size, layout.backend.size]);
  assert.equal([maps.flows.keySize, maps.flows.valueSize, maps.meta.keySize, maps.meta.valueSize], [layout.flowKey.size, layout.flow.size, layout.metaKey.size, layout.metaChunk.size]);
  assert.equal([maps.service_counters.valueSize, maps.reject_limit.valueSize], [layout.counters.size, layout.rejectBucket.size]);
});

test('every drop reason and every feature has a name, and no two the same', () => {
  const reasons = Object.keys(layout.lbDropNames).map(Number);
  assert.equal(reasons, Array.from({ length: layout.LbDrop.MAX }, (_, i) => i));
  assert.is(layout.mapSpecs.drops.maxEntries, layout.LbDrop.MAX);
  for (const names of [layout.lbDropNames, layout.lbFeatureNames]) assert.is(new Set(Object.values(names)).size, Object.values(names).length);
  const all = Object.values(layout.LbFeature).reduce<number>((bits, bit) => bits | bit, 0);
  for (const variant of variants) assert.is(variant.features & ~all, 0, variant.name);
});

test.run();
