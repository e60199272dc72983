/** A scenario as the oracle and the generator of packets ask about it: by keys of addresses. */
import { LbFeature } from '../../../compiler/generated/layout.ts';
import * as net from '../../packets/hosts.ts';
import type { ServiceSpec, VlanSpec } from '../../packets/model.ts';
import { defaultPorts } from '../configure.ts';
import { addressOf, parseCidr } from './addresses.ts';
import { isOwn, type Interface } from './network.ts';
import type { Scenario } from './scenario.ts';
import { protos, type Address } from './wire.ts';

export interface FrontEnd {
  readonly spec: ServiceSpec;
  readonly vip: Address;
  readonly port: number;
  readonly proto: number;
  /** Addresses of the backends that its packets may go to, with the ports that translation may give them. */
  readonly backends: ReadonlyMap<string, readonly number[]>;
  /** The same for what tunnels bring to this host: also those that are dead by now. */
  readonly pods: ReadonlyMap<string, readonly number[]>;
  allows(source: string): boolean;
  /** Whether a backend may see packets from there. No port: of an encapsulation, or of a fragment. */
  maySendFrom(address: string, port?: number): boolean;
  /** Whether a client may have this port at a backend, where its own is taken by another VIP's flow. */
  mayGive(port: number): boolean;
}

/** What translation made of one flow, as its client and as its backend see it. */
export interface Translation {
  readonly proto: number;
  readonly client: string;
  readonly clientPort: number;
  readonly vip: string;
  readonly vipPort: number;
  readonly source: string;
  readonly sourcePort: number;
  readonly backend: string;
  readonly backendPort: number;
}

const keptTranslations = 8192;
/** So many that the kernel evicts none yet. */
const fewFlows = 1500;

export class Model {
  readonly frontEnds: readonly FrontEnd[];
  readonly vips: ReadonlySet<string>;
  readonly #byKey: ReadonlyMap<string, FrontEnd>;
  readonly #translations: Map<string, Translation[]>;
  readonly #pairs: Set<string>;
  /** Flows of services that translate whose packets came, and did not go on: they may have been opened all the same. */
  readonly #attempts: Set<string>;
  /** The way back that each flow has, and whose each one is. */
  readonly #backs: Map<string, string>;
  readonly #owners: Map<string, string>;
  /** Services that once had their clients' sources translated. */
  readonly #hidSources: Set<number>;
  /** Names of backends that each service had since its flows were last forgotten. */
  readonly #had: Map<number, Set<string>>;

