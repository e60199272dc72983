/**
 * Loads every object and keeps what the verifier said of it in docs/objects.md, so that growth shows.
 * `--check` compares what does not depend on the kernel (variants, features, instructions). Needs root.
 */
import { mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lbFeatureNames } from '../compiler/generated/layout.ts';
import { variants, type Variant } from '../compiler/generated/variants.ts';
import type { Instance } from '../runtime/datapath.ts';
import { mountBpffs, unmountBpffs } from '../runtime/kernel/bpffs.ts';
import { createKernelDatapath } from '../runtime/kernel/datapath.ts';
import { readSections } from './generate/elf.ts';

const root = new URL('..', import.meta.url).pathname;
const objects = join(root, 'bpf/objects');
const page = join(root, 'docs/objects.md');
const number = (n: number): string => n.toLocaleString('en-US');

/** Columns that every machine gives alike come first. */
function row(instance: Instance, variant: Variant): string {
  const code = readSections(readFileSync(join(objects, `${variant.name}.o`))).find((s) => s.name === 'xdp');
  if (!code) throw new Error(`${variant.name}: no program`);
  const program = instance.load({ variant: variant.name, features: variant.features });
  const { verified, translated, jited } = program.info;
  program.close();
  const features = Object.entries(lbFeatureNames).filter(([bit]) => variant.features & Number(bit)).map(([, name]) => name);
  return `| \`${variant.name}\` | ${features.join(', ')} | ${number(code.bytes.length / 8)} | ${verified === undefined ? '' : number(verified)} | ${number(translated / 8)} | ${number(jited)} |`;
}

function table(): string {
  const bpffs = mkdtempSync(join(tmpdir(), 'sluice-objects-'));
  mountBpffs(bpffs);
  try {
    const kernel = createKernelDatapath({ bpffs, objects });
    const instance = kernel.create('objects', { backends: 1, services: 1, flows: 64, meta: 1 });
    try {
      return [
        '# Objects', '',
        `What the verifier walked and the kernel made of each variant with everything on, measured on ${kernel.title}.`,
        '`npx tsx scripts/objects-table.ts` writes this page.', '',
        '| variant | features | instructions | verified | translated | bytes of machine code |',
        '|---|---|---|---|---|---|',
        ...variants.map((v) => row(instance, v)), '',
      ].join('\n');
    } finally {
      instance.close();
      kernel.remove('objects');
    }
  } finally {
    unmountBpffs(bpffs);
    rmdirSync(bpffs);
  }
}

/** Rows without the columns that the kernel decides on. */
function portable(text: string): string {
  return text.split('\n').filter((line) => line.startsWith('| `')).map((line) => line.split('|').slice(0, 4).join('|')).join('\n');
}

const fresh = table();
console.log(fresh);
if (!process.argv.includes('--check')) {
  writeFileSync(page, fresh);
} else if (portable(fresh) !== portable(readFileSync(page, 'utf8'))) {
  console.error('docs/objects.md is not of these objects: npx tsx scripts/objects-table.ts');
  process.exitCode = 1;
}
