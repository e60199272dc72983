/** Which packets a program of `bpf/bench/template.h` writes. */
import { sum16 } from '../../test/support/packet.ts';
import type { KernelMap } from '../../runtime/kernel/maps.ts';
import { u32 } from './objects.ts';

export interface Traffic {
  /** At most 64 bytes with IPv4, 80 with IPv6. Source address and port of the client are put in. */
  readonly frame: Uint8Array;
  /** A power of two, drawn at random; `new`: every packet opens another one. */
  readonly flows: number | 'new';
  /** Each flow once, then from the first again. */
  readonly inOrder?: boolean;
  /** Every second packet is a backend's answer to the one before; IPv4 and programs that translate only. */
  readonly dialogue?: boolean;
}

export const frameLength = { 4: 64, 6: 80 } as const;
const at = { state: 0, mask: 4, inOrder: 8, sum: 12, frame: 16 } as const;
const size = 100;
const header = { first: 14, end: 34, check: 24, source: 26 } as const;

export const familyOf = (frame: Uint8Array): 4 | 6 => (frame[12] === 0x86 ? 6 : 4);

/** `map`: `.data.template` of an object. New flows go on after the last one. */
export function writeTemplate(map: KernelMap, { frame, flows, inOrder }: Traffic): void {
  const room = frameLength[familyOf(frame)];
  if (frame.length > room) throw new Error(`a frame of ${frame.length} bytes does not fit into ${room}`);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const state = new DataView(map.lookup(u32(0))!.buffer).getUint32(at.state, true);
  // The generator never leaves zero.
  view.setUint32(at.state, state === 0 ? 1 : state, true);
  view.setUint32(at.mask, flows === 'new' ? 0xffffffff : flows - 1, true);
  view.setUint32(at.inOrder, flows === 'new' || inOrder ? 1 : 0, true);
  view.setUint32(at.sum, headerSum(frame), true);
  bytes.set(frame, at.frame);
  map.update(u32(0), bytes);
}

/** Of the IPv4 header without checksum and source, as a program sums it: words of memory, here little-endian ones. */
function headerSum(frame: Uint8Array): number {
  const bytes = frame.slice(header.first, header.end);
  bytes.fill(0, header.check - header.first, header.source - header.first + 4);
  const sum = sum16(bytes);
  return ((sum & 0xff) << 8) | (sum >> 8);
}
