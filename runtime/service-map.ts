/** The service tables behind `root`: the live one and the former one. */
import { bug } from '../dsl/diagnostic.ts';
import type { Packed } from '../compiler/metadata.ts';
import { layOut, readTable } from '../compiler/service-table.ts';
import type { Instance, MapHandle } from './datapath.ts';

export const liveIndex = 0;
export const formerIndex = 1;

/** All entries; undefined where there is no such configuration. */
export function serviceEntries(instance: Instance, index: typeof liveIndex | typeof formerIndex): Packed | undefined {
  const map = instance.inner('root', index);
  try {
    return map && readTable(map.readRange(0, map.info.maxEntries));
  } finally {
    map?.close();
  }
}

/** A fresh table with these entries, the head among them; reachable by nobody yet. */
export function stageServices(instance: Instance, entries: Packed): MapHandle {
  const table = layOut(entries, instance.servicePlaces) ?? bug(`${entries.count} entries do not fit a service table, though the plan said so`);
  const map = instance.createServiceMap();
  map.writeRange(0, table);
  return map;
}
