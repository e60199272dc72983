/** A unified diff of two texts by lines (Myers, "An O(ND) Difference Algorithm", 1986), for `fmt --diff`. */
import { sanitize } from '../../dsl/sanitize.ts';

interface Edit {
  readonly kind: ' ' | '-' | '+';
  readonly line: string;
}

/** Beyond this many differing lines the whole middle is shown as replaced. */
const limit = 400;

/** Empty where the texts are the same; else hunks with three lines of context under a `---`/`+++` head. */
export function lineDiff(name: string, before: string, after: string): string {
  if (before === after) return '';
  const shown = sanitize(name);
  const edits = compare(before.split('\n'), after.split('\n'));
  return [`--- ${shown}`, `+++ ${shown} (formatted)`, ...hunks(edits)].join('\n');
}

function compare(a: readonly string[], b: readonly string[]): Edit[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const same = (lines: readonly string[]): Edit[] => lines.map((line) => ({ kind: ' ', line }));
  return [
    ...same(a.slice(0, head)),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...same(a.slice(a.length - tail)),
  ];
}

function middle(a: readonly string[], b: readonly string[]): Edit[] {
  const trace: Map<number, number>[] = [];
  let reach = new Map([[1, 0]]);
  for (let d = 0; d <= Math.min(limit, a.length + b.length); d++) {
    trace.push(new Map(reach));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
      let x = down ? (reach.get(k + 1) ?? 0) : (reach.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      reach.set(k, x);
      if (x >= a.length && x - k >= b.length) return walkBack(a, b, trace);
    }
    reach = new Map(reach);
  }
  return [...a.map((line): Edit => ({ kind: '-', line })), ...b.map((line): Edit => ({ kind: '+', line }))];
}

function walkBack(a: readonly string[], b: readonly string[], trace: readonly Map<number, number>[]): Edit[] {
  const edits: Edit[] = [];
  let x = a.length;
  let y = b.length;
  for (let d = trace.length - 1; d >= 0; d--) {
    const reach = trace[d]!;
    const k = x - y;
    const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
    const fromX = d === 0 ? 0 : reach.get(down ? k + 1 : k - 1) ?? 0;
    const fromY = d === 0 ? 0 : fromX - (down ? k + 1 : k - 1);
    while (x > fromX && y > fromY) edits.push({ kind: ' ', line: a[--x]! }), y--;
    if (d === 0) break;
    if (down) edits.push({ kind: '+', line: b[--y]! });
    else edits.push({ kind: '-', line: a[--x]! });
  }
  return edits.reverse();
}

function hunks(edits: readonly Edit[]): string[] {
  const out: string[] = [];
  const changed = edits.flatMap((e, i) => (e.kind === ' ' ? [] : [i]));
  let old = 1;
  let fresh = 1;
  let at = 0;
  const step = (to: number): void => {
    for (; at < to; at++) {
      if (edits[at]!.kind !== '+') old++;
      if (edits[at]!.kind !== '-') fresh++;
    }
  };
  for (let i = 0; i < changed.length;) {
    const from = Math.max(0, changed[i]! - 3);
    let last = changed[i]!;
    while (i < changed.length && changed[i]! <= last + 6) last = changed[i++]!;
    const to = Math.min(edits.length, last + 4);
    step(from);
    const part = edits.slice(from, to);
    const size = (skip: '+' | '-'): number => part.filter((e) => e.kind !== skip).length;
    out.push(`@@ -${old},${size('+')} +${fresh},${size('-')} @@`, ...part.map((e) => e.kind + sanitize(e.line)));
    step(to);
  }
  return out;
}
