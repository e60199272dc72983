/**
 * The concrete tree of a statement → a document. Rules that need a layout of their own (bodies, targets,
 * lists, brackets) have a function; all others are their parts in a row, with spaces or without.
 */
import type { CstElement, CstNode, IToken } from 'chevrotain';
import * as t from '../tokens.ts';
import type { Trivia } from './comments.ts';
import { blankline, type Doc, group, hardline, indent, line, softline } from './layout.ts';

/** Rules whose parts stand together without spaces. */
const tight = new Set(['endpoint', 'host', 'ports', 'portSet', 'path', 'call', 'k8sStatement', 'key', 'qname', 'source', 'net']);
const lists = new Set(['vipClause', 'allowClause', 'labelClause', 'attachStatement', 'sources']);
const brackets = new Set(['args', 'members', 'set']);

export class StatementDocument {
  readonly #trivia: Trivia;
  readonly #semicolons: ReadonlyMap<number, number>;
  /** Tokens whose comments are set elsewhere, by start. */
  readonly #silentBefore = new Set<number>();
  readonly #silentBehind = new Set<number>();

  /** `tokens`: those of the statement, newlines and all, as the lexer gave them. */
  constructor(tokens: readonly IToken[], trivia: Trivia) {
    this.#trivia = trivia;
    const semicolons = new Map<number, number>();
    let last: IToken | undefined;
    for (const token of tokens) {
      if (token.tokenType === t.Semicolon && last) semicolons.set(last.startOffset, (semicolons.get(last.startOffset) ?? 0) + 1);
      else if (token.tokenType !== t.Newline) last = token;
    }
    this.#semicolons = semicolons;
  }

  /** The document, without comments before its first and behind its last token. */
  of(tree: CstNode): Doc {
    this.#silentBefore.add(firstToken(tree).startOffset);
    this.#silentBehind.add(lastToken(tree).startOffset);
    return this.#node(tree);
  }

  #node(node: CstNode): Doc {
    if (node.name === 'body' || node.name === 'testStatement') return this.#withBody(node);
    if (brackets.has(node.name)) return this.#bracket(node);
    if (lists.has(node.name)) return this.#list(node);
    const parts = partsOf(node);
    const doc: Doc[] = [];
    parts.forEach((part, i) => {
      if (i > 0 && !beginsWithSpace(part)) doc.push(gap(node, parts[i - 1]!, part));
      doc.push(this.#element(part));
    });
    return doc;
  }

