/**
 * Where new things go: service ids, rows of `backends`, runs of slots in arenas. What the live or the former
 * configuration refers to is taken, so that a commit that fails, or is undone, finds both as they were. What a writer
 * that died left behind is referred to by neither, hence free.
 */
import { bug } from '../dsl/diagnostic.ts';
import { mapSpecs } from './generated/layout.ts';
import type { Generation, Live, LiveService, TablePlace } from './live.ts';

/** Hands out the lowest free numbers from 1 on. Numbers beyond the capacity are the caller's to refuse. */
export class Numbers {
  readonly #reserved: Uint8Array;
  #next = 1;
  #count = 0;

  /** `capacity`: one more than the largest number that fits; or what to begin with a copy of. */
  constructor(from: number | Numbers) {
    if (typeof from === 'number') this.#reserved = new Uint8Array(from);
    else {
      this.#reserved = from.#reserved.slice();
      this.#count = from.#count;
    }
  }

  reserve(n: number): void {
    if (n === 0 || this.#reserved[n] === 1) return;
    this.#reserved[n] = 1;
    this.#count++;
  }

  take(): number {
    while (this.#reserved[this.#next] === 1) this.#next++;
    return this.#next++;
  }

  /** How many are reserved. */
  get reserved(): number {
    return this.#count;
  }
}

/** Slots of an arena: 8 MB, and the largest table there is. */
const arenaSlots = mapSpecs.arenas.inner.maxEntries;
/** Places for arenas (`LB_ARENAS`). */
export const maxArenas = 64;

interface Gap {
  start: number;
  end: number;
}

export interface NewArena {
  readonly arena: number;
  readonly slots: number;
}

/** Runs of slots, first fit over the arenas in order. A new arena is made where nothing fits. */
export class Slots {
  readonly #gaps = new Map<number, Gap[]>();
  readonly created: NewArena[] = [];

  constructor(arenas: Live['arenas'], used: readonly TablePlace[]) {
    const byArena = new Map<number, TablePlace[]>();
    for (const place of used) {
      const list = byArena.get(place.arena);
      if (list) list.push(place);
      else byArena.set(place.arena, [place]);
    }
    for (const { index, slots } of [...arenas].sort((a, b) => a.index - b.index)) {
      this.#gaps.set(index, gapsBetween(byArena.get(index) ?? [], slots));
    }
  }

  /** Undefined: all places for arenas are taken. */
  take(size: number): TablePlace | undefined {
    if (size > arenaSlots) bug(`a table of ${size} slots`);
    for (const [arena, gaps] of this.#gaps) {
      const gap = gaps.find((g) => g.end - g.start >= size);
      if (gap) return this.#cut(arena, gap, size);
    }
    const arena = this.#freeIndex();
    if (arena === undefined) return undefined;
    const gap = { start: 0, end: arenaSlots };
    this.#gaps.set(arena, [gap]);
    this.created.push({ arena, slots: arenaSlots });
    return this.#cut(arena, gap, size);
  }

  #cut(arena: number, gap: Gap, size: number): TablePlace {
    const place = { arena, base: gap.start, size };
    gap.start += size;
    return place;
  }

  #freeIndex(): number | undefined {
    for (let i = 0; i < maxArenas; i++) if (!this.#gaps.has(i)) return i;
    return undefined;
  }
}

function gapsBetween(places: readonly TablePlace[], slots: number): Gap[] {
  const gaps: Gap[] = [];
  let at = 0;
  for (const { base, size } of [...places].sort((a, b) => a.base - b.base)) {
    if (base > at) gaps.push({ start: at, end: base });
    at = Math.max(at, base + size);
  }
  if (at < slots) gaps.push({ start: at, end: slots });
  return gaps;
}

/** Runs of slots that a service's packets may reach. */
export function placesOf(service: LiveService): TablePlace[] {
  return service.tables.flatMap((t) => [...(t.size > 0 ? [t] : []), ...(t.previous ? [t.previous] : [])]);
}

/** Rows that a service's tables or flows may name. */
function reserveRows(service: LiveService, numbers: Numbers): void {
  for (const { row } of service.backends) numbers.reserve(row);
  for (const { lingering } of service.tables) for (const { row } of lingering) numbers.reserve(row);
}

/** What the live and the former configuration refer to. */
export interface Taken {
  readonly ids: Numbers;
  readonly rows: Numbers;
  readonly places: readonly TablePlace[];
}

/** A plan is made for the user to see, and again to be carried out: over the same services, if nobody wrote in between. */
const known = new WeakMap<readonly LiveService[], Taken & { readonly former: Live['former'] | undefined; readonly capacity: Live['capacity'] }>();

/** Numbers to take from as one likes. */
export function takenBy(live: Live): Taken {
  let taken = known.get(live.services);
  if (!taken || taken.former !== live.former || taken.capacity !== live.capacity) {
    const services = reachable(live);
    const { former, capacity } = live;
    taken = { ids: new Numbers(capacity.services + 1), rows: new Numbers(capacity.backends + 1), places: services.flatMap(placesOf), former, capacity };
    for (const s of services) {
      taken.ids.reserve(s.id);
      reserveRows(s, taken.rows);
    }
    known.set(live.services, taken);
  }
  return { ids: new Numbers(taken.ids), rows: new Numbers(taken.rows), places: taken.places };
}

/** Services of both configurations, those that both share once. */
export function reachable(live: Live): LiveService[] {
  return merged(live, live.former);
}

/** Services of two configurations; a version that both have comes once. */
export function merged(a: Generation, b: Generation | undefined): LiveService[] {
  if (!b) return [...a.services];
  const has = versionsOf(a);
  return [...a.services, ...b.services.filter((s) => !has(s))];
}

/** Tells whether a configuration has the same version of a service. Ids are small, and no serial is 0. */
export function versionsOf({ services }: Generation): (s: Pick<LiveService, 'id' | 'serial'>) => boolean {
  let largest = 0;
  for (const { id } of services) if (id > largest) largest = id;
  const serials = new Uint32Array(largest + 1);
  for (const { id, serial } of services) serials[id] = serial;
  return ({ id, serial }) => serials[id] === serial;
}
