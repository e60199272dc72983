/** Writes frames into one buffer, headers first; lengths and checksums are filled in when their end is known. */
import { checksum, protos, put16, sum, types, type Address } from './wire.ts';

export interface IpOptions {
  readonly ttl?: number;
  readonly tos?: number;
  /** More to come, or an offset in bytes: a fragment. */
  readonly more?: boolean;
  readonly offset?: number;
  readonly id?: number;
  readonly dontFragment?: boolean;
  /** Bytes of IPv4 options, a multiple of 4. */
  readonly options?: number;
  /** IPv6 extension headers by number. */
  readonly extensions?: readonly number[];
}

export class Writer {
  readonly bytes = new Uint8Array(4096);
  at = 0;
  #src: Address | undefined;
  #dst: Address | undefined;

  put(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  zeros(count: number): number {
    const at = this.at;
    this.bytes.fill(0, at, at + count);
    this.at += count;
    return at;
  }

  /** A payload in which a shift shows. */
  payload(count: number): void {
    for (let i = 0; i < count; i++) this.bytes[this.at++] = i * 7 + 1;
  }

  frame(dst: Uint8Array, src: Uint8Array, type: number, vid?: number): void {
    this.at = 0;
    this.put(dst);
    this.put(src);
    if (vid !== undefined) {
      put16(this.bytes, this.zeros(4), types.vlan);
      put16(this.bytes, this.at - 2, vid);
    }
    put16(this.bytes, this.zeros(2), type);
  }

  /** An IP header around what `body` writes. */
  ip(src: Address, dst: Address, proto: number, o: IpOptions, body: () => void): void {
    const [outerSrc, outerDst] = [this.#src, this.#dst];
    this.#src = src;
    this.#dst = dst;
    if (src.version === 4) this.#ipv4(src, dst, proto, o, body);
    else this.#ipv6(src, dst, proto, o, body);
    this.#src = outerSrc;
    this.#dst = outerDst;
  }

  #ipv4(src: Address, dst: Address, proto: number, o: IpOptions, body: () => void): void {
    const options = o.options ?? 0;
    const at = this.zeros(20 + options);
    const b = this.bytes;
    b.fill(1, at + 20, at + 20 + options);
    b[at] = 0x45 + options / 4;
    b[at + 1] = o.tos ?? 0;
    put16(b, at + 4, (o.id ?? 0) & 0xffff);
    put16(b, at + 6, (o.dontFragment ? 0x4000 : 0) | (o.more ? 0x2000 : 0) | ((o.offset ?? 0) >> 3));
    b[at + 8] = o.ttl ?? 64;
    b[at + 9] = proto;
    b.set(src.bytes, at + 12);
    b.set(dst.bytes, at + 16);
    body();
    put16(b, at + 2, this.at - at);
    put16(b, at + 10, checksum(sum(b, at, at + 20 + options)));
  }

  #ipv6(src: Address, dst: Address, proto: number, o: IpOptions, body: () => void): void {
    const at = this.zeros(40);
    const b = this.bytes;
    b[at] = 0x60 | ((o.tos ?? 0) >> 4);
    b[at + 1] = ((o.tos ?? 0) & 15) << 4;
    b[at + 7] = o.ttl ?? 64;
    b.set(src.bytes, at + 8);
    b.set(dst.bytes, at + 24);
    let next = at + 6;
    for (const extension of o.extensions ?? []) next = this.#extension(next, extension);
    if (o.more || o.offset !== undefined) {
      next = this.#extension(next, 44);
      put16(b, next + 2, (o.offset ?? 0) | (o.more ? 1 : 0));
      put16(b, next + 6, (o.id ?? 0) & 0xffff);
    }
    b[next] = proto;
    body();
    put16(b, at + 4, this.at - at - 40);
  }

  #extension(next: number, number: number): number {
    this.bytes[next] = number;
    return this.zeros(8);
  }

  tcp(sport: number, dport: number, flags: number, data: number, options = 0): void {
    const at = this.zeros(20 + options);
    put16(this.bytes, at, sport);
    put16(this.bytes, at + 2, dport);
    this.bytes[at + 7] = sport;
    this.bytes[at + 12] = (5 + options / 4) << 4;
    this.bytes[at + 13] = flags;
    put16(this.bytes, at + 14, 64240);
    this.payload(data);
    put16(this.bytes, at + 16, this.#transport(at, protos.tcp));
  }

  /** `without`: a checksum of zero, which is none. */
  udp(sport: number, dport: number, body: number | (() => void), without = false, length?: number): void {
    const at = this.zeros(8);
    put16(this.bytes, at, sport);
    put16(this.bytes, at + 2, dport);
    if (typeof body === 'number') this.payload(body);
    else body();
    put16(this.bytes, at + 4, length ?? this.at - at);
    if (!without) put16(this.bytes, at + 6, this.#transport(at, protos.udp) || 0xffff);
  }

  icmp(type: number, code: number, rest: number, body: () => void): void {
    const at = this.zeros(8);
    this.bytes[at] = type;
    this.bytes[at + 1] = code;
    put16(this.bytes, at + 4, rest >>> 16);
    put16(this.bytes, at + 6, rest & 0xffff);
    body();
    const v6 = this.#src!.version === 6;
    put16(this.bytes, at + 2, v6 ? this.#transport(at, protos.icmpv6) : checksum(sum(this.bytes, at, this.at)));
  }

  geneve(type: number, options: number, body: () => void): void {
    const at = this.zeros(8 + options);
    this.bytes[at] = options / 4;
    put16(this.bytes, at + 2, type);
    body();
  }

  #transport(at: number, proto: number): number {
    const src = this.#src!.bytes;
    const dst = this.#dst!.bytes;
    const pseudo = sum(src, 0, src.length, sum(dst, 0, dst.length, proto + this.at - at));
    return checksum(sum(this.bytes, at, this.at, pseudo));
  }
}
