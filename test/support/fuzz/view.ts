/** What stands in a frame, read apart from the datapath. */
import { keyAt, protos, types, u16 } from './wire.ts';

export interface Frame {
  /** Of the packet behind the header. */
  readonly at: number;
  readonly type: number;
  /** Of an 802.1Q tag; -1: none. */
  readonly tci: number;
  /** It belongs to no interface of this host, or there are two. */
  readonly foreign: boolean;
}

export type Part = 'whole' | 'first' | 'later';

/** An IP packet as far as it is there. */
export interface Packet {
  readonly at: number;
  readonly version: 4 | 6;
  /** Of all headers before the transport's. */
  readonly header: number;
  /** As its header says. */
  readonly length: number;
  readonly proto: number;
  readonly part: Part;
  /** -1: no fragment. */
  readonly id: number;
  readonly ttl: number;
  readonly tos: number;
  readonly src: string;
  readonly dst: string;
  /** -1: none, or not there. */
  readonly sport: number;
  readonly dport: number;
  /** Whether it is all there, down to what its transport header says of itself. */
  readonly sound: boolean;
}

/** `knows` says which identifiers belong to an interface; absent: tags are not read. */
export function readFrame(bytes: Uint8Array, length: number, knows: ((vid: number) => boolean) | undefined): Frame | undefined {
  if (length < 14) return undefined;
  const type = u16(bytes, 12);
  if (!knows || !isTag(type)) return { at: 14, type, tci: -1, foreign: false };
  if (length < 18) return undefined;
  const tci = u16(bytes, 14);
  const inner = u16(bytes, 16);
  if (isTag(inner)) return length < 22 ? undefined : { at: 22, type: u16(bytes, 20), tci, foreign: true };
  return { at: 18, type: inner, tci, foreign: type !== types.vlan || !((tci & 0xfff) === 0 || knows(tci & 0xfff)) };
}

function isTag(type: number): boolean {
  return type === types.vlan || type === types.serviceVlan;
}

/** Undefined: no IP, or not even its fixed header. `end` is where the bytes end. */
export function readPacket(bytes: Uint8Array, at: number, end: number, type: number): Packet | undefined {
  if (type === types.ipv4) return end - at < 20 ? undefined : readIpv4(bytes, at, end);
  if (type === types.ipv6) return end - at < 40 ? undefined : readIpv6(bytes, at, end);
  return undefined;
}

function readIpv4(bytes: Uint8Array, at: number, end: number): Packet {
  const header = (bytes[at]! & 15) * 4;
  const length = u16(bytes, at + 2);
  const bits = u16(bytes, at + 6);
  const part = (bits & 0x1fff) !== 0 ? 'later' : bits & 0x2000 ? 'first' : 'whole';
  const fits = bytes[at]! >> 4 === 4 && header >= 20 && length >= header && at + length <= end;
  return withTransport(bytes, end, fits, {
    at, version: 4, header, length, proto: bytes[at + 9]!, part, id: part === 'whole' ? -1 : u16(bytes, at + 4), ttl: bytes[at + 8]!, tos: bytes[at + 1]!,
    src: keyAt(bytes, at + 12, 4), dst: keyAt(bytes, at + 16, 4),
  });
}

function readIpv6(bytes: Uint8Array, at: number, end: number): Packet {
  const length = u16(bytes, at + 4) + 40;
  let fits = bytes[at]! >> 4 === 6 && at + length <= end;
  let proto = bytes[at + 6]!;
  let header = 40;
  let part: Part = 'whole';
  let id = -1;
  while (part !== 'later' && (proto === 0 || proto === 43 || proto === 44 || proto === 60)) {
    const ext = at + header;
    if (ext + 8 > end || header + 8 > length) {
      fits = false;
      break;
    }
    if (proto === 44) {
      const bits = u16(bytes, ext + 2);
      if (bits & 0xfff9) {
        part = bits & 0xfff8 ? 'later' : 'first';
        id = u16(bytes, ext + 4) * 0x10000 + u16(bytes, ext + 6);
      }
      header += 8;
    } else {
      // Segments left: the destination is not the last one.
      if (proto === 43 && bytes[ext + 3] !== 0) fits = false;
      header += (bytes[ext + 1]! + 1) * 8;
    }
    proto = bytes[ext]!;
  }
  return withTransport(bytes, end, fits && header <= length, {
    at, version: 6, header, length, proto, part, id, ttl: bytes[at + 7]!, tos: ((bytes[at]! & 15) << 4) | (bytes[at + 1]! >> 4),
    src: keyAt(bytes, at + 8, 16), dst: keyAt(bytes, at + 24, 16),
  });
}

function withTransport(bytes: Uint8Array, end: number, fits: boolean, p: Omit<Packet, 'sport' | 'dport' | 'sound'>): Packet {
  const ported = (p.proto === protos.tcp || p.proto === protos.udp) && p.part !== 'later';
  const l4 = p.at + p.header;
  if (!ported || l4 + 4 > end) return { ...p, sport: -1, dport: -1, sound: fits && !ported };
  return { ...p, sport: u16(bytes, l4), dport: u16(bytes, l4 + 2), sound: fits && isTransportSound(bytes, p, l4) };
}

function isTransportSound(bytes: Uint8Array, p: Pick<Packet, 'header' | 'length' | 'proto' | 'part'>, l4: number): boolean {
  const room = p.length - p.header;
  if (p.proto === protos.tcp) {
    if (room < 20) return false;
    const header = (bytes[l4 + 12]! >> 4) * 4;
    return header >= 20 && (p.part !== 'whole' || header <= room);
  }
  if (room < 8) return false;
  const length = u16(bytes, l4 + 4);
  return length >= 8 && (p.part !== 'whole' || length <= room);
}

/** 1 or 58, whole and with its 8 bytes. */
export function isIcmp(p: Packet): boolean {
  return p.proto === (p.version === 4 ? protos.icmp : protos.icmpv6) && p.part === 'whole' && p.sound && p.length - p.header >= 8;
}

export function isIcmpError(bytes: Uint8Array, p: Packet): boolean {
  if (!isIcmp(p)) return false;
  const type = bytes[p.at + p.header]!;
  return p.version === 4 ? type === 3 || type === 4 || type === 5 || type === 11 || type === 12 : type < 128;
}

/** The packet that an ICMP error quotes; likely cut short. */
export function readQuote(bytes: Uint8Array, p: Packet): Packet | undefined {
  return readPacket(bytes, p.at + p.header + 8, p.at + p.length, p.version === 4 ? types.ipv4 : types.ipv6);
}

/** The packet in IP-in-IP or Geneve; undefined: no tunnel. */
export function readInner(bytes: Uint8Array, p: Packet, geneve: number): Packet | undefined {
  if (!p.sound || p.part !== 'whole') return undefined;
  const l4 = p.at + p.header;
  const end = p.at + p.length;
  if (p.proto === protos.ipip) return readPacket(bytes, l4, end, types.ipv4);
  if (p.proto === protos.ipv6) return readPacket(bytes, l4, end, types.ipv6);
  if (p.proto !== protos.udp || p.dport !== geneve || end - l4 < 16) return undefined;
  const inside = l4 + 16 + (bytes[l4 + 8]! & 0x3f) * 4;
  return inside < end ? readPacket(bytes, inside, end, u16(bytes, l4 + 10)) : undefined;
}
