/** Which comment belongs to which token: one behind a token on its line, or those on lines of their own before it. */
import type { IToken } from 'chevrotain';
import { endOf, Newline } from '../tokens.ts';

export class Trivia {
  readonly #text: string;
  readonly #behind = new Map<number, IToken>();
  readonly #before = new Map<number, IToken[]>();
  /** Comments after the last token. */
  readonly atEnd: IToken[] = [];
  /** Where the token or comment before this one ends, by start. */
  readonly #previousEnd = new Map<number, number>();

  constructor(text: string, tokens: readonly IToken[], comments: readonly IToken[]) {
    this.#text = text;
    if (comments.length === 0 && tokens.length === 0) return;
    let c = 0;
    let last: IToken | undefined;
    let end = 0;
    let own: IToken[] = [];
    const takeComments = (upTo: number): void => {
      for (; c < comments.length && comments[c]!.startOffset < upTo; c++) {
        const comment = comments[c]!;
        this.#previousEnd.set(comment.startOffset, end);
        if (last && own.length === 0 && !this.#newlineIn(end, comment.startOffset)) this.#behind.set(last.startOffset, comment);
        else own.push(comment);
        end = endOf(comment);
      }
    };
    for (const token of tokens) {
      if (token.tokenType === Newline) continue;
      takeComments(token.startOffset);
      if (own.length > 0) this.#before.set(token.startOffset, own);
      own = [];
      this.#previousEnd.set(token.startOffset, end);
      last = token;
      end = endOf(token);
    }
    takeComments(Infinity);
    this.atEnd.push(...own);
  }

  behind(token: IToken): IToken | undefined {
    return this.#behind.get(token.startOffset);
  }

  before(token: IToken): readonly IToken[] {
    return this.#before.get(token.startOffset) ?? [];
  }

  /** Newlines between a token or comment and the one before it. */
  newlinesBefore(token: IToken): number {
    const from = this.#previousEnd.get(token.startOffset) ?? 0;
    let count = 0;
    for (let i = this.#text.indexOf('\n', from); i !== -1 && i < token.startOffset; i = this.#text.indexOf('\n', i + 1)) count++;
    return count;
  }

  /** Whether the source has a newline from one offset to another. */
  newlineIn(from: number, to: number): boolean {
    return this.#newlineIn(from, to);
  }

  #newlineIn(from: number, to: number): boolean {
    const at = this.#text.indexOf('\n', from);
    return at !== -1 && at < to;
  }
}
