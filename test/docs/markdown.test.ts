import { globSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from '../../dsl/parse.ts';

const files = globSync('{*.md,docs/**/*.md}').sort();

for (const file of files) {
  const text = readFileSync(file, 'utf8');
  const blocks = [...text.matchAll(/^```lb\n([\s\S]*?)^```$/gm)].map((m) => m[1]!);
  if (blocks.length === 0) continue;
  test(`every lb block of ${file} parses`, () => {
    for (const block of blocks) {
      const { diagnostics } = parse({ file, text: block });
      assert.equal(diagnostics.map((d) => `${d.code} ${d.message}`), [], block);
    }
  });
}

test('README, ARCHITECTURE and CHANGELOG are there', () => {
  for (const file of ['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md']) assert.ok(files.includes(file), file);
});

test.run();
