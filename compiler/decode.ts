/** Reading one configuration back from its service map and its texts. */
import type { Diagnostic } from '../dsl/diagnostic.ts';
import { formatAddress } from '../dsl/ip.ts';
import { addressesOf, coversAddresses } from './addresses.ts';
import { byKey, countEntries, encodeEntries } from './entries.ts';
import { LbServiceFlag, MetaKind, rangeKey, service, serviceKey, sourceKey } from './generated/layout.ts';
import type { Capacity, Generation, Live, LiveAttachment, LiveService } from './live.ts';
import { readGlobal, textName, type Packed, type Texts } from './metadata.ts';
import { sortServices } from './order.ts';

/** Everything that is read from an instance to know what it does. */
export interface RawMaps {
  /** `root[0]`; absent while nothing was ever committed. */
  readonly live?: Packed;
  /** `root[1]`. */
  readonly former?: Packed;
  readonly meta: Packed;
  /** All of `backends`: value `i` is row `i`. */
  readonly rows: Packed;
  readonly arenas: Live['arenas'];
  readonly links: readonly LiveAttachment[];
  readonly capacity: Capacity;
  /** What the live configuration needs beside its service map. */
  readonly beside?: { readonly ranges: Packed; readonly sources: Packed; readonly addresses: Uint8Array };
  /** Present where the last writer did not do all it had to. */
  readonly unsettled?: { readonly targets: Packed };
}

type Side = 'live' | 'former';

/** Key and fields of a service map's entries, without decoding all of each. */
class Entries {
  readonly #view: DataView;

  constructor(readonly map: Packed) {
    this.#view = new DataView(map.values.buffer, map.values.byteOffset, map.values.byteLength);
  }

  id(i: number): number {
    return this.#view.getUint32(i * service.size + service.at.id, true);
  }

  serial(i: number): number {
    return this.#view.getUint32(i * service.size + service.at.serial, true);
  }

  flags(i: number): number {
    return this.#view.getUint16(i * service.size + service.at.flags, true);
  }

  /** Its bytes as a text, for a Map. */
  key(i: number): string {
    return keyText(this.map.keys, i);
  }
}

function keyText(keys: Uint8Array, i: number): string {
  return String.fromCharCode.apply(null, keys.subarray(i * serviceKey.size, (i + 1) * serviceKey.size) as unknown as number[]);
}

/** Undefined: there is no configuration, or none that says which it is. */
export function decodeGeneration(map: Packed | undefined, texts: Texts, side: Side, problems: Diagnostic[]): Generation | undefined {
  if (!map || map.count === 0) return undefined;
  const entries = new Entries(map);
  let head = -1;
  const services = new Map<number, LiveService>();
  for (let i = 0; i < map.count; i++) {
    const flags = entries.flags(i);
    if (flags & LbServiceFlag.HEAD) head = i;
    if (flags & (LbServiceFlag.HEAD | LbServiceFlag.WILDCARD)) continue;
    const [id, serial] = [entries.id(i), entries.serial(i)];
    if (services.get(id)?.serial === serial) continue;
    const read = texts.service(id, serial);
    if (read) services.set(id, read);
    else problems.push(unreadable(side, `the text of service ${id} (commit ${serial}) is missing or unreadable`));
  }
  if (head === -1) {
    problems.push(unreadable(side, 'the service map has no head'));
    return undefined;
  }
  const serial = entries.serial(head);
  const text = texts.get(textName(MetaKind.GLOBAL, 0, serial));
  const global = text === undefined ? undefined : readGlobal(text);
  if (!global) problems.push(unreadable(side, `the text of commit ${serial} is missing or unreadable`));
  const { format: _format, ...rest } = global ?? { format: '', rulesets: [], attachments: [], neighbours: [] };
  return { ...rest, serial, services: sortServices([...services.values()]) };
}

/** Entries of the live map that are not what the configuration would write: another value, one too many, one missing. */
export function findDrift(map: Packed, wanted: Packed): Diagnostic[] {
  const actual = new Map<string, number>();
  for (let i = 0; i < map.count; i++) actual.set(keyText(map.keys, i), i);
  const problems: Diagnostic[] = [];
  for (let i = 0; i < wanted.count; i++) {
    const key = keyText(wanted.keys, i);
    const at = actual.get(key);
    actual.delete(key);
    if (at === undefined) problems.push(drifted(serviceKey.decode(wanted.keys, i * serviceKey.size), 'is missing from the service map'));
    else if (!sameBytes(map.values, at * service.size, wanted.values, i * service.size, service.size)) {
      problems.push(drifted(serviceKey.decode(map.keys, at * serviceKey.size), 'has another value in the service map than was committed'));
    }
  }
  for (const at of actual.values()) problems.push(drifted(serviceKey.decode(map.keys, at * serviceKey.size), 'is in the service map, but was never committed'));
  return problems;
}

/** Services whose source ranges or sources are not what was committed, and VIPs that packets are not looked up for. */
export function findDriftBeside({ services, ...rest }: Generation, { ranges, sources, addresses }: NonNullable<RawMaps['beside']>): Diagnostic[] {
  const problems: Diagnostic[] = [];
  for (const [map, found, codec, what] of [['ranges', ranges, rangeKey, 'source ranges (allow)'], ['sources', sources, sourceKey, 'sources (from)']] as const) {
    const having = services.filter((s) => countEntries(map, s) > 0);
    if (having.length === 0) continue;
    const there = byKey(found);
    const counts = new Map<string, number>();
    for (let i = 0; i < found.count; i++) {
      const { service: id, serial } = codec.decode(found.keys, i * codec.size);
      counts.set(`${id} ${serial}`, (counts.get(`${id} ${serial}`) ?? 0) + 1);
    }
    for (const s of having) {
      const wanted = byKey(encodeEntries(map, [s]));
      const isWhole = counts.get(`${s.id} ${s.serial}`) === wanted.size && [...wanted].every(([key, value]) => there.get(key) === value);
      if (!isWhole) problems.push(driftedBeside(`the ${what} of the live service '${s.name}' are not what was committed`));
    }
  }
  if (!coversAddresses(addresses, addressesOf([{ ...rest, services }]))) problems.push(driftedBeside('packets to some VIP, or from some backend, of the live configuration are not looked at'));
  return problems;
}

function driftedBeside(message: string): Diagnostic {
  return { code: 'LB521', severity: 'warning', message, hint: 'something else wrote to the maps; the next apply writes them anew' };
}

function sameBytes(a: Uint8Array, aFrom: number, b: Uint8Array, bFrom: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[aFrom + i] !== b[bFrom + i]) return false;
  return true;
}

function unreadable(side: Side, what: string): Diagnostic {
  return {
    code: 'LB520',
    severity: 'warning',
    message: `the ${side} configuration cannot be read back in full: ${what}`,
    hint: 'packets are forwarded as before; apply the scripts again to have names and text back',
  };
}

function drifted(key: { readonly addr: Uint8Array; readonly port: number; readonly proto: number }, what: string): Diagnostic {
  const address = formatAddress(key.addr);
  const host = address.includes(':') ? `[${address}]` : address;
  const protocol = key.proto === 6 ? '/tcp' : key.proto === 17 ? '/udp' : key.proto === 0 ? '' : `/${key.proto}`;
  return {
    code: 'LB521',
    severity: 'warning',
    message: `the entry ${host}:${key.port}${protocol} of the live configuration ${what}`,
    hint: 'something else wrote to the maps; the next apply writes them anew',
  };
}
