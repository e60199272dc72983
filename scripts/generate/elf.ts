/**
 * Just enough of ELF (64-bit, little endian; System V gABI, chapter 4) to read sections and symbols of a
 * BPF object.
 */
export interface Section {
  readonly name: string;
  readonly type: number;
  readonly bytes: Uint8Array;
  /** Index of the string table, for a symbol table. */
  readonly link: number;
}

export interface ElfSymbol {
  readonly name: string;
  /** Index of the section it lies in. */
  readonly section: number;
  readonly offset: number;
  readonly size: number;
}

const symbolTable = 2;

/** Throws where the bytes are no such ELF file. */
export function readSections(file: Uint8Array): Section[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 64 || view.getUint32(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) {
    throw new Error('not a 64-bit little-endian ELF file');
  }
  const table = Number(view.getBigUint64(0x28, true));
  const entrySize = view.getUint16(0x3a, true);
  const count = view.getUint16(0x3c, true);
  const names = view.getUint16(0x3e, true);
  const raw = Array.from({ length: count }, (_, i) => {
    const at = table + i * entrySize;
    const type = view.getUint32(at + 4, true);
    const offset = Number(view.getBigUint64(at + 0x18, true));
    const size = Number(view.getBigUint64(at + 0x20, true));
    const noBits = 8;
    return {
      nameOffset: view.getUint32(at, true),
      type,
      bytes: type === noBits ? new Uint8Array(size) : file.subarray(offset, offset + size),
      link: view.getUint32(at + 0x28, true),
    };
  });
  return raw.map(({ nameOffset, ...section }) => ({ name: stringAt(raw[names]!.bytes, nameOffset), ...section }));
}

export function readSymbols(sections: readonly Section[]): ElfSymbol[] {
  const table = sections.find((s) => s.type === symbolTable);
  if (!table) return [];
  const names = sections[table.link]!.bytes;
  const { bytes } = table;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entry = 24;
  return Array.from({ length: bytes.length / entry }, (_, i) => ({
    name: stringAt(names, view.getUint32(i * entry, true)),
    section: view.getUint16(i * entry + 6, true),
    offset: Number(view.getBigUint64(i * entry + 8, true)),
    size: Number(view.getBigUint64(i * entry + 16, true)),
  }));
}

function stringAt(bytes: Uint8Array, offset: number): string {
  const end = bytes.indexOf(0, offset);
  return new TextDecoder().decode(bytes.subarray(offset, end < 0 ? undefined : end));
}
