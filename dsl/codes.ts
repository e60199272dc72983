/** Every diagnostic code with its long form. The texts stand in `explain/`, one file per hundred. */
import { apply } from './explain/apply.ts';
import { build } from './explain/build.ts';
import { environment } from './explain/environment.ts';
import type { Explanation } from './explain/explanation.ts';
import { kubernetes } from './explain/kubernetes.ts';
import { lints } from './explain/lints.ts';
import { literals } from './explain/literals.ts';
import { live } from './explain/live.ts';
import { names } from './explain/names.ts';
import { prompt } from './explain/prompt.ts';
import { references } from './explain/references.ts';
import { semantics } from './explain/semantics.ts';
import { syntax } from './explain/syntax.ts';

/** All codes, in order. */
export const codes: ReadonlyMap<string, Explanation> = new Map(
  [syntax, literals, names, references, semantics, lints, kubernetes, apply, live, environment, build, prompt]
    .flatMap((record) => Object.entries(record))
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
);

/**
 * The long form of a code: title, text, a wrong and a right example; plain text, no newline at the end.
 * Upper and lower case are the same. Undefined for a code that does not exist.
 */
export function explain(code: string): string | undefined {
  const name = code.toUpperCase();
  const entry = codes.get(name);
  if (entry === undefined) return undefined;
  return [
    `${name}: ${entry.title}`,
    '',
    entry.text.trim(),
    '',
    'Wrong:',
    indent(entry.wrong),
    '',
    'Right:',
    indent(entry.right),
  ].join('\n');
}

function indent(text: string): string {
  return text.trim().split('\n').map((line) => (line === '' ? '' : `    ${line}`)).join('\n');
}
