/** Configurations by chance: every mode, hash and switch, backends of every kind, and the program that runs them. */
import { LbFeature } from '../../../compiler/generated/layout.ts';
import { variants } from '../../../compiler/generated/variants.ts';
import * as net from '../../packets/hosts.ts';
import type { FlowSpec, RowSpec, ServiceSpec, SourceSpec, VlanSpec } from '../../packets/model.ts';
import { addressOf, clients, vips } from './addresses.ts';
import type { Random } from './random.ts';

export interface Scenario {
  readonly variant: string;
  readonly features: number;
  readonly services: readonly ServiceSpec[];
  readonly rows: Readonly<Record<string, RowSpec>>;
  readonly flows: readonly FlowSpec[];
  readonly vlans: readonly VlanSpec[];
}

type Mode = ServiceSpec['mode'];

const serial = 10;
const ports = [80, 443, 53, 6081, 65535] as const;
const variantModes: Readonly<Record<string, readonly Mode[]>> = {
  dsr_l2: ['l2'], dsr_ipip: ['ipip'], dsr: ['l2', 'ipip', 'geneve'], nat: ['snat', 'dnat'], full: ['l2', 'ipip', 'geneve', 'snat', 'dnat'],
};
const modeFeatures = { l2: LbFeature.DSR_L2, ipip: LbFeature.DSR_IPIP, geneve: LbFeature.DSR_GENEVE, snat: LbFeature.SNAT, dnat: LbFeature.DNAT } as const;

/** Services that share an id are front ends of one service: its mode, its backends, its switches. */
export function makeScenario(r: Random): Scenario {
  const variant = r.pick(variants);
  const names = Object.keys(net.backends);
  const ids = r.between(1, 4);
  const rows: Record<string, RowSpec> = {};
  for (const name of names) {
    rows[name] = {
      service: r.between(1, ids), ...(r.chance(0.4) ? { port: r.pick([8080, 80, 1, 65535]) } : {}),
      ...(r.chance(0.05) ? { deadFrom: r.between(serial - 1, serial + 1) } : {}), ...(r.chance(0.1) ? { drainFrom: r.between(serial - 1, serial + 1) } : {}),
    };
  }
  const taken = new Set<string>();
  const services = Array.from({ length: ids }, (_, i) => i + 1).flatMap((id) => frontEnds(r, id, r.pick(variantModes[variant.name]!), rows, taken));
  const vlans = r.chance(0.25) ? makeVlans(r) : [];
  const flows = Array.from({ length: r.below(12) }, () => makeFlow(r, services, rows)).filter((f) => f !== undefined);
  const all = variant.features;
  const needs = needed(services, vlans.length > 0) & all;
  const features = r.chance(0.75) ? all : all & (needs | r.next());
  return { variant: variant.name, features, services, rows, flows, vlans };
}

/** A commit: the same services with other slots, modes and switches, one serial on. Flows and rows stay; rows may die or drain. */
export function changeScenario(r: Random, before: Scenario): Scenario {
  const next = Math.max(...before.services.map((s) => s.serial ?? serial)) + 1;
  const rows: Record<string, RowSpec> = {};
  for (const [name, row] of Object.entries(before.rows)) {
    rows[name] = { ...row, ...(r.chance(0.1) && row.deadFrom === undefined ? { deadFrom: next } : {}), ...(r.chance(0.1) && row.drainFrom === undefined ? { drainFrom: next } : {}) };
  }
  const services = before.services.filter((_, i) => i === 0 || r.chance(0.9)).map((s): ServiceSpec => {
    const mode = r.chance(0.1) ? r.pick(variantModes[before.variant]!) : s.mode;
    const { formerSlots: _former, ...rest } = s;
    const slots = makeSlots(r, usable(s.id!, mode, s.vip.includes(':') ? 6 : 4, rows), rows, next);
    const formerSlots = r.chance(0.2) ? { formerSlots: s.slots.map((slot) => (typeof slot === 'string' ? slot : slot[0])) } : {};
    const moved = slots.map((slot, i): readonly [string, string] => {
      const old = s.slots[i];
      return [slot[0], r.chance(0.3) && old !== undefined ? (typeof old === 'string' ? old : old[0]) : slot[1]];
    });
    return { ...rest, mode, serial: next, slots: moved, ...(moved.length > 0 ? formerSlots : {}), settleTcp: r.pick([-1, 60]), settleUdp: r.pick([-1, 10]) };
  });
  return { ...before, rows, services, features: before.features | (needed(services, false) & variants.find((v) => v.name === before.variant)!.features) };
}

/** Names of backends that a service may have; now and then those of others, as no commit would write them. */
function usable(id: number, mode: Mode, version: 4 | 6, rows: Readonly<Record<string, RowSpec>>): string[] {
  const translated = mode === 'snat' || mode === 'dnat' || mode === 'l2';
  return Object.keys(rows).filter((n) => rows[n]!.service === id && !(n.endsWith('b') && rows[n.slice(0, -1)]?.service === id) && (!translated || addressOf(net.backends[n]!).version === version));
}

function makeSlots(r: Random, names: readonly string[], rows: Readonly<Record<string, RowSpec>>, at: number): (readonly [string, string])[] {
  const current = names.filter((n) => rows[n]!.deadFrom === undefined || rows[n]!.deadFrom > at);
  if (current.length === 0 || r.chance(0.08)) return [];
  const chosen = r.some(current, 0.7);
  const from = chosen.length > 0 ? chosen : [r.pick(current)];
  const disturbed = r.pick([0, 0, 0.3, 1]);
  return Array.from({ length: r.between(1, 16) }, () => [r.chance(0.03) ? '' : r.pick(from), r.chance(disturbed) ? r.pick(names) : ''] as const);
}

