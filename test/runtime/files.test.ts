import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fileHost, fileLimit, readSource } from '../../runtime/files.ts';

const test = suite('files');
let folder = '';

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-files-'));
});
test.after(() => rmSync(folder, { recursive: true }));

const path = (name: string): string => join(folder, name);
const problem = (name: string): { code: string; message: string; hint: string } => {
  const read = readSource(path(name));
  if (read.ok) throw new Error(`${name} was read`);
  return { code: read.diagnostic.code, message: read.diagnostic.message, hint: read.diagnostic.hint ?? '' };
};

test('a script is read under the name the user gave it, without a byte order mark', () => {
  writeFileSync(path('shop.lb'), '\uFEFFruleset shop\n');
  const read = readSource(path('shop.lb'));
  assert.equal(read, { ok: true, source: { file: path('shop.lb'), text: 'ruleset shop\n' } });
});

test('an empty file is an empty script', () => {
  writeFileSync(path('empty.lb'), '');
  assert.equal(readSource(path('empty.lb')), { ok: true, source: { file: path('empty.lb'), text: '' } });
});

test('a missing file suggests its neighbour', () => {
  writeFileSync(path('front.lb'), '');
  const { code, hint } = problem('fornt.lb');
  assert.is(code, 'LB602');
  assert.ok(hint.includes('front.lb'), hint);
});

test('a file below a file, and a file in a missing folder, are missing files', () => {
  writeFileSync(path('plain'), '');
  assert.is(problem('plain/x.lb').code, 'LB602');
  assert.is(problem('nowhere/x.lb').code, 'LB602');
});

test('a directory says how to name the scripts in it', () => {
  mkdirSync(path('services'));
  writeFileSync(path('services/a.lb'), '');
  const { code, hint } = problem('services');
  assert.is(code, 'LB603');
  assert.ok(hint.includes(join(path('services'), '*.lb')), hint);
});

test('a binary file is not text, and neither is Latin-1 or UTF-16', () => {
  writeFileSync(path('elf'), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2]));
  writeFileSync(path('latin1'), Buffer.from('# Gr\xfc\xdfe\n', 'latin1'));
  writeFileSync(path('utf16'), Buffer.from('\uFEFFruleset a', 'utf16le'));
  assert.equal(['elf', 'latin1', 'utf16'].map((n) => problem(n).code), ['LB604', 'LB604', 'LB604']);
  assert.ok(problem('utf16').hint.includes('UTF-16'));
});

test('a file of 50 MB is refused by its size, without being read', () => {
  writeFileSync(path('huge'), '');
  truncateSync(path('huge'), 50 * 1024 * 1024);
  assert.is(problem('huge').code, 'LB605');
});

test('a file of exactly the limit is still read', () => {
  writeFileSync(path('limit'), Buffer.alloc(fileLimit, '#'));
  const read = readSource(path('limit'));
  assert.ok(read.ok && read.source.text.length === fileLimit);
});

test('a device is refused, and a loop of links too', () => {
  const device = readSource('/dev/zero');
  assert.is(device.ok ? '' : device.diagnostic.code, 'LB606');
  symlinkSync('loop', path('loop'));
  assert.is(problem('loop').code, 'LB606');
});

test('includes are found beside the file that names them, sorted', () => {
  mkdirSync(path('parts'));
  for (const name of ['b.lb', 'a.lb', 'c.txt']) writeFileSync(path(`parts/${name}`), '');
  const host = fileHost(() => ({ ok: false, message: 'unused' }));
  assert.equal(host.glob('parts/*.lb', path('main.lb')), [path('parts/a.lb'), path('parts/b.lb')]);
  assert.equal(host.glob('parts/*.md', path('main.lb')), []);
});

test('manifests reach the YAML reader as text, and a missing one as a message with a hint', () => {
  writeFileSync(path('cluster.yaml'), 'kind: List\n');
  const seen: string[] = [];
  const host = fileHost((text) => {
    seen.push(text);
    return { ok: false, message: 'enough' };
  });
  host.manifests('cluster.yaml', path('main.lb'));
  assert.equal(seen, ['kind: List\n']);
  const missing = host.manifests('clutser.yaml', path('main.lb'));
  assert.ok(!missing.ok && missing.hint!.includes('cluster.yaml'));
});

test.run();
