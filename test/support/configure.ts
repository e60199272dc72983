/** Writes what a packet fixture assumes into an instance, and reads back what the packets did to it. */
import { encodeAddresses } from '../../compiler/addresses.ts';
import {
  affinity, affinityKey, backend, flow, flowKey, fragment, fragmentKey, LbFlowState, LbHash, LbMode, LbServiceFlag, nat, range,
  rangeKey, service, serviceKey, slot, source, sourceKey, targetKey, vlan, vlanKey,
} from '../../compiler/generated/layout.ts';
import { parseAddress } from '../../dsl/ip.ts';
import { backendSums, nothing as noPackets, serviceSums, type Sums } from '../../runtime/counters.ts';
import type { Instance, MapHandle, MapName } from '../../runtime/datapath.ts';
import { stageServices } from '../../runtime/service-map.ts';
import { backends, rowOf } from '../packets/hosts.ts';
import type { AffinitySpec, Fixture, FlowSpec, FlowState, FragmentSpec, InterfaceName, NatSpec, RowSpec, ServiceSpec, VlanSpec } from '../packets/model.ts';
import { join } from './packet.ts';

export const defaultBirth = 5;
export const defaultPorts = [20000, 20099] as const;
const protoNumber = { tcp: 6, udp: 17 } as const;
const modes = { l2: LbMode.DSR_L2, ipip: LbMode.DSR_IPIP, geneve: LbMode.DSR_GENEVE, snat: LbMode.SNAT, dnat: LbMode.DNAT } as const;
const hashes = { maglev: LbHash.MAGLEV, random: LbHash.RANDOM, rr: LbHash.RR } as const;
const states = { opening: LbFlowState.OPENING, open: LbFlowState.OPEN, closing: LbFlowState.CLOSING, closed: LbFlowState.CLOSED } as const;
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

/** What of a fixture is in maps. */
export type Assumed = Pick<Fixture, 'services' | 'rows' | 'flows' | 'nats' | 'fragments' | 'affinities' | 'vlans'>;

/** Replaces the live configuration, all rows, all flows and all counters by those of a fixture. `ifindex`: for those with VLANs. */
export function configure(instance: Instance, fixture: Assumed, ifindex?: Readonly<Record<InterfaceName, number>>): void {
  for (const map of ['service_counters', 'backend_counters', 'drops', 'reject_limit', 'hops', 'turns', 'activity'] as const) zero(instance.map(map));
  // Large, and written for answers only.
  if (fixture.nats || fixture.services.some((s) => s.mode === 'snat' || s.mode === 'dnat')) zero(instance.map('ways'));
  for (const map of ['flows', 'nat', 'affinities', 'fragments', 'vlans'] as const) empty(instance.map(map));
  for (const f of fixture.flows ?? []) instance.map('flows').update(encodeFlowKey(f), encodeFlow(f, fixture.rows));
  for (const n of fixture.nats ?? []) instance.map('nat').update(encodeNatKey(n), encodeNat(n, fixture.rows));
  for (const f of fixture.fragments ?? []) instance.map('fragments').update(...encodeFragment(f));
  for (const a of fixture.affinities ?? []) instance.map('affinities').update(encodeAffinityKey(a), encodeAffinity(a, fixture.rows));
  for (const v of fixture.vlans ?? []) writeVlan(instance, v, ifindex!);
  reconfigure(instance, fixture);
}

/** As a commit does: what is known of flows stays, and so do the counters. */
export function reconfigure(instance: Instance, fixture: Assumed): void {
  for (const name of Object.keys(backends)) writeRow(instance, name, fixture.rows?.[name] ?? {});
  for (const map of ['ranges', 'sources', 'targets'] as const) empty(instance.map(map));
  writeAddresses(instance, fixture);
  writeServices(instance, fixture.services);
}

/** Both ways: which interface a tag belongs to, and which tag an interface has. */
function writeVlan(instance: Instance, { parent, vid, interface: own }: VlanSpec, ifindex: Readonly<Record<InterfaceName, number>>): void {
  instance.map('vlans').update(vlanKey.encode({ ifindex: ifindex[parent], vid }), vlan.encode({ ifindex: ifindex[own], vid }));
  instance.map('vlans').update(vlanKey.encode({ ifindex: ifindex[own], vid: 0 }), vlan.encode({ ifindex: ifindex[parent], vid }));
}