function frontEnds(r: Random, id: number, mode: Mode, rows: Readonly<Record<string, RowSpec>>, taken: Set<string>): ServiceSpec[] {
  const common: Partial<ServiceSpec> = {
    hash: r.pick(['maglev', 'maglev', 'random', 'rr'] as const), serial, id, settleTcp: r.pick([-1, 60]), settleUdp: r.pick([-1, 10]),
    ...(r.chance(0.5) ? { reject: true } : {}), ...(r.chance(0.2) ? { affinity: r.pick([1, 3600]) } : {}), ...(r.chance(0.2) ? { bySource: true } : {}),
    ...(r.chance(0.5) ? { sources: makeSources(r, mode) } : {}), ...(r.chance(0.3) ? { allow: makeAllow(r) } : {}), ...(r.chance(0.3) ? { ports: r.pick([[30000, 30000], [1024, 65535], [30000, 30003]] as const) } : {}),
  };
  const made: ServiceSpec[] = [];
  for (let n = r.between(1, 4); n > 0; n--) {
    const version = r.pick([4, 6] as const);
    const vip = r.pick(r.chance(0.1) ? vips[version] : vips[version].slice(0, 2));
    const port = r.pick(ports);
    const proto = r.pick(['tcp', 'udp'] as const);
    const key = `${vip} ${port} ${proto}`;
    if (taken.has(key)) continue;
    taken.add(key);
    const slots = makeSlots(r, usable(id, mode, version, rows), rows, serial);
    made.push({
      vip, port, proto, mode, slots, ...common,
      ...(r.chance(0.2) && slots.length > 0 ? { formerSlots: slots.slice(0, r.between(1, slots.length)).map((s) => s[0]) } : {}),
      ...(r.chance(0.2) ? { pass: true } : {}),
    });
  }
  return made;
}

function makeAllow(r: Random): string[] {
  const ranges = [
    '203.0.113.0/24', '203.0.113.7/32', '203.0.113.128/25', '10.0.0.0/8', '0.0.0.0/0', '2001:db8:7::/64', '2001:db8:7::7/128', '2001:db8::/32', 'fd00::/8', '::/0',
  ];
  return r.some(ranges, 0.3).concat('203.0.113.8/32');
}

/** Of snat with ports, few enough to run out; of encapsulations prefixes. */
function makeSources(r: Random, mode: Mode): SourceSpec[] {
  const translated = mode === 'snat' || mode === 'dnat';
  const of = (address: string, bits: number): SourceSpec => (translated
    ? { address, ports: r.pick([[20000, 20001], [20000, 20099], [1024, 65535]] as const) }
    : { address, prefix: r.pick([bits, bits - 4, bits - 8]) });
  const list = [of('10.6.0.16', 32), of('10.6.1.0', 32), of('fd00:6::100', 128), of('fd00:6:1::', 128), of(net.own.out4, 32), of(net.own.out6, 128)];
  return r.some(list, 0.4);
}

function makeVlans(r: Random): VlanSpec[] {
  return r.pick([
    [{ parent: 'in', vid: 5, interface: 'tag' }], [{ parent: 'in', vid: 5, interface: 'out' }], [{ parent: 'out', vid: 4095, interface: 'tag' }],
    [{ parent: 'in', vid: 5, interface: 'tag' }, { parent: 'out', vid: 7, interface: 'in' }],
  ] satisfies VlanSpec[][]);
}

function makeFlow(r: Random, services: readonly ServiceSpec[], rows: Readonly<Record<string, RowSpec>>): FlowSpec | undefined {
  const service = r.pick(services);
  if (!service) return undefined;
  const version = service.vip.includes(':') ? 6 : 4;
  const names = usable(service.id!, service.mode, version, rows);
  if (names.length === 0) return undefined;
  return {
    proto: service.proto!, src: r.pick(clients[version].slice(0, 3)), sport: 40000 + r.below(8), dst: service.vip, dport: service.port!, backend: r.pick(names),
    state: r.pick(['opening', 'open', 'closing', 'closed'] as const), age: r.pick([0, 1, 5, 100, 10000]),
    ...(service.mode === 'snat' ? { as: { address: version === 4 ? '10.6.0.16' : 'fd00:6::100', port: 20000 + r.below(100) } } : {}),
  };
}

/** What a configuration does not work without. */
function needed(services: readonly ServiceSpec[], tagged: boolean): number {
  let features: number = tagged ? LbFeature.VLAN : 0;
  for (const s of services) {
    features |= modeFeatures[s.mode] | (s.proto === 'udp' ? LbFeature.UDP : LbFeature.TCP) | LbFeature.FLOWS;
    for (const address of [s.vip, ...s.slots.flat().filter((n) => n !== '').map((n) => net.backends[n]!)]) features |= address.includes(':') ? LbFeature.IPV6 : LbFeature.IPV4;
    if (s.hash === 'random') features |= LbFeature.RANDOM;
    if (s.hash === 'rr') features |= LbFeature.RR;
    if (s.bySource || s.affinity) features |= LbFeature.HASH_SOURCE;
    if (s.affinity) features |= LbFeature.AFFINITY;
    if (s.allow) features |= LbFeature.ALLOW;
    if (s.reject) features |= LbFeature.REJECT;
    if (s.sources && s.sources.length > 0) features |= LbFeature.SPREAD;
  }
  return features;
}
