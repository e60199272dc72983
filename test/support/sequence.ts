/** A fixed sequence of bytes that does not repeat soon, and its comparison. Uses only syntax that Node can strip. */

/** A prime, so that no power of two in between shifts it onto itself. */
const period = 65_521;

const twice = Buffer.alloc(2 * period);
let x = 0x9e3779b9;
for (let i = 0; i < period; i++) {
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  // No newlines, so that a line's end is found.
  twice[i] = (x & 0xff) === 10 ? 11 : x & 0xff;
}
twice.copy(twice, period, 0, period);

/** `length` bytes from an offset on; at most 65,521. */
export function sequence(at: number, length: number): Buffer {
  const start = at % period;
  return twice.subarray(start, start + Math.min(length, period));
}

/** Takes a stream in parts; answers `ok` or `bad` once `total` bytes came, else nothing. */
export function comparer(total: number): (part: Buffer) => 'ok' | 'bad' | undefined {
  let at = 0;
  let same = true;
  return (part) => {
    for (let i = 0; i < part.length;) {
      const wanted = sequence(at + i, part.length - i);
      same &&= part.compare(wanted, 0, wanted.length, i, i + wanted.length) === 0;
      i += wanted.length;
    }
    at += part.length;
    if (at < total) return undefined;
    return same && at === total ? 'ok' : 'bad';
  };
}
