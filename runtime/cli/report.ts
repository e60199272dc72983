/** Diagnostics onto standard error, rendered by the one renderer. */
import type { Diagnostic } from '../../dsl/diagnostic.ts';
import { position } from '../../dsl/span.ts';
import type { Span } from '../../dsl/span.ts';
import { renderAll } from '../../dsl/render.ts';
import { bidi, controls, zeroWidth } from '../../dsl/sanitize.ts';
import type { Io } from './io.ts';

const none: ReadonlyMap<string, string> = new Map();

/** Prints diagnostics; `sources` are the texts that their spans refer to. */
export function say(io: Io, diagnostics: readonly Diagnostic[], sources: ReadonlyMap<string, string> = none): void {
  if (diagnostics.length > 0) io.err(renderAll(diagnostics, sources, { color: io.colorErr }));
}

const unsafe = new RegExp(`[${controls}${bidi}${zeroWidth}]`, 'g');

/** JSON on one line that a terminal may be shown: what could move the cursor or reorder text is escaped. */
export function jsonLine(value: object): string {
  return JSON.stringify(value).replace(unsafe, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Prints one JSON document on one line, its format and version first. */
export function sayJson(io: Io, format: string, facts: object): void {
  io.out(jsonLine({ format, ...facts }));
}

/** A diagnostic for machines: the value itself, with lines and columns (from 1) beside the offsets. */
export function diagnosticJson(diagnostic: Diagnostic, sources: ReadonlyMap<string, string>): object {
  const place = (span: Span | undefined): object => {
    const text = span && sources.get(span.file);
    if (span === undefined || text === undefined) return {};
    return { file: span.file, from: position(text, span.start), to: position(text, span.end) };
  };
  const { related, ...rest } = diagnostic;
  return {
    ...rest,
    ...place(diagnostic.span),
    ...(related ? { related: related.map((r) => ({ ...r, ...place(r.span) })) } : {}),
  };
}
