/**
 * Packets, bytes and flows of services and backends. A program counts a packet once, at its backend; what a service had is
 * the sum over the rows that are or were its own, and what rows left to it that were given to others since.
 */
import { backend, counters, type Counters } from '../compiler/generated/layout.ts';
import type { Instance, MapHandle, MapName } from './datapath.ts';

/** Sums of all CPUs; JSON-safe while below 2^53. */
export interface Sums {
  readonly packets: number;
  readonly bytes: number;
  readonly flows: number;
}

export const nothing: Sums = { packets: 0, bytes: 0, flows: 0 };

function plus(a: Sums, b: Counters | Sums): Sums {
  return { packets: a.packets + Number(b.packets), bytes: a.bytes + Number(b.bytes), flows: a.flows + Number(b.flows) };
}

function sumOf(values: Uint8Array, from: number, to: number): Sums {
  let sum = nothing;
  for (let at = from; at < to; at += counters.size) sum = plus(sum, counters.decode(values, at));
  return sum;
}

/** Sums per index of a per-CPU map of counters. */
function sumsIn(instance: Instance, map: MapName & ('service_counters' | 'backend_counters'), wanted: { has(index: number): boolean }): Map<number, Sums> {
  const { keys, values, count } = instance.map(map).entries();
  const width = count === 0 ? 0 : values.length / count;
  const indices = new DataView(keys.buffer, keys.byteOffset, keys.byteLength);
  const sums = new Map<number, Sums>();
  for (let i = 0; i < count; i++) {
    const index = indices.getUint32(i * 4, true);
    if (wanted.has(index)) sums.set(index, sumOf(values, i * width, (i + 1) * width));
  }
  return sums;
}

/** Of backends, by row. */
export function backendSums(instance: Instance, rows: ReadonlySet<number>): ReadonlyMap<number, Sums> {
  return sumsIn(instance, 'backend_counters', rows);
}

/** Of services, by id. */
export function serviceSums(instance: Instance, ids: ReadonlySet<number>): ReadonlyMap<number, Sums> {
  const sums = sumsIn(instance, 'service_counters', ids);
  const owners = ownersOf(instance, ids);
  for (const [row, sum] of sumsIn(instance, 'backend_counters', owners)) {
    const id = owners.get(row)!;
    sums.set(id, plus(sums.get(id) ?? nothing, sum));
  }
  return sums;
}

/** Rows that belong to these services, or did last, with their owner. */
function ownersOf(instance: Instance, ids: ReadonlySet<number>): Map<number, number> {
  const { values, count } = instance.map('backends').entries();
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  const owners = new Map<number, number>();
  for (let row = 1; row < count; row++) {
    const owner = view.getUint32(row * backend.size + backend.at.service, true);
    if (ids.has(owner)) owners.set(row, owner);
  }
  return owners;
}

/** Before rows and ids get new owners: what rows counted stays with their former services, and both begin at nothing. */
export function retireCounters(instance: Instance, { services, rows }: { readonly services: readonly number[]; readonly rows: readonly number[] }): void {
  const fresh = new Set(services);
  const backends = instance.map('backends');
  const kept = instance.map('service_counters');
  for (const [row, sum] of rows.length > 0 ? sumsIn(instance, 'backend_counters', new Set(rows)) : []) {
    const owner = backend.decode(backends.lookup(index(row))!).service;
    if (owner === 0 || fresh.has(owner) || sum.packets === 0) continue;
    const value = kept.lookup(index(owner));
    if (!value) continue;
    const before = counters.decode(value);
    counters.encode({
      packets: before.packets + BigInt(sum.packets), bytes: before.bytes + BigInt(sum.bytes), flows: before.flows + BigInt(sum.flows),
    }, value);
    kept.update(index(owner), value);
  }
  zero(kept, services);
  zero(instance.map('backend_counters'), [...new Set([...rows, ...(fresh.size > 0 ? ownersOf(instance, fresh).keys() : [])])]);
}

function index(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

/** Zeroes per-CPU counters of indices, on all CPUs. */
function zero(map: MapHandle, indices: readonly number[]): void {
  const first = indices[0];
  if (first === undefined) return;
  const length = map.lookup(index(first))?.length ?? counters.size;
  map.updateBatch(new Uint8Array(Uint32Array.from(indices).buffer), new Uint8Array(length * indices.length), indices.length);
}
