/**
 * What a process remembers of an instance, so that it need not read everything back each time. Every writer first puts a
 * token of its own into `meta`, under the lock, marked as busy, and takes the mark off when all is done and swept. Who
 * finds the token of its memory there, without the mark, knows that no writer has been at work since, not even for half
 * a commit. What others do to the service map is found by its bytes: a map that nobody writes to keeps its order.
 */
import { randomUUID } from 'node:crypto';
import { findDrift } from '../compiler/decode.ts';
import { encodeServices } from '../compiler/encode.ts';
import { metaChunk, metaKey } from '../compiler/generated/layout.ts';
import type { Generation, Live, Mark } from '../compiler/live.ts';
import type { Plan } from '../compiler/plan-types.ts';
import { bug } from '../dsl/diagnostic.ts';
import type { Packed } from '../compiler/metadata.ts';
import type { Datapath, Instance } from './datapath.ts';
import { liveIndex, serviceEntries } from './service-map.ts';
import { goneChunks } from './sweep.ts';

/** No text has kind 0. */
const tokenKey = metaKey.encode({ kind: 0, id: 0, version: 0, chunk: 0 });

interface Memory {
  readonly token: string;
  readonly live: Live;
  /** Entries of the live map as they were read; absent: not read since this process wrote them. */
  services?: Packed;
}

const busy = 'busy ';

const memories = new WeakMap<Datapath, Map<string, Memory>>();

/** What is live, but for the links; undefined where this process does not know, or somebody else wrote since. */
export function recall(datapath: Datapath, name: string, instance: Instance): Live | undefined {
  const memory = memories.get(datapath)?.get(name);
  if (!memory || settledToken(instance) !== memory.token) return undefined;
  const now = serviceEntries(instance, liveIndex);
  if (!now || !isUnchanged(now, memory)) return undefined;
  memory.services = now;
  return memory.live;
}

function isUnchanged(now: Packed, { live, services }: Memory): boolean {
  if (!services) return findDrift(now, encodeServices(live)).length === 0;
  return same(now.keys, services.keys) && same(now.values, services.values);
}

/**
 * Token of the last writer, where it did all it had to: then no text is there but what the live and the former
 * configuration refer to.
 */
export function settledToken(instance: Instance): string | undefined {
  const found = instance.map('meta').lookup(tokenKey);
  const token = found && textOf(found);
  return token?.startsWith(busy) ? undefined : token;
}

/** Says that this process is about to write. What anybody remembered of the instance holds no more. */
export function claim(datapath: Datapath, name: string, instance: Instance): void {
  memories.get(datapath)?.delete(name);
  writeToken(instance, busy + randomUUID());
}

/** Says that this process has done all it had to do. */
export function settle(instance: Instance): string {
  const token = randomUUID();
  writeToken(instance, token);
  return token;
}

function writeToken(instance: Instance, text: string): void {
  const data = new TextEncoder().encode(text);
  instance.map('meta').update(tokenKey, metaChunk.encode({ length: data.length, chunks: 1, data }));
}

/** `services`: entries of the live map that `live` was read from; absent: this process wrote them. */
export function remember(datapath: Datapath, name: string, token: string, live: Live, services?: Packed): void {
  const all = memories.get(datapath) ?? new Map<string, Memory>();
  memories.set(datapath, all.set(name, { token, live, ...(services ? { services } : {}) }));
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(b);
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
  const marks = new Map((live.marks ?? []).map((m) => [m.row, m]));
  const arenas = new Map(live.arenas.map((a) => [a.index, a.slots]));
  let next: Generation | undefined;
  let { lastSerial } = live;
  for (const step of plan.steps) {
    if (step.kind === 'write-services') next = step.generation;
    if (step.kind === 'swap-back') next = live.former ?? bug('a swap back to nothing');
    if (step.kind === 'swap') lastSerial = step.serial;
    if (step.kind === 'write-rows') for (const { row, drainFrom } of step.rows) mark(marks, { row, deadFrom: 0, drainFrom });
    if (step.kind === 'mark-rows') for (const row of step.rows) mark(marks, { row, deadFrom: 0, drainFrom: 0, ...marks.get(row), [step.field]: step.serial });
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
    metaUsed: (live.metaUsed ?? 0) + (plan.impact.writes['meta'] ?? 0) - (live.former && next !== live.former ? goneChunks(live.former, [live, next]) : 0),
    marks: [...marks.values()].sort((a, b) => a.row - b.row),
  };
}

function mark(marks: Map<number, Mark>, mark: Mark): void {
  if (mark.deadFrom === 0 && mark.drainFrom === 0) marks.delete(mark.row);
  else marks.set(mark.row, mark);
}
