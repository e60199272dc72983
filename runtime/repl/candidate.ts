/**
 * The candidate: the statements that a commit would make live, as the user wrote them (comments
 * included), each under an identity. Entering a statement with an identity that is there replaces it.
 */
import type { Statement } from '../../dsl/ast.ts';
import { parse } from '../../dsl/parse.ts';
import type { Diagnostic } from '../../dsl/diagnostic.ts';
import type { Source, Span } from '../../dsl/span.ts';

export interface Entry {
  readonly kind: Statement['kind'];
  /** What `delete KIND NAME` calls it; empty where there can be only one of a kind. */
  readonly name: string;
  readonly text: string;
}

export interface Split {
  readonly entries: readonly Entry[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Statements of a text. Comments before a statement and behind it on its line belong to it. */
export function split(source: Source): Split {
  const { script, diagnostics } = parse(source);
  const { text } = source;
  const entries: Entry[] = [];
  let from = 0;
  script.statements.forEach((statement, i) => {
    const next = script.statements[i + 1];
    const to = next ? endOfLine(text, statement.span.end, next.span.start) : text.length;
    entries.push({ ...identity(statement, text), text: text.slice(from, to).replace(/^[\s;]+|[\s;]+$/g, '') });
    from = to;
  });
  return { entries, diagnostics };
}

/** Where the line of a statement ends: before the next statement, behind a comment on the same line. */
function endOfLine(text: string, end: number, next: number): number {
  const between = text.slice(end, next);
  const newline = between.indexOf('\n');
  return newline === -1 ? end : end + newline;
}

function identity(statement: Statement, text: string): Pick<Entry, 'kind' | 'name'> {
  const { kind } = statement;
  const words = (span: Span): string => text.slice(span.start, span.end).replace(/\s+/g, ' ');
  switch (kind) {
    case 'service': case 'pool': case 'let': case 'param':
      return { kind, name: statement.name.text };
    case 'ruleset': case 'defaults': case 'k8s':
      return { kind, name: '' };
    case 'attach':
      return { kind, name: statement.interfaces.map((i) => i.text).sort().join(', ') };
    case 'include':
      return { kind, name: statement.pattern.value };
    case 'test':
      return { kind, name: statement.title.value };
    case 'sync': case 'expect-flow': case 'expect-balance':
      return { kind, name: words(statement.span) };
  }
}

function keyOf({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return `${kind}\0${name}`;
}

/** Puts entries in, each in the place of the one it replaces or at the end. */
export function put(candidate: readonly Entry[], entered: readonly Entry[]): { readonly entries: readonly Entry[]; readonly replaced: readonly Entry[] } {
  const entries = new Map(candidate.map((e) => [keyOf(e), e]));
  const replaced: Entry[] = [];
  for (const entry of entered) {
    const before = entries.get(keyOf(entry));
    if (before && before.text !== entry.text) replaced.push(before);
    entries.set(keyOf(entry), entry);
  }
  return { entries: [...entries.values()], replaced };
}

/** The same entries, those that are still as the prelude has them last: lines are counted from the user's own first statement. */
export function preludeLast(entries: readonly Entry[], prelude: readonly Entry[]): readonly Entry[] {
  const given = (e: Entry): boolean => prelude.some((p) => keyOf(p) === keyOf(e) && p.text === e.text);
  return [...entries.filter((e) => !given(e)), ...entries.filter(given)];
}

/** Takes an entry out; undefined where there is none. */
export function take(candidate: readonly Entry[], kind: string, name: string): readonly Entry[] | undefined {
  const left = candidate.filter((e) => keyOf(e) !== keyOf({ kind, name }));
  return left.length === candidate.length ? undefined : left;
}

/** The candidate as one script. Spans say where each entry stands in it. */
export function assemble(candidate: readonly Entry[], file: string): { readonly source: Source; readonly spans: readonly Span[] } {
  const spans: Span[] = [];
  let text = '';
  for (const entry of candidate) {
    spans.push({ file, start: text.length, end: text.length + entry.text.length });
    text += `${entry.text}\n`;
  }
  return { source: { file, text }, spans };
}
