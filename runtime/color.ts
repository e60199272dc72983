/** Whether to colour what goes to a stream: a terminal that can, and nobody who said NO_COLOR (no-color.org). */
export function wantsColor(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}
