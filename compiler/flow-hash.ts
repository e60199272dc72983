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

function pair(high: bigint, low: bigint): bigint {
  return (high << 32n) | low;
}

function multiply(word: bigint, constant: bigint): bigint {
  return (word * constant) & mask;
}

function scramble(word: bigint, constant: bigint): bigint {
  const product = multiply(word, constant);
  return ((product << 32n) & mask) | (product >> 32n);
}

const seed = 0x736c756963652d31n;
const [first, second, third, last] = [0x87c37b91114253d5n, 0x4cf5ad432745937fn, 0xff51afd7ed558ccdn, 0xc4ceb9fe1a85ec53n] as const;

/** 32 bits; `slotOf` gives the slot. `bySource`: of the client's address alone. */
export function flowHash({ saddr, daddr, sport, dport, proto }: FlowKey, family: 4 | 6, bySource: boolean): number {
  const ports = bySource ? 0n : pair(swapped(sport), (swapped(dport) << 16n) | BigInt(proto));
  let hash = scramble(ports ^ seed, first);
  if (family === 4) {
    hash ^= multiply(pair(bySource ? 0n : word(daddr, 12), word(saddr, 12)) ^ seed, second);
  } else {
    hash ^= multiply(pair(word(saddr, 0), word(saddr, 4)) ^ seed, second);
    hash += scramble(pair(word(saddr, 8), word(saddr, 12)), third);
    if (!bySource) {
      hash = (hash & mask) ^ scramble(pair(word(daddr, 0), word(daddr, 4)), last);
      hash += multiply(pair(word(daddr, 8), word(daddr, 12)), first);
    }
  }
  hash &= mask;
  hash ^= hash >> 29n;
  return Number(multiply(hash, last) >> 32n);
}
