import { liveIndex, serviceEntries as serviceEntriesOf, stageServices } from '../../../runtime/service-map.ts';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { backend, counters, flow, flowKey, mapSpecs, metaChunk, metaKey, service, serviceKey, slot } from '../../../compiler/generated/layout.ts';
import type { Instance, MapHandle } from '../../../runtime/datapath.ts';
import { createKernelDatapath } from '../../../runtime/kernel/datapath.ts';
import { libbpf } from '../../../runtime/kernel/libbpf.ts';
import { KernelMap } from '../../../runtime/kernel/maps.ts';
import { objects, privateBpffs } from '../../support/bpffs.ts';
import { errorOf } from '../../support/errors.ts';
import { testWith, type Need } from '../../support/needs.ts';

const needs: Need[] = ['root', 'bpf', 'libbpf'];
const capacity = { backends: 10_000, services: 8192, flows: 1024, meta: 4 };
const u32 = (...values: number[]): Uint8Array => new Uint8Array(new Uint32Array(values).buffer);
const address = (n: number): Uint8Array => new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, n >> 16, n >> 8, n]);

let bpffs: string | undefined;

function withInstance(body: (instance: Instance) => void): void {
  bpffs ??= privateBpffs();
  const kernel = createKernelDatapath({ bpffs, objects });
  const instance = kernel.create('maps', capacity);
  try {
    body(instance);
  } finally {
    instance.close();
    kernel.remove('maps');
  }
}

function serviceEntries(count: number): [Uint8Array, Uint8Array] {
  const keys = new Uint8Array(count * serviceKey.size);
  const values = new Uint8Array(count * service.size);
  for (let i = 0; i < count; i++) {
    serviceKey.encode({ addr: address(i), port: 80, proto: 6 }, keys, i * serviceKey.size);
    service.encode({
      settleTcp: 0n, settleUdp: 0n, id: i, serial: 7, tableBase: i * 11, tableSize: 11, prevBase: 0, prevSize: 0,
      arena: 0, prevArena: 0, sources: 0, affinity: 0, portLow: 0, portHigh: 0, mode: 1, hash: 1, flags: 0,
    }, values, i * service.size);
  }
  return [keys, values];
}

testWith(needs, test, 'a service table of 10,000 entries reads back whole', () => withInstance((instance) => {
  const count = 10_000;
  const [keys, values] = serviceEntries(count);
  const map = stageServices(instance, { keys, values, count });
  instance.setInner('root', 0, map);
  const read = serviceEntriesOf(instance, liveIndex)!;
  assert.is(read.count, count);
  const ids = new Set<number>();
  for (let i = 0; i < read.count; i++) {
    const { id, tableBase } = service.decode(read.values, i * service.size);
    assert.is(tableBase, id * 11);
    assert.equal(serviceKey.decode(read.keys, i * serviceKey.size).addr, address(id));
    ids.add(id);
  }
  assert.is(ids.size, count);
}));

testWith(needs, test, 'a map that is full says so, and keeps what it has', () => withInstance((instance) => {
  const meta = instance.map('meta');
  const text = metaChunk.encode({ length: 1, chunks: 1, data: new Uint8Array([65]) });
  const put = (id: number): void => meta.update(metaKey.encode({ kind: 1, id, version: 1, chunk: 0 }), text);
  for (let id = 0; id < capacity.meta; id++) put(id);
  assert.is(errorOf(() => put(99)).errno, 'E2BIG');
  assert.is(errorOf(() => instance.map('backends').update(u32(capacity.backends + 1), new Uint8Array(backend.size))).errno, 'E2BIG');
}));

testWith(needs, test, 'a key that is not there reads as undefined, and deleting it is no failure', () => withInstance((instance) => {
  const flows = instance.map('flows');
  const key = flowKey.encode({ saddr: address(1), daddr: address(2), sport: 40000, dport: 80, proto: 6 });
  assert.is(flows.lookup(key), undefined);
  const value = { seen: 5n, backend: 9, birth: 3, natAddr: address(3), natPort: 0, natFamily: 0, state: 1 };
  flows.update(key, flow.encode(value));
  assert.equal(flow.decode(flows.lookup(key)!), value);
  assert.equal(flows.entries(), { keys: key, values: flows.lookup(key), count: 1 });
  flows.delete(key);
  flows.delete(key);
  assert.is(flows.lookup(key), undefined);
}));

testWith(needs, test, 'an empty map has no entries', () => withInstance((instance) => {
  assert.equal(instance.map('meta').entries(), { keys: new Uint8Array(0), values: new Uint8Array(0), count: 0 });
  assert.is(instance.map('root').entries().count, 0);
}));

