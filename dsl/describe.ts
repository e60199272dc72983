/** Words for tokens and for what the grammar expects, as they stand in messages. */
import type { IToken, TokenType } from 'chevrotain';
import type { Expected, Walk } from './expected.ts';
import * as t from './tokens.ts';
import { quote } from './tree/report.ts';

/** By the innermost of these rules around what is expected. */
const nouns: Readonly<Record<string, string>> = {
  statement: 'a statement',
  host: 'an address',
  ports: 'a port',
  protocol: "a protocol",
  net: 'an address or a network',
  value: 'a value',
  arg: 'an argument',
  key: 'an argument',
  qname: 'a name',
  target: 'a target: an address, pool NAME, pods(…), endpoints(…) or nodes(…)',
  poolReference: 'the name of a pool',
  outcome: 'an outcome: backend, oneof(…), drop, reject or pass',
  paramType: 'a type: addr, port, cidr, name, int, dur or string',
  clause: 'a clause',
  targetOption: 'an option: as, weight, drain or down',
  healthSetting: 'a setting: every, timeout, rise or fall',
  encapsulation: 'l2, ipip or geneve',
};

/** Calls by the rule that has them. */
const callNouns: Readonly<Record<string, string>> = {
  hashClause: 'a hash: maglev, random or rr',
  healthClause: 'a health check: tcp or http',
  syncStatement: 'services(…)',
};

/** `a name`, `'->' or a value`. */
export function describeExpected({ expected, mayEnd }: Walk): string {
  const phrases = [...new Set(expected.map(phrase))].filter((p) => p !== '');
  const optional = phrases.filter((p) => p.startsWith('an option') || p.startsWith('a setting') || ["':'", "'/'", "'+'"].includes(p));
  const wanted = phrases.length > optional.length ? phrases.filter((p) => !optional.includes(p)) : phrases;
  if (mayEnd && wanted.length < 4) wanted.push('the end of the statement');
  const shown = wanted.slice(0, 5);
  return shown.length <= 1 ? shown[0] ?? 'the end of the statement' : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)!}`;
}

function phrase({ token, rules }: Expected): string {
  const callAt = rules.lastIndexOf('call');
  if (callAt !== -1 && token === t.CallName) return rules[callAt - 1] === 'target' ? nouns['target']! : callNouns[rules[callAt - 1]!] ?? 'a name';
  const inner = rules.at(-1)!;
  if (begins(token, rules, 'target') && !rules.includes('targetOption')) return nouns['target']!;
  if (begins(token, rules, 'outcome')) return nouns['outcome']!;
  for (const rule of ['value', 'net', 'arg'] as const) if (begins(token, rules, rule)) return nouns[rule]!;
  if (rules.length === 2 && rules[0] === 'statement' && t.groupsOf(token).includes('statement')) return nouns['statement']!;
  if (t.groupsOf(token).includes('clause') || (token === t.Arrow && inner === 'targetsClause')) return nouns['clause']!;
  if (inner === 'host') return token === t.RSquare ? "']'" : nouns['host']!;
  if (inner === 'path' || inner === 'qname') return token === t.Slash ? '' : rules.includes('poolReference') ? nouns['poolReference']! : 'a name';
  if (inner === 'key') return nouns['key']!;
  if (inner === 'ports' || (inner === 'portSet' && token === t.Int)) return 'a port';
  if (t.isName(token) && nouns[inner] !== undefined && token !== t.Backend) return nouns[inner]!;
  return token.LABEL ?? token.name;
}

/** Chains of rules below a rule that lead to its first token. */
const leading: Readonly<Record<string, readonly string[]>> = {
  target: ['', 'poolReference', 'call', 'endpoint,host'],
  value: ['', 'set', 'endpoint,host', 'path'],
  net: ['', 'host'],
  arg: ['', 'key', 'key,path'],
  outcome: [''],
};

/** Tokens that stand behind the beginning of what they belong to. */
const following = new Set<TokenType>([
  t.Slash, t.Colon, t.Plus, t.Comma, t.RSquare, t.RCurly, t.RParen, t.LParen, t.Equals, t.NotEquals, t.In, t.Notin,
]);

/** Whether a token is the first of a rule: everything below that rule in its stack only leads to it. */
function begins(token: Expected['token'], rules: readonly string[], rule: string): boolean {
  const at = rules.lastIndexOf(rule);
  if (at === -1) return false;
  const below = rules.slice(at + 1);
  if (following.has(token) || (rule === 'outcome' && token === t.Name)) return false;
  return leading[rule]!.includes(below.join(','));
}

export function describeToken(token: IToken): string {
  if (t.isSeparator(token)) return token.tokenType === t.Semicolon ? "';'" : 'the end of the line';
  if (token.tokenType === t.Str) return `the text ${quote(token.image).slice(1, -1)}`;
  return quote(token.image);
}
