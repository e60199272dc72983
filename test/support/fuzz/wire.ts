/** Reads and writes packets as numbers in one buffer, without a string or an object more than needed. */

export const types = { ipv4: 0x0800, ipv6: 0x86dd, vlan: 0x8100, serviceVlan: 0x88a8 } as const;
export const protos = { icmp: 1, ipip: 4, tcp: 6, udp: 17, ipv6: 41, gre: 47, esp: 50, icmpv6: 58 } as const;
export const geneve = 6081;

/** An address as it stands in a packet, and as key of tables: its digits, so that families never meet. */
export interface Address {
  readonly bytes: Uint8Array;
  readonly key: string;
  readonly version: 4 | 6;
}

const digits = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

export function keyAt(bytes: Uint8Array, at: number, length: number): string {
  let key = '';
  for (let i = at; i < at + length; i++) key += digits[bytes[i]!]!;
  return key;
}

export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}

/** Ones' complement sum from `at` up to `end`, folded: 0 to 0xffff. */
export function sum(bytes: Uint8Array, at: number, end: number, start = 0): number {
  let total = start;
  let i = at;
  for (; i + 1 < end; i += 2) total += (bytes[i]! << 8) | bytes[i + 1]!;
  if (i < end) total += bytes[i]! << 8;
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return total;
}

/** The same for what can be told apart by a checksum: 0 and 0xffff are one. */
export function sameSum(a: number, b: number): boolean {
  return a % 0xffff === b % 0xffff;
}

/** As a checksum is written; `covered` is the sum of all else. */
export function checksum(covered: number): number {
  return ~covered & 0xffff;
}

export function equal(a: Uint8Array, from: number, b: Uint8Array, start: number, length: number): boolean {
  if (from + length > a.length || start + length > b.length) return false;
  for (let i = 0; i < length; i++) if (a[from + i] !== b[start + i]) return false;
  return true;
}
