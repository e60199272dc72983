import { spawnSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mainFile, sluice, tsxLoader } from '../../support/cli.ts';

/** Runs a line of shell in which `$SLUICE` is the command. */
function shell(line: string): { status: number | null; out: string; err: string } {
  const command = `'${process.execPath}' --import '${tsxLoader}' '${mainFile}'`;
  const { status, stdout, stderr } = spawnSync('bash', ['-o', 'pipefail', '-c', line.replaceAll('$SLUICE', command)], {
    encoding: 'utf8', env: { ...process.env, NODE_NO_WARNINGS: '1', NO_COLOR: '1' }, timeout: 60_000,
  });
  return { status, out: stdout, err: stderr };
}

const script = 'service a vip 192.0.2.1:80 -> 10.0.0.1 mode dsr';

test('standard input that comes late is waited for', () => {
  const { status, err } = shell(`(sleep 1; echo '${script}') | $SLUICE check -`);
  assert.is(err, '');
  assert.is(status, 0);
});

test('standard input that comes in parts is read to its end', () => {
  const { out, status } = shell(`(echo '${script}'; sleep 0.7; echo 'service b   vip 192.0.2.2:80 -> 10.0.0.1 mode dsr') | $SLUICE fmt -`);
  assert.is(out, `${script}\nservice b vip 192.0.2.2:80 -> 10.0.0.1 mode dsr\n`);
  assert.is(status, 0);
});

test('two of the command in one pipe', () => {
  const { out, status } = shell(`echo '${script}' | $SLUICE fmt - | $SLUICE fmt -`);
  assert.is(out, `${script}\n`);
  assert.is(status, 0);
});

test('output to a full disk ends with status 1 and one line that says so', () => {
  const { status, err } = shell('$SLUICE --help >/dev/full');
  assert.is(err, 'sluice: the output could not be written: no space left on device (ENOSPC)\n');
  assert.is(status, 1);
});

test('a reader that goes away ends nothing with an error', () => {
  const { err } = shell('$SLUICE --help | head -1');
  assert.is(err, '');
});

test('the words help and version mean the options of that name', () => {
  assert.is(sluice(['help']).out, sluice(['--help']).out);
  assert.is(sluice(['help', 'show']).out, sluice(['show', '--help']).out);
  assert.is(sluice(['version']).out, sluice(['--version']).out);
  assert.is(sluice(['help', 'shwo']).status, 2);
});

test('the help of show lists what can be shown', () => {
  const { out } = sluice(['show', '--help']);
  for (const what of ['services', 'backends', 'drops', 'instances']) assert.match(out, new RegExp(`^  ${what} `, 'm'));
});

test.run();
