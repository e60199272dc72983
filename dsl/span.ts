/** A range of one source file: `start` inclusive, `end` exclusive, in UTF-16 code units. */
export interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/** A source text and the name by which diagnostics call it. */
export interface Source {
  readonly file: string;
  readonly text: string;
}

/** A position for people: both counted from 1, the column in UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Smallest span that covers both; they must be of one file. */
export function join(a: Span, b: Span): Span {
  return { file: a.file, start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}

/** Line and column of an offset. Offsets beyond the text give the position after its last character. */
export function position(text: string, offset: number): Position {
  const upTo = text.slice(0, Math.max(0, offset));
  const lastBreak = upTo.lastIndexOf('\n');
  let line = 1;
  for (let i = upTo.indexOf('\n'); i !== -1; i = upTo.indexOf('\n', i + 1)) line++;
  return { line, column: upTo.length - lastBreak };
}

/** Starts of lines, for many positions in one text. */
export class LineIndex {
  static #last: LineIndex | undefined;
  readonly #text: string;
  readonly #starts: number[] = [0];

  constructor(text: string) {
    this.#text = text;
    for (let i = text.indexOf('\n'); i !== -1; i = text.indexOf('\n', i + 1)) this.#starts.push(i + 1);
  }

  /** The index of a text; that of the last text asked for is kept. */
  static of(text: string): LineIndex {
    if (LineIndex.#last === undefined || LineIndex.#last.#text !== text) LineIndex.#last = new LineIndex(text);
    return LineIndex.#last;
  }

  position(offset: number): Position {
    const at = Math.min(Math.max(0, offset), this.#text.length);
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= at) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: at - this.#starts[low]! + 1 };
  }

  /** Offsets of a line (counted from 1) without its newline. */
  line(line: number): { readonly start: number; readonly end: number } {
    const start = this.#starts[line - 1] ?? this.#text.length;
    const next = this.#starts[line];
    return { start, end: next === undefined ? this.#text.length : next - 1 };
  }
}
