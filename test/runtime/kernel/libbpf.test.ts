import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DatapathError } from '../../../runtime/datapath.ts';
import { createKernelDatapath } from '../../../runtime/kernel/datapath.ts';
import { errnoName } from '../../../runtime/kernel/errors.ts';
import { libbpf } from '../../../runtime/kernel/libbpf.ts';
import { tail } from '../../../runtime/kernel/objects.ts';
import { testWith } from '../../support/needs.ts';

function reasonOf(library: string): string | undefined {
  try {
    libbpf(library);
  } catch (error) {
    assert.instance(error, DatapathError);
    return (error as DatapathError).reason;
  }
  return undefined;
}

test('a library that is not there is reported as missing, by name', () => {
  assert.is(reasonOf('libbpf-that-is-not-there.so.1'), 'libbpf-missing');
  assert.throws(() => libbpf('libbpf-that-is-not-there.so.1'), /libbpf-that-is-not-there\.so\.1/);
});

test('a datapath without libbpf says so in its title, and in what it can do', () => {
  const datapath = createKernelDatapath({ bpffs: '/sys/fs/bpf', objects: '/nonexistent', library: 'libbpf-that-is-not-there.so.1' });
  assert.match(datapath.title, /^kernel \d+\.\d+, no libbpf$/);
  const found = new Map(datapath.probe().map((c) => [c.name, c]));
  assert.is(found.get('libbpf')!.status, 'no');
  assert.match(found.get('libbpf')!.detail, 'libbpf1');
  assert.is(found.get('xdp')!.status, 'unknown');
  assert.is.not(found.get('jit')!.status, 'unknown');
});

test('a library of another kind, or from before 1.0, is too old', () => {
  assert.is(reasonOf('libm.so.6'), 'libbpf-old');
});

testWith(['clang'], test, 'the major version decides, and a library that lacks a function is not used', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-libbpf-'));
  try {
    const build = (name: string, major: number): string => {
      const source = join(folder, `${name}.c`);
      writeFileSync(source, `unsigned libbpf_major_version(void) { return ${major}; }\n`);
      const built = spawnSync('clang', ['-shared', '-fPIC', '-o', join(folder, `${name}.so`), source], { encoding: 'utf8' });
      assert.is(built.status, 0, built.stderr);
      return join(folder, `${name}.so`);
    };
    assert.is(reasonOf(build('zero', 0)), 'libbpf-old');
    assert.is(reasonOf(build('bare', 1)), 'libbpf-old');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

testWith(['libbpf'], test, 'what libbpf says is kept, and nothing of it reaches the terminal', () => {
  const script = `
    import { libbpf } from ${JSON.stringify(new URL('../../../runtime/kernel/libbpf.ts', import.meta.url).href)};
    const bpf = libbpf();
    if (bpf.objectOpen('/etc/passwd') !== null) process.exit(3);
    const log = bpf.takeLog();
    process.stdout.write(log.includes('not a proper ELF object') && bpf.takeLog() === '' ? 'kept' : 'lost: ' + log);`;
  const ran = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.equal([ran.status, ran.stdout, ran.stderr], [0, 'kept', '']);
});

test('errors are called by their names, those of the kernel alone too', () => {
  assert.equal([-1, -7, -11, -16, -95, -524, -99999].map(errnoName), ['EPERM', 'E2BIG', 'EWOULDBLOCK', 'EBUSY', 'EOPNOTSUPP', 'ENOTSUPP', 'errno 99999']);
});

test('of a long log, the last lines that say something are kept', () => {
  const log = Array.from({ length: 50 }, (_, i) => `${i}: r0 = ${i}`).join('\n');
  const kept = tail(`${log}\nR1 invalid mem access\nprocessed 51 insns (limit 1000000)\n-- END PROG LOAD LOG --\n\n`)!.split('\n');
  assert.is(kept.length, 12);
  assert.is(kept.at(-1), 'R1 invalid mem access');
  assert.is(tail('\n'), undefined);
});

test.run();
