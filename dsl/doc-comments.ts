/** Doc comments: the `##` lines directly above a statement. */
import type { IToken } from 'chevrotain';
import { DocComment, endOf } from './tokens.ts';

export class DocComments {
  readonly #text: string;
  /** Doc comments by the offset at which the line after them begins. */
  readonly #byNextLine = new Map<number, IToken>();

  constructor(text: string, comments: readonly IToken[]) {
    this.#text = text;
    for (const comment of comments) {
      if (comment.tokenType !== DocComment || !this.#alone(comment)) continue;
      const newline = text.indexOf('\n', endOf(comment));
      if (newline !== -1) this.#byNextLine.set(newline + 1, comment);
    }
  }

  /** Text of the doc comment above the statement that begins at an offset, one line each, without the marks. */
  above(offset: number): string | undefined {
    if (this.#byNextLine.size === 0) return undefined;
    const lines: string[] = [];
    let line = this.#lineStart(offset);
    if (this.#text.slice(line, offset).trim() !== '') return undefined;
    for (let comment = this.#byNextLine.get(line); comment; comment = this.#byNextLine.get(line)) {
      lines.push(comment.image.slice(2).replace(/^ /, '').trimEnd());
      line = this.#lineStart(comment.startOffset);
    }
    return lines.length === 0 ? undefined : lines.reverse().join('\n');
  }

  #lineStart(offset: number): number {
    return offset === 0 ? 0 : this.#text.lastIndexOf('\n', offset - 1) + 1;
  }

  #alone(comment: IToken): boolean {
    return this.#text.slice(this.#lineStart(comment.startOffset), comment.startOffset).trim() === '';
  }
}
