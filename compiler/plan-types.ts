/**
 * A plan: the changes, what they mean, and ordered steps. Steps carry all the data they write, so that
 * carrying one out needs no decision; each can be undone until the swap, and the swap by its reverse.
 * Order: whatever can fail comes before the swap; a program that covers the old and the new state goes
 * in before it, the smallest one for the new state after it.
 */
import type { Change } from './change.ts';
import type { EntryMap } from './entries.ts';
import type { Generation, LiveService, NeighbourEntry, ProgramState } from './live.ts';
import type { Attachment } from './state.ts';

/** A row of `backends`, ready to be encoded. */
export interface RowWrite {
  readonly row: number;
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
  readonly birth: number;
  readonly service: number;
  /** Serial from which it takes no new flows; 0: it takes them. */
  readonly drainFrom: number;
}

export interface TableWrite {
  readonly arena: number;
  readonly base: number;
  /** `current` and `previous` alternating: 2 × slots. */
  readonly slots: Uint32Array;
}

export type Step =
  /** Pins a fresh set of maps; only for an instance that does not exist yet. */
  | { readonly kind: 'create-instance' }
  | { readonly kind: 'create-arena'; readonly arena: number; readonly slots: number }
  /** Neighbours the kernel is asked to resolve and keep. */
  | { readonly kind: 'add-neighbours'; readonly neighbours: readonly NeighbourEntry[] }
  | { readonly kind: 'write-rows'; readonly rows: readonly RowWrite[] }
  | { readonly kind: 'write-tables'; readonly tables: readonly TableWrite[] }
  /** Text of changed services (version = serial of the commit) and of the whole. */
  | { readonly kind: 'write-meta'; readonly services: readonly LiveService[]; readonly generation: Generation }
  /** Fills a service map beside the live one: every front end, wildcard and the head. */
  | { readonly kind: 'write-services'; readonly generation: Generation }
  /** What services have beside the service map. */
  | { readonly kind: 'write-entries'; readonly map: EntryMap; readonly services: readonly LiveService[] }
  /** Sets and clears the bits of `addresses`: before the swap those of both configurations are set, after it none but those that can be gone back to. */
  | { readonly kind: 'write-addresses'; readonly bits: Uint8Array }
  /** Puts a program on every link that is already there. */
  | { readonly kind: 'replace-program'; readonly program: ProgramState; readonly when: 'before-swap' | 'after-swap' }
  | { readonly kind: 'attach'; readonly attachment: Attachment; readonly program: ProgramState }
  /** Sets the serial from which flows no longer stick to these rows, or new ones do not come to them (0: they do again). */
  | { readonly kind: 'mark-rows'; readonly rows: readonly number[]; readonly field: 'deadFrom' | 'drainFrom'; readonly serial: number }
  /** The commit itself. */
  | { readonly kind: 'swap'; readonly serial: number }
  /** The commit of a rollback: `root[0]` and `root[1]` change places. */
  | { readonly kind: 'swap-back' }
  /** `was`: what an undo puts back, where the step stands before the swap (an interface that changes its XDP mode). */
  | { readonly kind: 'detach'; readonly interface: string; readonly was?: { readonly attachment: Attachment; readonly program: ProgramState } }
  | { readonly kind: 'remove-neighbours'; readonly neighbours: readonly NeighbourEntry[] }
  /** Frees what neither generation can reach; first of all steps for what this commit reuses, last for what it left: counters of reused ids and rows are zeroed, old text deleted, empty arenas removed. */
  | { readonly kind: 'sweep'; readonly counters: { readonly services: readonly number[]; readonly rows: readonly number[] }; readonly arenas: readonly number[] };

export interface Impact {
  /** Writes by map name. */
  readonly writes: Readonly<Record<string, number>>;
  /** Program after the plan and before it. */
  readonly program: { readonly before?: ProgramState; readonly after?: ProgramState };
  /** Share (0–1) of each changed service's table that moves to another backend. */
  readonly moved: readonly { readonly ruleset: string; readonly service: string; readonly family: 4 | 6; readonly share: number }[];
}

export interface Plan {
  /** Serial the plan was made against; another one at apply time makes it stale. */
  readonly base: number;
  /** Serial that it will make. */
  readonly serial: number;
  readonly rulesets: readonly string[];
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
  readonly impact: Impact;
}
