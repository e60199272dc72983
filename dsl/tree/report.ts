/** Where the makers of tree nodes put what they find, and how they say where. */
import type { CstNode, IToken } from 'chevrotain';
import type { Diagnostic } from '../diagnostic.ts';
import { sanitize } from '../sanitize.ts';
import type { Span } from '../span.ts';

export class Report {
  readonly file: string;
  readonly diagnostics: Diagnostic[] = [];

  constructor(file: string) {
    this.file = file;
  }

  get hasErrors(): boolean {
    return this.diagnostics.some((d) => d.severity === 'error');
  }

  error(code: string, span: Span, message: string, more: Partial<Diagnostic> = {}): void {
    this.diagnostics.push({ code, severity: 'error', span, message, ...more });
  }

  warning(code: string, span: Span, message: string, more: Partial<Diagnostic> = {}): void {
    this.diagnostics.push({ code, severity: 'warning', span, message, ...more });
  }

  spanOf(token: IToken): Span {
    return { file: this.file, start: token.startOffset, end: token.startOffset + token.image.length };
  }

  spanOfNode(node: CstNode): Span {
    const { startOffset, endOffset } = node.location!;
    return { file: this.file, start: startOffset, end: endOffset! + 1 };
  }
}

/** Text for a message: quoted, safe for a terminal, cut where it is long. */
export function quote(text: string): string {
  const safe = sanitize(text);
  return `'${safe.length > 48 ? `${safe.slice(0, 45)}…` : safe}'`;
}
