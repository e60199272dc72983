/** One open map: single and batched access, and a mapping of its values where it allows one. */
import { closeSync } from 'node:fs';
import { DatapathError, type MapHandle, type MapInfo } from '../datapath.ts';
import { check, checkLibc, checkValue, errnoName, fail } from './errors.ts';
import { libc } from './libbpf.ts';
import type { Libbpf, MapInfoRaw, Pointer } from './native.ts';

const perCpuTypes = new Set([5, 6, 10]);
const arrayType = 2;
/** Plain, per CPU, of maps: an index is the key. */
const arrayTypes = new Set([arrayType, 6, 12]);
const flagMmapable = 1 << 10;
const pageSize = 4096;
const fewRanges = 16;
/** Entries asked for at once; more make few calls fewer and cost memory. */
const batchEntries = 4096;
/** What kernels without batch operations for a map's type answer. */
const noBatch = new Set(['ENOTSUPP', 'EOPNOTSUPP', 'EINVAL']);

type Entries = ReturnType<MapHandle['entries']>;

/** A run of pages of the values; `offset` and `length` in bytes. */
interface Mapping {
  readonly address: Pointer;
  readonly offset: number;
  readonly length: number;
}

export class KernelMap implements MapHandle {
  readonly info: MapInfo;
  readonly type: number;
  private readonly raw: MapInfoRaw;
  /** Bytes of a value as system calls move it. */
  private readonly width: number;
  private mapping: Mapping | undefined;
  private mapped = 0;
  private open = true;

  /** Takes over `fd`. `onClose` is told once. */
  constructor(private readonly bpf: Libbpf, readonly fd: number, private readonly onClose?: (map: KernelMap) => void) {
    this.raw = checkValue(bpf.mapInfo(fd), 'ask about a map');
    this.type = this.raw.type;
    const { id, name, key_size: keySize, value_size: valueSize, max_entries: maxEntries } = this.raw;
    this.info = { id, name, keySize, valueSize, maxEntries };
    this.width = perCpuTypes.has(this.type) ? Math.ceil(valueSize / 8) * 8 * bpf.possibleCpus() : valueSize;
  }

  private get mmapable(): boolean {
    return this.type === arrayType && (this.raw.map_flags & flagMmapable) !== 0 && this.info.valueSize % 8 === 0;
  }

  get closed(): boolean {
    return !this.open;
  }

  lookup(key: Uint8Array): Uint8Array | undefined {
    this.expect(key, this.info.keySize, 'key');
    const value = new Uint8Array(this.width);
    const status = this.bpf.mapLookup(this.fd, key, value);
    if (status < 0 && errnoName(status) === 'ENOENT') return undefined;
    check(status, this.doing('read'));
    return value;
  }

  update(key: Uint8Array, value: Uint8Array): void {
    this.expect(key, this.info.keySize, 'key');
    this.expect(value, this.width, 'value');
    check(this.bpf.mapUpdate(this.fd, key, value, 0), this.doing('write'));
  }

  updateBatch(keys: Uint8Array, values: Uint8Array, count: number): void {
    const { keySize } = this.info;
    this.expect(keys, count * keySize, 'keys');
    this.expect(values, count * this.width, 'values');
    if (count === 0) return;
    const done = new Uint32Array([count]);
    const status = this.bpf.mapUpdateBatch(this.fd, keys, values, done);
    if (status >= 0) return;
    if (!noBatch.has(errnoName(status))) fail(this.doing('write'), status);
    for (let i = 0; i < count; i++) {
      this.update(keys.subarray(i * keySize, (i + 1) * keySize), values.subarray(i * this.width, (i + 1) * this.width));
    }
  }

  delete(key: Uint8Array): void {
    this.expect(key, this.info.keySize, 'key');
    const status = this.bpf.mapDelete(this.fd, key);
    if (status < 0 && errnoName(status) !== 'ENOENT') fail(this.doing('delete from'), status);
  }

  entries(): Entries {
    const { maxEntries } = this.info;
    if (this.mmapable) return { keys: indices(maxEntries), values: this.readRange(0, maxEntries), count: maxEntries };
    return this.readBatches(arrayTypes.has(this.type) ? maxEntries : Math.min(maxEntries, batchEntries)) ?? this.readSingly();
  }

  /** Values of an mmapable array, as they are at the moment; a concurrent writer may be half seen. */
  readRange(first: number, count: number): Uint8Array {
    const at = this.addressOf(first, count * this.info.valueSize);
    const bytes = new Uint8Array(count * this.info.valueSize);
    if (count > 0) libc().copyOut(bytes, at);
    return bytes;
  }

  writeRange(first: number, values: Uint8Array): void {
    const at = this.addressOf(first, values.length);
    if (values.length > 0) libc().copyIn(at, values);
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.unmap();
    closeSync(this.fd);
    this.onClose?.(this);
  }

