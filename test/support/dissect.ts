/**
 * Reads frames back: one line a header, for messages of failed tests, and every fault found on the way
 * (lengths, versions, checksums of IPv4, TCP, UDP, ICMP and ICMPv6; packets inside packets too).
 */
import { pseudoSum, sum16 } from './packet.ts';

interface Findings {
  readonly lines: string[];
  readonly faults: string[];
}

/** One line a header. */
export function describe(frame: Uint8Array): string[] {
  return dissect(frame).lines;
}

/** What is wrong with a frame; nothing for a good one. Bytes behind the IP packet are padding. */
export function faults(frame: Uint8Array): string[] {
  return dissect(frame).faults;
}

function dissect(frame: Uint8Array): Findings {
  const found: Findings = { lines: [], faults: [] };
  if (frame.length < 14) {
    found.faults.push(`frame of ${frame.length} bytes`);
    return found;
  }
  let type = viewOf(frame).getUint16(12);
  found.lines.push(`eth ${mac(frame.subarray(6, 12))} > ${mac(frame.subarray(0, 6))} type ${type.toString(16).padStart(4, '0')}, ${frame.length} bytes`);
  let at = 14;
  while ((type === 0x8100 || type === 0x88a8) && at + 4 <= frame.length) {
    const tag = viewOf(frame).getUint16(at);
    type = viewOf(frame).getUint16(at + 2);
    found.lines.push(`vlan ${tag & 0xfff} priority ${tag >> 13} type ${type.toString(16).padStart(4, '0')}`);
    at += 4;
  }
  if (type === 0x0800) readIp4(frame.subarray(at), found, false);
  if (type === 0x86dd) readIp6(frame.subarray(at), found, false);
  return found;
}

/** `quoted`: cut short inside an ICMP error, so lengths and what they cover cannot be checked. */
function readIp4(bytes: Uint8Array, found: Findings, quoted: boolean): void {
  if (bytes.length < 20) return void found.faults.push('IPv4: no room for a header');
  const view = viewOf(bytes);
  const header = (bytes[0]! & 15) * 4;
  const length = view.getUint16(2);
  const bits = view.getUint16(6);
  const [src, dst] = [bytes.subarray(12, 16), bytes.subarray(16, 20)];
  found.lines.push(`ip4 ${src.join('.')} > ${dst.join('.')} proto ${bytes[9]} ttl ${bytes[8]} tos ${bytes[1]} id ${view.getUint16(4)} frag ${bits.toString(16)} header ${header} length ${length}`);
  if (bytes[0]! >> 4 !== 4) found.faults.push(`IPv4: version ${bytes[0]! >> 4}`);
  if (header < 20 || header > length) return void found.faults.push(`IPv4: header of ${header} in ${length} bytes`);
  if (sum16(bytes.subarray(0, header)) !== 0xffff) found.faults.push('IPv4: wrong checksum');
  if (length > bytes.length && !quoted) return void found.faults.push(`IPv4: says ${length} bytes, has ${bytes.length}`);
  if ((bits & 0x3fff) !== 0) return;
  readPart(bytes[9]!, bytes.subarray(header, length), (n) => pseudoSum(src, dst, bytes[9]!, n), found, quoted);
}

function readIp6(bytes: Uint8Array, found: Findings, quoted: boolean): void {
  if (bytes.length < 40) return void found.faults.push('IPv6: no room for a header');
  const view = viewOf(bytes);
  const word = view.getUint32(0);
  const length = view.getUint16(4) + 40;
  const [src, dst] = [bytes.subarray(8, 24), bytes.subarray(24, 40)];
  found.lines.push(`ip6 ${hex6(src)} > ${hex6(dst)} next ${bytes[6]} hops ${bytes[7]} class ${(word >>> 20) & 255} label ${(word & 0xfffff).toString(16)} length ${length}`);
  if (word >>> 28 !== 6) found.faults.push(`IPv6: version ${word >>> 28}`);
  if (length > bytes.length && !quoted) return void found.faults.push(`IPv6: says ${length} bytes, has ${bytes.length}`);
  let next = bytes[6]!;
  let at = 40;
  while ([0, 43, 60, 44].includes(next) && at + 8 <= bytes.length) {
    found.lines.push(`ext ${next} next ${bytes[at]}`);
    if (next === 44 && (view.getUint16(at + 2) & 0xfff9) !== 0) return;
    const size = next === 44 ? 8 : (bytes[at + 1]! + 1) * 8;
    next = bytes[at]!;
    at += size;
  }
  const proto = next;
  readPart(proto, bytes.subarray(at, length), (n) => pseudoSum(src, dst, proto, n), found, quoted);
}

function readPart(proto: number, bytes: Uint8Array, pseudo: (length: number) => number, found: Findings, quoted: boolean): void {
  if (proto === 4) return readIp4(bytes, found, quoted);
  if (proto === 41) return readIp6(bytes, found, quoted);
  const minimum = proto === 6 ? 20 : 8;
  if (bytes.length < minimum) {
    if (!quoted) found.faults.push(`protocol ${proto}: no room for a header`);
    return;
  }
  const view = viewOf(bytes);
  const check = (name: string, start: number): void => {
    if (!quoted && sum16(bytes, start) !== 0xffff) found.faults.push(`${name}: wrong checksum`);
  };
  if (proto === 6) {
    found.lines.push(`tcp ${view.getUint16(0)} > ${view.getUint16(2)} flags ${bytes[13]!.toString(16)}, ${bytes.length} bytes`);
    check('TCP', pseudo(bytes.length));
  } else if (proto === 17) {
    found.lines.push(`udp ${view.getUint16(0)} > ${view.getUint16(2)} length ${view.getUint16(4)}`);
    if (!quoted && view.getUint16(4) !== bytes.length) found.faults.push(`UDP: says ${view.getUint16(4)} bytes, has ${bytes.length}`);
    if (view.getUint16(6) !== 0) check('UDP', pseudo(bytes.length));
    if (view.getUint16(2) === 6081 && !quoted) readGeneve(bytes.subarray(8), found);
  } else if (proto === 1 || proto === 58) {
    found.lines.push(`icmp${proto === 1 ? '' : '6'} type ${bytes[0]} code ${bytes[1]}, ${bytes.length} bytes`);
    check(proto === 1 ? 'ICMP' : 'ICMPv6', proto === 1 ? 0 : pseudo(bytes.length));
    if (proto === 1 && [3, 11, 12].includes(bytes[0]!)) readIp4(bytes.subarray(8), found, true);
    if (proto === 58 && bytes[0]! < 128) readIp6(bytes.subarray(8), found, true);
  }
}

function readGeneve(bytes: Uint8Array, found: Findings): void {
  if (bytes.length < 8) return;
  const view = viewOf(bytes);
  const options = (bytes[0]! & 0x3f) * 4;
  found.lines.push(`geneve version ${bytes[0]! >> 6} flags ${bytes[1]!.toString(16)} type ${view.getUint16(2).toString(16).padStart(4, '0')} vni ${view.getUint32(4) >>> 8}, ${options} bytes of options`);
  if (view.getUint16(2) === 0x0800) readIp4(bytes.subarray(8 + options), found, false);
  if (view.getUint16(2) === 0x86dd) readIp6(bytes.subarray(8 + options), found, false);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function mac(bytes: Uint8Array): string {
  return [...bytes].map((b) => b.toString(16).padStart(2, '0')).join(':');
}

function hex6(bytes: Uint8Array): string {
  return Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16)).join(':');
}
