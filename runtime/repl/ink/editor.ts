/** The text being typed and where the cursor is: values and pure functions. Steps are grapheme clusters. */

export interface Edit {
  readonly text: string;
  /** UTF-16 offset, always between two grapheme clusters. */
  readonly cursor: number;
}

export const blank: Edit = { text: '', cursor: 0 };

const segmenter = new Intl.Segmenter();

export function graphemes(text: string): string[] {
  return /^[\x20-\x7e\n]*$/.test(text) ? [...text] : [...segmenter.segment(text)].map((s) => s.segment);
}

function lengthBefore(text: string, offset: number): number {
  return graphemes(text.slice(0, offset)).at(-1)?.length ?? 0;
}

function lengthAfter(text: string, offset: number): number {
  return graphemes(text.slice(offset))[0]?.length ?? 0;
}

export function at(text: string, cursor = text.length): Edit {
  return { text, cursor };
}

/** Line ends are made newlines and tabs blanks; other control characters are dropped. */
export function insert(e: Edit, typed: string): Edit {
  const clean = typed.replace(/\r\n?/g, '\n').replace(/\t/g, '  ').replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '');
  return { text: e.text.slice(0, e.cursor) + clean + e.text.slice(e.cursor), cursor: e.cursor + clean.length };
}

function cut(e: Edit, from: number, to: number): Edit {
  return { text: e.text.slice(0, from) + e.text.slice(to), cursor: from };
}

export function backspace(e: Edit): Edit {
  return cut(e, e.cursor - lengthBefore(e.text, e.cursor), e.cursor);
}

export function deleteForward(e: Edit): Edit {
  return cut(e, e.cursor, e.cursor + lengthAfter(e.text, e.cursor));
}

export function left(e: Edit): Edit {
  return { ...e, cursor: e.cursor - lengthBefore(e.text, e.cursor) };
}

export function right(e: Edit): Edit {
  return { ...e, cursor: e.cursor + lengthAfter(e.text, e.cursor) };
}

function lineStart(e: Edit): number {
  return e.text.lastIndexOf('\n', e.cursor - 1) + 1;
}

function lineEnd(e: Edit): number {
  const end = e.text.indexOf('\n', e.cursor);
  return end === -1 ? e.text.length : end;
}

export function home(e: Edit): Edit {
  return { ...e, cursor: lineStart(e) };
}

export function end(e: Edit): Edit {
  return { ...e, cursor: lineEnd(e) };
}

function wordStart(e: Edit): number {
  return /[\p{L}\p{N}_.:-]*[^\p{L}\p{N}_.:-]*$/u.exec(e.text.slice(0, e.cursor))!.index;
}

export function wordLeft(e: Edit): Edit {
  return { ...e, cursor: wordStart(e) };
}

export function wordRight(e: Edit): Edit {
  return { ...e, cursor: e.cursor + /^[^\p{L}\p{N}_.:-]*[\p{L}\p{N}_.:-]*/u.exec(e.text.slice(e.cursor))![0].length };
}

/** Ctrl-K: to the end of the line, or the line break itself. */
export function killToEnd(e: Edit): Edit {
  const to = lineEnd(e);
  return cut(e, e.cursor, to === e.cursor ? Math.min(to + 1, e.text.length) : to);
}

/** Ctrl-U: to the start of the line, or the line break before it. */
export function killToStart(e: Edit): Edit {
  const from = lineStart(e);
  return cut(e, from === e.cursor ? Math.max(0, from - 1) : from, e.cursor);
}

/** Ctrl-W: back to the blank before the word. */
export function killWord(e: Edit): Edit {
  return cut(e, /\S*\s*$/.exec(e.text.slice(0, e.cursor))!.index, e.cursor);
}

/** One line up, in the same column; undefined on the first line. */
export function up(e: Edit): Edit | undefined {
  const start = lineStart(e);
  if (start === 0) return undefined;
  const above = lineStart({ text: e.text, cursor: start - 1 });
  return { ...e, cursor: Math.min(above + (e.cursor - start), start - 1) };
}

/** One line down, in the same column; undefined on the last line. */
export function down(e: Edit): Edit | undefined {
  const stop = lineEnd(e);
  if (stop === e.text.length) return undefined;
  return { ...e, cursor: Math.min(stop + 1 + (e.cursor - lineStart(e)), lineEnd({ text: e.text, cursor: stop + 1 })) };
}

/** Replaces from `from` up to the cursor. */
export function replaceBack(e: Edit, from: number, by: string): Edit {
  return { text: e.text.slice(0, from) + by + e.text.slice(e.cursor), cursor: from + by.length };
}
