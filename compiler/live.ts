/**
 * What runs, as read back from the maps: the state plus where it sits (ids, rows, slots). An apply
 * turns a `Live` and a desired `State` into steps; nothing else decides on placement.
 */
import type { Attachment, Backend, Frontend, Service, State } from './state.ts';

/** One lookup table: a run of slots in an arena. */
export interface TablePlace {
  readonly arena: number;
  readonly base: number;
  readonly size: number;
}

/** A backend and the row it has; `birth` is the serial of the commit that wrote the row. */
export interface PlacedBackend extends Backend {
  readonly row: number;
  readonly birth: number;
}

/** The table that serves the frontends of one address family. */
export interface LiveTable extends TablePlace {
  readonly family: 4 | 6;
  /** Digest of what the slots were computed from (hash, seed, size, weighted backends). */
  readonly digest: string;
  /** Former table, while slots refer to it (service flag PREV_TABLE). */
  readonly previous?: TablePlace;
  /** Ends of the settling windows, CLOCK_MONOTONIC ns, as decimal text (JSON has no 64-bit integers). */
  readonly settleTcp: string;
  readonly settleUdp: string;
  /** Slots whose packets consult the flow table; absent or 0: none does. */
  readonly tracked?: number;
  /** Rows that slots still name as `previous` though their backend left the service or takes no new flows. */
  readonly lingering: readonly { readonly row: number; readonly birth: number }[];
}

export interface LiveService extends Omit<Service, 'backends'> {
  readonly id: number;
  /** Serial of the commit that wrote it. */
  readonly serial: number;
  /** Source ports of translated packets that leave from this host's own addresses; absent where no packet does. */
  readonly ports?: readonly [low: number, high: number];
  readonly backends: readonly PlacedBackend[];
  /** One per address family that its frontends use. */
  readonly tables: readonly LiveTable[];
}

export interface ProgramState {
  readonly variant: string;
  /** Feature bits that are on (`enum lb_feature`). */
  readonly features: number;
}

export interface LiveAttachment extends Attachment {
  readonly ifindex: number;
  /** What the link really uses. */
  readonly actual: 'native' | 'generic';
  readonly program: ProgramState;
}

/** A kernel-managed neighbour entry that an apply installed and `down` removes. */
export interface NeighbourEntry {
  readonly interface: string;
  readonly address: string;
}

/** How much fits: rows and ids from 1 on. Fixed when the instance is made. */
export interface Capacity {
  readonly backends: number;
  readonly services: number;
  readonly flows: number;
  /** Chunks of metadata text. */
  readonly meta: number;
}

/** A commit that can be gone back to by swapping the pointer. */
export interface Generation {
  readonly serial: number;
  readonly rulesets: readonly string[];
  readonly services: readonly LiveService[];
  readonly attachments: readonly Attachment[];
  readonly neighbours: readonly NeighbourEntry[];
  /** Network namespace the instance belongs to (inode number); every commit carries it on. */
  readonly netns?: number;
  /** Text of a ruleset as it was committed, by ruleset, where the committer keeps it (the REPL does). */
  readonly sources?: Readonly<Record<string, string>>;
}

export interface Mark {
  readonly row: number;
  /** 0: not set. */
  readonly deadFrom: number;
  readonly drainFrom: number;
}

export interface Live extends Generation {
  /** Highest serial ever used by this instance; the next commit takes one more. */
  readonly lastSerial: number;
  readonly former?: Generation;
  readonly links: readonly LiveAttachment[];
  /** Slots of each arena that exists, by index. */
  readonly arenas: readonly { readonly index: number; readonly slots: number }[];
  readonly capacity: Capacity;
  /** Entries of `meta` that are in use. */
  readonly metaUsed?: number;
  /** Something else wrote to the maps: the next plan writes the service map anew, changes or not. */
  readonly drifted?: boolean;
  /** A writer that died left entries or marks that say otherwise than what is live: the next plan puts them right, changes or not. */
  readonly unfinished?: boolean;
  /** Rows whose `dead_from` or `drain_from` is set, in order of rows. */
  readonly marks?: readonly Mark[];
}

/** A live service as the state that would produce it. */
export function stateOf(live: Generation): State {
  return {
    rulesets: live.rulesets,
    services: live.services.map(toService),
    attachments: live.attachments,
  };
}

export function toService(live: LiveService): Service {
  const { id: _id, serial: _serial, ports: _ports, tables: _tables, backends, ...rest } = live;
  return { ...rest, backends: backends.map(({ row: _row, birth: _birth, ...b }) => b) };
}

export function frontendKey(f: Frontend): string {
  return `${f.address} ${f.port}/${f.protocol}`;
}
