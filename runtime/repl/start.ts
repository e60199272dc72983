/** Starts the REPL: Ink where both ends are terminals, plain lines otherwise. */
import type { ReplOptions } from './options.ts';

/** Resolves with the exit status. */
export async function startRepl(options: ReplOptions): Promise<number> {
  const { runRepl } = await import('./run.ts');
  return runRepl(options);
}
