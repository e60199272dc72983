/** Every command that reads scripts, with every kind of file that is none. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { privateBpffs } from '../../support/bpffs.ts';
import { sluice } from '../../support/cli.ts';
import { testWith } from '../../support/needs.ts';

const test = suite('inputs');
let folder = '';
const good = 'service a vip 10.99.0.1:80 -> 10.0.0.1 mode dsr\n';
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-inputs-'));
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'good.lb'), good);
  writeFileSync(join(folder, 'typo.lb'), 'service a vip 10.99.0.1:80 -> 10.0.0.1 mode drs\n');
  writeFileSync(join(folder, 'elf'), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0]));
  writeFileSync(join(folder, 'huge'), '');
  truncateSync(join(folder, 'huge'), 50 * 1024 * 1024);
  mkdirSync(join(folder, 'dir'));
});
test.after(() => rmSync(folder, { recursive: true }));

const readers = [['check'], ['check', '--json'], ['fmt'], ['fmt', '--check'], ['plan'], ['plan', '--json'], ['apply', '--yes']];
const wrong: readonly (readonly [file: string, code: string])[] = [
  ['missing.lb', 'LB602'], ['dir', 'LB603'], ['elf', 'LB604'], ['huge', 'LB605'], ['/dev/null/x', 'LB602'],
];

for (const [file, code] of wrong) {
  test(`${file}: each command says ${code} and what to do, with status 1, and no stack trace`, () => {
    for (const command of readers) {
      const { status, out, err } = sluice([...command, file], { cwd: folder });
      const said = command.includes('check') && command.includes('--json') ? out : err;
      assert.is(status, 1, command.join(' '));
      assert.ok(said.includes(code), `${command.join(' ')}: ${said}`);
      assert.match(said, /hint/);
      assert.not.match(said, /\n\s+at |defect/);
    }
  });
}

test('one bad file among good ones: the good ones are not applied by themselves', () => {
  const { status, out, err } = sluice(['apply', '--yes', 'good.lb', 'missing.lb'], { cwd: folder });
  assert.equal([status, out], [1, '']);
  assert.match(err, /LB602/);
});

test('a typo is shown with the line and a caret, and never yields a plan', () => {
  for (const command of [['check'], ['plan'], ['apply', '--yes']]) {
    const { status, out, err } = sluice([...command, 'typo.lb'], { cwd: folder });
    assert.equal([status, out], [1, ''], command.join(' '));
    assert.match(err, /^typo\.lb:1:\d+: error\[LB\d{3}\]: .*'drs'/m);
    assert.match(err, /\^\^\^.*dsr/);
  }
});

test('check says how many services and that there is no error', () => {
  const { status, out, err } = sluice(['check', 'good.lb'], { cwd: folder });
  assert.equal([status, out, err], [0, '1 service, no errors\n', '']);
});

test('check --json is one line that begins with its format, and has lines and columns', () => {
  const { status, out, err } = sluice(['check', '--json', 'typo.lb'], { cwd: folder });
  assert.equal([status, err, out.trimEnd().includes('\n')], [1, '', false]);
  assert.ok(out.startsWith('{"format":"sluice.check/1"'));
  const facts = JSON.parse(out) as { ok: boolean; diagnostics: { code: string; file: string; from: object; to: object }[] };
  assert.is(facts.ok, false);
  const [first] = facts.diagnostics;
  assert.equal([first!.file, first!.from, first!.to], ['typo.lb', { line: 1, column: 45 }, { line: 1, column: 48 }]);
});

test('check reads standard input as -', () => {
  assert.is(sluice(['check', '-'], { input: good }).status, 0);
  const { status, err } = sluice(['check', '-'], { input: 'service a vap\n' });
  assert.is(status, 1);
  assert.match(err, /^<stdin>:1:/);
});

test('check --explain prints the long form of a code, whatever its case', () => {
  const { status, out } = sluice(['check', '--explain', 'lb504']);
  assert.is(status, 0);
  assert.match(out, /^LB504: [^]*Wrong:[^]*Right:/);
});

test('-D sets a param, and an unknown or missing one is an error', () => {
  const param = 'param vip: addr\nservice a vip $vip:80 -> 10.0.0.1 mode dsr\n';
  writeFileSync(join(folder, 'param.lb'), param);
  assert.is(sluice(['check', '-D', 'vip=10.99.0.9', 'param.lb'], { cwd: folder }).status, 0);
  assert.is(sluice(['check', 'param.lb'], { cwd: folder }).status, 1);
  assert.is(sluice(['check', '-D', 'vip=10.99.0.9', '-D', 'vpi=1', 'param.lb'], { cwd: folder }).status, 1);
});

test('fmt rewrites in place, prints the names of changed files, keeps mode and links, leaves nothing beside', () => {
  const file = join(folder, 'fmt', 'ugly.lb');
  mkdirSync(join(folder, 'fmt'));
  writeFileSync(file, 'service   a vip 10.99.0.1:80   ->   10.0.0.1  mode   dsr   # why\n');
  chmodSync(file, 0o640);
  symlinkSync('ugly.lb', join(folder, 'fmt', 'link.lb'));
  assert.equal(sluice(['fmt', '--check', 'fmt/link.lb'], { cwd: folder }), { status: 1, out: 'fmt/link.lb\n', err: '' });
  const diff = sluice(['fmt', '--diff', 'fmt/link.lb'], { cwd: folder });
  assert.match(diff.out, /^--- fmt\/link\.lb\n\+\+\+ .*\n@@ [^]*^-service   a[^]*^\+service a vip/m);
  assert.match(readFileSync(file, 'utf8'), /^service   a/);
  assert.equal(sluice(['fmt', 'fmt/link.lb'], { cwd: folder }), { status: 0, out: 'fmt/link.lb\n', err: '' });
  assert.is(readFileSync(file, 'utf8'), 'service a vip 10.99.0.1:80 -> 10.0.0.1 mode dsr  # why\n');
  assert.is(statSync(file).mode & 0o777, 0o640);
  assert.equal(readdirSync(join(folder, 'fmt')).sort(), ['link.lb', 'ugly.lb']);
  assert.equal(sluice(['fmt', 'fmt/link.lb'], { cwd: folder }), { status: 0, out: '', err: '' });
});

test('fmt - filters, and leaves a text with an error unprinted', () => {
  assert.equal(sluice(['fmt', '-'], { input: 'ruleset   a\n' }), { status: 0, out: 'ruleset a\n', err: '' });
  const { status, out, err } = sluice(['fmt', '-'], { input: 'servce a\n' });
  assert.equal([status, out], [1, '']);
  assert.match(err, /<stdin>:1:1/);
});

test('fmt leaves a file with an error as it was', () => {
  const broken = 'service   a vip (\n';
  writeFileSync(join(folder, 'broken.lb'), broken);
  assert.is(sluice(['fmt', 'broken.lb'], { cwd: folder }).status, 1);
  assert.is(readFileSync(join(folder, 'broken.lb'), 'utf8'), broken);
});

testWith(['root'], test, 'a file that may not be read, and one that may not be written, say so', () => {
  writeFileSync(join(folder, 'secret.lb'), good, { mode: 0o600 });
  const secret = sluice(['check', 'secret.lb'], { cwd: folder, unprivileged: true });
  assert.is(secret.status, 1);
  assert.match(secret.err, /LB606[^]*ls -l/);
  writeFileSync(join(folder, 'fixed.lb'), 'ruleset   a\n', { mode: 0o644 });
  const fixed = sluice(['fmt', 'fixed.lb'], { cwd: folder, unprivileged: true });
  assert.is(fixed.status, 1);
  assert.match(fixed.err, /LB607/);
  assert.is(readFileSync(join(folder, 'fixed.lb'), 'utf8'), 'ruleset   a\n');
});

testWith(['root', 'bpf', 'libbpf'], test, 'without privilege check and fmt work, and what needs it says how to get it', () => {
  const bpffs = privateBpffs();
  mkdirSync(join(bpffs, 'sluice'), { mode: 0o700 });
  assert.is(sluice(['check', 'good.lb'], { cwd: folder, unprivileged: true }).status, 0);
  assert.is(sluice(['fmt', '-'], { cwd: folder, unprivileged: true, input: good }).status, 0);
  for (const command of [['plan', 'good.lb'], ['apply', '--yes', 'good.lb'], ['show', 'services'], ['undo', '--yes'], ['down', '--yes'], ['down', '--all', '--yes']]) {
    const { status, err } = sluice([...command, '--bpffs', bpffs], { cwd: folder, unprivileged: true });
    assert.is(status, 1, command.join(' '));
    assert.match(err, /error\[LB601\][^]*hint: .*root/, command.join(' '));
  }
});

test('a bpffs that is none is said, with how to mount one', () => {
  for (const command of [['plan', 'good.lb'], ['apply', '--yes', 'good.lb'], ['show', 'services'], ['undo', '--yes'], ['down', '--yes'], ['down', '--all', '--yes']]) {
    const { status, err } = sluice([...command, '--bpffs', folder], { cwd: folder });
    assert.is(status, 1, command.join(' '));
    assert.match(err, /error\[LB610\][^]*mount -t bpf/, command.join(' '));
  }
});

test.run();