function writeRow(instance: Instance, name: string, row: RowSpec): void {
  const addr = mapped(backends[name]!);
  const family = backends[name]!.includes(':') ? 6 : 4;
  instance.map('backends').update(u32(rowOf(name)), backend.encode({
    addr, family, port: row.port ?? 0, birth: row.birth ?? defaultBirth, deadFrom: row.deadFrom ?? 0, drainFrom: row.drainFrom ?? 0, service: row.service ?? 1,
  }));
}

function zero(map: MapHandle): void {
  const { values, count } = map.entries();
  const size = values.length / count;
  for (let i = 0; i < count; i++) {
    if (values.subarray(i * size, (i + 1) * size).some((byte) => byte !== 0)) map.update(u32(i), new Uint8Array(size));
  }
}

function empty(map: MapHandle): void {
  const { keys, count } = map.entries();
  for (let i = 0; i < count; i++) map.delete(keys.slice(i * map.info.keySize, (i + 1) * map.info.keySize));
}

/** Backends of services by name, without none. */
function backendsOf(s: ServiceSpec): string[] {
  return [...new Set([...s.slots.flat(), ...(s.formerSlots ?? [])])].filter((name) => name !== '');
}

/** VIPs, and backends whose replies may be translated here. */
function writeAddresses(instance: Instance, { services, flows = [], nats = [] }: Pick<Fixture, 'services' | 'flows' | 'nats'>): void {
  const answering = [...services.filter((s) => s.mode !== 'l2').flatMap(backendsOf), ...[...flows, ...nats].map((f) => f.backend)];
  instance.map('addresses').writeRange(0, encodeAddresses(services.map((s) => mapped(s.vip)), answering.map((name) => mapped(backends[name]!))));
}

function writeServices(instance: Instance, services: readonly ServiceSpec[]): void {
  let arena = instance.inner('arenas', 0);
  if (!arena) {
    arena = instance.createArena();
    instance.setInner('arenas', 0, arena);
  }
  const entries = new Map<string, readonly [Uint8Array, Uint8Array]>();
  const put = (key: Uint8Array, value: Uint8Array): void => void entries.set(hex(key), [key, value]);
  let next = 0;
  const place = (slots: readonly (string | readonly [string, string])[]): number => {
    const base = next;
    for (const s of slots) {
      const [current, previous] = typeof s === 'string' ? [s, ''] : s;
      arena.writeRange(next++, slot.encode({ current: rowOf(current), previous: rowOf(previous) }));
    }
    return base;
  };
  const window = (seconds: number | undefined): bigint => (!seconds ? longAgo : process.hrtime.bigint() + BigInt(seconds) * 1_000_000_000n);
  for (const s of services) {
    const addr = mapped(s.vip);
    const [portLow, portHigh] = s.ports ?? defaultPorts;
    const entry = {
      ...nothing,
      settleTcp: window(s.settleTcp), settleUdp: window(s.settleUdp), id: s.id ?? 1, serial: s.serial ?? 10,
      tableBase: place(s.slots), tableSize: s.slots.length, prevBase: place(s.formerSlots ?? []), prevSize: s.formerSlots?.length ?? 0,
      mode: modes[s.mode],
      hash: hashes[s.hash ?? 'maglev'],
      affinity: s.affinity ?? 0, portLow, portHigh,
      sources: writeSources(instance, s),
      flags: (s.reject ? LbServiceFlag.REJECT : 0) | (s.bySource || s.affinity ? LbServiceFlag.BY_SOURCE : 0)
        | (s.hash === 'random' || s.hash === 'rr' || s.affinity || s.mode === 'snat' || s.mode === 'dnat' ? LbServiceFlag.REMEMBER : 0)
        | (s.formerSlots ? LbServiceFlag.PREV_TABLE : 0) | (s.allow ? LbServiceFlag.ALLOW : 0),
    };
    writeRanges(instance, s);
    for (const name of s.mode === 'ipip' || s.mode === 'geneve' ? backendsOf(s) : []) {
      instance.map('targets').update(targetKey.encode({ addr: mapped(backends[name]!), service: entry.id }), u32(rowOf(name)));
    }
    put(serviceKey.encode({ addr, port: s.port ?? 80, proto: protoNumber[s.proto ?? 'tcp'] }), service.encode(entry));
    put(serviceKey.encode({ addr, port: 0, proto: 0 }), service.encode({ ...nothing, flags: LbServiceFlag.WILDCARD | (s.pass ? LbServiceFlag.PASS : 0) }));
  }
  put(new Uint8Array(serviceKey.size), service.encode({ ...nothing, id: services.length, serial: Math.max(10, ...services.map((s) => s.serial ?? 0)), flags: LbServiceFlag.HEAD }));
  const all = [...entries.values()];
  const map = stageServices(instance, { keys: join(...all.map(([key]) => key)), values: join(...all.map(([, value]) => value)), count: all.length });
  instance.setInner('root', 0, map);
  map.close();
  arena.close();
}

