/**
 * The bits of map `addresses`: which addresses may be VIPs, and which may be backends whose replies are translated. A bit
 * says "perhaps", and its absence "no".
 */
import { mapSpecs } from './generated/layout.ts';

/** Bits of each half (`LB_ADDRESS_BITS`). */
export const addressBits = (mapSpecs.addresses.maxEntries * 64) / 2;

/** Place of an address (16 bytes) in a half, as `address_bit` of bpf/lb_match.h has it. */
export function addressBit(address: Uint8Array): number {
  const view = new DataView(address.buffer, address.byteOffset, 16);
  const word = (n: number): number => view.getUint32(4 * n, true);
  let hash = (Math.imul(word(0), 0x9e3779b1) + Math.imul(word(1), 0x85ebca77) + Math.imul(word(2), 0xc2b2ae3d) + word(3)) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  return (hash >>> 15) & (addressBits - 1);
}

/** Contents of `addresses` with these bits set. */
export function encodeAddresses(vips: Iterable<Uint8Array>, backends: Iterable<Uint8Array>): Uint8Array {
  const bytes = new Uint8Array(addressBits / 4);
  const set = (bit: number): void => { bytes[bit >> 3]! |= 1 << (bit & 7); };
  for (const address of vips) set(addressBit(address));
  for (const address of backends) set(addressBits + addressBit(address));
  return bytes;
}