testWith(needs, test, 'per-CPU values come as one padded value for each possible CPU', () => withInstance((instance) => {
  const cpus = libbpf().possibleCpus();
  const map = instance.map('service_counters');
  const value = new Uint8Array(cpus * counters.size);
  for (let cpu = 0; cpu < cpus; cpu++) counters.encode({ packets: BigInt(cpu + 1), bytes: 10n, flows: 0n }, value, cpu * counters.size);
  map.updateBatch(u32(3), value, 1);
  const read = map.lookup(u32(3))!;
  assert.is(read.length, cpus * counters.size);
  for (let cpu = 0; cpu < cpus; cpu++) assert.is(counters.decode(read, cpu * counters.size).packets, BigInt(cpu + 1));
  const all = map.entries();
  assert.is(all.count, capacity.services + 1);
  assert.equal(all.values.subarray(3 * value.length, 4 * value.length), value);
}));

testWith(needs, test, 'rows written in a batch are all read back, those never written as zeros', () => withInstance((instance) => {
  const rows = instance.map('backends');
  const write = [1, 5000, 9999];
  const values = new Uint8Array(write.length * backend.size);
  write.forEach((row, i) => backend.encode({ addr: address(row), birth: 1, deadFrom: 0, drainFrom: 0, service: 0, port: 80, family: 4 }, values, i * backend.size));
  rows.updateBatch(u32(...write), values, write.length);
  const { values: read, count } = rows.entries();
  assert.is(count, capacity.backends + 1);
  for (const row of write) assert.equal(backend.decode(read, row * backend.size).addr, address(row));
  assert.is(backend.decode(read, 2 * backend.size).family, 0);
}));

testWith(needs, test, 'slots written through the mapping are what look-ups see, and the other way round', () => withInstance((instance) => {
  const arena = instance.createArena();
  const run = new Uint8Array(3 * slot.size);
  [11, 22, 33].forEach((current, i) => slot.encode({ current, previous: current + 1 }, run, i * slot.size));
  arena.writeRange(69_997, run);
  assert.equal(slot.decode(arena.lookup(u32(69_998))!), { current: 22, previous: 23 });
  arena.update(u32(5), slot.encode({ current: 77, previous: 0 }));
  assert.equal(slot.decode(arena.readRange(5, 1)), { current: 77, previous: 0 });
  instance.setInner('arenas', 2, arena);
  arena.close();
  const again = instance.inner('arenas', 2)!;
  assert.equal(again.readRange(69_997, 3), run);
  assert.is(again.info.maxEntries, mapSpecs.arenas.inner.maxEntries);
}));

testWith(needs, test, 'a range outside the array, or of a map without ranges, is refused', () => withInstance((instance) => {
  const arena = instance.createArena();
  const size = arena.info.maxEntries;
  assert.is(errorOf(() => arena.writeRange(size - 1, new Uint8Array(16))).errno, 'E2BIG');
  assert.is(errorOf(() => arena.readRange(-1, 1)).errno, 'E2BIG');
  assert.is(errorOf(() => arena.readRange(0, size + 1)).errno, 'E2BIG');
  assert.is(errorOf(() => arena.writeRange(0, new Uint8Array(7))).errno, 'E2BIG');
  assert.is(errorOf(() => instance.map('service_counters').readRange(0, 1)).errno, 'ENODEV');
}));

testWith(needs, test, 'inner maps are set, found, replaced and cleared by index', () => withInstance((instance) => {
  const first = instance.createServiceMap();
  const second = instance.createServiceMap();
  assert.is(instance.inner('root', 1), undefined);
  instance.setInner('root', 0, first);
  assert.is(instance.inner('root', 0)!.info.id, first.info.id);
  instance.setInner('root', 0, second);
  instance.setInner('root', 1, first);
  assert.is(instance.inner('root', 0)!.info.id, second.info.id);
  assert.is(instance.inner('root', 1)!.info.id, first.info.id);
  assert.is(instance.map('root').entries().count, 2);
  instance.clearInner('root', 1);
  instance.clearInner('root', 1);
  assert.is(instance.inner('root', 1), undefined);
}));

testWith(needs, test, 'keys and values of the wrong length never reach the kernel', () => withInstance((instance) => {
  const rows = instance.map('backends');
  assert.is(errorOf(() => rows.lookup(new Uint8Array(3))).errno, 'EINVAL');
  assert.is(errorOf(() => rows.update(u32(1), new Uint8Array(31))).errno, 'EINVAL');
  assert.is(errorOf(() => rows.updateBatch(u32(1), new Uint8Array(64), 2)).errno, 'EINVAL');
  const arena: MapHandle = instance.createArena();
  arena.close();
  arena.close();
  assert.is(errorOf(() => arena.readRange(0, 1)).errno, 'EBADF');
  assert.is(errorOf(() => arena.lookup(u32(0))).errno, 'EBADF');
}));

testWith(needs, test, 'a map with more entries than are read at once is read whole, each once', () => {
  const bpf = libbpf();
  const map = new KernelMap(bpf, bpf.mapCreate(1, 'large', 4, 4, 60_000, 1, 0));
  const count = 60_000;
  const keys = new Uint32Array(count).map((_, i) => i * 2654435761);
  map.updateBatch(new Uint8Array(keys.buffer), new Uint8Array(keys.buffer), count);
  const read = map.entries();
  assert.is(read.count, count);
  assert.equal(new Set(new Uint32Array(read.keys.buffer)).size, count);
  map.close();
});

test.run();
