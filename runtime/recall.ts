/**
 * What a process remembers of an instance between two commits of its own, so that a shell that stays up need not read
 * everything back each time. Every writer first puts its token into `meta`, under the lock: whoever finds its own token
 * there knows that nobody else has written since, not even half a commit.
 */
import { randomUUID } from 'node:crypto';
import { metaChunk, metaKey } from '../compiler/generated/layout.ts';
import type { Generation, Live } from '../compiler/live.ts';
import type { Plan } from '../compiler/plan-types.ts';
import { bug } from '../dsl/diagnostic.ts';
import type { Datapath, Instance } from './datapath.ts';

/** No text has kind 0. */
export const tokenKey = metaKey.encode({ kind: 0, id: 0, version: 0, chunk: 0 });

interface Memory {
  readonly token: string;
  readonly live: Live;
}

const memories = new WeakMap<Datapath, Map<string, Memory>>();

/** What this process made live last; undefined where it does not know, or somebody else wrote since. */
export function recall(datapath: Datapath, name: string, instance: Instance): Live | undefined {
  const memory = memories.get(datapath)?.get(name);
  if (!memory) return undefined;
  const found = instance.map('meta').lookup(tokenKey);
  return found && textOf(found) === memory.token ? memory.live : undefined;
}

/** Says that this process is about to write. What anybody remembered of the instance holds no more. */
export function claim(datapath: Datapath, name: string, instance: Instance): string {
  memories.get(datapath)?.delete(name);
  const token = randomUUID();
  const data = new TextEncoder().encode(token);
  instance.map('meta').update(tokenKey, metaChunk.encode({ length: data.length, chunks: 1, data }));
  return token;
}

/**
 * After a commit that went through to its end. Entries of text are only ever added up here, so that where they may be
 * many the next commit counts them anew.
 */
export function remember(datapath: Datapath, name: string, token: string, live: Live): void {
  if ((live.metaUsed ?? 0) * 2 > live.capacity.meta) return;
  const all = memories.get(datapath) ?? new Map<string, Memory>();
  memories.set(datapath, all.set(name, { token, live }));
}

function textOf(value: Uint8Array): string {
  const { length, data } = metaChunk.decode(value);
  return new TextDecoder().decode(data.subarray(0, length));
}

function generationOf(live: Live): Generation {
  const { serial, rulesets, services, attachments, neighbours, netns, sources } = live;
  return { serial, rulesets, services, attachments, neighbours, ...(netns === undefined ? {} : { netns }), ...(sources ? { sources } : {}) };
}

/** What is live once all of a plan's steps are done. Links are read, not remembered. */
export function advance(live: Live, plan: Plan): Live {
  const marks = new Map((live.marks ?? []).map((m) => [m.row, m.deadFrom]));
  const arenas = new Map(live.arenas.map((a) => [a.index, a.slots]));
  let next: Generation | undefined;
  let { lastSerial } = live;
  for (const step of plan.steps) {
    if (step.kind === 'write-services') next = step.generation;
    if (step.kind === 'swap-back') next = live.former ?? bug('a swap back to nothing');
    if (step.kind === 'swap') lastSerial = step.serial;
    if (step.kind === 'write-rows') for (const { row } of step.rows) marks.delete(row);
    if (step.kind === 'mark-rows') for (const row of step.rows) mark(marks, row, step.deadFrom);
    if (step.kind === 'create-arena') arenas.set(step.arena, step.slots);
    if (step.kind === 'sweep') for (const index of step.arenas) arenas.delete(index);
  }
  if (!next) return live;
  return {
    ...next,
    lastSerial,
    ...(live.serial > 0 ? { former: generationOf(live) } : {}),
    links: live.links,
    arenas: [...arenas].sort(([a], [b]) => a - b).map(([index, slots]) => ({ index, slots })),
    capacity: live.capacity,
    metaUsed: (live.metaUsed ?? 0) + (plan.impact.writes['meta'] ?? 0),
    marks: [...marks].sort(([a], [b]) => a - b).map(([row, deadFrom]) => ({ row, deadFrom })),
  };
}

function mark(marks: Map<number, number>, row: number, deadFrom: number): void {
  if (deadFrom === 0) marks.delete(row);
  else marks.set(row, deadFrom);
}
