/** Asks before something is changed. */
import type { Context } from './command.ts';
import { UsageError } from './command.ts';

/** True with `--yes`; else what the person at the terminal says. Nobody there: a usage error. */
export async function agreed(context: Context, question: string): Promise<boolean> {
  if (context.flag('yes')) return true;
  if (!context.io.interactive) throw new UsageError('nobody is here to ask: this is no terminal', 'say --yes to go ahead without asking');
  return context.io.confirm(question);
}
