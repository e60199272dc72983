/** Plain tables and amounts for people. Text from outside is sanitised here and nowhere else. */
import { sanitize } from '../../dsl/sanitize.ts';

export interface Column {
  readonly title: string;
  readonly right?: boolean;
}

/** Aligned columns, two spaces apart, no trailing blanks, no newline at the end. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map((c) => sanitize(c.title)), ...rows.map((row) => row.map(sanitize))];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => width(row[i] ?? ''))));
  return cells
    .map((row) => columns.map((c, i) => pad(row[i] ?? '', widths[i]!, c.right === true)).join('  ').trimEnd())
    .join('\n');
}

/** The line above a table: what a thing is, and its name. */
export function heading(kind: string, name: string): string {
  return `${kind} ${sanitize(name)}`;
}

const segmenter = new Intl.Segmenter();

/** Columns that a text takes on a terminal: East Asian wide characters and emoji take two. */
export function width(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let total = 0;
  for (const { segment } of segmenter.segment(text)) {
    total += /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(segment) ? 2 : 1;
  }
  return total;
}

function pad(text: string, to: number, right: boolean): string {
  const blanks = ' '.repeat(Math.max(0, to - width(text)));
  return right ? blanks + text : text + blanks;
}

/** `1 service`, `2 services`. */
export function count(n: number, noun: string): string {
  return `${group(n)} ${noun}${n === 1 ? '' : 's'}`;
}

/** Digits in groups of three: `12,345`. */
export function group(n: number | bigint): string {
  return n.toString().replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Bytes with a binary unit, three significant digits: `1.95 MiB`. */
export function bytes(n: number | bigint): string {
  let value = Number(n);
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${value} B` : `${value.toPrecision(value >= 1000 ? 4 : 3)} ${units[unit]!}`;
}

/** A share of 1 as a percentage with one decimal. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

/** Whole seconds in two units at most: `45s`, `3m20s`, `2h5m`, `1d3h`. */
export function duration(seconds: number): string {
  const units = [[86_400, 'd'], [3600, 'h'], [60, 'm'], [1, 's']] as const;
  const whole = Math.max(0, Math.floor(seconds));
  const first = units.findIndex(([size]) => whole >= size);
  if (first === -1) return '0s';
  return units.slice(first, first + 2).map(([size, unit], i) => {
    const n = Math.floor((i === 0 ? whole : whole % units[first]![0]) / size);
    return n === 0 && i > 0 ? '' : `${n}${unit}`;
  }).join('');
}
