/**
 * Diagnostics are values. Whoever finds a mistake returns one; `render.ts` alone knows how it looks on
 * a terminal, and JSON output is the value itself. `span` is tight (the wrong token), `context` is wider
 * (the statement around it). Every `code` has a long form in `codes.ts`.
 */
import type { Span } from './span.ts';

export type Severity = 'error' | 'warning' | 'info';

export interface Related {
  readonly message: string;
  readonly span?: Span;
}

/** A replacement that would mend what the diagnostic complains about. */
export interface Fix {
  readonly span: Span;
  readonly text: string;
}

export interface Diagnostic {
  /** `LB` and three digits: 0xx syntax, 1xx names, 2xx semantics, 3xx lints, 4xx Kubernetes, 5xx apply, 6xx environment. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** Absent where no source text is concerned (apply and environment). */
  readonly span?: Span;
  readonly context?: Span;
  readonly hint?: string;
  readonly fix?: Fix;
  readonly related?: readonly Related[];
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((d) => d.severity === 'error');
}

/** Our own mistake, never the user's: thrown, and reported as a defect of Sluice. */
export class Bug extends Error {
  override readonly name = 'Bug';
}

export function bug(message: string): never {
  throw new Bug(`${message} (this is a defect in sluice, please report it)`);
}
