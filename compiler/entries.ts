/**
 * What services have beside the service map: source ranges and sources, keyed by id and serial like their text, and the
 * rows of backends by address, for the host of a pod that takes tunnelled packets in.
 */
import { bug } from '../dsl/diagnostic.ts';
import { parseAddress, parseCidr } from '../dsl/ip.ts';
import { mapSpecs, range, rangeKey, source, sourceKey, targetKey } from './generated/layout.ts';
import type { Generation, LiveService } from './live.ts';
import type { Packed } from './metadata.ts';
import { readSource } from './sources.ts';
import { modeFor, wraps } from './state.ts';

export const entryMaps = ['ranges', 'sources', 'targets'] as const satisfies readonly (keyof typeof mapSpecs)[];
export type EntryMap = (typeof entryMaps)[number];

/** Bits of id, serial and family in front of the address, and of what maps IPv4. */
const rangeBits = { before: 96, mapped: 96 } as const;

/** Encodes the entries of a service at a place in packed keys and values. */
type Put = (service: LiveService, keys: Uint8Array, values: Uint8Array, first: number) => void;

const puts: Readonly<Record<EntryMap, Put>> = {
  ranges({ id, serial, allow }, keys, values, first) {
    allow.forEach((text, index) => {
      const { bytes, prefix, family } = parseCidr(text) ?? bug(`'${text}' is no network`);
      const bits = rangeBits.before + prefix + (family === 4 ? rangeBits.mapped : 0);
      rangeKey.encode({ prefix: bits, service: id, serial, family, addr: bytes }, keys, (first + index) * rangeKey.size);
      range.encode({ index }, values, (first + index) * range.size);
    });
  },
  sources({ id, serial, from }, keys, values, first) {
    const next = { 4: 0, 6: 0 };
    from.forEach((text, i) => {
      const { address, family, prefix, low, high } = readSource(text);
      sourceKey.encode({ service: id, serial, family, index: next[family]++ }, keys, (first + i) * sourceKey.size);
      source.encode({ addr: bytesOf(address), portLow: low, portHigh: high, prefix }, values, (first + i) * source.size);
    });
  },
  targets({ id, backends }, keys, values, first) {
    const rows = new DataView(values.buffer, values.byteOffset);
    backends.forEach(({ address, row }, i) => {
      targetKey.encode({ addr: bytesOf(address), service: id }, keys, (first + i) * targetKey.size);
      rows.setUint32((first + i) * mapSpecs.targets.valueSize, row, true);
    });
  },
};

function bytesOf(address: string): Uint8Array {
  return parseAddress(address)?.bytes ?? bug(`'${address}' is not an address`);
}

function hasTargets({ mode }: LiveService): boolean {
  return wraps(modeFor(mode, 'tcp'));
}

/** Entries that a service has in a map. */
export function countEntries(map: EntryMap, service: LiveService): number {
  if (map === 'targets') return hasTargets(service) ? service.backends.length : 0;
  return map === 'ranges' ? service.allow.length : service.from.length;
}

export function encodeEntries(map: EntryMap, services: readonly LiveService[]): Packed {
  const having = services.filter((s) => countEntries(map, s) > 0);
  const count = having.reduce((n, s) => n + countEntries(map, s), 0);
  const { keySize, valueSize } = mapSpecs[map];
  const [keys, values] = [new Uint8Array(count * keySize), new Uint8Array(count * valueSize)];
  let at = 0;
  for (const s of having) {
    puts[map](s, keys, values, at);
    at += countEntries(map, s);
  }
  return { keys, values, count };
}

/** Entries of a map as texts of their bytes, value by key. */
export function byKey({ keys, values, count }: Packed): Map<string, string> {
  const text = (bytes: Uint8Array, i: number): string => String.fromCharCode(...bytes.subarray((i * bytes.length) / count, ((i + 1) * bytes.length) / count));
  return new Map(Array.from({ length: count }, (_, i) => [text(keys, i), text(values, i)]));
}

/** Keys of `map` that the configurations do not need. */
export function leftOver(name: EntryMap, map: Packed, generations: readonly Generation[]): Uint8Array[] {
  if (map.count === 0) return [];
  const needed = byKey(encodeEntries(name, generations.flatMap((g) => g.services)));
  const size = map.keys.length / map.count;
  return [...byKey(map).keys()].flatMap((key, i) => (needed.has(key) ? [] : [map.keys.slice(i * size, (i + 1) * size)]));
}
