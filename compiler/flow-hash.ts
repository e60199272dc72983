/** The hash of bpf/lb_hash.h: which slot a flow of the flow table belongs to. Both have to give the same. */
import type { FlowKey } from './generated/layout.ts';

const mask = (1n << 64n) - 1n;

/** Words as a little-endian machine loads them: the datapath hashes them as they lie in memory. */
function word(bytes: Uint8Array, at: number): bigint {
  return BigInt((bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0);
}

function swapped(port: number): bigint {
  return BigInt(((port & 0xff) << 8) | (port >> 8));
}

function fold(hash: bigint, high: bigint, low: bigint): bigint {
  const mixed = ((hash ^ ((high << 32n) | low)) * 0xff51afd7ed558ccdn) & mask;
  return mixed ^ (mixed >> 32n);
}

/** 32 bits; the slot is the rest of a division by the table's size. `bySource`: of the client's address alone. */
export function flowHash({ saddr, daddr, sport, dport, proto }: FlowKey, family: 4 | 6, bySource: boolean): number {
  let hash = 0x736c756963652d31n;
  if (family === 4) {
    hash = fold(hash, bySource ? 0n : word(daddr, 12), word(saddr, 12));
  } else {
    for (const addr of bySource ? [saddr] : [saddr, daddr]) {
      hash = fold(hash, word(addr, 0), word(addr, 4));
      hash = fold(hash, word(addr, 8), word(addr, 12));
    }
  }
  if (!bySource) hash = fold(hash, 0n, (swapped(sport) << 24n) | (swapped(dport) << 8n) | BigInt(proto));
  hash = (hash * 0xc4ceb9fe1a85ec53n) & mask;
  hash ^= hash >> 29n;
  return Number(((hash * 0xff51afd7ed558ccdn) & mask) >> 32n);
}
