/**
 * Text from outside, made safe for a terminal. Control characters could move the cursor or set colours,
 * bidirectional controls could make text look like other text, zero-width characters could hide it.
 */

/** Sources of character classes for regular expressions. */
export const controls = '\\u0000-\\u001f\\u007f-\\u009f';
export const bidi = '\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069';
export const zeroWidth = '\\u00ad\\u200b-\\u200d\\u2028\\u2029\\u2060-\\u2064\\ufeff';

const unsafe = new RegExp(`[${controls}${bidi}${zeroWidth}]|[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]`, 'g');
const unsafeButNewline = new RegExp(unsafe.source.replace('\\u0000-\\u001f', '\\u0000-\\u0009\\u000b-\\u001f'), 'g');

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** How one UTF-16 code unit is shown: `\n`, `\x1b`, `\u{202e}`. */
export function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  return named[character] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`);
}

/** Escapes controls (C0, C1, ESC, newline and tab too), bidirectional controls, zero-width characters and lone surrogates. */
export function sanitize(text: string): string {
  return text.replace(unsafe, escapeCharacter);
}

/** The same for text of several lines: newlines stay. */
export function sanitizeLines(text: string): string {
  return text.replace(unsafeButNewline, escapeCharacter);
}
