/** A statement that does not parse → one diagnostic at the right token, saying what was wanted there. */
import type { IToken, TokenType } from 'chevrotain';
import { describeExpected, describeToken } from './describe.ts';
import type { Diagnostic } from './diagnostic.ts';
import { type Expected, type Walk, walk } from './expected.ts';
import { hintFor, swallowedKeyword } from './hints.ts';
import type { Span } from './span.ts';
import { suggest } from './suggest.ts';
import * as t from './tokens.ts';
import { quote } from './tree/report.ts';
import { findVerb } from './verbs.ts';

/** Code and noun of an unknown word, by what would have stood in its place. */
const unknownWord: Readonly<Record<t.Group, readonly [code: string, noun: string]>> = {
  statement: ['LB100', 'statement'],
  clause: ['LB101', 'clause'],
  mode: ['LB104', 'mode'],
  encapsulation: ['LB105', 'encapsulation'],
  type: ['LB131', 'type'],
  protocol: ['LB132', 'protocol'],
  outcome: ['LB133', 'outcome'],
  option: ['LB136', 'option'],
  'health setting': ['LB137', 'health setting'],
  state: ['LB138', 'state'],
  scope: ['LB109', 'scope'],
  action: ['LB109', 'action'],
  'attach mode': ['LB109', 'XDP mode'],
  word: ['LB109', 'word'],
};

/** What is wrong with tokens that do not make a statement. They contain no stray characters and their brackets match. */
export function explainMistake(tokens: readonly IToken[], file: string): Diagnostic {
  const found = walk(tokens);
  const token = tokens[found.at];
  if (token === undefined) return endsTooSoon(tokens, found, file);
  const span = { file, start: token.startOffset, end: t.endOf(token) };
  const error = (code: string, message: string, more: Partial<Diagnostic> = {}): Diagnostic => ({ code, severity: 'error', span, message, ...more });
  if (found.at === 0) {
    const outside = atStart(token);
    if (outside) return error(...outside);
  }
  if (token.tokenType === t.From) return error('LB005', "'from' has no place here", { hint: 'it belongs to snat, dsr and hybrid: mode snat from ADDRESS' });
  if (t.isName(token.tokenType)) {
    if (found.mayEnd && t.groupsOf(token.tokenType).includes('statement')) {
      return error('LB022', `a new statement needs a new line or ';' before ${quote(token.image)}`);
    }
    const unknown = unknownName(token, tokens, found, span);
    if (unknown) return error(...unknown);
  }
  const hint = hintFor(token, tokens, found);
  const more = { ...(hint?.hint && { hint: hint.hint }), ...(hint?.fix && { fix: { span, text: hint.fix } }) };
  if (found.mayEnd && found.expected.length > 0 && found.expected.every((e) => e.rules.includes('endpoint') || e.rules.includes('path'))) {
    return error('LB005', `the statement is complete before ${describeToken(token)}`, more);
  }
  return error('LB005', `expected ${describeExpected(found)}, found ${describeToken(token)}`, more);
}

function endsTooSoon(tokens: readonly IToken[], found: Walk, file: string): Diagnostic {
  const last = tokens.at(-1)!;
  const end = t.endOf(last);
  const hint = hintFor(undefined, tokens, found)?.hint;
  return {
    code: 'LB006', severity: 'error', span: { file, start: end, end },
    message: `expected ${describeExpected(found)} after ${describeToken(last)}, but the statement ends here`,
    ...(hint && { hint }),
  };
}

/** Words that are known and cannot begin a statement. */
function atStart(token: IToken): readonly [string, string, Partial<Diagnostic>?] | undefined {
  const type = token.tokenType;
  if (t.groupsOf(type).includes('clause') || type === t.Arrow || type === t.LCurly) {
    return ['LB024', `${describeToken(token)} stands outside a statement`, {
      hint: type === t.LCurly ? "'{' follows a service, pool, defaults, sync or test" : 'put it on the line of its statement, or between its { and }',
    }];
  }
  if (type === t.Slash) return ['LB005', "a statement does not begin with '/'", { hint: 'a comment begins with #' }];
  if (type === t.Given) return ['LB024', "'given' stands outside a test", { hint: 'put it between { and } of a test' }];
  if (type === t.Comma) return ['LB005', "a line does not begin with ','", { hint: "a list goes on when the line before ends with ','" }];
  const verb = t.isName(type) ? findVerb(token.image) : undefined;
  if (verb) return ['LB018', `'${verb.name}' is for the prompt, not for a file`, { hint: "start 'sluice' and type it there" }];
  return undefined;
}

function unknownName(token: IToken, tokens: readonly IToken[], found: Walk, span: Span): readonly [string, string, Partial<Diagnostic>] | undefined {
  const { expected } = found;
  const words = new Map<string, Expected>();
  for (const e of expected) if (t.isName(e.token)) words.set(e.token.LABEL!.slice(1, -1), e);
  if (words.size === 0) return undefined;
  const near = suggest(token.image, words.keys());
  const others = expected.some((e) => !t.isName(e.token) && e.token !== t.Arrow && e.token !== t.LCurly && e.token !== t.Comma && !isTail(e.token));
  if (near === undefined && others) return undefined;
  const group = near ? groupAt(words.get(near)!) : mainGroup([...words.values()]);
  const [code, noun] = unknownWord[group];
  const same = [...words].filter(([, e]) => groupAt(e) === group).map(([word]) => word);
  const swallowed = near === undefined ? swallowedKeyword(tokens, found)?.hint : undefined;
  const list = `${group === 'clause' ? 'clauses are ->, ' : same.length === 1 ? 'expected ' : `${noun}s are `}${same.join(', ')}`;
  return [code, `unknown ${noun} ${quote(token.image)}`, {
    hint: swallowed ?? (near ? `did you mean '${near}'?` : group === 'word' ? `expected ${same.join(' or ')}` : list),
    ...(near && { fix: { span, text: near } }),
  }];
}

/** Tokens that may follow a complete endpoint or name and say nothing about what was meant. */
function isTail(type: TokenType): boolean {
  return type === t.Colon || type === t.Slash || type === t.Plus || type === t.LParen || type === t.Separator || type === t.RCurly;
}

/** The group that a keyword belongs to where it stands; some belong to several. */
function groupAt({ token, rules }: Expected): t.Group {
  const groups = t.groupsOf(token);
  if (rules.at(-1) === 'outcome') return 'outcome';
  if (rules.at(-1) === 'given') return 'state';
  if (rules.at(-1) === 'target' || rules.at(-1) === 'targetOption') return 'option';
  return groups[0] ?? 'word';
}

/** Without a near word: the group whose place it most likely is. */
function mainGroup(expected: readonly Expected[]): t.Group {
  const groups = expected.map(groupAt);
  return (['encapsulation', 'clause'] as const).find((g) => groups.includes(g)) ?? groups[0]!;
}