  /** Undefined where the kernel has no batches for this type. */
  private readBatches(size: number): Entries | undefined {
    const { keySize, maxEntries } = this.info;
    const chunks: Entries[] = [];
    let position: Uint8Array | null = null;
    for (let total = 0; ;) {
      const keys = new Uint8Array(size * keySize);
      const values = new Uint8Array(size * this.width);
      const next: Uint8Array = new Uint8Array(Math.max(keySize, 4));
      const count = new Uint32Array([size]);
      const status = this.bpf.mapLookupBatch(this.fd, position, next, keys, values, count);
      const errno = status < 0 ? errnoName(status) : '';
      if (errno === 'ENOSPC') {
        size *= 2;
        continue;
      }
      if (total === 0 && noBatch.has(errno)) return undefined;
      if (status < 0 && errno !== 'ENOENT') fail(this.doing('read'), status);
      chunks.push({ keys, values, count: count[0]! });
      total += count[0]!;
      const whole = arrayTypes.has(this.type) && total === maxEntries;
      if (whole && chunks.length === 1) return chunks[0];
      if (whole || errno === 'ENOENT') return { keys: pack(chunks, 'keys', keySize, total), values: pack(chunks, 'values', this.width, total), count: total };
      position = next;
    }
  }

  /** An index is a key in all the maps of ours that lack batches. */
  private readSingly(): Entries {
    if (!arrayTypes.has(this.type)) {
      throw new DatapathError(this.doing('read'), 'ENOTSUPP', 'this kernel reads no maps of that type in batches');
    }
    const found: Entries[] = [];
    for (let i = 0; i < this.info.maxEntries; i++) {
      const keys = new Uint8Array(new Uint32Array([i]).buffer);
      const values = this.lookup(keys);
      if (values) found.push({ keys, values, count: 1 });
    }
    return { keys: pack(found, 'keys', 4, found.length), values: pack(found, 'values', this.width, found.length), count: found.length };
  }

  private addressOf(first: number, bytes: number): Pointer {
    const { valueSize, maxEntries } = this.info;
    if (!this.open) throw new DatapathError(this.doing('use'), 'EBADF');
    if (!this.mmapable) throw new DatapathError(this.doing('map'), 'ENODEV', 'only mmapable arrays have ranges');
    if (!Number.isSafeInteger(first) || first < 0 || bytes % valueSize !== 0 || first + bytes / valueSize > maxEntries) {
      throw new DatapathError(this.doing('use a range of'), 'E2BIG', `${bytes / valueSize} from ${first} on, of ${maxEntries}`);
    }
    const from = first * valueSize;
    const { mapping } = this;
    const mapped = mapping && from >= mapping.offset && from + bytes <= mapping.offset + mapping.length ? mapping : this.mapPages(from, from + bytes);
    return mapped.address + BigInt(from - mapped.offset);
  }

  /** The kernel maps page by page, so a few ranges are mapped alone; the whole when there are more. */
  private mapPages(from: number, to: number): Mapping {
    const whole = ++this.mapped > fewRanges;
    this.unmap();
    const offset = whole ? 0 : Math.floor(from / pageSize) * pageSize;
    const end = whole ? this.info.valueSize * this.info.maxEntries : Math.max(to, from + 1);
    const length = Math.ceil((end - offset) / pageSize) * pageSize;
    const address = libc().mmap(this.fd, length, offset);
    if (address === undefined) checkLibc(-1, this.doing('map'));
    this.mapping = { address: address!, offset, length };
    return this.mapping;
  }

  private unmap(): void {
    if (this.mapping) libc().munmap(this.mapping.address, this.mapping.length);
    this.mapping = undefined;
  }

  /** C reads and writes as many bytes as the map says, whatever it is given. */
  private expect(bytes: Uint8Array, length: number, what: string): void {
    if (!this.open) throw new DatapathError(this.doing('use'), 'EBADF');
    if (bytes.length !== length) throw new DatapathError(this.doing('use'), 'EINVAL', `${what}: ${bytes.length} bytes, not ${length}`);
  }

  private doing(verb: string): string {
    return `${verb} map ${this.info.name}`;
  }
}

function indices(count: number): Uint8Array {
  const keys = new Uint32Array(count);
  for (let i = 0; i < count; i++) keys[i] = i;
  return new Uint8Array(keys.buffer);
}

function pack(chunks: readonly Entries[], part: 'keys' | 'values', size: number, total: number): Uint8Array {
  const packed = new Uint8Array(total * size);
  let at = 0;
  for (const chunk of chunks) {
    packed.set(chunk[part].subarray(0, chunk.count * size), at);
    at += chunk.count * size;
  }
  return packed;
}
