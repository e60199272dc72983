/** Runs one command line and answers its exit status. No mistake of a user reaches anyone as a stack trace. */
import packageJson from '../../package.json' with { type: 'json' };
import { sanitize } from '../../dsl/sanitize.ts';
import type { StartRepl } from './command.ts';
import { UsageError } from './command.ts';
import type { Io } from './io.ts';
import { parseLine } from './options.ts';

/** `words` are the arguments after the program's name. */
export async function run(words: readonly string[], io: Io, startRepl: StartRepl): Promise<number> {
  try {
    const line = parseLine(words, io, startRepl);
    switch (line.kind) {
      case 'version':
        io.out(`sluice ${packageJson.version}`);
        return 0;
      case 'help': {
        const { helpFor, overview } = await import('./help.ts');
        io.out(line.command ? await helpFor(line.command) : overview());
        return 0;
      }
      case 'absent': {
        const { absent } = await import('./absent.ts');
        return absent(line.name, io);
      }
      case 'run': {
        const { run: handler } = await line.command.load();
        return await handler(line.context);
      }
    }
  } catch (error) {
    return complain(error, io);
  }
}

async function complain(error: unknown, io: Io): Promise<number> {
  if (error instanceof UsageError) {
    io.err(sanitize(`sluice: ${error.message}`));
    if (error.hint) io.err(sanitize(`  ${error.hint}`));
    return 2;
  }
  const { diagnosticOf, isExpected } = await import('../problems.ts');
  if (isExpected(error)) {
    const { say } = await import('./report.ts');
    say(io, [diagnosticOf(error)]);
    return 1;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  io.err('sluice: this is a defect in sluice, please report it with what follows');
  io.err(text.split('\n').map((l) => `  ${sanitize(l)}`).join('\n'));
  return 1;
}
