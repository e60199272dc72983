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
