/** `sluice apply`: shows the plan, asks, commits. */
import { renderPlan } from '../../compiler/render-plan.ts';
import type { Capacity } from '../../compiler/live.ts';
import type { Plan } from '../../compiler/plan-types.ts';
import { hasErrors } from '../../dsl/diagnostic.ts';
import { commit, propose } from '../commit.ts';
import type { Want } from '../propose.ts';
import type { Context } from './command.ts';
import { UsageError } from './command.ts';
import { agreed } from './confirm.ts';
import { datapathOf } from './kernel.ts';
import { say, sayJson } from './report.ts';
import { loadPlan } from './saved.ts';
import { wantFrom } from './want.ts';

interface Wish {
  readonly want: Want;
  readonly instance: string;
  readonly base?: number;
  readonly sources: ReadonlyMap<string, string>;
}

export async function run(context: Context): Promise<number> {
  const capacity = capacityFrom(context.value('capacity'));
  const wish = await wishFrom(context);
  if (!wish) return 1;
  const datapath = datapathOf(context);
  const options = capacity ? { capacity } : {};
  const proposal = propose(datapath, wish.instance, wish.want, { ...options, ...(wish.base === undefined ? {} : { base: wish.base }) });
  const { plan } = proposal;
  say(context.io, proposal.diagnostics, wish.sources);
  if (!plan || hasErrors(proposal.diagnostics)) return 1;
  if (!context.json) context.io.out(renderPlan(plan, { color: context.io.colorOut }));
  else if (!context.flag('yes') && context.io.interactive) context.io.err(renderPlan(plan, { color: context.io.colorErr }));
  const heals = proposal.diagnostics.some((d) => d.code === 'LB618');
  if (plan.steps.length === 0 && !heals) return done(context, plan, plan.base, false);
  if (plan.steps.length > 0 && !await agreed(context, 'Apply this?')) return declined(context);
  const result = commit(datapath, wish.instance, wish.want, { ...options, base: plan.base });
  say(context.io, result.diagnostics, wish.sources);
  if (result.serial === undefined) return 1;
  return done(context, result.plan ?? plan, result.serial, result.unfinished);
}

function declined(context: Context): number {
  context.io.err('not applied');
  return 1;
}

function done(context: Context, plan: Plan, serial: number, unfinished: boolean): number {
  if (context.json) sayJson(context.io, 'sluice.apply/1', { changed: plan.steps.length > 0, serial, unfinished });
  else if (plan.steps.length > 0) context.io.out(`Applied as commit ${serial}.`);
  return unfinished ? 1 : 0;
}

/** The scripts of the command line, or the plan of `--plan`. */
async function wishFrom(context: Context): Promise<Wish | undefined> {
  const file = context.value('plan');
  if (file === undefined) {
    if (context.args.length === 0) throw new UsageError('sluice apply needs FILE…, or --plan FILE', 'e.g. sluice apply shop.lb');
    const read = await wantFrom(context);
    say(context.io, read.diagnostics, read.sources);
    return read.want && { want: read.want, instance: context.instance, sources: read.sources };
  }
  if (context.args.length > 0) throw new UsageError('--plan FILE holds everything; no further FILE goes with it');
  const loaded = loadPlan(file);
  if (!loaded.ok) {
    say(context.io, [loaded.diagnostic]);
    return undefined;
  }
  const { saved } = loaded;
  const named = context.value('instance');
  if (named !== undefined && named !== saved.instance) throw new UsageError(`the plan is for instance '${saved.instance}', not '${named}'`);
  return { want: saved, instance: saved.instance, base: saved.base, sources: new Map() };
}

const limits: Readonly<Record<keyof Capacity, number>> = { backends: 1 << 22, services: 1 << 20, flows: 1 << 26, meta: 1 << 24 };

/** `backends=N,services=N,flows=N,meta=N`, any of them. */
function capacityFrom(text: string | undefined): Partial<Capacity> | undefined {
  if (text === undefined) return undefined;
  const capacity: { -readonly [K in keyof Capacity]?: number } = {};
  for (const part of text.split(',')) {
    const [, key, digits] = /^(backends|services|flows|meta)=(\d{1,9})$/.exec(part.trim()) ?? [];
    if (key === undefined) throw new UsageError(`--capacity wants backends=N,services=N,flows=N,meta=N, not '${part}'`);
    const name = key as keyof typeof limits;
    const value = Number(digits);
    if (value < 1 || value > limits[name]) throw new UsageError(`--capacity ${key} goes from 1 to ${limits[name]}`);
    capacity[name] = value;
  }
  return capacity;
}
