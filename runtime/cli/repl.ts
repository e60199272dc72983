/** `sluice repl`: hands over to the REPL. */
import type { Context } from './command.ts';
import { UsageError } from './command.ts';

export async function run(context: Context): Promise<number> {
  if (context.json) throw new UsageError('sluice repl prints no JSON');
  const instance = context.value('instance');
  return context.startRepl({
    files: context.args,
    ...(instance === undefined ? {} : { instance }),
    bpffs: context.bpffs,
    params: context.params,
    ...(context.flag('no-color') ? { color: false } : {}),
  });
}
