/**
 * Addresses: text ⇄ 16 bytes. IPv4 is kept in its v4-mapped form (::ffff:a.b.c.d), so that both families
 * have one width; for that reason a v4-mapped IPv6 text is not an address here.
 */

export interface ParsedAddress {
  readonly family: 4 | 6;
  /** 16 bytes, network order; IPv4 as ::ffff:a.b.c.d. */
  readonly bytes: Uint8Array;
  /** Canonical: IPv4 dotted, IPv6 after RFC 5952. */
  readonly text: string;
}

export interface ParsedCidr {
  readonly family: 4 | 6;
  /** As written, host bits included. */
  readonly bytes: Uint8Array;
  /** Canonical text of the address without the prefix, host bits included. */
  readonly address: string;
  /** 0–32 or 0–128. */
  readonly prefix: number;
  /** Whether a bit behind the prefix is set. */
  readonly hostBits: boolean;
}

/** Reads an IPv4 or IPv6 address (no brackets, no zone, no prefix); undefined when it is none. */
export function parseAddress(text: string): ParsedAddress | undefined {
  const read = readAddress(text);
  return typeof read === 'string' ? undefined : read;
}

/** As `parseAddress`, but says what is wrong: a clause for the end of a sentence. */
export function readAddress(text: string): ParsedAddress | string {
  return text.includes(':') ? readIPv6(text) : readIPv4(text);
}

function readIPv4(text: string): ParsedAddress | string {
  const parts = text.split('.');
  const bytes = new Uint8Array(16);
  bytes[10] = bytes[11] = 0xff;
  for (const [i, part] of parts.entries()) {
    if (part === '') return 'it has an empty part';
    if (!/^\d+$/.test(part)) return `'${part}' is not a number`;
    if (part.length > 1 && part.startsWith('0')) return `'${part}' has a leading zero, which some programs read as octal`;
    if (Number(part) > 255) return `${part} is more than 255`;
    if (i < 4) bytes[12 + i] = Number(part);
  }
  if (parts.length !== 4) return `it has ${parts.length} part${parts.length === 1 ? '' : 's'} instead of 4`;
  return { family: 4, bytes, text };
}

function readIPv6(text: string): ParsedAddress | string {
  if (text.includes('%')) return 'a zone (%…) has no meaning here';
  const halves = text.split('::');
  if (halves.length > 2 || text.includes(':::')) return "'::' may stand once";
  const groups: number[] = [];
  let gap = -1;
  for (const [h, half] of halves.entries()) {
    if (h === 1) gap = groups.length;
    if (half === '') continue;
    const parts = half.split(':');
    for (const [p, part] of parts.entries()) {
      if (part === '') return "it has an empty group; '::' stands for a run of zeros";
      if (part.includes('.')) {
        const last = h === halves.length - 1 && p === parts.length - 1;
        const v4 = last ? readIPv4(part) : 'an IPv4 part may only stand at the end';
        if (typeof v4 === 'string') return v4;
        groups.push((v4.bytes[12]! << 8) | v4.bytes[13]!, (v4.bytes[14]! << 8) | v4.bytes[15]!);
      } else {
        const stranger = /[^0-9a-f]/i.exec(part);
        if (stranger) return `'${stranger[0]}' is not a hexadecimal digit`;
        if (part.length > 4) return `the group '${part}' has more than 4 digits`;
        groups.push(Number.parseInt(part, 16));
      }
    }
  }
  if (gap === -1 ? groups.length !== 8 : groups.length > 7) return `it has ${groups.length} groups instead of ${gap === -1 ? '8' : 'at most 7 beside the ::'}`;
  const bytes = new Uint8Array(16);
  const zeros = 8 - groups.length;
  groups.forEach((group, i) => {
    const at = (gap !== -1 && i >= gap ? i + zeros : i) * 2;
    bytes[at] = group >> 8;
    bytes[at + 1] = group & 0xff;
  });
  if (isV4Mapped(bytes)) return `it is an IPv4 address in IPv6 clothes; write ${formatAddress(bytes)}`;
  return { family: 6, bytes, text: formatAddress(bytes) };
}

export function isV4Mapped(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

/** Canonical text of 16 bytes: dotted for the v4-mapped ones, else RFC 5952 (lower case, longest run of zeros as `::`). */
export function formatAddress(bytes: Uint8Array): string {
  if (isV4Mapped(bytes)) return `${bytes[12]}.${bytes[13]}.${bytes[14]}.${bytes[15]}`;
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let run = 0;
    while (i + run < 8 && groups[i + run] === 0) run++;
    if (run > length) [start, length] = [i, run];
    i += run;
  }
  const hex = (from: number, to: number): string => groups.slice(from, to).map((g) => g.toString(16)).join(':');
  return start === -1 ? hex(0, 8) : `${hex(0, start)}::${hex(start + length, 8)}`;
}

/** Reads `address/prefix`; undefined when it is none. */
export function parseCidr(text: string): ParsedCidr | undefined {
  const read = readCidr(text);
  return typeof read === 'string' ? undefined : read;
}

/** As `parseCidr`, but says what is wrong. */
export function readCidr(text: string): ParsedCidr | string {
  const slash = text.indexOf('/');
  if (slash === -1) return 'it has no prefix length';
  const address = readAddress(text.slice(0, slash));
  if (typeof address === 'string') return address;
  const digits = text.slice(slash + 1);
  const longest = address.family === 4 ? 32 : 128;
  if (!/^\d+$/.test(digits)) return `'${digits}' is not a prefix length`;
  if (digits.length > 1 && digits.startsWith('0')) return 'its prefix length has a leading zero';
  const prefix = Number(digits);
  if (prefix > longest) return `its prefix length is more than ${longest}`;
  const network = maskAddress(address.bytes, address.family, prefix);
  return { family: address.family, bytes: address.bytes, address: address.text, prefix, hostBits: !equalBytes(network, address.bytes) };
}

/** The address with every bit behind the prefix cleared. `prefix` counts within the family (0–32 or 0–128). */
export function maskAddress(bytes: Uint8Array, family: 4 | 6, prefix: number): Uint8Array {
  const bits = family === 4 ? 96 + prefix : prefix;
  return bytes.map((byte, i) => (i * 8 >= bits ? 0 : i * 8 + 8 <= bits ? byte : byte & (0xff << (8 - (bits % 8)))));
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i]);
}
