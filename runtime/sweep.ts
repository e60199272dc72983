/**
 * Deletes text that neither the live nor the former configuration refers to: of configurations gone by, and of
 * commits whose writer died. Their neighbours go with them.
 */
import { versionsOf } from '../compiler/place.ts';
import { encodeEntries, entryMaps, leftOver, type EntryMap } from '../compiler/entries.ts';
import { countChunks, readGlobal, textName, Texts, type Packed } from '../compiler/metadata.ts';
import { LbServiceFlag, metaChunk, MetaKind, metaKey, rangeKey, service, sourceKey, targetKey } from '../compiler/generated/layout.ts';
import type { Generation, LiveService, NeighbourEntry } from '../compiler/live.ts';
import type { Datapath, Instance } from './datapath.ts';
import { neighbourKey } from './neighbours.ts';
import { formerIndex, liveIndex, serviceEntries } from './service-map.ts';

/** The text of a service version, or of a configuration, as one number: ids stay below 2^20. */
function textNumber(kind: number, id: number, version: number): number {
  return (kind === MetaKind.GLOBAL ? 2 ** 20 : id) * 2 ** 32 + version;
}

/** What the service maps refer to: the text of each service version, and of each configuration by its head. */
function referredTo(instance: Instance): Set<number> {
  const numbers = new Set<number>();
  for (const index of [liveIndex, formerIndex] as const) {
    const entries = serviceEntries(instance, index);
    if (!entries) continue;
    const { values, count } = entries;
    for (let i = 0; i < count; i++) {
      const { id, serial, flags } = service.decode(values, i * service.size);
      if (flags & LbServiceFlag.HEAD) numbers.add(textNumber(MetaKind.GLOBAL, 0, serial));
      else if (!(flags & LbServiceFlag.WILDCARD)) numbers.add(textNumber(MetaKind.SERVICE, id, serial));
    }
  }
  return numbers;
}

/** Keys of text that nothing refers to. */
function unreferred(meta: Packed, kept: ReadonlySet<number>): Uint8Array[] {
  const keys: Uint8Array[] = [];
  for (let i = 0; i < meta.count; i++) {
    const { kind, id, version } = metaKey.decode(meta.keys, i * metaKey.size);
    if (kind !== 0 && !kept.has(textNumber(kind, id, version))) keys.push(meta.keys.subarray(i * metaKey.size, (i + 1) * metaKey.size));
  }
  return keys;
}

/** Neighbours that configurations name, by the serial of the configuration. */
function neighboursBySerial(meta: Packed): Map<number, readonly NeighbourEntry[]> {
  const globals = globalTexts(meta);
  const texts = new Texts(globals);
  const found = new Map<number, readonly NeighbourEntry[]>();
  for (let i = 0; i < globals.count; i++) {
    const { version } = metaKey.decode(globals.keys, i * metaKey.size);
    const text = texts.get(textName(MetaKind.GLOBAL, 0, version));
    const read = text === undefined ? undefined : readGlobal(text);
    if (read) found.set(version, read.neighbours);
  }
  return found;
}

function globalTexts({ keys, values, count }: Packed): Packed {
  const chosen: number[] = [];
  for (let i = 0; i < count; i++) if (metaKey.decode(keys, i * metaKey.size).kind === MetaKind.GLOBAL) chosen.push(i);
  const pick = (bytes: Uint8Array, size: number): Uint8Array => {
    const picked = new Uint8Array(chosen.length * size);
    chosen.forEach((from, to) => picked.set(bytes.subarray(from * size, (from + 1) * size), to * size));
    return picked;
  };
  return { keys: pick(keys, metaKey.size), values: pick(values, metaChunk.size), count: chosen.length };
}

function distinct(entries: readonly NeighbourEntry[]): NeighbourEntry[] {
  return [...new Map(entries.map((n) => [neighbourKey(n), n])).values()];
}

/** Entries of text that nothing refers to. */
export function countLitter(instance: Instance): number {
  return unreferred(instance.map('meta').entries(), referredTo(instance)).length;
}

/** Every neighbour that this instance may have handed to the kernel. */
export function allNeighbours(instance: Instance): NeighbourEntry[] {
  return distinct([...neighboursBySerial(instance.map('meta').entries()).values()].flat());
}

