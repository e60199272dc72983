/**
 * Deletes text that neither the live nor the former configuration refers to: of configurations gone by, and of
 * commits whose writer died. Their neighbours go with them.
 */
import { decodeMeta, textName, type GlobalText, type Packed } from '../compiler/metadata.ts';
import { LbServiceFlag, MetaKind, metaKey, service } from '../compiler/generated/layout.ts';
import type { NeighbourEntry } from '../compiler/live.ts';
import type { Datapath, Instance } from './datapath.ts';
import { neighbourKey } from './neighbours.ts';

/** What the service maps refer to: the text of each service version, and of each configuration by its head. */
function referredTo(instance: Instance): Set<string> {
  const names = new Set<string>();
  for (const index of [0, 1]) {
    const map = instance.inner('root', index);
    if (!map) continue;
    const { values, count } = map.entries();
    map.close();
    for (let i = 0; i < count; i++) {
      const { id, serial, flags } = service.decode(values, i * service.size);
      if (flags & LbServiceFlag.HEAD) names.add(textName(MetaKind.GLOBAL, 0, serial));
      else if (!(flags & LbServiceFlag.WILDCARD)) names.add(textName(MetaKind.SERVICE, id, serial));
    }
  }
  return names;
}

/** Keys of text that nothing refers to. */
function unreferred(instance: Instance, meta: Packed): Uint8Array[] {
  const kept = referredTo(instance);
  const keys: Uint8Array[] = [];
  for (let i = 0; i < meta.count; i++) {
    const key = meta.keys.subarray(i * metaKey.size, (i + 1) * metaKey.size);
    const { kind, id, version } = metaKey.decode(key);
    if (!kept.has(textName(kind, id, version))) keys.push(key);
  }
  return keys;
}

/** Neighbours that configurations name, by the name of their text. */
function neighboursByText(meta: Packed): Map<string, readonly NeighbourEntry[]> {
  const globals = globalTexts(meta);
  const found = new Map<string, readonly NeighbourEntry[]>();
  for (const [name, text] of decodeMeta(globals)) {
    try {
      found.set(name, (JSON.parse(text) as GlobalText).neighbours);
    } catch {
      // Somebody else's text: it names no neighbours of ours.
    }
  }
  return found;
}

function globalTexts({ keys, values, count }: Packed): Packed {
  const chosen = Array.from({ length: count }, (_, i) => i).filter((i) => metaKey.decode(keys, i * metaKey.size).kind === MetaKind.GLOBAL);
  const pick = (bytes: Uint8Array): Uint8Array => {
    const size = bytes.length / count;
    const picked = new Uint8Array(chosen.length * size);
    chosen.forEach((from, to) => picked.set(bytes.subarray(from * size, (from + 1) * size), to * size));
    return picked;
  };
  return { keys: pick(keys), values: pick(values), count: chosen.length };
}

function distinct(entries: readonly NeighbourEntry[]): NeighbourEntry[] {
  return [...new Map(entries.map((n) => [neighbourKey(n), n])).values()];
}

/** Entries of text that nothing refers to. */
export function countLitter(instance: Instance): number {
  return unreferred(instance, instance.map('meta').entries()).length;
}

/** Every neighbour that this instance may have handed to the kernel. */
export function allNeighbours(instance: Instance): NeighbourEntry[] {
  return distinct([...neighboursByText(instance.map('meta').entries()).values()].flat());
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

/** Deletes the text; answers neighbours that only it named. */
export function sweepMeta(instance: Instance): NeighbourEntry[] {
  const map = instance.map('meta');
  const meta = map.entries();
  const keys = unreferred(instance, meta);
  if (keys.length === 0) return [];
  const kept = referredTo(instance);
  const named = [...neighboursByText(meta)];
  const keep = new Set(named.filter(([name]) => kept.has(name)).flatMap(([, entries]) => entries.map(neighbourKey)));
  for (const key of keys) map.delete(key);
  return distinct(named.flatMap(([, entries]) => entries)).filter((n) => !keep.has(neighbourKey(n)));
}
