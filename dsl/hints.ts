/** Hints for mistakes that are often made, by what was found and what was wanted. */
import type { IToken, TokenType } from 'chevrotain';
import type { Walk } from './expected.ts';
import * as t from './tokens.ts';

export interface Hint {
  readonly hint: string;
  /** Replacement for the token. */
  readonly fix?: string;
}

/** `token` is undefined where the statement ends too soon. */
export function hintFor(token: IToken | undefined, tokens: readonly IToken[], found: Walk): Hint | undefined {
  return swallowedKeyword(tokens, found) ?? (token && (literal(token, found) ?? mark(token, tokens, found) ?? place(token, found)));
}

const wants = (found: Walk, ...types: TokenType[]): boolean => found.expected.some((e) => types.includes(e.token));

/** `service vip 10.0.0.1:80`: the keyword was taken for the name that is missing. */
export function swallowedKeyword(tokens: readonly IToken[], { at, before }: Walk): Hint | undefined {
  const previous = tokens[at - 1];
  if (previous === undefined || !t.groupsOf(previous.tokenType).some((g) => g === 'clause' || g === 'option') || before.length === 0) return undefined;
  if (!before.every((e) => (e.token === t.Name && e.rules.includes('qname')) || e.token === t.CallName)) return undefined;
  const owner = before[0]!.token === t.CallName ? 'target or call' : before[0]!.rules.includes('poolReference') ? 'pool' : tokens[0]!.image;
  return { hint: `'${previous.image}' was read as the name of the ${owner}; is the name missing?` };
}

function literal(token: IToken, found: Walk): Hint | undefined {
  const { tokenType: type, image } = token;
  if (type === t.Int && wants(found, t.Duration)) return { hint: `a duration has a unit: ${image}s, ${image}ms, ${image}m`, fix: `${image}s` };
  if (type === t.Duration && wants(found, t.Int)) return { hint: 'a plain number without a unit is wanted' };
  if (type === t.Ipv4 && /^\d+\.\d+$/.test(image) && wants(found, t.Duration, t.Int)) return { hint: 'only whole numbers are known' };
  if (type === t.Int && wants(found, t.Percent)) return { hint: `write ${image}%`, fix: `${image}%` };
  if (type === t.Percent && wants(found, t.Int)) return { hint: 'a plain number without % is wanted' };
  if (wants(found, t.Str) && !wants(found, t.Name) && t.isName(type)) return { hint: `write "${image}"`, fix: `"${image}"` };
  const quotable = found.expected.some((e) => e.token === t.Str && (e.rules.includes('qname') || e.rules.includes('key') || e.rules.includes('iface')));
  if (quotable && [t.Int, t.Duration, t.Ipv4, t.Ipv6, t.Range, t.Cidr4].includes(type)) return { hint: `a name begins with a letter; otherwise it is quoted: "${image}"`, fix: `"${image}"` };
  if (quotable && type === t.Star) return { hint: 'a pattern is quoted: "eth*"' };
  if ((type === t.Cidr4 || type === t.Cidr6) && wants(found, t.Ipv4)) return { hint: 'a single address without a prefix length is wanted' };
  if (t.isName(type) && wants(found, t.Ipv4)) return { hint: image.includes('.') ? 'names of hosts are not looked up; write the address' : `write the address, or $${image} for a variable of that name` };
  if (t.isName(type) && wants(found, t.Star)) return { hint: 'ports are numbers here' };
  if (type === t.Str && wants(found, t.Ipv4)) return { hint: 'addresses stand without quotes' };
  if (type === t.Str && wants(found, t.Name)) return { hint: 'a plain name without quotes is wanted' };
  return undefined;
}

function mark(token: IToken, tokens: readonly IToken[], found: Walk): Hint | undefined {
  const type = token.tokenType;
  const previous = tokens[found.at - 1];
  if (type === t.FatArrow && wants(found, t.Arrow)) return { hint: "did you mean '->'?", fix: '->' };
  if (type === t.Arrow && wants(found, t.FatArrow)) return { hint: "did you mean '=>'?", fix: '=>' };
  if (type === t.Equals && previous?.tokenType === t.Equals) return { hint: "write one '='" };
  if (type === t.Equals && wants(found, t.Colon) && found.expected.some((e) => e.rules.at(-1) === 'paramStatement')) return { hint: 'a param has a type: param port: port = 80' };
  if (type === t.Colon && wants(found, t.Equals)) return { hint: 'a let has no type, and = before its value; a param has one' };
  if (type === t.LParen && previous && t.isName(previous.tokenType)) return { hint: `'${previous.image}' takes no brackets here` };
  if (type === t.Star && previous && t.isName(previous.tokenType)) return { hint: `a pattern is quoted: "${previous.image}*"` };
  if (type === t.Comma && previous?.tokenType === t.Comma) return { hint: "there is one ',' too many" };
  if (previous?.tokenType === t.RCurly && found.mayEnd) return { hint: 'clauses stand before { or between { and }' };
  if (previous?.tokenType === t.Comma && (type === t.RParen || type === t.RCurly || type === t.Arrow)) return { hint: "take away the ',' before it" };
  if (type === t.Colon && previous?.tokenType === t.Ipv6) return { hint: 'an IPv6 address with a port is written in brackets: [fd00::1]:80' };
  if (type === t.LCurly && found.mayEnd) return { hint: 'a body stands at the end of a statement, once' };
  return undefined;
}

function place(token: IToken, found: Walk): Hint | undefined {
  const inBrackets = found.expected.some((e) => e.token === t.RParen || e.token === t.RCurly);
  if (found.expected.some((e) => e.token === t.Comma) && (startsItem(token.tokenType) || (inBrackets && t.isName(token.tokenType)))) return { hint: "is a ',' missing?" };
  return undefined;
}

function startsItem(type: TokenType): boolean {
  return [t.Ipv4, t.Ipv6, t.LSquare, t.Cidr4, t.Cidr6, t.Str, t.Variable, t.Int, t.Range, t.Duration, t.Not].includes(type);
}
