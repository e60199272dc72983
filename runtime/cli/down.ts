/** `sluice down`: removes an instance, or all. */
import { takeDown } from '../down.ts';
import { DatapathError } from '../datapath.ts';
import { diagnosticOf } from '../problems.ts';
import type { Context } from './command.ts';
import { UsageError } from './command.ts';
import { agreed } from './confirm.ts';
import { datapathOf } from './kernel.ts';
import { say, sayJson } from './report.ts';

export async function run(context: Context): Promise<number> {
  const datapath = datapathOf(context);
  const all = context.flag('all');
  if (all && context.value('instance') !== undefined) throw new UsageError('either --all or --instance NAME');
  let names: readonly string[];
  try {
    names = datapath.remains().filter((name) => all || name === context.instance);
  } catch (error) {
    if (!(error instanceof DatapathError)) throw error;
    say(context.io, [diagnosticOf(error)]);
    return 1;
  }
  if (names.length > 0 && !await agreed(context, `Detach and remove ${names.map((n) => `instance '${n}'`).join(', ')}?`)) {
    context.io.err('nothing was removed');
    return 1;
  }
  const removed: string[] = [];
  let failed = false;
  for (const name of names) {
    const result = takeDown(datapath, name);
    say(context.io, result.diagnostics);
    if (result.removed) removed.push(name);
    failed ||= result.failed;
  }
  if (context.json) sayJson(context.io, 'sluice.down/1', { removed });
  else if (removed.length > 0) context.io.out(`removed ${removed.join(', ')}`);
  else if (!failed) context.io.out(all ? 'there is no instance' : `there is no instance '${context.instance}'`);
  return failed ? 1 : 0;
}
