/** Brackets that do not match, said at the bracket that is to blame. */
import type { IToken, TokenType } from 'chevrotain';
import type { Diagnostic } from './diagnostic.ts';
import { endOf } from './tokens.ts';

export interface OpenBracket {
  readonly token: IToken;
  readonly closer: TokenType;
  /** `body`: newlines inside separate clauses. */
  readonly kind: 'body' | 'list';
}

const partner: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', ')': '(', ']': '[', '}': '{' };

/** Takes the bracket that `token` closes from the stack and returns it; reports those left open inside it, or `token` where it closes none. */
export function closeBracket(open: OpenBracket[], token: IToken, problems: Diagnostic[], file: string): OpenBracket | undefined {
  let depth = open.length - 1;
  while (depth >= 0 && open[depth]!.closer !== token.tokenType) depth--;
  if (depth === -1) {
    problems.push({
      code: 'LB008', severity: 'error', span: spanOf(token, file),
      message: `'${token.image}' closes nothing`,
      hint: `there is no open '${partner[token.image]}' before it`,
    });
    return undefined;
  }
  const [closed, ...inside] = open.splice(depth);
  for (const bracket of inside.slice(0, 3)) problems.push(unclosed(bracket, file, token));
  return closed;
}

/** `before` is the bracket that made it clear, if any. */
export function unclosed(bracket: OpenBracket, file: string, before?: IToken): Diagnostic {
  const missing = partner[bracket.token.image];
  return {
    code: 'LB007', severity: 'error', span: spanOf(bracket.token, file),
    message: `'${bracket.token.image}' is not closed`,
    hint: `'${missing}' is missing`,
    ...(before && { related: [{ message: `'${missing}' was expected before this '${before.image}'`, span: spanOf(before, file) }] }),
  };
}

export function tooDeep(token: IToken, limit: number, file: string): Diagnostic {
  return {
    code: 'LB009', severity: 'error', span: spanOf(token, file),
    message: 'brackets are nested too deeply',
    hint: `at most ${limit} may be open at once`,
  };
}

function spanOf(token: IToken, file: string): { file: string; start: number; end: number } {
  return { file, start: token.startOffset, end: endOf(token) };
}
