import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile } from '../../compiler/compile.ts';
import { memoryHost } from './host.ts';

function compiled(lines: readonly string[]): ReturnType<typeof compile> {
  const text = lines.join('\n');
  return compile([{ file: 'shop.lb', text }], { host: memoryHost({}), params: new Map() });
}

const doubling = (line: (i: number) => string, times = 60): string[] => Array.from({ length: times }, (_, i) => line(i));

test('sets that double each other end at a limit instead of filling the memory', () => {
  const { diagnostics } = compiled(['let s0 = { 1, 2 }', ...doubling((i) => `let s${i + 1} = { $s${i}, $s${i} }`)]);
  const errors = diagnostics.filter((d) => d.severity === 'error');
  assert.equal(errors.map((d) => d.code), ['LB119']);
  assert.match(errors[0]!.message, 'at most 65536 items');
});

test('a mistake in a variable is said once, however many variables and services use it', () => {
  const { diagnostics } = compiled([
    'param port: port', ...doubling((i) => `let s${i + 1} = { ${i === 0 ? '$port, $prot' : `$s${i}, $s${i}`} }`).reverse(),
    'service web vip 10.99.0.1:$s60 -> 10.0.0.1:$port mode dsr',
  ]);
  assert.equal(diagnostics.filter((d) => d.severity === 'error').map((d) => d.code), ['LB115', 'LB110']);
});

test('pools that double each other hold each backend once', () => {
  const { state, diagnostics } = compiled([
    'pool p0 -> 10.0.0.1, 10.0.0.2', ...doubling((i) => `pool p${i + 1} -> pool p${i}, pool p${i}`),
    'service web vip 10.99.0.1:80 -> pool p60 mode dsr',
  ]);
  assert.equal(state.services[0]!.backends.map((b) => b.address), ['10.0.0.1', '10.0.0.2']);
  assert.ok(diagnostics.every((d) => d.code === 'LB307'));
});

test.run();
