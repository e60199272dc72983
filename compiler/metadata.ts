/**
 * The text beside the maps: names, labels, rulesets as JSON, cut into chunks. A service's text has the serial of its
 * map entries as its version, the text of a whole configuration that of its head.
 */
import { MetaKind, metaChunk, metaKey } from './generated/layout.ts';
import type { Generation, LiveService, PlacedBackend } from './live.ts';
import type { Attachment } from './state.ts';

/** Packed entries of a map, as the datapath reads and writes them. */
export interface Packed {
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
  readonly count: number;
}

/** Bytes of text in one entry. */
export const chunkSize = metaChunk.size - 8;

/** What a configuration says of itself; the services' texts stand apart. */
export interface GlobalText extends Omit<Generation, 'services'> {
  readonly format: 'sluice.generation/1';
  readonly attachments: readonly Attachment[];
}

interface Text {
  readonly kind: number;
  readonly id: number;
  readonly version: number;
  readonly bytes: Uint8Array;
}

/** A backend in a service's text: row, birth, address, port, weight, state, name. */
type BackendText = readonly [number, number, string, number, number, 'up' | 'drain' | 'down', string?];

/** A service as its text has it: backends are most of it, so they are written short. */
type ServiceText = Omit<LiveService, 'backends'> & { readonly backends: readonly BackendText[] };

const encoder = new TextEncoder();

function textOfService(service: LiveService): Text {
  const text: ServiceText = {
    ...service,
    backends: service.backends.map(({ row, birth, address, port, weight, state, name }): BackendText =>
      (name === undefined ? [row, birth, address, port, weight, state] : [row, birth, address, port, weight, state, name])),
  };
  return { kind: MetaKind.SERVICE, id: service.id, version: service.serial, bytes: encoder.encode(JSON.stringify(text)) };
}

/** Undefined: it is not what `encodeMeta` writes. */
function readService(text: string): LiveService | undefined {
  const read = parse<ServiceText>(text);
  if (!read || !Array.isArray(read.backends)) return undefined;
  const backends = read.backends.map(([row, birth, address, port, weight, state, name]): PlacedBackend => ({
    ...(name === undefined ? {} : { name }), address, family: address.includes(':') ? 6 : 4, port, weight, state, row, birth,
  }));
  return { ...read, backends };
}

/** Undefined: it is not what `encodeMeta` writes. */
export function readGlobal(text: string): GlobalText | undefined {
  const read = parse<GlobalText>(text);
  return read?.format === 'sluice.generation/1' ? read : undefined;
}

function parse<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

function textOfGeneration({ services: _services, ...rest }: Generation): Text {
  const text: GlobalText = { format: 'sluice.generation/1', ...rest };
  return { kind: MetaKind.GLOBAL, id: 0, version: rest.serial, bytes: encoder.encode(JSON.stringify(text)) };
}

function chunksOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / chunkSize));
}

/** Entries that the texts of these services, or of a configuration, take. */
export function countChunks(services: readonly LiveService[], generation?: Generation): number {
  let total = generation ? chunksOf(textOfGeneration(generation).bytes.length) : 0;
  for (const service of services) total += chunksOf(textOfService(service).bytes.length);
  return total;
}

/** Entries of `meta`: the texts of `services` and of the configuration as a whole. */
export function encodeMeta(services: readonly LiveService[], generation: Generation): Packed {
  const texts = [...services.map(textOfService), textOfGeneration(generation)];
  const count = texts.reduce((sum, t) => sum + chunksOf(t.bytes.length), 0);
  const keys = new Uint8Array(count * metaKey.size);
  const values = new Uint8Array(count * metaChunk.size);
  let at = 0;
  for (const { kind, id, version, bytes } of texts) {
    const chunks = chunksOf(bytes.length);
    for (let chunk = 0; chunk < chunks; chunk++, at++) {
      const data = bytes.subarray(chunk * chunkSize, (chunk + 1) * chunkSize);
      metaKey.encode({ kind, id, version, chunk }, keys, at * metaKey.size);
      metaChunk.encode({ length: data.length, chunks, data }, values, at * metaChunk.size);
    }
  }
  return { keys, values, count };
}

/** Where the chunks of each text are, by `textName`. */
export class Texts {
  readonly #packed: Packed;
  readonly #view: DataView;
  readonly #entries = new Map<string, number[]>();
  readonly #services = new Map<string, LiveService | undefined>();
  /** Largest version of any text, whole or not: what an instance has ever begun to write and not yet swept. */
  readonly lastVersion: number = 0;

  constructor(packed: Packed) {
    this.#packed = packed;
    this.#view = new DataView(packed.values.buffer, packed.values.byteOffset, packed.values.byteLength);
    const keys = new DataView(packed.keys.buffer, packed.keys.byteOffset, packed.keys.byteLength);
    for (let i = 0; i < packed.count; i++) {
      const at = i * metaKey.size;
      const version = keys.getUint32(at + 8, true);
      const name = textName(keys.getUint32(at, true), keys.getUint32(at + 4, true), version);
      const entries = this.#entries.get(name);
      if (entries) entries[keys.getUint32(at + 12, true)] = i;
      else {
        const first: number[] = [];
        first[keys.getUint32(at + 12, true)] = i;
        this.#entries.set(name, first);
      }
      if (version > this.lastVersion) this.lastVersion = version;
    }
  }

  /** Undefined: there is no such text, or not all of it. */
  get(name: string): string | undefined {
    const entries = this.#entries.get(name);
    const first = entries?.[0];
    if (!entries || first === undefined || this.#view.getUint32(first * metaChunk.size + 4, true) !== entries.length) return undefined;
    const parts: Uint8Array[] = [];
    for (let chunk = 0; chunk < entries.length; chunk++) {
      const i = entries[chunk];
      if (i === undefined) return undefined;
      const length = Math.min(this.#view.getUint32(i * metaChunk.size, true), chunkSize);
      parts.push(this.#packed.values.subarray(i * metaChunk.size + 8, i * metaChunk.size + 8 + length));
    }
    return decodeText(parts);
  }

  /** Both configurations refer to most services: each is read once. */
  service(id: number, serial: number): LiveService | undefined {
    const name = textName(MetaKind.SERVICE, id, serial);
    if (!this.#services.has(name)) {
      const text = this.get(name);
      const read = text === undefined ? undefined : readService(text);
      this.#services.set(name, read?.id === id && read.serial === serial ? read : undefined);
    }
    return this.#services.get(name);
  }
}

const decoder = new TextDecoder();

function decodeText(parts: readonly Uint8Array[]): string {
  if (parts.length === 1) return decoder.decode(parts[0]);
  const bytes = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return decoder.decode(bytes);
}

export function textName(kind: number, id: number, version: number): string {
  return `${kind} ${id} ${version}`;
}