  #element(part: CstElement): Doc {
    return isToken(part) ? this.#token(part) : this.#node(part);
  }

  #token(token: IToken): Doc {
    const before = this.#silentBefore.has(token.startOffset) ? [] : this.ownComments(token);
    const semicolons = ';'.repeat(this.#semicolons.get(token.startOffset) ?? 0);
    return [...before, token.image + semicolons, this.#silentBehind.has(token.startOffset) ? '' : this.behind(token)];
  }

  /** Comments on lines of their own before a token. */
  ownComments(token: IToken): Doc[] {
    const comments = this.#trivia.before(token);
    return comments.map((c, i): Doc => ({
      kind: 'comment', text: c.image.trimEnd(), own: true, blank: this.#trivia.newlinesBefore(comments[i + 1] ?? token) > 1,
    }));
  }

  /** The comment behind a token on its line, or nothing. */
  behind(token: IToken): Doc {
    const comment = this.#trivia.behind(token);
    return comment ? { kind: 'comment', text: comment.image.trimEnd(), own: false, blank: false } : '';
  }

  /** `head`, items, separated by commas: on one line, or each on its own below the first. */
  #list(node: CstNode, from = 0): Doc {
    const parts = partsOf(node).slice(from);
    const commas = parts.map((p, i) => (isToken(p) && p.tokenType === t.Comma ? i : -1)).filter((i) => i !== -1);
    if (commas.length === 0) return this.#row(node, parts);
    const first = commas[0]! - 1;
    const last = commas.at(-1)! + 1;
    const items = parts.slice(first, last + 1);
    const broken = commas.some((i) => this.#newlineBefore(parts[i + 1]!));
    const list = items.map((p): Doc => (isToken(p) && p.tokenType === t.Comma ? [this.#token(p), line] : this.#element(p)));
    const head = parts.slice(0, first);
    const tail = parts.slice(last + 1);
    return [this.#row(node, head), head.length > 0 ? ' ' : '', indent('here', group(list, broken)), tail.length > 0 ? [' ', this.#row(node, tail)] : ''];
  }

  #row(node: CstNode, parts: readonly CstElement[]): Doc {
    return parts.map((part, i): Doc => [i > 0 ? gap(node, parts[i - 1]!, part) : '', this.#element(part)]);
  }

  /** ( … ) and { … } of values: on one line, or every item on its own. */
  #bracket(node: CstNode): Doc {
    const parts = partsOf(node) as [IToken, ...CstElement[]];
    const open = parts[0];
    const close = parts.at(-1) as IToken;
    const inner = parts.slice(1, -1);
    const broken = this.#trivia.newlineIn(open.startOffset, close.startOffset);
    const edge = node.name === 'set' ? line : softline;
    if (inner.length === 0 && this.#trivia.before(close).length === 0) return [this.#token(open), this.#token(close)];
    this.#silentBefore.add(close.startOffset);
    return group([
      this.#token(open),
      indent(2, [edge, inner.map((p): Doc => (isToken(p) ? [this.#token(p), line] : this.#element(p))), this.ownComments(close)]),
      edge, this.#token(close),
    ], broken);
  }

  /** Clauses on the statement's line, then those between { and }. Begins with its own space. */
  #withBody(node: CstNode): Doc {
    const parts = partsOf(node);
    const at = parts.findIndex((p) => isToken(p) && p.tokenType === t.LCurly);
    const inline = at === -1 ? parts : parts.slice(0, at);
    const head = node.name === 'body' ? inline.map((c) => this.#clause(c as CstNode, 2, false)) : [this.#row(node, inline)];
    return at === -1 ? head : [head, ' ', this.#braces(parts.slice(at), node)];
  }

  #braces(parts: readonly CstElement[], node: CstNode): Doc {
    const open = parts[0] as IToken;
    const close = parts.at(-1) as IToken;
    const lines = parts.slice(1, -1).filter((p): p is CstNode => !isToken(p));
    const broken = this.#trivia.newlineIn(open.startOffset, close.startOffset);
    const dangling = this.#trivia.before(close);
    if (lines.length === 0 && dangling.length === 0) return group([this.#token(open), broken && this.#trivia.behind(open) ? hardline : '', this.#token(close)]);
    const inner: Doc[] = [];
    lines.forEach((part, i) => {
      const first = firstToken(part);
      this.#silentBefore.add(first.startOffset);
      if (i > 0) inner.push(this.#lineBreak(first, broken));
      inner.push(this.ownComments(first), node.name === 'body' ? this.#clauses(part) : this.#whole(part));
    });
    this.#silentBefore.add(close.startOffset);
    if (dangling.length > 0) inner.push(lines.length > 0 ? this.#lineBreak(close, broken) : '', this.ownComments({ ...close }).map(withoutBlank));
    return group([this.#token(open), indent(2, [line, inner]), line, this.#token(close)], broken);
  }

  /** Between two lines of a body: what the source has there, or a new line where the body is broken for its length. */
  #lineBreak(next: IToken, broken: boolean): Doc {
    const item = this.#trivia.before(next)[0] ?? next;
    const newlines = this.#trivia.newlinesBefore(item);
    if (newlines > 1) return blankline;
    return newlines === 1 ? hardline : broken ? ' ' : line;
  }

  #clauses(node: CstNode): Doc {
    return partsOf(node).map((c, i) => this.#clause(c as CstNode, 0, i === 0));
  }

  /** A clause with the comments around it; `->` may go on a line of its own, indented by `by`. */
  #clause(node: CstNode, by: number, begins: boolean): Doc {
    const clause = partsOf(node)[0] as CstNode;
    const first = firstToken(clause);
    const comments = begins ? [] : this.ownComments(first);
    this.#silentBefore.add(first.startOffset);
    if (clause.name !== 'targetsClause') return [begins ? '' : ' ', comments, this.#whole(clause)];
    const last = lastToken(clause);
    const outermost = this.#silentBehind.has(last.startOffset);
    this.#silentBehind.add(last.startOffset);
    const targets: Doc = [this.#token(first), ' ', this.#list(clause, 1)];
    const behind = outermost ? '' : this.behind(last);
    if (begins) return [targets, behind];
    const newlines = this.#trivia.newlinesBefore(this.#trivia.before(first)[0] ?? first);
    const split: Doc = newlines > 1 && by === 0 ? blankline : newlines > 0 ? hardline : line;
    return [indent(by, comments.length > 0 ? [split, comments, targets] : group([split, targets])), behind];
  }

  /** A node whose last comment stands behind all of it, so that it breaks nothing inside. */
  #whole(node: CstNode): Doc {
    const last = lastToken(node);
    if (this.#silentBehind.has(last.startOffset)) return this.#node(node);
    this.#silentBehind.add(last.startOffset);
    return [this.#node(node), this.behind(last)];
  }

  #newlineBefore(part: CstElement): boolean {
    const first = isToken(part) ? part : firstToken(part);
    return this.#trivia.newlinesBefore(this.#trivia.before(first)[0] ?? first) > 0;
  }
}

function withoutBlank(doc: Doc, i: number, all: readonly Doc[]): Doc {
  return i === all.length - 1 ? { ...(doc as Extract<Doc, { kind: 'comment' }>), blank: false } : doc;
}

function isToken(part: CstElement): part is IToken {
  return 'tokenType' in part;
}

const sorted = new WeakMap<CstNode, CstElement[]>();

/** Children in the order of the text. */
function partsOf(node: CstNode): CstElement[] {
  let parts = sorted.get(node);
  if (parts === undefined) {
    parts = [];
    for (const name in node.children) {
      for (const part of node.children[name]!) if (isToken(part) || part.location!.startOffset >= 0) parts.push(part);
    }
    if (parts.length > 1) parts.sort((a, b) => startOf(a) - startOf(b));
    sorted.set(node, parts);
  }
  return parts;
}

function startOf(part: CstElement): number {
  return isToken(part) ? part.startOffset : part.location!.startOffset;
}

function firstToken(node: CstNode): IToken {
  const part = partsOf(node)[0]!;
  return isToken(part) ? part : firstToken(part);
}

function lastToken(node: CstNode): IToken {
  const part = partsOf(node).at(-1)!;
  return isToken(part) ? part : lastToken(part);
}

function beginsWithSpace(part: CstElement): boolean {
  return !isToken(part) && part.name === 'body';
}

/** Space between two neighbours in a row. */
function gap({ name }: CstNode, left: CstElement, right: CstElement): string {
  if (tight.has(name)) return '';
  const l = isToken(left) ? left.tokenType : undefined;
  const r = isToken(right) ? right.tokenType : undefined;
  if (name === 'arg') return l === t.In || l === t.Notin || r === t.In || r === t.Notin ? ' ' : '';
  if (r === t.Comma || (name === 'paramStatement' && r === t.Colon)) return '';
  if (name === 'outcome' && l === t.Oneof) return '';
  if (name === 'host') return '';
  return ' ';
}

