import { spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readSections, readSymbols } from '../../scripts/generate/elf.ts';
import { readObject, writeVariants } from '../../scripts/generate/variants.ts';
import { testWith } from '../support/needs.ts';

const root = new URL('../../', import.meta.url).pathname;
const objects = join(root, 'bpf/objects');

function inFolder(body: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-generate-'));
  try {
    body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('sections and symbols of an object are read', () => {
  const sections = readSections(readFileSync(join(objects, 'dsr.o')));
  for (const name of ['xdp', '.maps', '.rodata', '.BTF', 'sluice.features']) assert.ok(sections.some((s) => s.name === name), name);
  const index = sections.findIndex((s) => s.name === '.rodata');
  const rodata = readSymbols(sections).filter((s) => s.section === index).map((s) => s.name);
  assert.ok(rodata.includes('enabled_features'));
  assert.throws(() => readSections(new TextEncoder().encode('x'.repeat(100))), /not a 64-bit/);
  assert.throws(() => readSections(new Uint8Array(3)), /not a 64-bit/);
});

test('an object says its name and features, and a file named otherwise is refused', () => inFolder((folder) => {
  const { variant, features } = readObject(join(objects, 'dsr.o'));
  assert.is(variant, 'dsr');
  assert.ok(features > 0);
  copyFileSync(join(objects, 'dsr.o'), join(folder, 'other.o'));
  assert.throws(() => readObject(join(folder, 'other.o')), /variant_name says 'dsr'/);
}));

test('variants are listed with the fewest features first', () => {
  const rodata = { size: 0, variables: [] };
  const text = writeVariants([{ variant: 'b', features: 0b111, rodata }, { variant: 'z', features: 0b1, rodata }, { variant: 'a', features: 0b1011, rodata }]);
  assert.equal([...text.matchAll(/name: '(\w)'/g)].map((m) => m[1]), ['z', 'a', 'b']);
});

testWith(['bpftool'], test, 'what is generated twice is the same, and --check names a file that is not', () => inFolder((folder) => {
  const run = (...args: string[]): { status: number | null; stderr: string } =>
    spawnSync(process.execPath, ['--import', join(root, 'node_modules/tsx/dist/esm/index.mjs'), join(root, 'scripts/generate.ts'), '--objects', objects, ...args], { cwd: folder, encoding: 'utf8' });
  const first = run();
  assert.is(first.status, 0, first.stderr);
  for (const file of ['compiler/generated/layout.ts', 'compiler/generated/variants.ts']) {
    assert.is(readFileSync(join(folder, file), 'utf8'), readFileSync(join(root, file), 'utf8'), `${file} is stale: npm run generate`);
  }
  assert.is(run('--check').status, 0);
  appendFileSync(join(folder, 'compiler/generated/variants.ts'), '\n');
  const stale = run('--check');
  assert.is(stale.status, 1);
  assert.match(stale.stderr, 'compiler/generated/variants.ts');
  assert.not.match(stale.stderr, 'layout.ts');
}));

testWith(['bpftool'], test, 'a folder without objects is an error that says how to get them', () => inFolder((folder) => {
  writeFileSync(join(folder, 'readme'), '');
  const ran = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/generate.ts', '--objects', folder], { cwd: root, encoding: 'utf8' });
  assert.is.not(ran.status, 0);
  assert.match(ran.stderr, 'make -C bpf');
}));

test.run();
