/**
 * A plan in a file: what it wants, and the commit it was made against. Plain JSON; the plan itself is made again. A digest
 * tells a file that is as it was reviewed from one that was changed since.
 */
import { createHash } from 'node:crypto';
import type { Plan } from '../../compiler/plan-types.ts';
import { planToJson } from '../../compiler/render-plan.ts';
import type { State } from '../../compiler/state.ts';
import type { Diagnostic } from '../../dsl/diagnostic.ts';
import { readText } from '../files.ts';
import type { Want } from '../propose.ts';

const format = 'sluice.plan/1';

export interface SavedPlan extends Want {
  readonly instance: string;
  readonly base: number;
}

export function savedPlan(instance: string, plan: Plan, want: Want): object {
  const essence = { instance, base: plan.base, rulesets: want.rulesets, state: want.state };
  return { ...planToJson(plan), format, ...essence, digest: digestOf(essence) };
}

function digestOf({ instance, base, rulesets, state }: Omit<SavedPlan, 'sources'>): string {
  return createHash('sha256').update(JSON.stringify([instance, base, rulesets, state])).digest('hex');
}

type Loaded = { readonly ok: true; readonly saved: SavedPlan } | { readonly ok: false; readonly diagnostic: Diagnostic };

/** Reads a file that `plan --out` wrote. */
export function loadPlan(path: string): Loaded {
  const read = readText(path);
  if (!read.ok) return read;
  let value: unknown;
  try {
    value = JSON.parse(read.text);
  } catch {
    return notAPlan(path, 'it is not JSON');
  }
  const found = value as Partial<SavedPlan & { format: string; digest: string }> | null;
  if (typeof found !== 'object' || found === null || typeof found.format !== 'string' || !found.format.startsWith('sluice.plan/')) {
    return notAPlan(path, "it has no format 'sluice.plan/1'");
  }
  if (found.format !== format) return notAPlan(path, `its format is ${found.format}, and this sluice reads ${format}`);
  if (typeof found.base !== 'number' || typeof found.instance !== 'string' || !isNames(found.rulesets) || !isState(found.state)) {
    return notAPlan(path, 'it has not all that --out writes (a plan of --json is not enough)');
  }
  const saved = { instance: found.instance, base: found.base, rulesets: found.rulesets, state: found.state };
  return found.digest === digestOf(saved) ? { ok: true, saved } : notAPlan(path, 'it is not as --out wrote it');
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((v) => typeof v === 'string');
}

function isState(value: unknown): value is State {
  const state = value as Partial<State> | null;
  return typeof state === 'object' && state !== null && isNames(state.rulesets) && Array.isArray(state.services) && Array.isArray(state.attachments);
}

function notAPlan(path: string, why: string): Loaded {
  return {
    ok: false,
    diagnostic: { code: 'LB512', severity: 'error', message: `'${path}' is no saved plan: ${why}`, hint: 'make one: sluice plan --out FILE shop.lb' },
  };
}
