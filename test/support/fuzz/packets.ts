/** Packets by chance: good ones of every kind, most of them about what is configured, and what comes back for what left. */
import * as net from '../../packets/hosts.ts';
import { macBytes } from '../packet.ts';
import { addressOf, clients, strangers } from './addresses.ts';
import type { FrontEnd, Model, Translation } from './model.ts';
import type { Interface } from './network.ts';
import type { Random } from './random.ts';
import { keyAt, protos, types, geneve, type Address } from './wire.ts';
import { Writer, type IpOptions } from './writer.ts';

interface Flow {
  readonly frontEnd: FrontEnd;
  readonly client: Address;
  readonly sport: number;
}

const router = macBytes(net.mac.router);
const hostMacs: Readonly<Record<Interface, Uint8Array>> = { in: macBytes(net.mac.in), out: macBytes(net.mac.out), tag: macBytes(net.mac.tag) };
const broadcast = new Uint8Array(6).fill(255);
const tcpFlags = [0x02, 0x02, 0x10, 0x10, 0x18, 0x12, 0x11, 0x01, 0x04, 0x14, 0x29, 0x00, 0x06, 0x03, 0xc2] as const;
/** Lengths of IP packets at which something changes: what fits with headers of 20 to 56 bytes, in MTUs of 1500 and 1300. */
const edges = [1500, 1480, 1464, 1460, 1444, 1300, 1280, 1264, 1260, 1244, 576, 548, 1232] as const;
const errors: Readonly<Record<4 | 6, readonly (readonly [number, number])[]>> = { 4: [[3, 3], [3, 4], [3, 1], [11, 0], [11, 1], [12, 0], [4, 0], [5, 1]], 6: [[1, 4], [1, 0], [2, 0], [3, 0], [3, 1], [4, 0], [4, 1], [100, 0]] };
const keptFlows = 64;
const keptBytes = 32;

export class Packets {
  readonly writer = new Writer();
  readonly #flows: Flow[] = [];
  readonly #translations: Translation[] = [];
  /** Frames that came and left, for ICMP errors to quote. */
  readonly #frames: Uint8Array[] = [];
  #fragmentId = 1;
  #vid: number | undefined;

  constructor(private readonly r: Random, private readonly model: Model) {}

  /** A frame in `writer`, and where it arrives. */
  next(): Interface {
    const { r } = this;
    const on: Interface = r.chance(0.8) ? 'in' : 'out';
    const vlans = this.model.scenario.vlans.filter((v) => v.parent === on);
    this.#vid = vlans.length > 0 && r.chance(0.5) ? r.pick(vlans).vid | (r.chance(0.3) ? 0x6000 : 0) : r.chance(0.02) ? r.pick([9, 0, 0xe000]) : undefined;
    this.#write(on);
    return on;
  }

  learnTranslation(t: Translation): void {
    keep(this.#translations, t, keptFlows, this.r);
  }

  learnFrame(bytes: Uint8Array, length: number): void {
    keep(this.#frames, bytes.slice(0, length), keptBytes, this.r);
  }

  #write(on: Interface): void {
    const { r } = this;
    const n = r.below(100);
    if (n < 45) return this.#flow(on, this.#known());
    if (n < 53 && this.#translations.length > 0) return this.#reply(on, r.pick(this.#translations));
    if (n < 61) return this.#tunnel(on);
    if (n < 69) return this.#error(on);
    if (n < 73) return this.#echo(on);
    if (n < 79) return this.#fragment(on, this.#known());
    if (n < 85) return this.#elsewhere(on);
    if (n < 88) return this.#otherProtocol(on);
    if (n < 90) return this.#noise(on);
    return this.#flow(on, this.#fresh());
  }

  #frame(on: Interface, version: 4 | 6): void {
    const to = this.r.chance(0.02) ? broadcast : hostMacs[on];
    this.writer.frame(to, router, version === 4 ? types.ipv4 : types.ipv6, this.#vid);
  }

  #fresh(): Flow {
    const { r, model } = this;
    const frontEnd = r.pick(model.frontEnds);
    const pool = clients[frontEnd.vip.version];
    const client = addressOf(r.chance(0.85) ? pool[r.below(3)]! : r.pick(pool));
    const flow = { frontEnd, client, sport: r.chance(0.95) ? 40000 + r.below(200) : r.pick([0, 53, 80, 20000, 65535]) };
    keep(this.#flows, flow, keptFlows, r);
    return flow;
  }

  #known(): Flow {
    return this.#flows.length > 0 && this.r.chance(0.8) ? this.r.pick(this.#flows) : this.#fresh();
  }

  #options(version: 4 | 6): IpOptions {
    const { r } = this;
    return {
      ttl: r.chance(0.93) ? 64 : r.pick([0, 1, 2, 255]), tos: r.chance(0.8) ? 0 : r.below(256), id: r.below(65536), dontFragment: r.chance(0.5),
      ...(version === 4 && r.chance(0.05) ? { options: r.pick([4, 40]) } : {}),
      ...(version === 6 && r.chance(0.07) ? { extensions: Array.from({ length: r.between(1, 5) }, () => r.pick([0, 60, 43, 44])) } : {}),
    };
  }

