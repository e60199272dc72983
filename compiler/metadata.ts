/**
 * The text beside the maps: names, labels, rulesets as JSON, cut into chunks. A service's text has the serial of its
 * map entries as its version, the text of a whole configuration that of its head.
 */
import { MetaKind, metaChunk, metaKey } from './generated/layout.ts';
import type { Generation, LiveService } from './live.ts';
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

const encoder = new TextEncoder();

function textOfService(service: LiveService): Text {
  return { kind: MetaKind.SERVICE, id: service.id, version: service.serial, bytes: encoder.encode(JSON.stringify(service)) };
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

/** Texts that are whole, by `textName`. */
export function decodeMeta(packed: Packed): Map<string, string> {
  const parts = new Map<string, { readonly chunks: number; readonly data: (Uint8Array | undefined)[] }>();
  for (let i = 0; i < packed.count; i++) {
    const key = metaKey.decode(packed.keys, i * metaKey.size);
    const { length, chunks, data } = metaChunk.decode(packed.values, i * metaChunk.size);
    const name = textName(key.kind, key.id, key.version);
    let entry = parts.get(name);
    if (!entry) parts.set(name, (entry = { chunks, data: [] }));
    entry.data[key.chunk] = data.subarray(0, Math.min(length, chunkSize));
  }
  const texts = new Map<string, string>();
  for (const [name, { chunks, data }] of parts) {
    const there = data.filter((d) => d !== undefined);
    if (there.length === chunks && data.length === chunks) texts.set(name, decodeText(there));
  }
  return texts;
}

function decodeText(parts: readonly Uint8Array[]): string {
  const bytes = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return new TextDecoder().decode(bytes);
}

export function textName(kind: number, id: number, version: number): string {
  return `${kind} ${id} ${version}`;
}

/** Versions of texts, whole or not: what an instance has ever begun to write and not yet swept. */
export function metaVersions(packed: Packed): number[] {
  const versions = new Set<number>();
  for (let i = 0; i < packed.count; i++) versions.add(metaKey.decode(packed.keys, i * metaKey.size).version);
  return [...versions];
}