  /** After `before`, where its flows are still known. */
  constructor(readonly scenario: Scenario, before?: Model) {
    this.#translations = before ? before.#translations : new Map();
    this.#pairs = before ? before.#pairs : new Set();
    this.#attempts = before ? before.#attempts : new Set();
    this.#backs = before ? before.#backs : new Map();
    this.#owners = before ? before.#owners : new Map();
    this.#hidSources = before ? before.#hidSources : new Set();
    this.#had = before ? before.#had : new Map();
    for (const s of scenario.services) if (s.mode === 'snat') this.#hidSources.add(s.id!);
    for (const s of scenario.services) this.#remember(s.id!, [...s.slots.flat(), ...(s.formerSlots ?? [])]);
    for (const f of scenario.flows) this.#remember(scenario.rows[f.backend]?.service ?? 1, [f.backend]);
    this.frontEnds = scenario.services.map((s) => this.#frontEnd(s));
    this.vips = new Set(this.frontEnds.map((f) => f.vip.key));
    this.#byKey = new Map(this.frontEnds.map((f) => [`${f.vip.key} ${f.proto} ${f.port}`, f]));
    for (const f of before ? [] : scenario.flows) this.#learnFlow(f);
    if (!before) this.#backs.clear();
  }

  has(feature: number): boolean {
    return (this.scenario.features & feature) !== 0;
  }

  frontEnd(vip: string, proto: number, port: number): FrontEnd | undefined {
    return this.#byKey.get(`${vip} ${proto} ${port}`);
  }

  tagged(on: Interface, vid: number): boolean {
    return this.scenario.vlans.some((v) => v.parent === on && v.vid === vid);
  }

  /** How an interface sends: by itself, or with a tag through its parent. */
  sends(by: Interface): { readonly by: Interface; readonly vid: number | undefined } {
    const vlan: VlanSpec | undefined = this.has(LbFeature.VLAN) ? this.scenario.vlans.find((v) => v.interface === by) : undefined;
    return vlan ? { by: vlan.parent, vid: vlan.vid } : { by, vid: undefined };
  }

  /** Answers what is wrong with it: another flow has the same way back. */
  learn(t: Translation): string[] {
    if (this.#translations.size > keptTranslations) return [];
    const faults = this.#claimFaults(t);
    const key = `${t.proto} ${t.backend} ${t.backendPort} ${t.source} ${t.sourcePort}`;
    this.#pairs.add(`${t.backend} ${t.source}`);
    const known = this.#translations.get(key);
    if (!known) this.#translations.set(key, [t]);
    else if (!known.some((k) => k.client === t.client && k.clientPort === t.clientPort && k.vip === t.vip && k.vipPort === t.vipPort)) known.push(t);
    return faults;
  }

  /**
   * A way back is free again when its flow is over (not within the seconds that a scenario takes), gone with its backend,
   * evicted, or has begun anew elsewhere.
   */
  #claimFaults(t: Translation): string[] {
    const flow = `${t.proto} ${t.client} ${t.clientPort} ${t.vip} ${t.vipPort}`;
    const back = `${t.proto} ${t.backend} ${t.backendPort} ${t.source} ${t.sourcePort}`;
    const owner = this.#owners.get(back);
    this.#owners.set(back, flow);
    this.#backs.set(flow, back);
    if (owner === undefined || owner === flow || this.#backs.get(owner) !== back || this.#backs.size > fewFlows) return [];
    const { rows } = this.scenario;
    const gone = Object.keys(rows).some((n) => rows[n]!.deadFrom !== undefined && addressOf(net.backends[n]!).key === t.backend);
    return gone ? [] : [`${flow} and ${owner} have the same way back, ${back}`];
  }

  /** A packet of such a flow came, and did not go on. */
  attempt(proto: number, client: string, clientPort: number, vip: string, vipPort: number): void {
    const flow = `${proto} ${client} ${clientPort} ${vip} ${vipPort}`;
    this.#attempts.add(flow);
    this.#backs.delete(flow);
  }

  /** Whether these may be the ends of a flow that was opened by a packet which did not go on, since it did not fit, say. */
  mayBeOpened(t: Translation): boolean {
    const f = this.frontEnd(t.vip, t.proto, t.vipPort);
    const attempted = [[t.clientPort, t.vipPort], [-1, -1]].some(([client, vip]) => this.#attempts.has(`${t.proto} ${t.client} ${client} ${t.vip} ${vip}`));
    if (!f || !attempted) return false;
    const kept = t.source === t.client && (t.sourcePort === t.clientPort || f.mayGive(t.sourcePort));
    return (f.backends.get(t.backend)?.includes(t.backendPort) ?? false) && (kept ? f.spec.mode === 'dnat' : this.hides(f) && f.maySendFrom(t.source, t.sourcePort));
  }

  /** Whether a flow of the service may have another source than its client; a change of mode leaves flows as they are. */
  hides(f: FrontEnd): boolean {
    return f.spec.mode === 'snat' || this.#hidSources.has(f.spec.id!);
  }

  /** Whether packets between these two may be replies. */
  hasPair(backend: string, source: string): boolean {
    return this.#pairs.has(`${backend} ${source}`);
  }

  /** What a backend's packet may be a reply of. */
  translations(proto: number, backend: string, backendPort: number, source: string, sourcePort: number): readonly Translation[] {
    return this.#translations.get(`${proto} ${backend} ${backendPort} ${source} ${sourcePort}`) ?? [];
  }

  /** Later fragments have no ports. */
  translationsBetween(proto: number, backend: string, source: string): readonly Translation[] {
    return [...this.#translations.values()].flat().filter((t) => t.proto === proto && t.backend === backend && t.source === source);
  }

  translationsOf(proto: number, client: string, clientPort: number, vip: string, vipPort: number): readonly Translation[] {
    return [...this.#translations.values()].flat().filter((t) => t.proto === proto && t.client === client && t.clientPort === clientPort && t.vip === vip && t.vipPort === vipPort);
  }

  #remember(id: number, names: readonly string[]): void {
    const all = this.#had.get(id) ?? new Set();
    for (const n of names) if (n !== '') all.add(n);
    this.#had.set(id, all);
  }

  #learnFlow(f: Scenario['flows'][number]): void {
    const backendPort = this.scenario.rows[f.backend]?.port ?? f.dport;
    this.learn({
      proto: f.proto === 'tcp' ? protos.tcp : protos.udp, client: addressOf(f.src).key, clientPort: f.sport, vip: addressOf(f.dst).key, vipPort: f.dport,
      source: addressOf(f.as?.address ?? f.src).key, sourcePort: f.as?.port ?? f.sport, backend: addressOf(net.backends[f.backend]!).key, backendPort,
    });
  }

  #frontEnd(s: ServiceSpec): FrontEnd {
    const { rows } = this.scenario;
    const alive = (name: string): boolean => rows[name]?.deadFrom === undefined || s.serial! < rows[name].deadFrom;
    const current = s.slots.map((slot) => (typeof slot === 'string' ? slot : slot[0])).filter((n) => n !== '');
    const others = [...s.slots.flat(), ...(s.formerSlots ?? []), ...[...this.#had.get(s.id!)!].filter((n) => (rows[n]?.service ?? 1) === s.id)];
    const names = [...new Set([...current, ...others.filter((n) => n !== '' && alive(n))])];
    const ranges = s.allow?.map((a) => parseCidr(a).prefix);
    const translated = s.mode === 'snat' || s.mode === 'dnat';
    const [low, high] = s.ports ?? defaultPorts;
    const vip = addressOf(s.vip);
    const sources = (s.sources ?? []).map((x) => ({
      prefix: parseCidr(x.prefix === undefined ? x.address : `${x.address}/${x.prefix}`).prefix, ports: x.ports ?? defaultPorts, version: addressOf(x.address).version,
    }));
    return {
      spec: s, vip, port: s.port!, proto: s.proto === 'udp' ? protos.udp : protos.tcp,
      backends: portsByAddress(names, (n) => rows[n]?.port ?? s.port!),
      pods: portsByAddress([...current, ...others].filter((n) => n !== ''), (n) => rows[n]?.port ?? s.port!),
      allows: (source) => !ranges || ranges.some((r) => r(source)),
      mayGive: (port) => port >= low && port <= high,
      maySendFrom: (address, port) => {
        const version = address.length === 8 ? 4 : 6;
        const own = sources.filter((x) => x.version === version);
        // An encapsulation takes the route's own address where no source is of the outer family.
        if (own.length === 0) return isOwn(address) && (!translated || port === undefined || (port >= low && port <= high));
        return own.some((x) => x.prefix(address) && (!translated || port === undefined || (port >= x.ports[0] && port <= x.ports[1])));
      },
    };
  }
}

/** A backend may stand in several rows, each with a port of its own. */
function portsByAddress(names: readonly string[], port: (name: string) => number): Map<string, number[]> {
  const all = new Map<string, number[]>();
  for (const n of names) {
    const { key } = addressOf(net.backends[n]!);
    all.set(key, [...(all.get(key) ?? []), port(n)]);
  }
  return all;
}

/** Interfaces by index in `on`. */
export const interfaces: readonly Interface[] = ['in', 'out'];
