/** Text → syntax tree and diagnostics. */
import type { IToken } from 'chevrotain';
import type { Script, Statement } from './ast.ts';
import { deceptiveCharacters, strayDiagnostic, withStrays } from './characters.ts';
import type { Diagnostic } from './diagnostic.ts';
import { DocComments } from './doc-comments.ts';
import type { StatementCstNode } from './generated/cst.ts';
import { explainMistake } from './mistake.ts';
import { parseTokens } from './parser.ts';
import type { Source } from './span.ts';
import { type RawStatement, splitStatements } from './statements.ts';
import { toAst } from './to-ast.ts';
import * as t from './tokens.ts';
import { Report } from './tree/report.ts';

/** Errors after which the rest of a text is not read. */
const enough = 200;

/**
 * Parses a script. Never throws, whatever the text. A statement with an error gives diagnostics and no
 * node; the other statements are there all the same. Diagnostics are in the order of the text.
 */
export function parse(source: Source): { script: Script; diagnostics: Diagnostic[] } {
  const statements: Statement[] = [];
  const diagnostics = read(source, (_raw, _tree, statement) => statements.push(statement));
  const span = { file: source.file, start: 0, end: source.text.length };
  return { script: { kind: 'script', file: source.file, span, statements }, diagnostics };
}

/** Calls back with every statement that has no error: its tokens, its concrete tree and its node. */
export function read(
  source: Source,
  each: (raw: RawStatement, tree: StatementCstNode, statement: Statement, tokens: readonly IToken[], comments: readonly IToken[]) => void,
): Diagnostic[] {
  const { file, text } = source;
  const nul = text.indexOf('\0');
  if (nul !== -1) return [notText(file, nul)];
  const lexed = t.tokenize(text);
  const comments = lexed.groups['comments'] ?? [];
  const tokens = withStrays(lexed, text);
  for (const token of tokens) token.endOffset = t.endOf(token) - 1;
  const unsafe = deceptiveCharacters(text, comments, file);
  const diagnostics: Diagnostic[] = [];
  const docs = new DocComments(text, comments);
  for (const raw of splitStatements(tokens, file)) {
    if (diagnostics.length >= enough) {
      diagnostics.push(tooMany(file, raw.tokens[0]!));
      break;
    }
    const report = new Report(file);
    const strays = raw.tokens.filter((token) => token.tokenType === t.Stray || token.tokenType === t.OpenStr);
    const end = t.endOf(raw.tokens.at(-1)!);
    const spoilt = unsafe.length > 0 && unsafe.some((d) => d.span!.end > raw.tokens[0]!.startOffset && d.span!.start < end);
    if (strays.length > 0) {
      const said = strays.slice(0, 20).map((token) => strayDiagnostic(token, file)).filter((d) => !unsafe.some((u) => u.span!.start === d.span!.start));
      report.diagnostics.push(...said.filter((d, i) => said.findIndex((e) => e.hint === d.hint) === i));
    } else if (raw.problems.length > 0) {
      report.diagnostics.push(...raw.problems);
    } else {
      const tree = parseTokens(raw.tokens);
      if (tree === undefined) {
        report.diagnostics.push(explainMistake(raw.tokens, file));
      } else {
        const statement = toAst(tree, docs.above(raw.tokens[0]!.startOffset), report);
        if (!report.hasErrors && !spoilt) each(raw, tree, statement, tokens, comments);
      }
    }
    if (report.diagnostics.length > 0) {
      const context = { file, start: raw.tokens[0]!.startOffset, end };
      for (const d of report.diagnostics) diagnostics.push({ ...d, context });
    }
  }
  if (unsafe.length === 0) return diagnostics;
  return [...diagnostics, ...unsafe].sort((a, b) => a.span!.start - b.span!.start);
}

/**
 * Whether a text typed so far is whole: no bracket is open, it does not end in a token that leaves
 * something open (`,`, `->`, `=` …), and its last line does not end inside a text.
 */
export function isComplete(text: string): boolean {
  const { tokens } = t.tokenize(text);
  const last = tokens.findLast((token) => !t.isSeparator(token));
  if (last === undefined) return true;
  if (last.tokenType === t.OpenStr && tokens.at(-1) === last) return false;
  if (t.leavesOpen(last.tokenType)) return false;
  return splitStatements(tokens, '').every((s, i, all) => i < all.length - 1 || s.open === 0);
}

function notText(file: string, at: number): Diagnostic {
  return {
    code: 'LB004', severity: 'error', span: { file, start: at, end: at + 1 },
    message: 'this is not a text: it has a zero byte', hint: 'scripts are UTF-8 text; is it the right file?',
  };
}

function tooMany(file: string, token: IToken): Diagnostic {
  return {
    code: 'LB021', severity: 'error', span: { file, start: token.startOffset, end: t.endOf(token) },
    message: `there are more than ${enough} errors; what follows was not read`, hint: 'is it the right file?',
  };
}
