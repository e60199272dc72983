/** One line of source as a terminal shows it: tabs, wide characters, escapes and long lines keep their columns. */
import { sanitize } from './sanitize.ts';

const tab = 2;
const widest = 120;
const longest = 4096;

export interface Excerpt {
  readonly shown: string;
  /** Columns before the marked part, and columns of it. */
  readonly before: number;
  readonly marked: number;
}

/**
 * The line, safe for a terminal, with the columns of its part from `from` to `to` (code units). A line
 * wider than 120 columns is cut to a window around that part, `…` standing for what is left out.
 */
export function excerpt(line: string, from: number, to: number): Excerpt {
  if (line.length > longest) return excerptOfLong(line, from, to);
  const cells = [...segment(line)];
  const first = cells.findIndex((c) => c.end > from);
  const begin = first === -1 ? cells.length : first;
  let finish = begin;
  while (finish < cells.length && cells[finish]!.start < to) finish++;
  const total = width(cells, 0, cells.length);
  if (total <= widest) return { shown: text(cells, 0, cells.length), before: width(cells, 0, begin), marked: width(cells, begin, finish) };

  let left = begin;
  for (let room = 40; left > 0 && room > 0; left--) room -= cells[left - 1]!.columns;
  let right = left;
  for (let room = widest - 2; right < cells.length && room >= cells[right]!.columns; right++) room -= cells[right]!.columns;
  const lead = left > 0 ? '…' : '';
  return {
    shown: `${lead}${text(cells, left, right)}${right < cells.length ? '…' : ''}`,
    before: lead.length + width(cells, left, begin),
    marked: width(cells, begin, Math.min(finish, right)),
  };
}

/** Looks at the neighbourhood of the marked part only, so that a line of megabytes costs no more than another. */
function excerptOfLong(line: string, from: number, to: number): Excerpt {
  const start = Math.max(0, from - longest / 4);
  const { shown, before, marked } = excerpt(line.slice(start, start + longest), from - start, Math.min(to - start, longest));
  const lead = start > 0 && !shown.startsWith('…') ? '…' : '';
  return { shown: `${lead}${shown}${shown.endsWith('…') ? '' : '…'}`, before: before + lead.length, marked };
}

interface Cell {
  readonly text: string;
  readonly columns: number;
  readonly start: number;
  readonly end: number;
}

function* segment(line: string): Generator<Cell> {
  let at = 0;
  for (const character of line) {
    const start = at;
    at += character.length;
    if (character === '\t') {
      yield { text: ' '.repeat(tab), columns: tab, start, end: at };
      continue;
    }
    if (character === '\r' && at === line.length) continue;
    const safe = sanitize(character);
    yield { text: safe, columns: safe === character ? columns(character) : safe.length, start, end: at };
  }
}

/** Columns of one character: 0 for combining marks, 2 for East Asian wide and emoji (after UAX #11), else 1. */
export function columns(character: string): number {
  const code = character.codePointAt(0)!;
  if (code < 0x300) return 1;
  if (/^[\p{Mn}\p{Me}\ufe0e\ufe0f]$/u.test(character)) return 0;
  return isWide(code) ? 2 : 1;
}

function isWide(code: number): boolean {
  return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0x303e) || (code >= 0x3041 && code <= 0x33ff)
    || (code >= 0x3400 && code <= 0x4dbf) || (code >= 0x4e00 && code <= 0x9fff) || (code >= 0xa000 && code <= 0xa4cf)
    || (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe30 && code <= 0xfe6f)
    || (code >= 0xff00 && code <= 0xff60) || (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1f300 && code <= 0x1f64f)
    || (code >= 0x1f680 && code <= 0x1f6ff) || (code >= 0x1f900 && code <= 0x1f9ff) || (code >= 0x20000 && code <= 0x3fffd);
}

function width(cells: readonly Cell[], from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += cells[i]!.columns;
  return sum;
}

function text(cells: readonly Cell[], from: number, to: number): string {
  return cells.slice(from, to).map((c) => c.text).join('');
}