/** Of these, the ones that no other instance of the same bpffs names. */
export function withoutOthers(datapath: Datapath, name: string, entries: readonly NeighbourEntry[]): readonly NeighbourEntry[] {
  if (entries.length === 0) return entries;
  const named = new Set(datapath.instances().filter((other) => other !== name).flatMap((other) => {
    const instance = datapath.open(other);
    try {
      return instance ? allNeighbours(instance).map(neighbourKey) : [];
    } finally {
      instance?.close();
    }
  }));
  return entries.filter((n) => !named.has(neighbourKey(n)));
}

/**
 * Deletes entries beside the service map that nothing needs, whoever left them. What a service has whose text cannot be
 * read stays.
 */
function sweepEntries(instance: Instance, referred: ReadonlySet<number>, live: readonly Generation[]): void {
  const unreadable = new Set([...referred].map((n) => Math.floor(n / 2 ** 32)));
  for (const g of live) for (const { id } of g.services) unreadable.delete(id);
  const isKept = ({ service: id, serial }: { readonly service: number; readonly serial: number }): boolean =>
    unreadable.has(id) && referred.has(textNumber(MetaKind.SERVICE, id, serial));
  const stays: Readonly<Record<EntryMap, (key: Uint8Array) => boolean>> = {
    ranges: (key) => isKept(rangeKey.decode(key)),
    sources: (key) => isKept(sourceKey.decode(key)),
    targets: (key) => unreadable.has(targetKey.decode(key).service),
  };
  for (const name of entryMaps) {
    const map = instance.map(name);
    for (const key of leftOver(name, map.entries(), live)) if (!stays[name](key)) map.delete(key);
  }
}

/** Deletes text that nothing refers to, and entries that `live` do not need; answers neighbours that only the text named. */
export function sweepMeta(instance: Instance, live: readonly Generation[]): NeighbourEntry[] {
  const map = instance.map('meta');
  const meta = map.entries();
  const kept = referredTo(instance);
  // Before the text, which says that their serial is taken.
  sweepEntries(instance, kept, live);
  const keys = unreferred(meta, kept);
  if (keys.length === 0) return [];
  const named = [...neighboursBySerial(meta)];
  const keep = new Set(named.filter(([serial]) => kept.has(textNumber(MetaKind.GLOBAL, 0, serial))).flatMap(([, entries]) => entries.map(neighbourKey)));
  for (const key of keys) map.delete(key);
  return distinct(named.flatMap(([, entries]) => entries)).filter((n) => !keep.has(neighbourKey(n)));
}

/** Text that only `gone` refers to. */
function goneTexts(gone: Generation, kept: readonly Generation[]): { readonly services: readonly LiveService[]; readonly whole: boolean } {
  const having = kept.map(versionsOf);
  return {
    services: gone.services.filter((s) => !having.some((has) => has(s))),
    whole: kept.every((g) => g.serial !== gone.serial),
  };
}

/** Entries that `sweepKnown` deletes. */
export function goneChunks(gone: Generation, kept: readonly Generation[]): number {
  const { services, whole } = goneTexts(gone, kept);
  return countChunks(services, whole ? gone : undefined);
}

/** As `sweepMeta`, where it is known what there is: deletes what only `gone` refers to, reading nothing. */
export function sweepKnown(instance: Instance, gone: Generation, kept: readonly Generation[]): NeighbourEntry[] {
  const { services, whole } = goneTexts(gone, kept);
  const ids = new Set(services.map((s) => s.id));
  const others = kept.map((g) => ({ ...g, services: g.services.filter((s) => ids.has(s.id)) }));
  for (const name of entryMaps) for (const key of leftOver(name, encodeEntries(name, services), others)) instance.map(name).delete(key);
  const map = instance.map('meta');
  const forget = (kind: number, id: number, version: number, chunks: number): void => {
    for (let chunk = 0; chunk < chunks; chunk++) map.delete(metaKey.encode({ kind, id, version, chunk }));
  };
  for (const s of services) forget(MetaKind.SERVICE, s.id, s.serial, countChunks([s]));
  if (whole) forget(MetaKind.GLOBAL, 0, gone.serial, countChunks([], gone));
  const keep = new Set(kept.flatMap((g) => g.neighbours.map(neighbourKey)));
  return gone.neighbours.filter((n) => !keep.has(neighbourKey(n)));
}
