/** The few colours of the REPL's own texts; plain text where colour is off. */
export interface Paint {
  dim(text: string): string;
  bold(text: string): string;
  accent(text: string): string;
  good(text: string): string;
  bad(text: string): string;
}

export function paintWith(color: boolean): Paint {
  const wrap = (on: number, off: number) => (text: string): string => (color && text !== '' ? `\x1b[${on}m${text}\x1b[${off}m` : text);
  return { dim: wrap(2, 22), bold: wrap(1, 22), accent: wrap(36, 39), good: wrap(32, 39), bad: wrap(31, 39) };
}
