/** `sluice undo`: back to the configuration before the last apply, by a pointer swap. */
import { renderPlan } from '../../compiler/render-plan.ts';
import { hasErrors } from '../../dsl/diagnostic.ts';
import { proposeRollback, rollback } from '../commit.ts';
import type { Context } from './command.ts';
import { agreed } from './confirm.ts';
import { datapathOf } from './kernel.ts';
import { say, sayJson } from './report.ts';

export async function run(context: Context): Promise<number> {
  const datapath = datapathOf(context);
  const { plan, diagnostics } = proposeRollback(datapath, context.instance);
  if (!plan || hasErrors(diagnostics)) {
    say(context.io, diagnostics);
    return 1;
  }
  if (!context.json) context.io.out(renderPlan(plan, { color: context.io.colorOut }));
  if (!await agreed(context, 'Go back to this?')) {
    context.io.err('not undone');
    return 1;
  }
  const result = rollback(datapath, context.instance, { base: plan.base });
  say(context.io, result.diagnostics);
  if (result.serial === undefined) return 1;
  if (context.json) sayJson(context.io, 'sluice.undo/1', { serial: result.serial, unfinished: result.unfinished });
  else context.io.out(`Commit ${result.serial} is live again.`);
  return result.unfinished ? 1 : 0;
}
