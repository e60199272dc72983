/**
 * Completion: the tokens before the cursor are walked along the grammar, and what may come next is
 * offered, together with names that the text itself declares, arguments of the call around the cursor,
 * and names of live things that the caller knows.
 */
import type { IToken, TokenType } from 'chevrotain';
import { callOffers, type Offer } from './complete-call.ts';
import { type Expected, walk } from './expected.ts';
import { keywordHelp } from './keyword-help.ts';
import { splitStatements } from './statements.ts';
import * as t from './tokens.ts';

export interface CompletionItem {
  readonly text: string;
  /** `keyword`, `pool`, `variable`, `service`, `call`, `argument`, `value`, `interface`, `backend` … */
  readonly kind: string;
  readonly help: string;
}

export interface Completion {
  /** Offset from which the text is replaced, up to the cursor. */
  readonly from: number;
  /** Those that begin with what stands there already; best first. */
  readonly items: readonly CompletionItem[];
}

/**
 * What may be typed at `offset`. `names`: live things by kind (`pool`, `service`, `backend`,
 * `interface`, `variable`); they are offered where such a name may stand. Never throws.
 */
export function complete(text: string, offset: number, names: readonly CompletionItem[] = []): Completion {
  const before = text.slice(0, Math.max(0, offset));
  const { tokens, groups } = t.tokenize(before);
  const nothing = { from: before.length, items: [] };
  const comment = groups['comments']?.at(-1);
  if (comment && t.endOf(comment) === before.length) return nothing;
  const last = tokens.at(-1);
  if (last?.tokenType === t.OpenStr) return nothing;
  const word = last && t.endOf(last) === before.length && (t.isName(last.tokenType) || last.tokenType === t.Variable) ? last : undefined;
  const from = word?.startOffset ?? before.length;
  const typed = word?.image ?? '';
  const row = statementBefore(word ? tokens.slice(0, -1) : tokens);
  const { at, expected } = walk(row);
  if (at < row.length) return { from, items: [] };
  const all = [...names, ...declared(text, offset)];
  const offers = expected.flatMap((e) => offersFor(e, row, all));
  const seen = new Set<string>();
  const items = offers.filter((o) => o.text.startsWith(typed) && o.text !== typed && !seen.has(o.text) && seen.add(o.text));
  return { from, items };
}

/** Tokens of the statement that is being written at the end of the row; none where a new one begins. */
function statementBefore(tokens: readonly IToken[]): IToken[] {
  const statement = splitStatements(tokens, '').at(-1);
  if (statement === undefined) return [];
  const ended = statement.open === 0 && tokens.slice(statement.end).some(t.isSeparator) && !t.leavesOpen(statement.tokens.at(-1)!.tokenType);
  return ended ? [] : statement.tokens;
}

function offersFor(expected: Expected, row: readonly IToken[], names: readonly CompletionItem[]): Offer[] {
  const { token, rules } = expected;
  const call = callOffers(expected, row);
  if (call) return call;
  if (token === t.Variable) return ofKind(names, 'variable');
  if (token === t.Name) return nameKind(rules) === undefined ? [] : ofKind(names, nameKind(rules)!);
  if (t.isName(token)) {
    if (t.groupsOf(token).includes('clause') && isGiven(token, row)) return [];
    const text = token.LABEL!.slice(1, -1);
    return [{ text, kind: 'keyword', help: keywordHelp(text, rules) }];
  }
  if (token === t.Arrow) return [{ text: '->', kind: 'keyword', help: 'where packets go' }];
  if (token === t.FatArrow) return [{ text: '=>', kind: 'keyword', help: 'what is expected to happen' }];
  return [];
}

/** Whether a clause stands in the statement already; the second token may be a name that looks like one. */
function isGiven(clause: TokenType, row: readonly IToken[]): boolean {
  return row.some((token, i) => token.tokenType === clause && (i > 1 || row[0]!.tokenType === t.Defaults));
}

/** What a name at this place would name, if it names something. */
function nameKind(rules: readonly string[]): string | undefined {
  if (rules.includes('poolReference')) return 'pool';
  if (rules.includes('expectBalance')) return 'service';
  if (rules.includes('given') || rules.includes('outcome')) return 'backend';
  if (rules.includes('iface')) return 'interface';
  return undefined;
}

function ofKind(names: readonly CompletionItem[], kind: string): CompletionItem[] {
  return names.filter((n) => n.kind === kind);
}

const declaring = new Map([[t.Pool, 'pool'], [t.Service, 'service'], [t.Let, 'variable'], [t.Param, 'variable'], [t.As, 'backend']]);

/** Names that the text declares, but for the one that is being typed at `offset`. */
function declared(text: string, offset: number): CompletionItem[] {
  const { tokens } = t.tokenize(text);
  const found: CompletionItem[] = [];
  tokens.forEach((token, i) => {
    const kind = declaring.get(token.tokenType);
    const name = tokens[i + 1];
    if (kind === undefined || name === undefined || !t.isName(name.tokenType) || t.endOf(name) === offset) return;
    const atStart = i === 0 || t.isSeparator(tokens[i - 1]!);
    if (token.tokenType !== t.As && !atStart) return;
    found.push({ text: kind === 'variable' ? `$${name.image}` : name.image, kind, help: '' });
  });
  return found;
}
