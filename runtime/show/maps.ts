/** `show maps`: how full the maps are. */
import { mapSpecs } from '../../compiler/generated/layout.ts';
import type { Generation, TablePlace } from '../../compiler/live.ts';
import type { Instance, MapName } from '../datapath.ts';
import { bytes, group, percent, table } from './table.ts';
import type { Topic, View } from './view.ts';

interface MapFacts {
  readonly name: string;
  readonly holds: string;
  /** Absent where every place is there from the beginning, and none is taken or free. */
  readonly used?: number;
  readonly size: number;
  readonly whenFull: string;
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

const perCpuTypes: readonly number[] = [5, 6];
const refused = 'a commit is refused';
/** What becomes of one more entry, by `enum bpf_map_type`. */
const whenFull: Readonly<Record<number, string>> = { 1: refused, 9: 'the oldest gives way', 11: refused, 27: 'events are lost' };
const listTypes: readonly number[] = [1, 9, 11];

function count(instance: Instance, name: MapName): number {
  return instance.map(name).entries().count;
}

/** `used` is counted where the map has entries that come and go, unless it is given. */
function mapFacts(instance: Instance, name: MapName, holds: string, places?: number): MapFacts {
  const { info } = instance.map(name);
  const { type } = mapSpecs[name];
  const used = places ?? (listTypes.includes(type) ? count(instance, name) : undefined);
  const perCpu = perCpuTypes.includes(type);
  const one = perCpu ? (instance.map(name).lookup(new Uint8Array(info.keySize))?.length ?? info.valueSize) : info.valueSize;
  const size = info.keySize === 0 ? info.maxEntries : (info.keySize + one) * info.maxEntries;
  return {
    name, holds, ...(used === undefined ? {} : { used }), size: info.maxEntries,
    whenFull: whenFull[type] ?? (used === undefined ? '' : refused), bytes: size, id: info.id,
  };
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
    whenFull: 'grows with the next commit',
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
          whenFull: 'a further arena is made',
          bytes: a.slots * mapSpecs.arenas.inner.valueSize,
        })),
        mapFacts(instance, 'backends', 'backends', rows),
        mapFacts(instance, 'targets', 'backends by address, for their own hosts'),
        mapFacts(instance, 'ranges', 'source ranges (allow)'),
        mapFacts(instance, 'sources', 'source addresses (from)'),
        mapFacts(instance, 'vlans', 'interfaces with a VLAN tag'),
        mapFacts(instance, 'flows', 'remembered flows'),
        mapFacts(instance, 'nat', 'translated flows'),
        mapFacts(instance, 'affinities', 'clients and their backends'),
        mapFacts(instance, 'fragments', 'ports of fragmented datagrams'),
        mapFacts(instance, 'addresses', 'bits of VIPs and backends'),
        mapFacts(instance, 'hops', 'next hops of backends'),
        mapFacts(instance, 'turns', 'turns of rr'),
        mapFacts(instance, 'service_counters', 'counters', ids),
        mapFacts(instance, 'backend_counters', 'counters', rows),
        mapFacts(instance, 'activity', 'counters'),
        mapFacts(instance, 'drops', 'counters'),
        mapFacts(instance, 'events', 'samples of flows'),
        mapFacts(instance, 'meta', 'names and labels'),
      ],
    };
  },
  text: ({ maps: all }) => table(
    [
      { title: 'MAP' }, { title: 'HOLDS' }, { title: 'USED', right: true }, { title: 'SIZE', right: true }, { title: 'FILL', right: true },
      { title: 'WHEN FULL' }, { title: 'BYTES WHEN FULL', right: true },
    ],
    all.map((m) => [
      m.name, m.holds, m.used === undefined ? '' : group(m.used), group(m.size), m.used === undefined ? '' : percent(m.used / m.size), m.whenFull, bytes(m.bytes),
    ]),
  ),
};