const nothing = {
  settleTcp: 0n, settleUdp: 0n, id: 0, serial: 0, tableBase: 0, tableSize: 0, prevBase: 0, prevSize: 0, arena: 0, prevArena: 0,
  mode: 0, hash: 0, flags: 0, sources: 0, affinity: 0, portLow: 0, portHigh: 0,
};

function writeRanges(instance: Instance, s: ServiceSpec): void {
  for (const [index, text] of (s.allow ?? []).entries()) {
    const [address, bits] = text.split('/') as [string, string];
    const family = address.includes(':') ? 6 : 4;
    const prefix = 96 + Number(bits) + (family === 4 ? 96 : 0);
    instance.map('ranges').update(rangeKey.encode({ prefix, service: s.id ?? 1, serial: s.serial ?? 10, family, addr: mapped(address) }), range.encode({ index }));
  }
}

/** Answers the number of each family, as the entry holds it. */
function writeSources(instance: Instance, s: ServiceSpec): number {
  const count = { 4: 0, 6: 0 };
  for (const { address, prefix, ports } of s.sources ?? []) {
    const family = address.includes(':') ? 6 : 4;
    const [portLow, portHigh] = ports ?? defaultPorts;
    instance.map('sources').update(sourceKey.encode({ service: s.id ?? 1, serial: s.serial ?? 10, family, index: count[family]++ }),
      source.encode({ addr: mapped(address), prefix: prefix ?? (family === 4 ? 32 : 128), portLow, portHigh }));
  }
  return count[4] | (count[6] << 4);
}

function encodeFlowKey(f: FlowSpec): Uint8Array {
  return flowKey.encode({ saddr: mapped(f.src), daddr: mapped(f.dst), sport: f.sport, dport: f.dport, proto: protoNumber[f.proto] });
}

function encodeFlow(f: FlowSpec, rows: Fixture['rows'] = {}): Uint8Array {
  return flow.encode({
    seen: secondsAgo(f.age),
    backend: rowOf(f.backend), birth: f.birth ?? rows[f.backend]?.birth ?? defaultBirth, state: states[f.state ?? 'open'],
    natAddr: f.as ? mapped(f.as.address) : new Uint8Array(16), natPort: f.as?.port ?? 0, natFamily: f.as ? (f.as.address.includes(':') ? 6 : 4) : 0,
  });
}

function secondsAgo(age = 0): bigint {
  return process.hrtime.bigint() - BigInt(age) * 1_000_000_000n;
}

function encodeFragment(f: FragmentSpec): readonly [Uint8Array, Uint8Array] {
  const proto = protoNumber[f.proto];
  const id = f.dst.includes(':') ? swap32(f.id) : swap32(f.id) >>> 16;
  return [
    fragmentKey.encode({ saddr: mapped(f.src), daddr: mapped(f.dst), id, proto }),
    fragment.encode({ seen: secondsAgo(f.age), sport: f.sport, dport: f.dport, proto }),
  ];
}

/** A number in network byte order as a little-endian machine reads it. */
function swap32(value: number): number {
  return new DataView(u32(value).buffer).getUint32(0);
}

function encodeAffinityKey(a: AffinitySpec): Uint8Array {
  return affinityKey.encode({ client: mapped(a.client), service: a.service ?? 1 });
}

function encodeAffinity(a: AffinitySpec, rows: Fixture['rows'] = {}): Uint8Array {
  return affinity.encode({ seen: secondsAgo(a.age), backend: rowOf(a.backend), birth: a.birth ?? rows[a.backend]?.birth ?? defaultBirth });
}

/** Like `readFlows`, of clients with affinity. */
export function readAffinities(instance: Instance): string[] {
  const { keys, values, count } = instance.map('affinities').entries();
  return Array.from({ length: count }, (_, i) => affinityText(keys.subarray(i * affinityKey.size, (i + 1) * affinityKey.size), values.subarray(i * affinity.size))).sort();
}

