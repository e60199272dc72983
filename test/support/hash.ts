/** The flow hash of bpf/lb_hash.h, written a second time: and the slot of a flow in a table. */
import { addressBytes } from './packet.ts';

export interface Tuple {
  readonly src: string;
  readonly dst: string;
  readonly sport: number;
  readonly dport: number;
  readonly proto: number;
}

/** Loads of a little-endian machine: the datapath hashes words as they lie in memory. */
function word(bytes: Uint8Array, index: number): bigint {
  return BigInt(new DataView(bytes.buffer, bytes.byteOffset).getUint32(index * 4, true));
}

function swap16(n: number): number {
  return ((n & 0xff) << 8) | (n >> 8);
}

/** 32 bits. */
export function flowHash(t: Tuple, bySource = false): number {
  const src = addressBytes(t.src);
  const dst = addressBytes(t.dst);
  const seed = 0x736c756963652d31n;
  const product = (value: bigint, constant: bigint): bigint => BigInt.asUintN(64, value * constant);
  const turned = (value: bigint): bigint => BigInt.asUintN(64, value << 32n) + (value >> 32n);
  const at = (bytes: Uint8Array, index: number): bigint => (word(bytes, index) << 32n) + word(bytes, index + 1);
  const ports = bySource ? 0n : (BigInt(swap16(t.sport)) << 32n) + BigInt(swap16(t.dport)) * 65536n + BigInt(t.proto);
  let hash = turned(product(ports ^ seed, 0x87c37b91114253d5n));
  if (src.length === 4) {
    hash ^= product(((bySource ? 0n : word(dst, 0)) << 32n) + word(src, 0) ^ seed, 0x4cf5ad432745937fn);
  } else {
    hash ^= product(at(src, 0) ^ seed, 0x4cf5ad432745937fn);
    hash = BigInt.asUintN(64, hash + turned(product(at(src, 2), 0xff51afd7ed558ccdn)));
    if (!bySource) {
      hash ^= turned(product(at(dst, 0), 0xc4ceb9fe1a85ec53n));
      hash = BigInt.asUintN(64, hash + product(at(dst, 2), 0x87c37b91114253d5n));
    }
  }
  hash ^= hash >> 29n;
  return Number(product(hash, 0xc4ceb9fe1a85ec53n) >> 32n);
}

/** Slot of a flow in a table of `size` slots. */
export function slotIn(size: number, hash: number): number {
  return Number((BigInt(hash) * BigInt(size)) >> 32n);
}

/** Source port that is tried as the `n`th for a flow: by its hash, or in turn where there are at most 32. */
export function natPort(t: Tuple, [low, high]: readonly [number, number], n = 0): number {
  const span = high - low + 1;
  const mixed = (i: number): number => {
    const product = BigInt.asUintN(64, (((BigInt(i) << 32n) + BigInt(flowHash(t))) ^ 0x736c756963652d31n) * 0x87c37b91114253d5n);
    const turned = BigInt.asUintN(64, product << 32n) + (product >> 32n);
    return Number(BigInt.asUintN(64, (turned ^ (turned >> 29n)) * 0xc4ceb9fe1a85ec53n) >> 32n);
  };
  return low + (span <= 32 ? (mixed(0) % span) + n : mixed(n)) % span;
}
