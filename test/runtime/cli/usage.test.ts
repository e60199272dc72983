import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { absentCommands, commands, globalOptions } from '../../../runtime/cli/commands.ts';
import { helpFor, overview } from '../../../runtime/cli/help.ts';
import { sluice } from '../../support/cli.ts';

const test = suite('usage');
let folder = '';
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-usage-'));
  writeFileSync(join(folder, 'shop.lb'), 'service a vip 10.99.0.1:80 -> 10.0.0.1 mode dsr\n');
});
test.after(() => rmSync(folder, { recursive: true }));

const refused = (...args: string[]): string => {
  const { status, out, err } = sluice(args, { cwd: folder });
  assert.equal([status, out], [2, ''], `${args.join(' ')}: ${err}`);
  assert.not.match(err, /\n\s+at /);
  return err;
};

test('--version prints the version of package.json, wherever it stands', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
  for (const args of [['--version'], ['check', '--version']]) {
    assert.equal(sluice(args), { status: 0, out: `sluice ${version}\n`, err: '' });
  }
});

test('--help of sluice names every command of the table and no other', () => {
  const { status, out } = sluice(['--help']);
  assert.is(status, 0);
  assert.is(out, `${overview()}\n`);
  for (const command of commands) assert.match(out, new RegExp(`^  ${command.name} `, 'm'));
  for (const name of absentCommands.keys()) assert.not.match(out, new RegExp(`^  ${name} `, 'm'));
});

test('every command has a help text with its options and examples, and asks for help by -h too', async () => {
  for (const command of commands) {
    const text = await helpFor(command);
    for (const option of [...command.options, ...globalOptions]) assert.ok(text.includes(`--${option.name}`), `${command.name}: ${option.name}`);
    for (const example of command.examples) assert.ok(text.includes(example.line));
    assert.ok(command.examples.length > 0, command.name);
  }
  assert.equal(sluice(['plan', '-h']), { status: 0, out: `${await helpFor(commands.find((c) => c.name === 'plan')!)}\n`, err: '' });
});

test('an unknown command or option is a usage error that suggests the nearest', () => {
  assert.match(refused('chek', 'shop.lb'), /no command 'chek'[^]*did you mean 'sluice check'\?/);
  assert.match(refused('shop.lb'), /sluice check shop\.lb/);
  assert.match(refused('check', '--jsno', 'shop.lb'), /no option '--jsno'[^]*--json/);
  assert.match(refused('plan', '--instnace', 'x', 'shop.lb'), /--instance/);
  assert.match(refused('show', 'servics'), /show services/);
});

test('an option of another command is not taken', () => {
  assert.match(refused('show', '--yes', 'services'), /no option '--yes'/);
});

test('missing and superfluous arguments are usage errors', () => {
  assert.match(refused('plan'), /needs FILE/);
  assert.match(refused('apply'), /needs FILE/);
  assert.match(refused('check'), /needs FILE/);
  assert.match(refused('show'), /needs WHAT/);
  assert.match(refused('down', 'now'), /no arguments/);
  assert.match(refused('show', 'services', 'a', 'b'), /too much/);
  assert.match(refused('show', 'drops', 'a'), /takes no name/);
});

test('values of options are checked', () => {
  assert.match(refused('plan', '--out', '--json', 'shop.lb'), /--out needs a value/);
  assert.match(refused('check', '--json=yes', 'shop.lb'), /takes no value/);
  assert.match(refused('show', '--instance', '../x', 'services'), /cannot be the name/);
  assert.match(refused('check', '-D', 'env', 'shop.lb'), /NAME=VALUE/);
  assert.match(refused('apply', '--capacity', 'backends=many', 'shop.lb'), /backends=N/);
  assert.match(refused('check', '--explain', 'LB999999'), /no diagnostic/);
});

test('commands of the design that this build lacks say so, with status 1', () => {
  for (const name of absentCommands.keys()) {
    const { status, out, err } = sluice([name, 'x', '--whatever']);
    assert.equal([status, out], [1, '']);
    assert.match(err, /error\[LB615\]/);
  }
});

test('control characters of the command line do not reach the terminal', () => {
  const { err } = sluice(['che\u001b[2Jk']);
  assert.not.match(err, /\u001b/);
  const file = sluice(['check', 'x\u001b]0;t\u0007.lb']);
  assert.is(file.status, 1);
  assert.not.match(file.err, /[\u001b\u0007]/);
});

test('a reader that leaves early is no failure', () => {
  const main = new URL('../../../runtime/cli/main.ts', import.meta.url).pathname;
  const { stdout, stderr } = spawnSync('bash', ['-c', `"${process.execPath}" --import tsx "${main}" --help | head -c 1; echo " \${PIPESTATUS[0]}"`], {
    encoding: 'utf8', cwd: new URL('../../..', import.meta.url).pathname,
  });
  assert.is(stdout, 's 0\n');
  assert.is(stderr, '');
});

test.run();