/** What `readAffinities` gives for these. */
export function expectedAffinities(all: readonly AffinitySpec[], rows: Fixture['rows'] = {}): string[] {
  return all.map((a) => affinityText(encodeAffinityKey(a), encodeAffinity(a, rows))).sort();
}

function affinityText(key: Uint8Array, value: Uint8Array): string {
  const { backend: row, birth } = affinity.decode(value);
  return `${hex(key)} row ${row} birth ${birth}`;
}

function encodeNatKey(n: NatSpec): Uint8Array {
  return flowKey.encode({ saddr: mapped(backends[n.backend]!), sport: n.port ?? 80, daddr: mapped(n.to.address), dport: n.to.port, proto: protoNumber[n.proto] });
}

function encodeNat(n: NatSpec, rows: Fixture['rows'] = {}): Uint8Array {
  const row = n.row ?? n.backend;
  return nat.encode({
    seen: secondsAgo(n.age),
    vip: mapped(n.vip.address), vipPort: n.vip.port, client: mapped(n.client.address), clientPort: n.client.port,
    state: states[n.state ?? 'open'], fins: 0, received: n.received ? 1 : 0, service: rows[row]?.service ?? 1,
    backend: rowOf(row), birth: n.birth ?? rows[row]?.birth ?? defaultBirth,
  });
}

/** `key → client > vip, row, birth, state` of every translation, as comparable text, sorted. */
export function readNats(instance: Instance): string[] {
  const { keys, values, count } = instance.map('nat').entries();
  return Array.from({ length: count }, (_, i) => natText(keys.subarray(i * flowKey.size, (i + 1) * flowKey.size), values.subarray(i * nat.size))).sort();
}

/** What `readNats` gives for these. */
export function expectedNats(nats: readonly NatSpec[], rows: Fixture['rows'] = {}): string[] {
  return nats.map((n) => natText(encodeNatKey(n), encodeNat(n, rows))).sort();
}

function natText(key: Uint8Array, value: Uint8Array): string {
  const n = nat.decode(value);
  const ends = `client ${hex(n.client)} ${n.clientPort} vip ${hex(n.vip)} ${n.vipPort}`;
  return `${hex(key)} ${ends} service ${n.service} row ${n.backend} birth ${n.birth} state ${n.state} received ${n.received}`;
}

/** Of every flow that is remembered, sorted. */
export function readStates(instance: Instance): FlowState[] {
  const { values, count } = instance.map('flows').entries();
  const names = Object.keys(states) as FlowState[];
  return Array.from({ length: count }, (_, i) => names.find((name) => states[name] === flow.decode(values, i * flow.size).state)!).sort();
}

/** `key → row, birth` of every flow, as comparable text, sorted. */
export function readFlows(instance: Instance): string[] {
  const { keys, values, count } = instance.map('flows').entries();
  return Array.from({ length: count }, (_, i) => {
    return flowText(keys.subarray(i * flowKey.size, (i + 1) * flowKey.size), values.subarray(i * flow.size));
  }).sort();
}

/** What `readFlows` gives for these. */
export function expectedFlows(flows: readonly FlowSpec[], rows: Fixture['rows'] = {}): string[] {
  return flows.map((f) => flowText(encodeFlowKey(f), encodeFlow(f, rows))).sort();
}

function flowText(key: Uint8Array, value: Uint8Array): string {
  const f = flow.decode(value);
  return `${hex(key)} row ${f.backend} birth ${f.birth} as ${f.natFamily} ${hex(f.natAddr)} ${f.natPort}`;
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
}

/** Sums over all CPUs, of a service by id or a backend by row. */
export function readCounters(instance: Instance, of: 'service' | 'backend', index: number): Sums {
  const sums = of === 'service' ? serviceSums(instance, new Set([index])) : backendSums(instance, new Set([index]));
  return sums.get(index) ?? noPackets;
}

/** Of `drops` or `activity`. */
export function readCount(instance: Instance, map: 'drops' | 'activity', index: number): number {
  return perCpu(instance, map, index, 8).reduce((n, b) => n + Number(new DataView(b.buffer, b.byteOffset).getBigUint64(0, true)), 0);
}

function perCpu(instance: Instance, map: MapName, index: number, size: number): Uint8Array[] {
  const all = instance.map(map).lookup(u32(index))!;
  return Array.from({ length: all.length / size }, (_, cpu) => all.subarray(cpu * size, (cpu + 1) * size));
}
