/**
 * Diagnostics as text. The one place that knows colour and carets:
 *
 *     shop.lb:4:9: error[LB104]: unknown mode 'drs'
 *       4 |   mode drs hash maglev
 *         |        ^^^ did you mean 'dsr'?
 */
import type { Diagnostic, Severity } from './diagnostic.ts';
import { sanitize } from './sanitize.ts';
import { excerpt } from './source-line.ts';
import { LineIndex, type Span } from './span.ts';

export interface RenderOptions {
  readonly color: boolean;
}

const colours: Readonly<Record<Severity, string>> = { error: '31', warning: '33', info: '36' };

/**
 * One diagnostic, without a newline at its end. `sources`: texts by file name; without the text of its
 * file a diagnostic is shown without the line. Everything in it is made safe for a terminal.
 */
export function renderDiagnostic(d: Diagnostic, sources: ReadonlyMap<string, string>, options: RenderOptions): string {
  const paint = (code: string, text: string): string => (options.color && text !== '' ? `\x1b[${code}m${text}\x1b[0m` : text);
  const colour = colours[d.severity];
  const head = `${paint(`1;${colour}`, `${d.severity}[${sanitize(d.code)}]`)}: ${paint('1', sanitize(d.message))}`;
  const hint = d.hint === undefined ? '' : sanitize(d.hint);
  const lines: string[] = [];
  if (d.span === undefined) {
    lines.push(head);
    if (hint) lines.push(`  hint: ${hint}`);
  } else {
    lines.push(`${place(d.span, sources)}: ${head}`, ...snippet(d.span, hint, sources, (t) => paint(colour, t)));
  }
  for (const related of d.related ?? []) {
    const message = `${paint('1', 'note')}: ${sanitize(related.message)}`;
    if (related.span === undefined) lines.push(`  ${message}`);
    else lines.push(`  ${place(related.span, sources)}: ${message}`, ...snippet(related.span, '', sources, (t) => paint('36', t)));
  }
  return lines.join('\n');
}

/** Several diagnostics, one below the other, without a newline at the end; empty for none. */
export function renderAll(ds: readonly Diagnostic[], sources: ReadonlyMap<string, string>, options: RenderOptions): string {
  return ds.map((d) => renderDiagnostic(d, sources, options)).join('\n');
}

/** `shop.lb:4:9`, or the file's name alone where its text is unknown. */
function place(span: Span, sources: ReadonlyMap<string, string>): string {
  const text = sources.get(span.file);
  if (text === undefined) return sanitize(span.file);
  const { line, column } = LineIndex.of(text).position(span.start);
  return `${sanitize(span.file)}:${line}:${column}`;
}

function snippet(span: Span, hint: string, sources: ReadonlyMap<string, string>, paint: (text: string) => string): string[] {
  const text = sources.get(span.file);
  if (text === undefined) return hint ? [`  hint: ${hint}`] : [];
  const index = LineIndex.of(text);
  const { line } = index.position(span.start);
  const { start, end } = index.line(line);
  const { shown, before, marked } = excerpt(text.slice(start, end), span.start - start, Math.min(span.end, end) - start);
  const number = String(line);
  const blank = ' '.repeat(number.length);
  const carets = paint(`${'^'.repeat(Math.max(1, marked))}${hint ? ` ${hint}` : ''}`);
  return [`  ${number} | ${shown}`, `  ${blank} | ${' '.repeat(before)}${carets}`];
}
