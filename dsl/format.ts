/**
 * Formatting: whitespace and line breaks, nothing else. What the result is made of is compared with what
 * the source was made of, and a difference is never written.
 */
import type { IToken } from 'chevrotain';
import { bug, type Diagnostic, hasErrors } from './diagnostic.ts';
import { Trivia } from './format/comments.ts';
import { layOut, spreadBreaks } from './format/layout.ts';
import { StatementDocument } from './format/statement.ts';
import { read } from './parse.ts';
import type { Source } from './span.ts';
import type { StatementCstNode } from './generated/cst.ts';
import { type RawStatement, splitStatements } from './statements.ts';
import * as t from './tokens.ts';

const width = 100;

export type Formatted =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

interface Parsed {
  readonly raw: RawStatement;
  readonly tree: StatementCstNode;
}

/**
 * The script in its one form: lines of at most 100 columns where they can be broken, bodies indented by
 * two, no more than one empty line in a row. Lines that the author broke stay broken. A script with an
 * error is not formatted.
 */
export function format(source: Source): Formatted {
  const parsed: Parsed[] = [];
  const diagnostics = read(source, (raw, tree) => parsed.push({ raw, tree }));
  if (hasErrors(diagnostics)) return { ok: false, diagnostics };
  const text = write(source.text, parsed);
  const before = essence(source.text);
  const after = essence(text);
  const odd = before.findIndex((part, i) => part !== after[i]);
  if (odd !== -1 || before.length !== after.length) bug(`formatting would change '${before[odd] ?? after[before.length]}'`);
  return { ok: true, text };
}

/** Everything that formatting must not touch: tokens and comments in order, and which tokens begin a statement. */
function essence(text: string): string[] {
  const { tokens, groups } = t.tokenize(text);
  const comments = groups['comments'] ?? [];
  const first = new Set(splitStatements(tokens, '').map((statement) => statement.tokens[0]));
  const parts = [...tokens.filter((token) => token.tokenType !== t.Newline), ...comments].sort((a, b) => a.startOffset - b.startOffset);
  return parts.map((token) => `${first.has(token) ? 'statement ' : ''}${token.image.trimEnd()}`);
}

function write(source: string, statements: readonly Parsed[]): string {
  const { tokens, groups } = t.tokenize(source);
  const trivia = new Trivia(source, tokens, groups['comments'] ?? []);
  const byFirst = new Map(statements.map((s) => [s.raw.tokens[0]!.startOffset, s]));
  const out = new Output();
  for (let i = 0; i < tokens.length;) {
    const token = tokens[i]!;
    if (token.tokenType === t.Newline) {
      i++;
      continue;
    }
    for (const comment of trivia.before(token)) out.put(comment.image.trimEnd(), trivia.newlinesBefore(comment));
    const statement = byFirst.get(token.startOffset);
    let last = token;
    if (statement) {
      const { first, end } = statement.raw;
      const doc = new StatementDocument(tokens.slice(first, end), trivia).of(statement.tree);
      spreadBreaks(doc);
      out.put(layOut(doc, width), trivia.newlinesBefore(token));
      last = tokens[end - 1]!;
      i = end;
    } else {
      out.semicolon(trivia.newlinesBefore(token));
      i++;
    }
    const behind: IToken | undefined = trivia.behind(last);
    if (behind) out.comment(behind.image.trimEnd());
  }
  for (const comment of trivia.atEnd) out.put(comment.image.trimEnd(), trivia.newlinesBefore(comment));
  return out.text();
}

/** Statements, semicolons and comments one after the other, with the line breaks between them. */
class Output {
  readonly #parts: string[] = [];
  /** Columns of the last line. */
  #column = 0;
  #mustBreak = false;

  put(text: string, newlines: number): void {
    if (this.#parts.length > 0) {
      const sameLine = newlines === 0 && !this.#mustBreak && !text.includes('\n') && this.#column + 1 + text.length <= width;
      this.#add(sameLine ? ' ' : newlines > 1 ? '\n\n' : '\n');
    }
    this.#add(text);
    this.#mustBreak = false;
  }

  semicolon(newlines: number): void {
    if (newlines > 0 || this.#mustBreak) this.put(';', newlines);
    else this.#add(';');
  }

  comment(text: string): void {
    this.#add(`  ${text}`);
    this.#mustBreak = true;
  }

  text(): string {
    return this.#parts.length === 0 ? '' : `${this.#parts.join('')}\n`;
  }

  #add(text: string): void {
    const newline = text.lastIndexOf('\n');
    this.#column = newline === -1 ? this.#column + text.length : text.length - newline - 1;
    this.#parts.push(text);
  }
}
