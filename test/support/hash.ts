/** The flow hash of bpf/lb_hash.h, written a second time: the slot of a flow is this modulo the table's size. */
import { addressBytes } from './packet.ts';

export interface Tuple {
  readonly src: string;
  readonly dst: string;
  readonly sport: number;
  readonly dport: number;
  readonly proto: number;
}

const mask = (1n << 64n) - 1n;

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
  let hash = 0x736c756963652d31n;
  const fold = (high: bigint, low: bigint): void => {
    hash = ((hash ^ ((high << 32n) | low)) * 0xff51afd7ed558ccdn) & mask;
    hash ^= hash >> 32n;
  };
  if (src.length === 4) {
    fold(bySource ? 0n : word(dst, 0), word(src, 0));
  } else {
    fold(word(src, 0), word(src, 1));
    fold(word(src, 2), word(src, 3));
    if (!bySource) {
      fold(word(dst, 0), word(dst, 1));
      fold(word(dst, 2), word(dst, 3));
    }
  }
  if (!bySource) fold(0n, (BigInt(swap16(t.sport)) << 24n) | BigInt((swap16(t.dport) << 8) | t.proto));
  hash = (hash * 0xc4ceb9fe1a85ec53n) & mask;
  hash ^= hash >> 29n;
  return Number(((hash * 0xff51afd7ed558ccdn) & mask) >> 32n);
}

/** Source port that is tried as the `n`th for a flow: by its hash, or in turn where there are at most 32. */
export function natPort(t: Tuple, [low, high]: readonly [number, number], n = 0): number {
  const span = high - low + 1;
  const mixed = (i: number): number => {
    const hash = ((0x736c756963652d31n ^ ((BigInt(i) << 32n) | BigInt(flowHash(t)))) * 0xff51afd7ed558ccdn) & mask;
    return Number((hash ^ (hash >> 32n)) & 0xffffffffn);
  };
  return low + (span <= 32 ? (mixed(0) % span) + n : mixed(n)) % span;
}
