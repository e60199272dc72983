/**
 * Sources that packets to backends have, as the state writes them: `10.0.0.5`, `10.0.0.5:20000-29999`,
 * `[fd00::5]:20000-29999`, and for the outer header of a tunnel `10.200.0.0/16`.
 */
import { bug } from '../dsl/diagnostic.ts';
import { parseAddress } from '../dsl/ip.ts';

/** Ports of a source that names none. */
export const sourcePorts = { low: 1024, high: 65535 } as const;
/** Sources of one family that a service may have: a program tells them apart by 4 bits. */
export const mostSources = 15;

export interface Source {
  /** Canonical text; of a network its first address. */
  readonly address: string;
  readonly family: 4 | 6;
  /** Bits that stay, of 32 or 128: all of them for an address. */
  readonly prefix: number;
  /** Both included. */
  readonly low: number;
  readonly high: number;
}

export function sourceText({ address, family, prefix, low, high }: Source): string {
  if (prefix < bitsOf(family)) return `${address}/${prefix}`;
  if (low === sourcePorts.low && high === sourcePorts.high) return address;
  return `${family === 6 ? `[${address}]` : address}:${low}-${high}`;
}

/** What `sourceText` wrote. */
export function readSource(text: string): Source {
  const [, six, four, prefix, low, high] = /^(?:\[([^\]]+)\]|([^/]+?))(?:\/(\d+)|:(\d+)-(\d+))?$/.exec(text) ?? bug(`'${text}' is no source`);
  const { text: address, family } = parseAddress(six ?? four!) ?? bug(`'${text}' is no source`);
  return {
    address, family, prefix: prefix === undefined ? bitsOf(family) : Number(prefix),
    low: low === undefined ? sourcePorts.low : Number(low), high: high === undefined ? sourcePorts.high : Number(high),
  };
}

export function bitsOf(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}
