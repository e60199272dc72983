import { globSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { codes, explain } from '../../dsl/codes.ts';
import { literals } from '../../dsl/explain/literals.ts';
import { names } from '../../dsl/explain/names.ts';
import { syntax } from '../../dsl/explain/syntax.ts';
import { hasErrors } from '../../dsl/diagnostic.ts';
import { parse } from '../../dsl/parse.ts';
import { parseVerb } from '../../dsl/verbs.ts';

const isLb = (code: string): boolean => (codes.get(code)!.language ?? 'lb') === 'lb';

test('every code has a title, a text and two examples', () => {
  for (const [code, e] of codes) {
    assert.match(code, /^LB\d{3}$/);
    assert.ok(e.title && !e.title.endsWith('.'), `${code}: a title without a full stop`);
    for (const part of [e.text, e.wrong, e.right]) assert.ok(part.trim(), code);
  }
});

test('every right example in the language parses', () => {
  for (const [code, { right }] of codes) {
    if (!isLb(code)) continue;
    const { diagnostics } = parse({ file: 'x.lb', text: right });
    assert.not.ok(hasErrors(diagnostics), `${code}: ${diagnostics.map((d) => d.message).join('; ')}`);
  }
});

test('every wrong example of the language\'s own codes has that mistake, and the right one has none', () => {
  for (const code of Object.keys({ ...syntax, ...literals, ...names })) {
    if (!isLb(code)) continue;
    const { wrong, right } = codes.get(code)!;
    const found = parse({ file: 'x.lb', text: wrong }).diagnostics.map((d) => d.code);
    assert.ok(found.includes(code), `${code} is not among ${found.join(', ')} of: ${wrong}`);
    assert.equal(parse({ file: 'x.lb', text: right }).diagnostics, [], code);
  }
});

test('a zero byte, more than 200 errors and a verb without its words have their codes', () => {
  const found = (text: string): string[] => parse({ file: 'x.lb', text }).diagnostics.map((d) => d.code);
  assert.equal(found('service a\0'), ['LB004']);
  const many = found('bad statement\n'.repeat(1000));
  assert.is(many.length, 201);
  assert.is(many.at(-1), 'LB021');
  const line = parseVerb('save');
  assert.is(line.kind === 'error' && line.diagnostics[0]!.code, 'LB025');
});

test('every code that dsl/ mentions has a long form', () => {
  for (const file of globSync('dsl/**/*.ts')) {
    for (const [code] of readFileSync(file, 'utf8').matchAll(/(?<=['"])LB\d{3}(?=['"])/g)) assert.ok(codes.has(code), `${code} in ${file}`);
  }
});

test('the long form has both examples, and upper and lower case are the same', () => {
  const text = explain('lb104')!;
  assert.match(text, /^LB104: an unknown mode\n/);
  assert.match(text, /Wrong:\n {4}service .* mode drs\n/);
  assert.match(text, /Right:\n {4}service .* mode dsr$/);
  assert.is(explain('LB999x'), undefined);
  assert.is(explain('__proto__'), undefined);
});

test.run();
