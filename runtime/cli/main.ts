#!/usr/bin/env node
/** The entry: everything else is imported when a command needs it. The only place that knows both the command line and the REPL. */
import { processIo } from './io.ts';
import { run } from './run.ts';

const status = await run(process.argv.slice(2), processIo(), async (options) => {
  const { startRepl } = await import('../repl/start.ts');
  return startRepl(options);
});
// Output that could not be written has set it already.
process.exitCode ||= status;
