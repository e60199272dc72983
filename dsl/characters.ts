/** Characters that no script needs: stray ones, and those that make text look like something it is not. */
import type { ILexingResult, IToken } from 'chevrotain';
import type { Diagnostic } from './diagnostic.ts';
import { bidi, controls, escapeCharacter, zeroWidth } from './sanitize.ts';
import * as t from './tokens.ts';
import { quote } from './tree/report.ts';

/** Newline and tab are text; a carriage return is one before a newline. */
const deceptive = new RegExp(`(?:(?![\\t\\n])(?!\\r\\n)[${controls}]|[${bidi}])+|[${zeroWidth}]+`, 'gu');
const joiners = /^[\u200d\u200c]+$/;

/** Runs of control, bidirectional and invisible characters, wherever they stand; joiners are allowed in comments. */
export function deceptiveCharacters(text: string, comments: readonly IToken[], file: string): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const match of text.matchAll(deceptive)) {
    const start = match.index;
    if (start === 0 && match[0] === '\ufeff') continue;
    if (joiners.test(match[0]) && comments.some((c) => c.startOffset <= start && start < t.endOf(c))) continue;
    const shown = [...match[0].slice(0, 4)].map(escapeCharacter).join('');
    found.push({
      code: 'LB003', severity: 'error', span: { file, start, end: start + match[0].length },
      message: `an invisible character stands here: ${shown}`,
      hint: 'take it out; it could make the text look like something else',
    });
    if (found.length === 100) break;
  }
  return found;
}

const lookalikes: Readonly<Record<string, string>> = {
  '“': '"', '”': '"', '„': '"', '«': '"', '»': '"', '‘': '"', '’': '"', "'": '"', '`': '"', '→': '->', '⇒': '=>', '–': '-', '—': '-', '−': '-',
  '，': ',', '：': ':', '；': ';', '（': '(', '）': ')', '｛': '{', '｝': '}', '＝': '=', '≠': '!=', '&': ',', '|': ',',
};

/** Puts what the lexer skipped back into the row of tokens, as tokens of type `Stray`. */
export function withStrays({ tokens, errors }: ILexingResult, text: string): IToken[] {
  if (errors.length === 0) return tokens;
  const strays: IToken[] = errors.map((e) => ({
    image: text.slice(e.offset, e.offset + e.length), startOffset: e.offset, tokenType: t.Stray, tokenTypeIdx: t.Stray.tokenTypeIdx!,
  }));
  return [...tokens, ...strays].sort((a, b) => a.startOffset - b.startOffset);
}

/** The diagnostic of a `Stray` or `OpenStr` token. */
export function strayDiagnostic(token: IToken, file: string): Diagnostic {
  const span = { file, start: token.startOffset, end: t.endOf(token) };
  if (token.tokenType === t.OpenStr) {
    return { code: 'LB002', severity: 'error', span, message: 'the text is not closed', hint: "'\"' is missing before the end of the line" };
  }
  const first = [...token.image][0]!;
  const meant = Object.hasOwn(lookalikes, first) ? lookalikes[first] : undefined;
  const hint = first === '\u00a0' ? 'it is a no-break space; put a plain space'
    : first === '\ufffd' ? 'the file is perhaps not in UTF-8'
      : meant === '"' ? 'texts stand in plain double quotes: "…"'
        : meant ? `did you mean '${meant}'?`
          : first === '\\' ? "a statement goes on over newlines inside ( ), after ',' and before '->'"
            : /\p{L}/u.test(first) ? 'names have the letters A–Z and a–z; other text stands in double quotes' : undefined;
  return {
    code: 'LB001', severity: 'error', span, message: `${quote(token.image)} has no meaning here`,
    ...(hint && { hint }), ...(meant && meant !== '"' && token.image === first && { fix: { span, text: meant } }),
  };
}
