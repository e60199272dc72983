/**
 * Documents and their layout, after Wadler ("A prettier printer", 2003) in the form that prettier uses:
 * a group is set flat where it fits, else broken. A comment ends its line; what follows it begins a new one.
 */

export type Doc =
  | string
  | readonly Doc[]
  /** A space (nothing, if soft) in a flat group, a new line in a broken one; `blank` leaves one line empty. */
  | Line
  | Group
  /** Lines begun inside are indented by so many columns more, or at the column where it begins. */
  | Indent
  /** `own`: on a line of its own. `blank`: an empty line follows it. */
  | CommentLine;

interface Line { readonly kind: 'line'; readonly soft: boolean; readonly hard: boolean; readonly blank: boolean }
interface Group { readonly kind: 'group'; readonly doc: Doc; broken: boolean }
interface Indent { readonly kind: 'indent'; readonly by: number | 'here'; readonly doc: Doc }
interface CommentLine { readonly kind: 'comment'; readonly text: string; readonly own: boolean; readonly blank: boolean }

function isList(doc: Doc): doc is readonly Doc[] {
  return Array.isArray(doc);
}

export const line: Doc = { kind: 'line', soft: false, hard: false, blank: false };
export const softline: Doc = { kind: 'line', soft: true, hard: false, blank: false };
export const hardline: Doc = { kind: 'line', soft: false, hard: true, blank: false };
export const blankline: Doc = { kind: 'line', soft: false, hard: true, blank: true };

export function group(doc: Doc, broken = false): Doc {
  return { kind: 'group', doc, broken };
}

export function indent(by: number | 'here', doc: Doc): Doc {
  return { kind: 'indent', by, doc };
}

/** Breaks every group around a hard line, a comment or a broken group. Says whether there was one. */
export function spreadBreaks(doc: Doc): boolean {
  if (typeof doc === 'string') return false;
  if (isList(doc)) return doc.reduce<boolean>((any, d) => spreadBreaks(d) || any, false);
  switch (doc.kind) {
    case 'line': return doc.hard;
    case 'comment': return true;
    case 'indent': return spreadBreaks(doc.doc);
    case 'group': doc.broken = spreadBreaks(doc.doc) || doc.broken; return doc.broken;
  }
}

interface Item {
  readonly indent: number;
  readonly flat: boolean;
  readonly doc: Doc;
}

/** Sets a document within `width` columns. Run `spreadBreaks` before. */
export function layOut(doc: Doc, width: number): string {
  const out: string[] = [];
  const stack: Item[] = [{ indent: 0, flat: false, doc }];
  let column = 0;
  let atStart = true;
  /** After a comment the next text begins a line; after one behind a token, as a continuation. */
  let mustBreak: 'no' | 'here' | 'deeper' = 'no';
  const newline = (blank: boolean): void => {
    if (!atStart || blank) out.push(blank ? '\n\n' : '\n');
    column = 0;
    atStart = true;
    mustBreak = 'no';
  };
  const put = (text: string, indentation: number): void => {
    if (mustBreak !== 'no' && text.trim() === '') return;
    const extra = mustBreak === 'deeper' ? 2 : 0;
    if (mustBreak !== 'no') newline(false);
    let shown = text;
    if (atStart) {
      shown = text.trimStart();
      if (shown === '') return;
      column = indentation + extra;
      out.push(' '.repeat(column));
      atStart = false;
    }
    out.push(shown);
    column += shown.length;
  };
  while (stack.length > 0) {
    const { indent: by, flat, doc: top } = stack.pop()!;
    if (typeof top === 'string') {
      put(top, by);
    } else if (isList(top)) {
      for (let i = top.length - 1; i >= 0; i--) stack.push({ indent: by, flat, doc: top[i]! });
    } else {
      const d = top;
      switch (d.kind) {
        case 'line':
          if (!flat || d.hard) newline(d.blank);
          else if (!d.soft && !atStart && mustBreak === 'no') put(' ', by);
          break;
        case 'group':
          stack.push({ indent: by, flat: !d.broken && (flat || fits(d.doc, stack, width - column)), doc: d.doc });
          break;
        case 'indent':
          stack.push({ indent: d.by === 'here' ? (atStart || mustBreak !== 'no' ? by : column) : by + d.by, flat, doc: d.doc });
          break;
        case 'comment':
          if (d.own) {
            if (!atStart) newline(false);
            put(d.text, by);
          } else {
            if (mustBreak !== 'no') newline(false);
            if (atStart) put(d.text, by);
            else out.push(`  ${d.text}`);
          }
          if (d.blank) {
            newline(false);
            out.push('\n');
          } else mustBreak = d.own ? 'here' : 'deeper';
          break;
      }
    }
  }
  return out.join('').replace(/[ \t]+$/gm, '');
}

/** Whether a document set flat, and what follows it up to the next possible new line, fits into `room` columns. */
function fits(doc: Doc, rest: readonly Item[], room: number): boolean {
  let left = room;
  let next = rest.length;
  const stack: Item[] = [{ indent: 0, flat: true, doc }];
  while (left >= 0) {
    const item = stack.pop() ?? rest[--next];
    if (item === undefined) return true;
    const { flat, doc: top } = item;
    if (typeof top === 'string') left -= top.length;
    else if (isList(top)) {
      for (let i = top.length - 1; i >= 0; i--) stack.push({ indent: 0, flat, doc: top[i]! });
    } else {
      const d = top;
      if (d.kind === 'comment') return true;
      if (d.kind === 'line') {
        if (!flat || d.hard) return true;
        left -= d.soft ? 0 : 1;
      } else stack.push({ indent: 0, flat: flat && !(d.kind === 'group' && d.broken), doc: d.doc });
    }
  }
  return false;
}
