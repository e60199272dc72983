/** Reading one configuration back from its service map and its texts. */
import type { Diagnostic } from '../dsl/diagnostic.ts';
import { formatAddress } from '../dsl/ip.ts';
import { LbServiceFlag, MetaKind, service, serviceKey, type Service as ServiceValue } from './generated/layout.ts';
import type { Capacity, Generation, Live, LiveAttachment, LiveService } from './live.ts';
import { decodeMeta, textName, type GlobalText, type Packed } from './metadata.ts';
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
}

interface Entry {
  readonly key: string;
  readonly addr: Uint8Array;
  readonly port: number;
  readonly proto: number;
  readonly value: ServiceValue;
}

type Side = 'live' | 'former';

const texts = new WeakMap<Packed, Map<string, string>>();

function textsOf(meta: Packed): Map<string, string> {
  let read = texts.get(meta);
  if (!read) texts.set(meta, (read = decodeMeta(meta)));
  return read;
}

function entriesOf(map: Packed): Entry[] {
  return Array.from({ length: map.count }, (_, i) => {
    const { addr, port, proto } = serviceKey.decode(map.keys, i * serviceKey.size);
    return { key: hex(map.keys.subarray(i * serviceKey.size, (i + 1) * serviceKey.size)), addr, port, proto, value: service.decode(map.values, i * service.size) };
  });
}

function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte < 16 ? `0${byte.toString(16)}` : byte.toString(16);
  return text;
}

/** Undefined: there is no configuration, or none that says which it is. */
export function decodeGeneration(
  map: Packed | undefined, meta: Packed, side: Side, problems: Diagnostic[], encode: (generation: Generation) => Packed,
): Generation | undefined {
  if (!map || map.count === 0) return undefined;
  const entries = entriesOf(map);
  const head = entries.find((e) => e.value.flags & LbServiceFlag.HEAD);
  if (!head) {
    problems.push(unreadable(side, 'the service map has no head'));
    return undefined;
  }
  const found = textsOf(meta);
  const global = parse<GlobalText>(found.get(textName(MetaKind.GLOBAL, 0, head.value.serial)));
  if (!global || global.format !== 'sluice.generation/1') problems.push(unreadable(side, `the text of commit ${head.value.serial} is missing or unreadable`));
  const names = new Map<string, { readonly id: number; readonly serial: number }>();
  for (const { value } of entries) {
    if (!(value.flags & (LbServiceFlag.HEAD | LbServiceFlag.WILDCARD))) names.set(textName(MetaKind.SERVICE, value.id, value.serial), value);
  }
  const services: LiveService[] = [];
  for (const [name, { id, serial }] of names) {
    const read = parse<LiveService>(found.get(name));
    if (read && read.id === id && read.serial === serial) services.push(read);
    else problems.push(unreadable(side, `the text of service ${id} (commit ${serial}) is missing or unreadable`));
  }
  const { format: _format, ...rest } = global ?? { format: '', rulesets: [], attachments: [], neighbours: [] };
  const generation: Generation = { ...rest, serial: head.value.serial, services: sortServices(services) };
  problems.push(...drift(generation, map, entries, side, encode));
  return generation;
}

function parse<T>(text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

/** Entries that are not what the configuration would write: another value, one too many, one missing. */
function drift(generation: Generation, map: Packed, entries: readonly Entry[], side: Side, encode: (generation: Generation) => Packed): Diagnostic[] {
  const wanted = encode(generation);
  const actual = new Map(entries.map((e, i) => [e.key, i]));
  const problems: Diagnostic[] = [];
  for (let i = 0; i < wanted.count; i++) {
    const keyBytes = wanted.keys.subarray(i * serviceKey.size, (i + 1) * serviceKey.size);
    const key = hex(keyBytes);
    const at = actual.get(key);
    actual.delete(key);
    if (at === undefined) problems.push(drifted(side, serviceKey.decode(keyBytes), 'is missing from the service map'));
    else if (!sameBytes(map.values, at * service.size, wanted.values, i * service.size, service.size)) {
      problems.push(drifted(side, entries[at]!, 'has another value in the service map than was committed'));
    }
  }
  for (const at of actual.values()) problems.push(drifted(side, entries[at]!, 'is in the service map, but was never committed'));
  return problems;
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

function drifted(side: Side, key: { readonly addr: Uint8Array; readonly port: number; readonly proto: number }, what: string): Diagnostic {
  const address = formatAddress(key.addr);
  const host = address.includes(':') ? `[${address}]` : address;
  const protocol = key.proto === 6 ? '/tcp' : key.proto === 17 ? '/udp' : key.proto === 0 ? '' : `/${key.proto}`;
  return {
    code: 'LB521',
    severity: 'warning',
    message: `the entry ${host}:${key.port}${protocol} of the ${side} configuration ${what}`,
    hint: 'something else wrote to the maps; the next apply writes them anew',
  };
}
