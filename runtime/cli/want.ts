/** What the scripts of a command line want to be live. */
import type { Diagnostic } from '../../dsl/diagnostic.ts';
import { hasErrors } from '../../dsl/diagnostic.ts';
import { compileLazily, readSources } from '../compile.ts';
import type { Want } from '../propose.ts';
import type { Context } from './command.ts';

export interface WantRead {
  /** Absent where a diagnostic is an error. */
  readonly want?: Want;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
}

/** All files have to be there and without error: a part of them would remove what the rest describes. */
export async function wantFrom(context: Context): Promise<WantRead> {
  const read = readSources(context.args, context.io.readInput);
  if (hasErrors(read.diagnostics)) return { diagnostics: read.diagnostics, sources: new Map() };
  const compiled = await compileLazily(read.sources, context.params);
  const { state, sources, all: diagnostics } = compiled;
  return hasErrors(diagnostics) ? { diagnostics, sources } : { want: { state, rulesets: state.rulesets }, diagnostics, sources };
}
