import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { editDistance, suggest } from '../../dsl/suggest.ts';

test('a transposition is one edit', () => {
  assert.is(editDistance('drs', 'dsr'), 1);
  assert.is(editDistance('', 'abc'), 3);
  assert.is(editDistance('kitten', 'sitting'), 3);
});

test('the nearest word wins, one with the same first letter before another, then the first', () => {
  assert.is(suggest('drs', ['snat', 'dnat', 'dsr', 'hybrid']), 'dsr');
  assert.is(suggest('natx', ['xnat', 'natz']), 'natz');
  assert.is(suggest('aab', ['aac', 'aad']), 'aac');
  assert.is(suggest('MAGLEV', ['maglev']), 'maglev');
});

test('nothing is suggested for words that are far from all, and a word is not suggested for itself', () => {
  assert.is(suggest('frobnicate', ['service', 'pool']), undefined);
  assert.is(suggest('xy', ['ns', 'in', 'as']), undefined);
  assert.is(suggest('sn', ['ns']), 'ns');
  assert.is(suggest('pool', ['pool']), undefined);
  assert.is(suggest('', ['a', 'ab']), undefined);
});

test('a very long word costs nothing', () => {
  assert.is(suggest('x'.repeat(1_000_000), ['service']), undefined);
});

test.run();
