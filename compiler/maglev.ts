/**
 * Lookup tables. `maglevTable` is the permutation table of Eisenbud et al., "Maglev: A Fast and Reliable Software
 * Network Load Balancer" (NSDI '16), section 3.4, with weights as turns: a backend of half the largest weight takes
 * every second turn. Everything is decided by the keys and the seed, so that nodes agree without talking.
 */

import { mapSpecs } from './generated/layout.ts';

export interface Weighted {
  /** Identity; what is hashed. */
  readonly key: string;
  /** 0–65535; 0 takes no slot. */
  readonly weight: number;
}

/** Largest Maglev table. */
export const maxTableSize = mapSpecs.arenas.inner.maxEntries;

const none = 0xffffffff;

/** MurmurHash3 x86 32-bit (Austin Appleby, public domain) over the UTF-16 code units of a text. */
export function murmur3(text: string, seed: number): number {
  let hash = seed | 0;
  const even = text.length & ~1;
  for (let i = 0; i < even; i += 2) {
    let k = text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16);
    k = Math.imul(k, 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    hash ^= Math.imul(k, 0x1b873593);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  if (even < text.length) {
    let k = Math.imul(text.charCodeAt(even), 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    hash ^= Math.imul(k, 0x1b873593);
  }
  hash ^= text.length * 2;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Backends by key: the order that indices in tables refer to. */
export function canonicalOrder<T extends Weighted>(backends: readonly T[]): T[] {
  return [...backends].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.weight - b.weight));
}

/**
 * Weighted Maglev table of `size` slots (a prime). Slots are indices into `canonicalOrder(backends)`; the
 * same for any order of the input. Empty where no backend has a weight. Shares are exact to about one slot.
 */
export function maglevTable(backends: readonly Weighted[], size: number, seed: string): Uint32Array {
  const ordered = canonicalOrder(backends);
  const takers = ordered.flatMap((b, i) => (b.weight > 0 ? [i] : []));
  const count = takers.length;
  if (count === 0 || size === 0) return new Uint32Array(0);
  const table = new Uint32Array(size).fill(none);
  if (count === 1) return table.fill(takers[0]!);

  const offsetSeed = murmur3(seed, 0x6d61676c);
  const skipSeed = murmur3(seed, 0x65763136);
  const next = new Uint32Array(count);
  const skip = new Uint32Array(count);
  const weight = new Float64Array(count);
  let heaviest = 0;
  for (let i = 0; i < count; i++) {
    const { key, weight: w } = ordered[takers[i]!]!;
    next[i] = murmur3(key, offsetSeed) % size;
    skip[i] = (murmur3(key, skipSeed) % (size - 1)) + 1;
    weight[i] = w;
    if (w > heaviest) heaviest = w;
  }
  // Half a turn in hand makes turns round to the nearest instead of down.
  const credit = new Float64Array(count).fill(heaviest / 2);
  for (let filled = 0; ;) {
    for (let i = 0; i < count; i++) {
      credit[i]! += weight[i]!;
      if (credit[i]! < heaviest) continue;
      credit[i]! -= heaviest;
      let slot = next[i]!;
      const step = skip[i]!;
      while (table[slot] !== none) {
        slot += step;
        if (slot >= size) slot -= size;
      }
      table[slot] = takers[i]!;
      slot += step;
      next[i] = slot >= size ? slot - size : slot;
      if (++filled === size) return table;
    }
  }
}

/** Most slots that `randomTable` uses. */
const randomLimit = 4096;

/**
 * Slots to draw from at random: each backend as many as its weight says, in as few slots as keep the proportion
 * exact, up to 4,096; beyond that, shares are rounded (largest remainder) and nobody with a weight goes without.
 */
export function randomTable(backends: readonly Weighted[]): Uint32Array {
  const ordered = canonicalOrder(backends);
  const divisor = ordered.reduce((d, b) => gcd(d, b.weight), 0);
  if (divisor === 0) return new Uint32Array(0);
  const total = ordered.reduce((sum, b) => sum + b.weight / divisor, 0);
  const counts = total <= randomLimit
    ? ordered.map((b) => b.weight / divisor)
    : shares(ordered.map((b) => b.weight), Math.max(randomLimit, ordered.length));
  const table = new Uint32Array(counts.reduce((sum, c) => sum + c, 0));
  let at = 0;
  counts.forEach((count, i) => {
    table.fill(i, at, at + count);
    at += count;
  });
  return table;
}

/** As `randomTable`, to be taken in order: the turns of a backend are spread over the round. */
export function turnTable(backends: readonly Weighted[]): Uint32Array {
  const table = randomTable(backends);
  const counts = new Map<number, number>();
  for (const i of table) counts.set(i, (counts.get(i) ?? 0) + 1);
  const turns = [...counts].flatMap(([i, count]) => Array.from({ length: count }, (_, n) => ({ i, at: (n + 0.5) / count })));
  return Uint32Array.from(turns.sort((a, b) => a.at - b.at || a.i - b.i), (t) => t.i);
}

/** About `size` slots in proportion to the weights, at least one for each weight above 0. */
function shares(weights: readonly number[], size: number): number[] {
  const total = weights.reduce((a, b) => a + b, 0);
  const exact = weights.map((w) => (w * size) / total);
  const counts = exact.map((e, i) => (weights[i] === 0 ? 0 : Math.max(1, Math.floor(e))));
  const left = size - counts.reduce((a, b) => a + b, 0);
  const byRemainder = exact.map((e, i) => ({ i, rest: e - Math.floor(e) })).sort((a, b) => b.rest - a.rest || a.i - b.i);
  for (let n = 0; n < left; n++) counts[byRemainder[n % byRemainder.length]!.i]!++;
  return counts;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

export function isPrime(n: number): boolean {
  if (!Number.isSafeInteger(n) || n < 2) return false;
  if (n % 2 === 0) return n === 2;
  for (let d = 3; d * d <= n; d += 2) if (n % d === 0) return false;
  return true;
}

/** Smallest prime that is not less than `n`. */
export function primeFrom(n: number): number {
  let candidate = Math.max(2, Math.ceil(n));
  while (!isPrime(candidate)) candidate++;
  return candidate;
}

/** Largest prime that is not more than `n`; 2 where there is none. */
export function primeUpTo(n: number): number {
  let candidate = Math.max(2, Math.floor(n));
  while (!isPrime(candidate)) candidate--;
  return candidate;
}
