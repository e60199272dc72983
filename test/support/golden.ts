/**
 * Golden files: one file holds the input, a rule, and the expected output.
 *
 *     <input>
 *     ---------- <section name>
 *     <expected>
 *
 * `npm run golden` rewrites the expectations. A section the test does not produce, and a golden file no
 * test read, is a failure.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';

const rule = /^-{10} (.+)$/m;
const root = new URL('../golden/', import.meta.url).pathname;

export interface Golden {
  readonly name: string;
  readonly path: string;
  readonly input: string;
  readonly expected: ReadonlyMap<string, string>;
}

/** All golden files of a folder under test/golden, sorted by name. */
export function goldens(folder: string, extension = '.golden'): Golden[] {
  return readdirSync(join(root, folder))
    .filter((f) => f.endsWith(extension))
    .sort()
    .map((f) => read(join(root, folder, f), f.slice(0, -extension.length)));
}

function read(path: string, name: string): Golden {
  const parts = readFileSync(path, 'utf8').split(rule);
  const expected = new Map<string, string>();
  for (let i = 1; i < parts.length; i += 2) expected.set(parts[i]!, (parts[i + 1] ?? '').replace(/^\n/, ''));
  return { name, path, input: parts[0]!, expected };
}

/** Compares section by section, or rewrites the file under UPDATE_GOLDEN. */
export function checkGolden(golden: Golden, actual: ReadonlyMap<string, string>): void {
  if (process.env['UPDATE_GOLDEN']) {
    const sections = [...actual].map(([k, v]) => `---------- ${k}\n${withNewline(v)}`).join('');
    writeFileSync(golden.path, withNewline(golden.input) + sections);
    return;
  }
  for (const [section, text] of actual) {
    assert.fixture(withNewline(text), golden.expected.get(section) ?? '', `${golden.name}: section '${section}'`);
  }
  const orphans = [...golden.expected.keys()].filter((k) => !actual.has(k));
  assert.equal(orphans, [], `${golden.name}: sections that nothing produces`);
}

function withNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
