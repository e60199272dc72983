/** `show backends`: each service's backends with their share of its lookup table. */
import type { LiveService, PlacedBackend } from '../../compiler/live.ts';
import { backendsFor } from '../../compiler/state.ts';
import type { Instance } from '../datapath.ts';
import { bytes, group, heading, percent, table } from './table.ts';
import { backendSums, nothing, type Sums } from '../counters.ts';
import type { Topic, View } from './view.ts';
import { endpointText, selectServices } from './view.ts';

interface BackendFacts extends Sums {
  readonly name?: string;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly state: string;
  /** Of the slots of its family's table, 0–1. */
  readonly share: number;
  /** Slots that it takes over from another, or gives up, while old flows stay where they are. */
  readonly settling: number;
  readonly row: number;
}

interface Facts {
  readonly services: readonly { readonly ruleset: string; readonly name: string; readonly backends: readonly BackendFacts[] }[];
}

/** Slots by row: as current, and those among them that still have a former backend. */
interface Slots {
  readonly size: number;
  readonly current: ReadonlyMap<number, number>;
  readonly settling: ReadonlyMap<number, number>;
}

function slotsOf(instance: Instance, service: LiveService, family: 4 | 6): Slots | undefined {
  const place = service.tables.find((t) => t.family === family);
  if (!place || place.size === 0) return undefined;
  const arena = instance.inner('arenas', place.arena);
  if (!arena) return undefined;
  const raw = arena.readRange(place.base, place.size);
  arena.close();
  const pairs = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const current = new Map<number, number>();
  const settling = new Map<number, number>();
  for (let slot = 0; slot < place.size; slot++) {
    const row = pairs.getUint32(slot * 8, true);
    current.set(row, (current.get(row) ?? 0) + 1);
    if (pairs.getUint32(slot * 8 + 4, true) !== 0) settling.set(row, (settling.get(row) ?? 0) + 1);
  }
  return { size: place.size, current, settling };
}

function factsOf(service: LiveService, instance: Instance, sums: ReadonlyMap<number, Sums>): readonly BackendFacts[] {
  const tables = ([4, 6] as const).flatMap((family) => {
    const slots = slotsOf(instance, service, family);
    return slots ? [{ rows: new Set(backendsFor(service, family).map((b) => (b as PlacedBackend).row)), slots }] : [];
  });
  return service.backends.map((b) => {
    const of = tables.find((t) => t.rows.has(b.row))?.slots;
    return {
      ...(b.name === undefined ? {} : { name: b.name }),
      address: b.address,
      port: b.port,
      weight: b.weight,
      state: b.state,
      share: of ? (of.current.get(b.row) ?? 0) / of.size : 0,
      settling: of?.settling.get(b.row) ?? 0,
      ...(sums.get(b.row) ?? nothing),
      row: b.row,
    };
  });
}

function section(service: Facts['services'][number]): string {
  if (service.backends.length === 0) return `${heading('service', service.name)}\nno backends`;
  return `${heading('service', service.name)}\n${table(
    [
      { title: 'BACKEND' }, { title: 'NAME' }, { title: 'STATE' }, { title: 'WEIGHT', right: true }, { title: 'SHARE', right: true },
      { title: 'PACKETS', right: true }, { title: 'BYTES', right: true }, { title: 'FLOWS', right: true },
    ],
    service.backends.map((b) => [
      endpointText(b.address, b.port), b.name ?? '', b.state, String(b.weight), percent(b.share),
      group(b.packets), bytes(b.bytes), group(b.flows),
    ]),
  )}`;
}

export const backends: Topic<Facts> = {
  name: 'backends',
  help: 'backends of each service with their share of its table',
  selects: 'a service',
  facts(view: View, only) {
    const chosen = selectServices(view, only);
    if (!chosen) return undefined;
    const rows = new Set(chosen.flatMap((s) => s.backends.map((b) => b.row)));
    const sums = backendSums(view.instance, rows);
    return { services: chosen.map((s) => ({ ruleset: s.ruleset, name: s.name, backends: factsOf(s, view.instance, sums) })) };
  },
  text: ({ services }) => (services.length === 0 ? 'no services' : services.map(section).join('\n\n')),
};
