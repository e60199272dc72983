/**
 * Tokens → statements. A statement ends at a newline or `;` outside all brackets; each is parsed alone,
 * so that a mistake in one hides no other. A newline counts for nothing inside ( ), [ ] and sets, after
 * a token that leaves something open (`, { -> => =`), and before `-> => { }`. A line that can only be
 * the beginning of a statement ends whatever was left open above it.
 */
import type { IToken, TokenType } from 'chevrotain';
import { closeBracket, type OpenBracket, tooDeep, unclosed } from './brackets.ts';
import type { Diagnostic } from './diagnostic.ts';
import * as t from './tokens.ts';

export interface RawStatement {
  /** For the parser: newlines that do not count are left out, of several separators one is kept. */
  readonly tokens: IToken[];
  /** Range of the token vector it was made from; `end` is exclusive and leaves out the separator. */
  readonly first: number;
  readonly end: number;
  /** Bracket mistakes. Where there is one, parsing would only say the same again. */
  readonly problems: readonly Diagnostic[];
  /** Brackets that are still open at its end. */
  readonly open: number;
}

const deepest = 32;
const goesOn = new Set<TokenType>([t.Arrow, t.FatArrow, t.LCurly, t.RCurly]);
const beforeSet = new Set<TokenType>([t.Equals, t.NotEquals, t.Colon]);
const opening = new Map<TokenType, TokenType>([[t.LParen, t.RParen], [t.LSquare, t.RSquare], [t.LCurly, t.RCurly]]);
const closing = new Set<TokenType>(opening.values());
const withName = new Set<TokenType>([t.Ruleset, t.Service, t.Let, t.Param, t.Sync]);

/** Splits a token vector (with its newlines) into statements, in order; separators between them belong to none. */
export function splitStatements(tokens: readonly IToken[], file: string): RawStatement[] {
  const result: RawStatement[] = [];
  let i = 0;
  while (i < tokens.length) {
    if (t.isSeparator(tokens[i]!)) {
      i++;
      continue;
    }
    const statement = readStatement(tokens, i, file);
    result.push(statement);
    i = statement.end;
  }
  return result;
}

function readStatement(tokens: readonly IToken[], first: number, file: string): RawStatement {
  const out: IToken[] = [];
  const open: OpenBracket[] = [];
  const problems: Diagnostic[] = [];
  let end = first;
  /** Whether the last token closed a body: nothing of the statement can follow on another line. */
  let bodyEnds = false;
  for (let i = first; i < tokens.length; i++) {
    const token = tokens[i]!;
    const last = out.at(-1)?.tokenType;
    if (t.isSeparator(token)) {
      const next = skipNewlines(tokens, i);
      if (token.tokenType === t.Newline) {
        if (beginsStatement(tokens, next) || (bodyEnds && open.length === 0)) break;
        i = next - 1;
        if (open.length > 0 && open.at(-1)!.kind !== 'body') continue;
        if (last !== undefined && t.leavesOpen(last)) continue;
        if (next < tokens.length && goesOn.has(tokens[next]!.tokenType)) continue;
      }
      if (open.length === 0) break;
      if (!t.isSeparator(out.at(-1)!)) out.push(token);
      continue;
    }
    bodyEnds = false;
    const closer = opening.get(token.tokenType);
    if (closer !== undefined) {
      const isSet = (last !== undefined && beforeSet.has(last)) || (open.length > 0 && open.at(-1)!.kind !== 'body');
      open.push({ token, closer, kind: token.tokenType === t.LCurly && !isSet ? 'body' : 'list' });
      if (open.length === deepest + 1) problems.push(tooDeep(token, deepest, file));
    } else if (closing.has(token.tokenType)) {
      bodyEnds = closeBracket(open, token, problems, file)?.kind === 'body';
      if (token.tokenType === t.RCurly && t.isSeparator(out.at(-1) ?? token)) out.pop();
    }
    out.push(token);
    end = i + 1;
  }
  for (const bracket of open.slice(0, 3)) problems.push(unclosed(bracket, file));
  return { tokens: out, first, end, problems, open: open.length };
}

function skipNewlines(tokens: readonly IToken[], i: number): number {
  while (i < tokens.length && tokens[i]!.tokenType === t.Newline) i++;
  return i;
}

/** Whether what begins at `i` can be nothing but a statement, whatever stands above it. */
function beginsStatement(tokens: readonly IToken[], i: number): boolean {
  const type = tokens[i]?.tokenType;
  const next = tokens[i + 1]?.tokenType;
  if (type === undefined || next === undefined) return false;
  if (withName.has(type)) return t.isName(next) || (next === t.Str && (type === t.Ruleset || type === t.Service));
  if (type === t.Pool) return t.isName(next) && tokens[i + 2]?.tokenType === t.Arrow;
  return (type === t.Include || type === t.Test) && next === t.Str;
}
