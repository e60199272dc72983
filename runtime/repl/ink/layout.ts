/**
 * Where each character of the input stands on the screen. Ink is given finished rows that fit, so that
 * the cursor can be placed exactly and the region never grows as high as the terminal (Ink would then
 * clear the screen and the scrollback with it).
 */
import { width } from '../../show/table.ts';
import { graphemes } from './editor.ts';

/** A run of characters of one style. */
export interface Run<S> {
  readonly text: string;
  readonly style: S | undefined;
}

export interface Layout<S> {
  /** Without the prompt. */
  readonly rows: readonly { readonly runs: readonly Run<S>[]; /** A line of the input begins here (else a long one goes on). */ readonly first: boolean }[];
  /** Row (of `rows`) and column of the cursor. */
  readonly row: number;
  readonly column: number;
}

export interface Styled<S> {
  readonly start: number;
  readonly end: number;
  readonly style: S;
}

/**
 * Breaks `text` into rows of at most `columns` cells. `styles` do not overlap and are in order; of more
 * than `height` rows those around the cursor are kept.
 */
export function layout<S>(text: string, cursor: number, columns: number, height: number, styles: readonly Styled<S>[]): Layout<S> {
  const rows: { runs: Run<S>[]; first: boolean }[] = [{ runs: [], first: true }];
  let used = 0;
  let offset = 0;
  let at = { row: 0, column: 0 };
  let next = 0;
  const fresh = (first: boolean): void => {
    rows.push({ runs: [], first });
    used = 0;
  };
  for (const cluster of graphemes(text)) {
    const cells = cluster === '\n' ? 0 : width(cluster);
    if (cluster !== '\n' && used + cells > columns) fresh(false);
    if (offset === cursor) at = { row: rows.length - 1, column: used };
    if (cluster === '\n') {
      fresh(true);
    } else {
      while (next < styles.length && styles[next]!.end <= offset) next++;
      const span = styles[next];
      add(rows.at(-1)!.runs, cluster, span && span.start <= offset ? span.style : undefined);
      used += cells;
    }
    offset += cluster.length;
  }
  if (cursor >= offset) {
    // Behind the last cell of a full row the cursor stands on the next one.
    if (used >= columns) fresh(false);
    at = { row: rows.length - 1, column: used };
  }
  const from = Math.max(0, Math.min(at.row - Math.floor(height / 2), rows.length - height));
  return { rows: rows.slice(from, from + height), row: at.row - from, column: at.column };
}

function add<S>(runs: Run<S>[], text: string, style: S | undefined): void {
  const last = runs.at(-1);
  if (last && last.style === style) runs[runs.length - 1] = { text: last.text + text, style };
  else runs.push({ text, style });
}
