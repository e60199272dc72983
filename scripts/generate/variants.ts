/** Reads what each object says of itself, and writes compiler/generated/variants.ts from it. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { readSections, readSymbols } from './elf.ts';
import { banner, newWriter, type Rodata } from './layout.ts';

export interface ObjectFacts {
  readonly variant: string;
  readonly features: number;
  readonly rodata: Rodata;
}

const wordsVersion = 1;

/** The name is that of the file; it has to be the one in `variant_name`. */
export function readObject(path: string): ObjectFacts {
  const variant = basename(path, '.o');
  const sections = readSections(readFileSync(path));
  const words = sections.find((s) => s.name === 'sluice.features');
  if (!words || words.bytes.length < 8) throw new Error(`${path}: no section sluice.features`);
  const view = new DataView(words.bytes.buffer, words.bytes.byteOffset);
  if (view.getUint32(0, true) !== wordsVersion) throw new Error(`${path}: unknown version of sluice.features`);
  const index = sections.findIndex((s) => s.name === '.rodata');
  const symbols = readSymbols(sections).filter((s) => s.section === index && s.size > 0);
  const variables = ['enabled_features', 'service_places', 'variant_name'].map((name) => {
    const symbol = symbols.find((s) => s.name === name);
    if (!symbol) throw new Error(`${path}: no ${name} in .rodata`);
    return { name, offset: symbol.offset, size: symbol.size };
  });
  const rodata = { size: sections[index]!.bytes.length, variables };
  const { offset, size } = variables[2]!;
  const said = new TextDecoder().decode(sections[index]!.bytes.subarray(offset, offset + size)).replace(/\0.*$/s, '');
  if (said !== variant) throw new Error(`${path}: variant_name says '${said}'`);
  return { variant, features: view.getUint32(4, true), rodata };
}

/** Smallest first: by number of features, then by name. */
export function writeVariants(objects: readonly ObjectFacts[]): string {
  const bits = (n: number): number => n.toString(2).replaceAll('0', '').length;
  const sorted = [...objects].sort((a, b) => bits(a.features) - bits(b.features) || (a.variant < b.variant ? -1 : 1));
  const w = newWriter();
  w.writeLine(banner).blankLine();
  w.write('export interface Variant ').block(() => {
    w.writeLine('/** Of the object file, without its extension. */').writeLine('readonly name: string;');
    w.writeLine('/** Bits of `LbFeature` that it was built with. */').writeLine('readonly features: number;');
  }).blankLine();
  w.writeLine('/** Fewest features first. */');
  w.write('export const variants: readonly Variant[] = ').write('[').newLine();
  w.indent(() => {
    for (const o of sorted) w.writeLine(`{ name: '${o.variant}', features: 0x${o.features.toString(16)} },`);
  });
  w.write('];').newLine();
  return w.toString();
}
