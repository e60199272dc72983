/** `show maps`: how full the maps are. */
import { mapSpecs } from '../../compiler/generated/layout.ts';
import type { Generation, TablePlace } from '../../compiler/live.ts';
import type { Instance, MapName } from '../datapath.ts';
import { bytes, group, table } from './table.ts';
import type { Topic, View } from './view.ts';

interface MapFacts {
  readonly name: string;
  readonly holds: string;
  readonly used: number;
  readonly size: number;
  /** Keys and values of all entries that fit; what the kernel adds per entry is not in it. */
  readonly bytes: number;
  readonly id?: number;
}

interface Facts {
  readonly maps: readonly MapFacts[];
}

function generations(view: View): readonly Generation[] {
  return view.live.former ? [view.live, view.live.former] : [view.live];
}

/** Places of tables that either generation can reach, each once. */
function places(view: View): readonly TablePlace[] {
  const all = generations(view).flatMap((g) => g.services.flatMap((s) => s.tables.flatMap((t) => (t.previous ? [t, t.previous] : [t]))));
  return [...new Map(all.map((t) => [`${t.arena} ${t.base}`, t])).values()];
}

function distinct(view: View, of: (g: Generation) => readonly number[]): number {
  return new Set(generations(view).flatMap(of)).size;
}

function mapFacts(instance: Instance, name: MapName, holds: string, used: number): MapFacts {
  const { info } = instance.map(name);
  const perCpu = [5, 6].includes(mapSpecs[name].type);
  const one = perCpu ? (instance.map(name).lookup(new Uint8Array(info.keySize))?.length ?? info.valueSize) : info.valueSize;
  return { name, holds, used, size: info.maxEntries, bytes: (info.keySize + one) * info.maxEntries, id: info.id };
}

function serviceMap(instance: Instance, index: 0 | 1): MapFacts[] {
  const map = instance.inner('root', index);
  if (!map) return [];
  const { info } = map;
  const used = map.entries().count;
  map.close();
  return [{
    name: `root[${index}]`,
    holds: index === 0 ? 'front ends, live' : 'front ends, for undo',
    used,
    size: info.maxEntries,
    bytes: (info.keySize + info.valueSize) * info.maxEntries,
    id: info.id,
  }];
}

export const maps: Topic<Facts> = {
  name: 'maps',
  help: 'how full the maps are',
  facts(view: View) {
    const { instance, live } = view;
    const rows = distinct(view, (g) => g.services.flatMap((s) => s.backends.map((b) => b.row)));
    const ids = distinct(view, (g) => g.services.map((s) => s.id));
    const slots = places(view);
    return {
      maps: [
        ...serviceMap(instance, 0),
        ...serviceMap(instance, 1),
        ...live.arenas.map((a): MapFacts => ({
          name: `arenas[${a.index}]`,
          holds: 'slots of lookup tables',
          used: slots.filter((t) => t.arena === a.index).reduce((sum, t) => sum + t.size, 0),
          size: a.slots,
          bytes: a.slots * mapSpecs.arenas.inner.valueSize,
        })),
        mapFacts(instance, 'backends', 'backends', rows),
        mapFacts(instance, 'flows', 'remembered flows', instance.map('flows').entries().count),
        mapFacts(instance, 'service_counters', 'counters', ids),
        mapFacts(instance, 'backend_counters', 'counters', rows),
        mapFacts(instance, 'meta', 'names and labels', instance.map('meta').entries().count),
      ],
    };
  },
  text: ({ maps: all }) => table(
    [{ title: 'MAP' }, { title: 'HOLDS' }, { title: 'USED', right: true }, { title: 'SIZE', right: true }, { title: 'BYTES WHEN FULL', right: true }],
    all.map((m) => [m.name, m.holds, group(m.used), group(m.size), bytes(m.bytes)]),
  ),
};
