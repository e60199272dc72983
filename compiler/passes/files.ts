/**
 * Parses the entries and follows their includes. A file that is included twice is read once: its services belong to
 * whoever includes it first, its names to all.
 */
import { parse } from '../../dsl/parse.ts';
import type { IncludeStatement } from '../../dsl/ast.ts';
import type { Source } from '../../dsl/span.ts';
import type { Compilation, Scope, Unit } from '../compilation.ts';
import { quoted } from '../compilation.ts';

/** Files that one command reads at most. */
const fileLimit = 10_000;

export function readFiles(c: Compilation): void {
  for (const source of c.entry) {
    if (c.sources.has(source.file)) continue;
    const scope: Scope = { variables: new Map(), pools: new Map(), cluster: { kind: 'none', namespace: 'default' } };
    readFile(c, source, scope, undefined);
  }
}

function readFile(c: Compilation, source: Source, scope: Scope, parent: Unit | undefined): void {
  c.sources.set(source.file, source.text);
  const { script, diagnostics } = parse(source);
  c.diagnostics.push(...diagnostics);
  const broken = diagnostics.filter((d) => d.severity === 'error').map(({ context, span }) => source.text.slice((context ?? span)?.start, context?.end)).join('\n');
  const unit: Unit = { source, script, broken, scope, sharedWith: new Set(), parent, ruleset: '' };
  c.units.push(unit);
  for (const statement of script.statements) if (statement.kind === 'include') follow(c, statement, unit);
}

function follow(c: Compilation, { pattern }: IncludeStatement, from: Unit): void {
  const files = c.options.host.glob(pattern.value, from.source.file);
  if (files.length === 0) {
    const isGlob = /[*?[{]/.test(pattern.value);
    const say = isGlob ? c.warning.bind(c) : c.error.bind(c);
    say('LB117', pattern.span, `no file matches ${quoted(pattern.value)}`, { hint: 'the pattern is relative to the folder of this file' });
  }
  for (const file of files) {
    if (isWithin(file, from)) {
      c.error('LB118', pattern.span, `${quoted(file)} includes itself${file === from.source.file ? '' : `, through ${quoted(from.source.file)}`}`, {
        hint: 'a file is included by one that it does not include',
      });
      continue;
    }
    if (c.sources.has(file)) {
      share(c, file, from.scope);
      continue;
    }
    if (c.units.length >= fileLimit) {
      c.error('LB117', pattern.span, `more than ${fileLimit} files are included`, { hint: 'use a narrower pattern' });
      return;
    }
    const read = c.options.host.readText(file);
    if (read.ok) readFile(c, { file, text: read.value }, from.scope, from);
    else c.error('LB117', pattern.span, read.message, { hint: read.hint });
  }
}

/** Lets another scope see the names of a file that was read, and of what that file includes. */
function share(c: Compilation, file: string, scope: Scope): void {
  for (const unit of c.units) {
    if (unit.scope !== scope && isWithin(file, unit)) unit.sharedWith.add(scope);
  }
}

/** Whether a unit is this file, or was included by it, directly or through others. */
function isWithin(file: string, inner: Unit): boolean {
  for (let unit: Unit | undefined = inner; unit; unit = unit.parent) if (unit.source.file === file) return true;
  return false;
}
