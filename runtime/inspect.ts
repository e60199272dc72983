/**
 * Reads back what an instance does. What a killed writer left behind is reachable by nobody and so not part of
 * the answer: rows, slots and text without an owner, a fresh arena, a mark for a commit that never came.
 */
import { decodeLive, type RawMaps } from '../compiler/encode.ts';
import { mapSpecs } from '../compiler/generated/layout.ts';
import type { Capacity, Live, LiveAttachment } from '../compiler/live.ts';
import type { Packed } from '../compiler/metadata.ts';
import type { Diagnostic } from '../dsl/diagnostic.ts';
import type { Datapath, Instance } from './datapath.ts';
import { interfaceNames } from './interfaces.ts';
import { formerIndex, liveIndex, serviceEntries } from './service-map.ts';
import { countLitter } from './sweep.ts';

export interface Inspected {
  readonly live: Live;
  /** Drift: where the maps are not what was committed. */
  readonly problems: readonly Diagnostic[];
  /** Entries of text that dead writers left; counted only where the room for text runs short. */
  readonly litter: number;
  /** Entries of the live service map. */
  readonly services?: Packed;
}

/** Of a commit in between, at most this often is begun anew. */
const attempts = 5;
const arenaCount = mapSpecs.arenas.maxEntries;

/** An instance that does not exist yet. */
export function emptyLive(capacity: Partial<Capacity> = {}): Live {
  return {
    serial: 0,
    lastSerial: 0,
    rulesets: [],
    services: [],
    attachments: [],
    neighbours: [],
    links: [],
    arenas: [],
    marks: [],
    capacity: {
      backends: mapSpecs.backends.maxEntries,
      services: mapSpecs.service_counters.maxEntries,
      flows: mapSpecs.flows.maxEntries,
      meta: mapSpecs.meta.maxEntries,
      ...capacity,
    },
  };
}

/** What instance `name` does; nothing where there is none. */
export function inspect(datapath: Datapath, name: string): Inspected {
  const instance = datapath.open(name);
  if (!instance) return { live: emptyLive(), problems: [], litter: 0 };
  try {
    return readLive(instance);
  } finally {
    instance.close();
  }
}

/** As `inspect`, of an instance that is open. A commit while this reads makes it read again. `unsettled`: a writer died at work. */
export function readLive(instance: Instance, options: { readonly unsettled?: boolean } = {}): Inspected {
  for (let attempt = 1; ; attempt++) {
    const before = generationIds(instance);
    const raw = readRaw(instance, options.unsettled ?? false);
    if (attempt < attempts && generationIds(instance) !== before) continue;
    const { live, problems } = decodeLive(raw);
    const { metaUsed = 0, capacity } = live;
    const litter = metaUsed * 2 < capacity.meta ? 0 : countLitter(instance);
    return { live: { ...withoutTwin(live), metaUsed: metaUsed - litter }, problems, litter, ...(raw.live ? { services: raw.live } : {}) };
  }
}

/** A writer that died between the two halves of a swap left one configuration in both places. */
function withoutTwin(live: Live): Live {
  const { former, ...rest } = live;
  return former && former.serial !== live.serial ? live : rest;
}

/** Changes with every swap: the ids of the service maps. */
function generationIds(instance: Instance): string {
  return [0, 1].map((index) => {
    const map = instance.inner('root', index);
    map?.close();
    return map?.info.id ?? 0;
  }).join();
}

function readRaw(instance: Instance, unsettled: boolean): RawMaps {
  const live = serviceEntries(instance, liveIndex);
  const former = serviceEntries(instance, formerIndex);
  return {
    ...(live ? { live } : {}),
    ...(former ? { former } : {}),
    beside: { ranges: instance.map('ranges').entries(), sources: instance.map('sources').entries(), addresses: addressBytes(instance) },
    ...(unsettled ? { unsettled: { targets: instance.map('targets').entries() } } : {}),
    meta: instance.map('meta').entries(),
    rows: instance.map('backends').entries(),
    arenas: arenasOf(instance),
    links: linksOf(instance),
    capacity: {
      // Without row 0 and id 0.
      backends: instance.map('backends').info.maxEntries - 1,
      services: instance.map('service_counters').info.maxEntries - 1,
      flows: instance.map('flows').info.maxEntries,
      meta: instance.map('meta').info.maxEntries,
    },
  };
}

function addressBytes(instance: Instance): Uint8Array {
  const map = instance.map('addresses');
  return map.readRange(0, map.info.maxEntries);
}

/** A link on an interface that is gone counts until the name is back: then the next apply attaches anew. */
export function linksOf(instance: Instance): LiveAttachment[] {
  const names = new Set(interfaceNames());
  return instance.links().filter((l) => l.ifindex !== 0 || !names.has(l.interface)).map((l) => ({
    interface: l.interface,
    // Who asked for the link, and for which mode, is in the text of the configuration.
    xdp: l.actual,
    ruleset: '',
    ifindex: l.ifindex,
    actual: l.actual,
    program: { variant: l.program.variant, features: l.program.features },
  }));
}

function arenasOf(instance: Instance): Live['arenas'] {
  const arenas: { index: number; slots: number }[] = [];
  for (let index = 0; index < arenaCount; index++) {
    const arena = instance.inner('arenas', index);
    if (!arena) continue;
    arenas.push({ index, slots: arena.info.maxEntries });
    arena.close();
  }
  return arenas;
}
