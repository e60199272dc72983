import { globSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile } from '../../compiler/compile.ts';
import { codes } from '../../dsl/codes.ts';
import { build } from '../../dsl/explain/build.ts';

test('every code that runtime/ mentions has a long form', () => {
  const files = globSync('runtime/**/*.{ts,tsx}');
  assert.ok(files.length > 50);
  for (const file of files) {
    for (const [code] of readFileSync(file, 'utf8').matchAll(/(?<=['"])LB\d{3}(?=['"])/g)) assert.ok(codes.has(code), `${code} in ${file}`);
  }
});

/** What a text is answered with besides its own mistakes: codes of what this build lacks. */
function lacking(text: string): string[] {
  const cluster = { pods: [], services: [], endpointSlices: [], nodes: [] };
  const host = { glob: () => [], readText: () => ({ ok: false, message: 'no files' }) as const, manifests: () => ({ ok: true, value: cluster }) as const };
  return compile([{ file: 'x.lb', text }], { host, params: new Map() }).requires.map((r) => r.diagnostic.code);
}

test('the wrong example of each thing that this build lacks is answered with its code, the right one is not', () => {
  for (const [code, { wrong, right }] of Object.entries(build)) {
    if (code === 'LB630') continue; // Every combination that compiles has a variant today.
    assert.ok(lacking(wrong).includes(code), `${code}: ${lacking(wrong).join()}`);
    assert.equal(lacking(right), [], code);
  }
});

test.run();
