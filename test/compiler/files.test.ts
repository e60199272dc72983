import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile } from '../../compiler/compile.ts';
import { memoryHost } from './host.ts';

function compiled(entries: readonly string[], files: Readonly<Record<string, string>>): ReturnType<typeof compile> {
  return compile(entries.map((file) => ({ file, text: files[file]! })), { host: memoryHost(files), params: new Map() });
}

const codes = ({ diagnostics }: ReturnType<typeof compile>): string[] => diagnostics.map((d) => d.code);

test('two entries that include one file both see its names, and those of what it includes', () => {
  const result = compiled(['a.lb', 'b.lb'], {
    'a.lb': 'include "common.lb"\nservice a vip 10.99.0.1:80 -> pool web mode dsr',
    'b.lb': 'service b vip 10.99.0.2:$port -> pool web mode dsr\ninclude "common.lb"',
    'common.lb': 'pool web -> 10.0.0.1\ninclude "ports.lb"',
    'ports.lb': 'let port = 443',
  });
  assert.equal(codes(result), []);
  assert.equal(result.state.services.map((s) => [s.ruleset, s.name, s.frontends[0]!.port, s.backends.length]), [['a', 'a', 80, 1], ['b', 'b', 443, 1]]);
});

test('a name that an entry and a file it shares both declare is taken', () => {
  const result = compiled(['a.lb', 'b.lb'], {
    'a.lb': 'include "common.lb"\nservice a vip 10.99.0.1:$port -> 10.0.0.1 mode dsr',
    'b.lb': 'let port = 80\ninclude "common.lb"\nservice b vip 10.99.0.2:$port -> 10.0.0.1 mode dsr',
    'common.lb': 'let port = 443',
  });
  assert.equal(codes(result), ['LB112']);
});

test('services of a file that two entries include belong to the first', () => {
  const result = compiled(['a.lb', 'b.lb'], {
    'a.lb': 'include "web.lb"', 'b.lb': 'include "web.lb"', 'web.lb': 'service web vip 10.99.0.1:80 -> 10.0.0.1 mode dsr',
  });
  assert.equal(result.state.services.map((s) => s.ruleset), ['a']);
  assert.equal(result.state.rulesets, ['a', 'b']);
});

test.run();