  /** Bytes of a payload behind `headers` bytes of them. */
  #size(headers: number): number {
    const { r } = this;
    if (r.chance(0.8)) return r.below(48);
    if (r.chance(0.7)) return Math.max(0, r.pick(edges) - headers + r.between(-1, 1));
    return r.below(1900);
  }

  #transport(proto: number, sport: number, dport: number, version: 4 | 6, flags?: number): void {
    const { r, writer } = this;
    if (proto === protos.tcp) {
      const options = r.chance(0.2) ? 12 : 0;
      writer.tcp(sport, dport, flags ?? r.pick(tcpFlags), this.#size((version === 4 ? 40 : 60) + options), options);
    } else {
      writer.udp(sport, dport, this.#size(version === 4 ? 28 : 48), version === 4 && r.chance(0.1));
    }
  }

  #packet({ frontEnd, client, sport }: Flow, port = frontEnd.port, proto = frontEnd.proto, flags?: number): void {
    this.writer.ip(client, frontEnd.vip, proto, this.#options(client.version), () => this.#transport(proto, sport, port, client.version, flags));
  }

  #flow(on: Interface, flow: Flow): void {
    this.#frame(on, flow.client.version);
    const port = this.r.chance(0.96) ? flow.frontEnd.port : this.r.pick([81, 0, 80, 443]);
    this.#packet(flow, port, this.r.chance(0.96) ? flow.frontEnd.proto : this.r.pick([protos.tcp, protos.udp]));
  }

  #reply(on: Interface, t: Translation): void {
    const from = addressOfKey(t.backend);
    const to = addressOfKey(t.source);
    this.#frame(this.r.chance(0.8) ? on : 'out', from.version);
    const port = this.r.chance(0.95) ? t.sourcePort : t.sourcePort + 1;
    this.writer.ip(from, to, t.proto, this.#options(from.version), () => this.#transport(t.proto, t.backendPort, port & 0xffff, from.version));
  }

  /** As another balancer would send it to this host, to a pod of it, or past it. */
  #tunnel(on: Interface): void {
    const { r, writer } = this;
    const flow = this.#known();
    const version = r.pick([4, 6] as const);
    const backends = [...flow.frontEnd.backends.keys()].filter((k) => k.length === (version === 4 ? 8 : 32));
    const own = addressOf(version === 4 ? net.own.in4 : net.own.in6);
    const dst = r.chance(0.5) || backends.length === 0 ? (r.chance(0.9) ? own : addressOf(version === 4 ? net.vip[4] : net.vip[6])) : addressOfKey(r.pick(backends));
    const src = addressOf(r.pick(strangers[version]));
    this.#frame(on, version);
    const body = (): void => this.#inside(flow);
    const inner = flow.client.version === 4 ? types.ipv4 : types.ipv6;
    const wrap = r.chance(0.65);
    const proto = wrap ? (flow.client.version === 4 ? protos.ipip : protos.ipv6) : protos.udp;
    writer.ip(src, dst, proto, this.#options(version), wrap ? body : () => {
      writer.udp(r.between(0xc000, 0xffff), geneve, () => writer.geneve(r.chance(0.95) ? inner : 0x6558, r.chance(0.1) ? 8 : 0, body), r.chance(0.8));
    });
  }

  #inside(flow: Flow): void {
    const { r } = this;
    if (r.chance(0.85)) return this.#packet(flow);
    if (r.chance(0.5)) return this.#errorTo(flow.client, flow.frontEnd.vip, () => this.#quoteOfReply(flow));
    this.writer.ip(flow.client, flow.frontEnd.vip, protos.ipip, {}, () => this.#packet(flow));
  }

  #error(on: Interface): void {
    const { r } = this;
    const flow = this.#known();
    const { version } = flow.client;
    this.#frame(on, version);
    const from = addressOf(r.pick(strangers[version]));
    if (r.chance(0.5)) return this.#errorTo(from, flow.frontEnd.vip, () => this.#quoteOfReply(flow));
    const t = r.chance(0.7) ? this.#translations.filter((x) => x.client.length === flow.client.key.length) : [];
    if (t.length > 0) return this.#errorAbout(from, r.pick(t));
    if (this.#frames.length === 0) return this.#errorTo(from, flow.frontEnd.vip, () => this.#quoteOfReply(flow));
    const quoted = r.pick(this.#frames);
    this.#errorTo(from, r.chance(0.5) ? flow.frontEnd.vip : flow.client, () => this.writer.put(quoted.subarray(14, 14 + r.between(20, 600))));
  }

  /** What this host sent to a backend, or a backend's answer on its way to the client. */
  #errorAbout(from: Address, t: Translation): void {
    const { writer } = this;
    const forth = this.r.chance(0.5);
    const [src, sport, dst, dport] = forth ? [t.source, t.sourcePort, t.backend, t.backendPort] : [t.vip, t.vipPort, t.client, t.clientPort];
    const source = addressOfKey(src);
    this.#errorTo(from, source, () => {
      this.#cut(() => writer.ip(source, addressOfKey(dst), t.proto, this.#options(source.version), () => this.#transport(t.proto, sport, dport, source.version)));
    });
  }

  #quoteOfReply({ frontEnd, client, sport }: Flow): void {
    this.#cut(() => this.writer.ip(frontEnd.vip, client, frontEnd.proto, this.#options(client.version), () => {
      this.#transport(frontEnd.proto, frontEnd.port, sport, client.version);
    }));
  }

  /** Only the beginning of what `body` writes. */
  #cut(body: () => void): void {
    const { r, writer } = this;
    const at = writer.at;
    body();
    const most = writer.at - at;
    if (r.chance(0.7)) writer.at = at + Math.min(most, r.pick([28, 48, 68, 128, 548, r.below(100)]));
  }

  #errorTo(src: Address, dst: Address, quote: () => void): void {
    const { r, writer } = this;
    const [type, code] = r.pick(errors[dst.version]);
    writer.ip(src, dst, dst.version === 4 ? protos.icmp : protos.icmpv6, this.#options(4), () => writer.icmp(type, code, r.pick([0, 1400, 576]), quote));
  }

  #echo(on: Interface): void {
    const { r, writer } = this;
    const { client, frontEnd: { vip } } = this.#known();
    this.#frame(on, client.version);
    const type = client.version === 4 ? r.pick([8, 8, 0, 13]) : r.pick([128, 128, 129, 135]);
    writer.ip(client, vip, client.version === 4 ? protos.icmp : protos.icmpv6, this.#options(client.version), () => {
      writer.icmp(type, r.chance(0.95) ? 0 : 1, 0x10001, () => writer.payload(this.#size(48)));
    });
  }

  /** Of a few datagrams at a time, in any order. */
  #fragment(on: Interface, flow: Flow): void {
    const { r, writer } = this;
    const replies = this.#translations.length > 0 && r.chance(0.3) ? r.pick(this.#translations) : undefined;
    const [src, sport, dst, dport, proto] = replies
      ? [addressOfKey(replies.backend), replies.backendPort, addressOfKey(replies.source), replies.sourcePort, replies.proto]
      : [flow.client, flow.sport, flow.frontEnd.vip, flow.frontEnd.port, flow.frontEnd.proto];
    if (r.chance(0.3)) this.#fragmentId++;
    const first = r.chance(0.4);
    const o: IpOptions = { ...this.#options(src.version), id: this.#fragmentId & 0xffff, more: first || r.chance(0.5), ...(first ? {} : { offset: 8 * r.between(1, 200) }) };
    this.#frame(on, src.version);
    writer.ip(src, dst, proto, o, () => {
      if (!first) writer.payload(8 * r.between(1, 150));
      else if (proto === protos.udp) writer.udp(sport, dport, 8 * r.between(0, 150), false, r.chance(0.9) ? 2000 : undefined);
      else this.#transport(proto, sport, dport, src.version);
    });
  }

  /** Nothing of ours, or nearly. */
  #elsewhere(on: Interface): void {
    const { r, writer } = this;
    const version = r.pick([4, 6] as const);
    const pool = [...clients[version], ...strangers[version], ...Object.values(net.backends).filter((a) => addressOf(a).version === version)];
    this.#frame(on, version);
    const proto = r.pick([protos.tcp, protos.udp]);
    writer.ip(addressOf(r.pick(pool)), addressOf(r.pick(pool)), proto, this.#options(version), () => this.#transport(proto, 40000, 80, version));
  }

  #otherProtocol(on: Interface): void {
    const { r, writer } = this;
    const { client, frontEnd: { vip } } = this.#known();
    this.#frame(on, client.version);
    writer.ip(client, vip, r.pick([protos.gre, protos.esp, 51, 132, 59, 2]), this.#options(client.version), () => writer.payload(this.#size(40)));
  }

  #noise(on: Interface): void {
    const { r, writer } = this;
    writer.frame(hostMacs[on], router, r.pick([0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8, 0x9999, 0x0026]));
    for (let i = r.below(100); i > 0; i--) writer.bytes[writer.at++] = r.next();
  }
}

const byKey = new Map<string, Address>();

export function addressOfKey(key: string): Address {
  let address = byKey.get(key);
  if (!address) {
    const bytes = Uint8Array.from({ length: key.length / 2 }, (_, i) => parseInt(key.slice(2 * i, 2 * i + 2), 16));
    address = { bytes, key: keyAt(bytes, 0, bytes.length), version: bytes.length === 4 ? 4 : 6 };
    byKey.set(key, address);
  }
  return address;
}

function keep<T>(all: T[], one: T, most: number, r: Random): void {
  if (all.length < most) all.push(one);
  else all[r.below(most)] = one;
}

