/** Writes what a packet fixture assumes into an instance, and reads back what the packets did to it. */
import {
  backend, counters, flow, flowKey, LbHash, LbMode, LbServiceFlag, service, serviceKey, slot, type Counters,
} from '../../compiler/generated/layout.ts';
import { parseAddress } from '../../dsl/ip.ts';
import type { Instance, MapHandle, MapName } from '../../runtime/datapath.ts';
import { backends, rowOf } from '../packets/hosts.ts';
import type { Fixture, FlowSpec, RowSpec, ServiceSpec } from '../packets/model.ts';

export const arenaSlots = 4096;
export const defaultBirth = 5;
const protoNumber = { tcp: 6, udp: 17 } as const;
const longAgo = 1n;

/** 16 bytes, IPv4 mapped. */
export function mapped(address: string): Uint8Array {
  const parsed = parseAddress(address);
  if (!parsed) throw new Error(`'${address}' is no address`);
  return parsed.bytes;
}

export function u32(value: number): Uint8Array {
  return new Uint8Array(new Uint32Array([value]).buffer);
}

/** Replaces the live configuration, all rows, all flows and all counters by those of a fixture. */
export function configure(instance: Instance, fixture: Pick<Fixture, 'services' | 'rows' | 'flows'>): void {
  for (const name of Object.keys(backends)) writeRow(instance, name, fixture.rows?.[name] ?? {});
  for (const map of ['service_counters', 'backend_counters', 'drops', 'reject_limit'] as const) zero(instance.map(map));
  const flows = instance.map('flows');
  const known = flows.entries();
  for (let i = 0; i < known.count; i++) flows.delete(known.keys.slice(i * flowKey.size, (i + 1) * flowKey.size));
  for (const f of fixture.flows ?? []) {
    flows.update(encodeFlowKey(f), flow.encode({ seen: process.hrtime.bigint(), backend: rowOf(f.backend), birth: f.birth ?? fixture.rows?.[f.backend]?.birth ?? defaultBirth }));
  }
  writeServices(instance, fixture.services);
}

function writeRow(instance: Instance, name: string, row: RowSpec): void {
  const addr = mapped(backends[name]!);
  const family = backends[name]!.includes(':') ? 6 : 4;
  instance.map('backends').update(u32(rowOf(name)), backend.encode({ addr, family, port: 0, birth: row.birth ?? defaultBirth, deadFrom: row.deadFrom ?? 0, service: row.service ?? 1 }));
}

function zero(map: MapHandle): void {
  for (let i = 0; i < map.info.maxEntries; i++) map.update(u32(i), new Uint8Array(map.lookup(u32(i))!.length));
}

function writeServices(instance: Instance, services: readonly ServiceSpec[]): void {
  let arena = instance.inner('arenas', 0);
  if (!arena) {
    arena = instance.createArena(arenaSlots);
    instance.setInner('arenas', 0, arena);
  }
  const map = instance.createServiceMap(2 * services.length + 1);
  let next = 0;
  const place = (slots: readonly (string | readonly [string, string])[]): number => {
    const base = next;
    for (const s of slots) {
      const [current, previous] = typeof s === 'string' ? [s, ''] : s;
      arena.writeRange(next++, slot.encode({ current: rowOf(current), previous: rowOf(previous) }));
    }
    return base;
  };
  const window = (seconds: number | undefined): bigint => (seconds === undefined ? longAgo : process.hrtime.bigint() + BigInt(seconds) * 1_000_000_000n);
  for (const s of services) {
    const addr = mapped(s.vip);
    const entry = {
      settleTcp: window(s.settleTcp), settleUdp: window(s.settleUdp), id: s.id ?? 1, serial: s.serial ?? 10,
      tableBase: place(s.slots), tableSize: s.slots.length, prevBase: place(s.formerSlots ?? []), prevSize: s.formerSlots?.length ?? 0,
      arena: 0, prevArena: 0,
      mode: s.mode === 'l2' ? LbMode.DSR_L2 : LbMode.DSR_IPIP,
      hash: s.hash === 'random' ? LbHash.RANDOM : LbHash.MAGLEV,
      flags: (s.reject ? LbServiceFlag.REJECT : 0) | (s.bySource ? LbServiceFlag.BY_SOURCE : 0) | (s.formerSlots ? LbServiceFlag.PREV_TABLE : 0),
    };
    map.update(serviceKey.encode({ addr, port: s.port ?? 80, proto: protoNumber[s.proto ?? 'tcp'] }), service.encode(entry));
    map.update(serviceKey.encode({ addr, port: 0, proto: 0 }), service.encode({ ...entry, flags: LbServiceFlag.WILDCARD }));
  }
  const head = { settleTcp: 0n, settleUdp: 0n, id: services.length, serial: 10, tableBase: 0, tableSize: 0, prevBase: 0, prevSize: 0, arena: 0, prevArena: 0, mode: 0, hash: 0, flags: LbServiceFlag.HEAD };
  map.update(new Uint8Array(serviceKey.size), service.encode(head));
  instance.setInner('root', 0, map);
  map.close();
  arena.close();
}

function encodeFlowKey(f: FlowSpec): Uint8Array {
  return flowKey.encode({ saddr: mapped(f.src), daddr: mapped(f.dst), sport: f.sport, dport: f.dport, proto: protoNumber[f.proto] });
}

/** `key → row, birth` of every flow, as comparable text, sorted. */
export function readFlows(instance: Instance): string[] {
  const { keys, values, count } = instance.map('flows').entries();
  return Array.from({ length: count }, (_, i) => {
    const { backend: row, birth } = flow.decode(values, i * flow.size);
    return `${hex(keys.subarray(i * flowKey.size, (i + 1) * flowKey.size))} row ${row} birth ${birth}`;
  }).sort();
}

/** What `readFlows` gives for these. */
export function expectedFlows(flows: readonly FlowSpec[], rows: Fixture['rows'] = {}): string[] {
  return flows.map((f) => `${hex(encodeFlowKey(f))} row ${rowOf(f.backend)} birth ${f.birth ?? rows?.[f.backend]?.birth ?? defaultBirth}`).sort();
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
}

/** Sums over all CPUs. */
export function readCounters(instance: Instance, map: 'service_counters' | 'backend_counters', index: number): { packets: number; bytes: number; flows: number } {
  const total = { packets: 0, bytes: 0, flows: 0 };
  for (const n of perCpu(instance, map, index, counters.size).map((b): Counters => counters.decode(b))) {
    total.packets += Number(n.packets);
    total.bytes += Number(n.bytes);
    total.flows += Number(n.flows);
  }
  return total;
}

export function readDrop(instance: Instance, reason: number): number {
  return perCpu(instance, 'drops', reason, 8).reduce((n, b) => n + Number(new DataView(b.buffer, b.byteOffset).getBigUint64(0, true)), 0);
}

function perCpu(instance: Instance, map: MapName, index: number, size: number): Uint8Array[] {
  const all = instance.map(map).lookup(u32(index))!;
  return Array.from({ length: all.length / size }, (_, cpu) => all.subarray(cpu * size, (cpu + 1) * size));
}
