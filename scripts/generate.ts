/**
 * Writes the generated sources: `npx tsx scripts/generate.ts`. With `--check` it writes nothing, names the
 * files that are not what the generators give, and ends with status 1. `--objects FOLDER` reads other
 * objects than bpf/objects.
 */
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { readTypes } from './generate/btf.ts';
import { writeLayout } from './generate/layout.ts';
import { readObject, writeVariants } from './generate/variants.ts';
import { generateCst } from './generate-cst.ts';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, objects: { type: 'string', default: 'bpf/objects' } } });

/** Every object must agree on the layout: programs replace each other on the same maps. */
function fromObjects(folder: string): Map<string, string> {
  const paths = globSync('*.o', { cwd: folder }).sort().map((f) => join(folder, f));
  if (paths.length === 0) throw new Error(`${folder} holds no objects: make -C bpf`);
  const objects = paths.map(readObject);
  const layouts = paths.map((path, i) => writeLayout(readTypes(path), objects[i]!.rodata));
  const odd = layouts.findIndex((l) => l !== layouts[0]);
  if (odd > 0) throw new Error(`${paths[odd]} and ${paths[0]} differ in maps, types or .rodata`);
  return new Map([
    ['compiler/generated/layout.ts', layouts[0]!],
    ['compiler/generated/variants.ts', writeVariants(objects)],
  ]);
}

function main(): void {
  const outputs = new Map([...fromObjects(values.objects), ['dsl/generated/cst.ts', generateCst()]]);
  for (const [path, text] of outputs) {
    const current = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    if (current === text) continue;
    if (values.check) {
      console.error(`${path}: not what the generators give; run: npm run generate`);
      process.exitCode = 1;
    } else {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      console.log(`wrote ${path}`);
    }
  }
}

try {
  main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
