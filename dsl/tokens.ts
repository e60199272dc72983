/**
 * The words of the language. Keywords are contextual: each belongs to the category `Name`, so that it
 * may stand wherever a name may (`service mode vip …`). Literals are lexed generously (`10.0.0.999` is
 * an address, `5x` a duration) and judged when the tree is made, where the mistake can be named.
 */
import { createToken, Lexer, type ILexingResult, type IToken, type TokenType } from 'chevrotain';

/** What a keyword belongs to; decides how an unknown word in its place is called. */
export type Group =
  | 'statement' | 'clause' | 'mode' | 'encapsulation' | 'option' | 'health setting' | 'state' | 'outcome'
  | 'protocol' | 'type' | 'scope' | 'action' | 'attach mode' | 'word';

const identifierPattern = /[A-Za-z_](?:[A-Za-z0-9_.]|-(?!>))*/;

export const Name = createToken({ name: 'Name', pattern: Lexer.NA, label: 'a name' });
/** Every name but `pool`, which begins a reference where a call may stand. */
export const CallName = createToken({ name: 'CallName', pattern: Lexer.NA, label: 'a call', categories: [Name] });
export const Identifier = createToken({ name: 'Identifier', pattern: identifierPattern, label: 'a name', categories: [CallName] });

export const keywords = new Map<string, TokenType>();
const groups = new Map<string, readonly Group[]>();

function keyword(word: string, ...of: Group[]): TokenType {
  const pascal = word.split('-').map((part) => part[0]!.toUpperCase() + part.slice(1)).join('');
  const name = of[0] === 'type' ? `${pascal}Type` : pascal;
  const token = createToken({
    name, pattern: new RegExp(word), label: `'${word}'`, longer_alt: Identifier, categories: [word === 'pool' ? Name : CallName],
  });
  keywords.set(word, token);
  groups.set(name, of);
  return token;
}

export const Ruleset = keyword('ruleset', 'statement');
export const Service = keyword('service', 'statement');
export const Pool = keyword('pool', 'statement', 'word');
export const Defaults = keyword('defaults', 'statement');
export const Sync = keyword('sync', 'statement');
export const Let = keyword('let', 'statement');
export const Param = keyword('param', 'statement');
export const Include = keyword('include', 'statement');
export const Attach = keyword('attach', 'statement');
export const K8s = keyword('k8s', 'statement');
export const Test = keyword('test', 'statement');
export const Expect = keyword('expect', 'statement');
export const Given = keyword('given', 'statement');

export const Vip = keyword('vip', 'clause');
export const Mode = keyword('mode', 'clause');
export const Hash = keyword('hash', 'clause');
export const Affinity = keyword('affinity', 'clause');
export const Allow = keyword('allow', 'clause');
export const OnEmpty = keyword('on-empty', 'clause');
export const OnUnknown = keyword('on-unknown', 'clause');
export const Health = keyword('health', 'clause');
export const Scope = keyword('scope', 'clause');
export const Grace = keyword('grace', 'clause');
export const Label = keyword('label', 'clause');

export const Snat = keyword('snat', 'mode');
export const Dnat = keyword('dnat', 'mode');
export const Dsr = keyword('dsr', 'mode');
export const Hybrid = keyword('hybrid', 'mode');
export const From = keyword('from', 'word');
export const L2 = keyword('l2', 'encapsulation');
export const Ipip = keyword('ipip', 'encapsulation');
export const Geneve = keyword('geneve', 'encapsulation');

export const As = keyword('as', 'option');
export const Weight = keyword('weight', 'option');
export const Drain = keyword('drain', 'option', 'state');
export const Down = keyword('down', 'option', 'state');
export const Up = keyword('up', 'state');

export const Every = keyword('every', 'health setting');
export const Timeout = keyword('timeout', 'health setting');
export const Rise = keyword('rise', 'health setting');
export const Fall = keyword('fall', 'health setting');

export const Off = keyword('off', 'word');
export const Reject = keyword('reject', 'action', 'outcome');
export const Drop = keyword('drop', 'action', 'outcome');
export const Pass = keyword('pass', 'action', 'outcome');
export const Backend = keyword('backend', 'outcome');
export const Oneof = keyword('oneof', 'outcome');
export const Cluster = keyword('cluster', 'scope');
export const Local = keyword('local', 'scope');
export const Xdp = keyword('xdp', 'word');
export const Auto = keyword('auto', 'attach mode');
export const Native = keyword('native', 'attach mode');
export const Generic = keyword('generic', 'attach mode');
export const Tcp = keyword('tcp', 'protocol');
export const Udp = keyword('udp', 'protocol');
export const AddrType = keyword('addr', 'type');
export const PortType = keyword('port', 'type');
export const CidrType = keyword('cidr', 'type');
export const NameType = keyword('name', 'type');
export const IntType = keyword('int', 'type');
export const DurType = keyword('dur', 'type');
export const StringType = keyword('string', 'type');
export const In = keyword('in', 'word');
export const Notin = keyword('notin', 'word');
export const Balance = keyword('balance', 'word');
export const Within = keyword('within', 'word');
export const Over = keyword('over', 'word');
export const Flows = keyword('flows', 'word');

