/** Packets that are a little, or very, wrong. */
import type { Random } from './random.ts';
import { put16, u16 } from './wire.ts';
import type { Writer } from './writer.ts';

const least = 14;
const most = 3000;
const telling = [0, 1, 4, 6, 17, 41, 44, 58, 0x45, 0x7f, 0x80, 0xfe, 0xff] as const;

/** Changes the frame once to three times. */
export function mutate(r: Random, writer: Writer): void {
  for (let n = r.between(1, 3); n > 0; n--) once(r, writer);
}

function once(r: Random, writer: Writer): void {
  const { bytes } = writer;
  const at = r.chance(0.8) ? r.below(Math.min(writer.at, 94)) : r.below(writer.at);
  switch (r.below(9)) {
    case 0: bytes[at]! ^= 1 << r.below(8); return;
    case 1: bytes[at] = r.pick(telling); return;
    case 2: bytes[at] = r.next(); return;
    case 3: writer.at = Math.max(least, r.chance(0.5) ? writer.at - r.below(64) : r.between(least, writer.at)); return;
    case 4: return extend(r, writer);
    case 5: return insert(r, writer, Math.max(least, at));
    case 6: return remove(r, writer, Math.max(least, at));
    case 7: return length(r, writer);
    default: return swap(r, writer);
  }
}

function extend(r: Random, writer: Writer): void {
  for (let n = Math.min(r.pick([1, 2, 7, 40, 400]), most - writer.at); n > 0; n--) writer.bytes[writer.at++] = r.next();
}

function insert(r: Random, writer: Writer, at: number): void {
  const { bytes } = writer;
  const n = r.pick([1, 2, 4, 8, 20]);
  if (writer.at + n > most || at > writer.at) return;
  bytes.copyWithin(at + n, at, writer.at);
  for (let i = 0; i < n; i++) bytes[at + i] = r.next();
  writer.at += n;
}

function remove(r: Random, writer: Writer, at: number): void {
  const n = Math.min(r.pick([1, 2, 4, 8, 20]), writer.at - at);
  if (n <= 0 || writer.at - n < least) return;
  writer.bytes.copyWithin(at, at + n, writer.at);
  writer.at -= n;
}

/** Where lengths stand: of IPv4, IPv6, UDP and TCP in either, and the same in a tunnel. */
function length(r: Random, writer: Writer): void {
  const at = r.pick([16, 18, 38, 58, 46, 66, 14, 36, 56, 78, 4 + 54, 20]);
  if (at + 2 > writer.at) return;
  put16(writer.bytes, at, (u16(writer.bytes, at) + r.pick([-1, 1, -8, 8, -20, 20, 1000, 0x8000])) & 0xffff);
}

/** Two runs of 4 bytes. */
function swap(r: Random, { bytes, at: end }: Writer): void {
  const [a, b] = [r.below(60), r.below(60)];
  if (Math.max(a, b) + 4 > end) return;
  const kept = bytes.slice(a, a + 4);
  bytes.copyWithin(a, b, b + 4);
  bytes.set(kept, b);
}
