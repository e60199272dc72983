/**
 * What services have beside the service map: source ranges and sources, keyed by id and serial like their text, and the
 * rows of backends by address, for the host of a pod that takes tunnelled packets in.
 */
import { bug } from '../dsl/diagnostic.ts';
import { parseAddress, parseCidr } from '../dsl/ip.ts';
import { range, rangeKey, source, sourceKey, targetKey, type mapSpecs } from './generated/layout.ts';
import type { Generation, LiveService } from './live.ts';
import type { Packed } from './metadata.ts';
import { readSource } from './sources.ts';
import { modeFor, wraps } from './state.ts';

export const entryMaps = ['ranges', 'sources', 'targets'] as const satisfies readonly (keyof typeof mapSpecs)[];
export type EntryMap = (typeof entryMaps)[number];

interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Bits of id, serial and family in front of the address, and of what maps IPv4. */
const rangeBits = { before: 96, mapped: 96 } as const;

const entriesOf: Readonly<Record<EntryMap, (service: LiveService) => Entry[]>> = {
  ranges: ({ id, serial, allow }) => allow.map((text, index) => {
    const { bytes, prefix, family } = parseCidr(text) ?? bug(`'${text}' is no network`);
    const bits = rangeBits.before + prefix + (family === 4 ? rangeBits.mapped : 0);
    return { key: rangeKey.encode({ prefix: bits, service: id, serial, family, addr: bytes }), value: range.encode({ index }) };
  }),
  sources: ({ id, serial, from }) => {
    const next = { 4: 0, 6: 0 };
    return from.map((text) => {
      const { address, family, prefix, low, high } = readSource(text);
      return {
        key: sourceKey.encode({ service: id, serial, family, index: next[family]++ }),
        value: source.encode({ addr: bytesOf(address), portLow: low, portHigh: high, prefix }),
      };
    });
  },
  targets: (service) => (hasTargets(service) ? service.backends : []).map(({ address, row }) => ({
    key: targetKey.encode({ addr: bytesOf(address), service: service.id }), value: new Uint8Array(Uint32Array.of(row).buffer),
  })),
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
  const entries = services.flatMap(entriesOf[map]);
  return { keys: joined(entries.map((e) => e.key)), values: joined(entries.map((e) => e.value)), count: entries.length };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
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
