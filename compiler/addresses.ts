/**
 * The bits of map `addresses`: which addresses may be VIPs, and which may be backends whose replies are translated. A bit
 * says "perhaps", and its absence "no".
 */
import { parseAddress } from '../dsl/ip.ts';
import { bug } from '../dsl/diagnostic.ts';
import { mapSpecs } from './generated/layout.ts';
import type { Generation, LiveService } from './live.ts';

/** Bits of each half (`LB_ADDRESS_BITS`). */
export const addressBits = (mapSpecs.addresses.maxEntries * 64) / 2;

/** Place of an address (16 bytes) in a half, as `address_bit` of bpf/lb_match.h has it. */
export function addressBit(address: Uint8Array): number {
  const view = new DataView(address.buffer, address.byteOffset, 16);
  const word = (n: number): number => view.getUint32(4 * n, true);
  return bitOf(word(0), word(1), word(2), word(3));
}

function bitOf(a: number, b: number, c: number, d: number): number {
  let hash = (Math.imul(a, 0x9e3779b1) + Math.imul(b, 0x85ebca77) + Math.imul(c, 0xc2b2ae3d) + d) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  return (hash >>> 15) & (addressBits - 1);
}

const dot = '.'.charCodeAt(0);
const zero = '0'.charCodeAt(0);

/** Of canonical text. IPv4 is mapped as ::ffff:a.b.c.d, and not taken apart into bytes first: there may be very many. */
function bitOfText(text: string): number {
  if (text.includes(':')) return addressBit(parseAddress(text)?.bytes ?? bug(`'${text}' is not an address`));
  let word = 0;
  let part = 0;
  let shift = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === dot) {
      word |= part << shift;
      part = 0;
      shift += 8;
    } else part = part * 10 + code - zero;
  }
  return bitOf(0, 0, 0xffff0000, (word | (part << shift)) >>> 0);
}

/** Contents of `addresses` with these bits set. */
export function encodeAddresses(vips: Iterable<Uint8Array>, backends: Iterable<Uint8Array>): Uint8Array {
  const bytes = new Uint8Array(addressBits / 4);
  const set = (bit: number): void => { bytes[bit >> 3]! |= 1 << (bit & 7); };
  for (const address of vips) set(addressBit(address));
  for (const address of backends) set(addressBits + addressBit(address));
  return bytes;
}

/** Places of a service's bits in the whole; a version of a service never changes. */
const bitsOfService = new WeakMap<LiveService, Uint32Array>();

function bitsOf(service: LiveService): Uint32Array {
  let bits = bitsOfService.get(service);
  if (!bits) {
    const { frontends } = service;
    const backends = repliesHere(service) ? service.backends : [];
    bits = new Uint32Array(frontends.length + backends.length);
    for (let i = 0; i < frontends.length; i++) bits[i] = bitOfText(frontends[i]!.address);
    for (let i = 0; i < backends.length; i++) bits[frontends.length + i] = addressBits + bitOfText(backends[i]!.address);
    bitsOfService.set(service, bits);
  }
  return bits;
}

/** Whether replies of its backends may be translated on this host: the balancer, or the host of a pod. */
function repliesHere({ mode }: LiveService): boolean {
  return mode !== 'dsr l2';
}

/** Contents of `addresses` for configurations that packets may meet. */
export function addressesOf(generations: readonly (Generation | undefined)[]): Uint8Array {
  const bytes = new Uint8Array(addressBits / 4);
  for (const generation of generations) {
    for (const s of generation?.services ?? []) for (const bit of bitsOf(s)) bytes[bit >> 3]! |= 1 << (bit & 7);
  }
  return bytes;
}

/** Whether every bit of `these` is among `those`. */
export function coversAddresses(those: Uint8Array, these: Uint8Array): boolean {
  for (let i = 0; i < these.length; i++) if ((these[i]! & ~those[i]!) !== 0) return false;
  return true;
}