export const DocComment = createToken({ name: 'DocComment', pattern: /##[^\n\r]*/, group: 'comments', label: 'a comment' });
export const Comment = createToken({ name: 'Comment', pattern: /#[^\n\r]*/, group: 'comments', label: 'a comment' });
export const Space = createToken({ name: 'Space', pattern: /[ \t]+/, group: Lexer.SKIPPED });
const ByteOrderMark = createToken({ name: 'ByteOrderMark', pattern: /\ufeff/, group: Lexer.SKIPPED });

/** A newline, or `;`. Which newlines count is decided in `statements.ts`. */
export const Separator = createToken({ name: 'Separator', pattern: Lexer.NA, label: "a new line or ';'" });
export const Newline = createToken({ name: 'Newline', pattern: /\r?\n/, line_breaks: true, categories: [Separator], label: 'a new line' });
export const Semicolon = createToken({ name: 'Semicolon', pattern: /;/, categories: [Separator], label: "';'" });

export const Variable = createToken({ name: 'Variable', pattern: /\$[A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*/, label: 'a variable' });
export const Str = createToken({ name: 'Str', pattern: /"(?:[^"\\\n\r]|\\[^\n\r])*"/, label: 'a text in double quotes' });
export const OpenStr = createToken({ name: 'OpenStr', pattern: /"(?:[^"\\\n\r]|\\[^\n\r])*\\?/, label: 'a text without its closing quote' });
export const Cidr6 = createToken({ name: 'Cidr6', pattern: /[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Za-z:.%]*\/\d+/, label: 'a network' });
export const Ipv6 = createToken({ name: 'Ipv6', pattern: /[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Za-z:.%]*/, label: 'an address' });
export const Percent = createToken({ name: 'Percent', pattern: /\d+(?:\.\d+)?%/, label: 'a percentage such as 5%' });
export const Cidr4 = createToken({ name: 'Cidr4', pattern: /\d+(?:\.\w*)+\/\d+/, label: 'a network' });
export const Ipv4 = createToken({ name: 'Ipv4', pattern: /\d+(?:\.\w*)+/, label: 'an address' });
export const Duration = createToken({ name: 'Duration', pattern: /\d+[A-Za-z_]\w*/, label: 'a duration such as 2s' });
export const Range = createToken({ name: 'Range', pattern: /\d+-\d+/, label: 'a range such as 200-399' });
export const Int = createToken({ name: 'Int', pattern: /\d+/, label: 'a whole number' });

const mark = (name: string, text: string): TokenType =>
  createToken({ name, pattern: new RegExp([...text].map((c) => `\\${c}`).join('').replace('\\-', '-')), label: `'${text}'` });
export const FatArrow = mark('FatArrow', '=>');
export const Arrow = mark('Arrow', '->');
export const NotEquals = mark('NotEquals', '!=');
export const Not = mark('Not', '!');
export const Equals = mark('Equals', '=');
export const Comma = mark('Comma', ',');
export const Colon = mark('Colon', ':');
export const Slash = mark('Slash', '/');
export const Plus = mark('Plus', '+');
export const Star = mark('Star', '*');
export const LParen = mark('LParen', '(');
export const RParen = mark('RParen', ')');
export const LCurly = mark('LCurly', '{');
export const RCurly = mark('RCurly', '}');
export const LSquare = mark('LSquare', '[');
export const RSquare = mark('RSquare', ']');

/** What the lexer skipped; made in `characters.ts`. */
export const Stray = createToken({ name: 'Stray', pattern: Lexer.NA, label: 'a stray character' });

/** In the order in which they are tried. */
export const allTokens: TokenType[] = [
  Space, Newline, Semicolon, DocComment, Comment, Str, OpenStr, Variable,
  Cidr6, Ipv6, Percent, Cidr4, Ipv4, Duration, Range, Int,
  ...[...keywords].sort(([a], [b]) => b.length - a.length).map(([, token]) => token), Identifier,
  FatArrow, Arrow, NotEquals, Not, Equals, Comma, Colon, Slash, Plus, Star,
  LParen, RParen, LCurly, RCurly, LSquare, RSquare, ByteOrderMark,
  Name, CallName, Separator, Stray,
];

export function groupsOf(token: TokenType): readonly Group[] {
  return groups.get(token.name) ?? [];
}

let lexer: Lexer | undefined;

/** Tokens (newlines among them), comments under `groups.comments`, and one error per run of stray characters. */
export function tokenize(text: string): ILexingResult {
  lexer ??= new Lexer(allTokens, { positionTracking: 'onlyOffset', ensureOptimizations: true, skipValidations: true });
  return lexer.tokenize(text);
}

export function endOf(token: IToken): number {
  return token.startOffset + token.image.length;
}

const names = new Set<TokenType>([Identifier, ...keywords.values()]);

/** Whether a token may stand where a name is wanted. */
export function isName(type: TokenType): boolean {
  return names.has(type);
}

export function isSeparator(token: IToken): boolean {
  return token.tokenType === Newline || token.tokenType === Semicolon;
}

const open = new Set<TokenType>([Comma, LCurly, Arrow, Equals, FatArrow]);

/** Whether a statement goes on after this token even over a newline. */
export function leavesOpen(type: TokenType): boolean {
  return open.has(type);
}

/** Words that begin a statement. */
export const statementWords: readonly string[] = [...keywords].filter(([, type]) => groupsOf(type).includes('statement') && type !== Given).map(([word]) => word);
