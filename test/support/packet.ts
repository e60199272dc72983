/**
 * Frames for tests, built part by part: `frame(macs, ip({…}, tcp({…}, payload)))`. Lengths and checksums are
 * right unless a field says otherwise; the checksum is written here a second time, apart from the datapath's.
 */
import { parseAddress } from '../../dsl/ip.ts';

/** What follows an IP header. `bytes` gets the sum of the pseudo header for this length. */
export interface Part {
  readonly proto: number;
  bytes(pseudo: (length: number) => number): Uint8Array;
}

/** An IP packet, which may also be the payload of another one. */
export interface IpPart extends Part {
  readonly etherType: number;
}

export interface Macs {
  readonly src: string;
  readonly dst: string;
}

export interface IpFields {
  readonly src: string;
  readonly dst: string;
  readonly ttl?: number;
  /** TOS or traffic class. */
  readonly tos?: number;
  readonly id?: number;
  readonly dontFragment?: boolean;
  /** IPv4: offset in bytes. */
  readonly fragment?: { readonly offset: number; readonly more: boolean };
  /** IPv4: a multiple of 4 bytes. */
  readonly options?: Uint8Array;
  /** IPv6: in order. */
  readonly extensions?: readonly Extension[];
  readonly flowLabel?: number;
  /** Instead of the right ones: IPv4 total length or IPv6 payload length; version; IPv4 header length in bytes. */
  readonly length?: number;
  readonly version?: number;
  readonly headerLength?: number;
}

/** The first 2 bytes (next header, length) are filled in. A multiple of 8 bytes. */
export interface Extension {
  readonly proto: number;
  readonly bytes: Uint8Array;
}

/** IPv6; `offset` in bytes. */
export function fragmentHeader(offset: number, more: boolean, id: number): Extension {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint16(2, (offset & 0xfff8) | (more ? 1 : 0));
  new DataView(bytes.buffer).setUint32(4, id);
  return { proto: 44, bytes };
}

export interface TcpFields {
  readonly sport: number;
  readonly dport: number;
  /** Of `SAFR P`, in any order. */
  readonly flags?: string;
  readonly seq?: number;
  /** Data offset in bytes instead of 20. */
  readonly headerLength?: number;
}

export interface UdpFields {
  readonly sport: number;
  readonly dport: number;
  readonly length?: number;
  /** Zero instead of a checksum. */
  readonly unchecked?: boolean;
}

export interface GeneveFields {
  /** A multiple of 4 bytes. */
  readonly options?: Uint8Array;
  readonly version?: number;
  /** Control packet 0x80, critical options 0x40. */
  readonly flags?: number;
  readonly type?: number;
  readonly vni?: number;
}

/** Sum of 16-bit words in ones' complement, not inverted; an odd last byte counts as the upper half (RFC 1071). */
export function sum16(bytes: Uint8Array, start = 0): number {
  let sum = start;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
    if (sum > 0xffff) sum = (sum & 0xffff) + 1;
  }
  return sum;
}

/** 4 or 16 bytes. */
export function addressBytes(text: string): Uint8Array {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`'${text}' is no address`);
  return parsed.family === 4 ? parsed.bytes.subarray(12) : parsed.bytes;
}

export function macBytes(text: string): Uint8Array {
  return Uint8Array.from(text.split(':'), (part) => parseInt(part, 16));
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Bytes that differ from one another, so that a shifted payload shows. */
export function payload(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + 1) & 0xff);
}

export function pseudoSum(src: Uint8Array, dst: Uint8Array, proto: number, length: number): number {
  return sum16(join(src, dst, Uint8Array.of(length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff, 0, 0, 0, proto)));
}

export function frame(macs: Macs, part: IpPart): Uint8Array {
  return ether(macs, part.etherType, part.bytes(() => 0));
}

export function ether(macs: Macs, type: number, rest: Uint8Array): Uint8Array {
  return join(macBytes(macs.dst), macBytes(macs.src), Uint8Array.of(type >> 8, type & 0xff), rest);
}

/** With one 802.1Q tag. */
export function tagged(macs: Macs, vid: number, part: IpPart, priority = 0): Uint8Array {
  return ether(macs, 0x8100, join(Uint8Array.of((priority << 5) | (vid >> 8), vid & 0xff, part.etherType >> 8, part.etherType & 0xff), part.bytes(() => 0)));
}

export function ip(fields: IpFields, part: Part): IpPart {
  return fields.src.includes(':') ? ip6(fields, part) : ip4(fields, part);
}

