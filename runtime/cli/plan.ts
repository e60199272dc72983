/** `sluice plan`: what an apply would do. */
import { writeFileSync } from 'node:fs';
import { planToJson, renderPlan } from '../../compiler/render-plan.ts';
import type { Diagnostic } from '../../dsl/diagnostic.ts';
import { hasErrors } from '../../dsl/diagnostic.ts';
import { propose } from '../commit.ts';
import type { Context } from './command.ts';
import { datapathOf } from './kernel.ts';
import { wantFrom } from './want.ts';
import { jsonLine, say } from './report.ts';
import { savedPlan } from './saved.ts';

export async function run(context: Context): Promise<number> {
  const read = await wantFrom(context);
  say(context.io, read.diagnostics, read.sources);
  if (!read.want) return 1;
  const { plan, diagnostics } = propose(datapathOf(context), context.instance, read.want);
  say(context.io, diagnostics, read.sources);
  if (!plan || hasErrors(diagnostics)) return 1;
  if (context.json) context.io.out(jsonLine(planToJson(plan)));
  else context.io.out(renderPlan(plan, { color: context.io.colorOut }));
  const out = context.value('out');
  if (out !== undefined) {
    const problem = save(out, JSON.stringify(savedPlan(context.instance, plan, read.want)));
    if (problem) {
      say(context.io, [problem]);
      return 1;
    }
  }
  return context.flag('detailed-exitcode') && plan.steps.length > 0 ? 2 : 0;
}

function save(path: string, text: string): Diagnostic | undefined {
  try {
    writeFileSync(path, `${text}\n`);
    return undefined;
  } catch (error) {
    return {
      code: 'LB607',
      severity: 'error',
      message: `'${path}' cannot be written (${(error as NodeJS.ErrnoException).code ?? 'EIO'})`,
      hint: 'look at the mode of its folder and at free space',
    };
  }
}
