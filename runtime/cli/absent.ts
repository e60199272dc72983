/** Answers a command of the language's design that this build does not have. */
import { absentCommands, commands } from './commands.ts';
import type { Io } from './io.ts';
import { say } from './report.ts';

/** Exit status 1, and a diagnostic that says so. */
export function absent(name: string, io: Io): number {
  say(io, [{
    code: 'LB615',
    severity: 'error',
    message: `'sluice ${name}' (${absentCommands.get(name)!}) is not part of this build`,
    hint: `what it has: ${commands.map((c) => c.name).join(', ')}`,
  }]);
  return 1;
}