function ip4(f: IpFields, part: Part): IpPart {
  const src = addressBytes(f.src);
  const dst = addressBytes(f.dst);
  return {
    proto: 4,
    etherType: 0x0800,
    bytes() {
      const inner = part.bytes((length) => pseudoSum(src, dst, part.proto, length));
      const options = f.options ?? new Uint8Array();
      const header = new Uint8Array(20 + options.length);
      const view = new DataView(header.buffer);
      header[0] = ((f.version ?? 4) << 4) | ((f.headerLength ?? header.length) / 4);
      header[1] = f.tos ?? 0;
      view.setUint16(2, f.length ?? header.length + inner.length);
      view.setUint16(4, f.id ?? 0);
      view.setUint16(6, (f.dontFragment ? 0x4000 : 0) | (f.fragment?.more ? 0x2000 : 0) | ((f.fragment?.offset ?? 0) >> 3));
      header[8] = f.ttl ?? 64;
      header[9] = part.proto;
      header.set(src, 12);
      header.set(dst, 16);
      header.set(options, 20);
      view.setUint16(10, ~sum16(header) & 0xffff);
      return join(header, inner);
    },
  };
}

function ip6(f: IpFields, part: Part): IpPart {
  const src = addressBytes(f.src);
  const dst = addressBytes(f.dst);
  return {
    proto: 41,
    etherType: 0x86dd,
    bytes() {
      const inner = part.bytes((length) => pseudoSum(src, dst, part.proto, length));
      const protos = [...(f.extensions ?? []).map((e) => e.proto), part.proto];
      const extensions = (f.extensions ?? []).map((e, i) => {
        const bytes = e.bytes.slice();
        bytes[0] = protos[i + 1]!;
        if (e.proto !== 44) bytes[1] = bytes.length / 8 - 1;
        return bytes;
      });
      const rest = join(...extensions, inner);
      const header = new Uint8Array(40);
      const view = new DataView(header.buffer);
      view.setUint32(0, (((f.version ?? 6) << 28) | ((f.tos ?? 0) << 20) | (f.flowLabel ?? 0)) >>> 0);
      view.setUint16(4, f.length ?? rest.length);
      header[6] = protos[0]!;
      header[7] = f.ttl ?? 64;
      header.set(src, 8);
      header.set(dst, 24);
      return join(header, rest);
    },
  };
}

export function tcp(f: TcpFields, data: Uint8Array = new Uint8Array()): Part {
  const bits: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16 };
  return {
    proto: 6,
    bytes(pseudo) {
      const segment = join(new Uint8Array(20), data);
      const view = new DataView(segment.buffer);
      view.setUint16(0, f.sport);
      view.setUint16(2, f.dport);
      view.setUint32(4, f.seq ?? 1000);
      segment[12] = ((f.headerLength ?? 20) / 4) << 4;
      segment[13] = [...(f.flags ?? 'A')].reduce((n, c) => n | bits[c]!, 0);
      view.setUint16(14, 64240);
      view.setUint16(16, ~sum16(segment, pseudo(segment.length)) & 0xffff);
      return segment;
    },
  };
}

export function udp(f: UdpFields, data: Uint8Array = new Uint8Array()): Part {
  return {
    proto: 17,
    bytes(pseudo) {
      const datagram = join(new Uint8Array(8), data);
      const view = new DataView(datagram.buffer);
      view.setUint16(0, f.sport);
      view.setUint16(2, f.dport);
      view.setUint16(4, f.length ?? datagram.length);
      if (!f.unchecked) view.setUint16(6, ~sum16(datagram, pseudo(datagram.length)) & 0xffff || 0xffff);
      return datagram;
    },
  };
}

/** A packet behind a Geneve header (RFC 8926): the payload of a datagram to port 6081. */
export function geneve(packet: IpPart, f: GeneveFields = {}): Uint8Array {
  const options = f.options ?? new Uint8Array();
  const header = new Uint8Array(8);
  const view = new DataView(header.buffer);
  header[0] = ((f.version ?? 0) << 6) | (options.length / 4);
  header[1] = f.flags ?? 0;
  view.setUint16(2, f.type ?? packet.etherType);
  view.setUint32(4, (f.vni ?? 0) << 8);
  return join(header, options, packet.bytes(() => 0));
}

/** ICMP or ICMPv6; `rest` is what stands between the checksum and the data. */
export function icmp(version: 4 | 6, type: number, code: number, data: Uint8Array, rest = 0): Part {
  return {
    proto: version === 4 ? 1 : 58,
    bytes(pseudo) {
      const message = join(Uint8Array.of(type, code, 0, 0, 0, 0, 0, 0), data);
      const view = new DataView(message.buffer);
      view.setUint32(4, rest);
      view.setUint16(2, ~sum16(message, version === 4 ? 0 : pseudo(message.length)) & 0xffff);
      return message;
    },
  };
}

export function raw(proto: number, data: Uint8Array): Part {
  return { proto, bytes: () => data };
}
