import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseVerb, verbs } from '../../dsl/verbs.ts';

test('a verb has its words, and quotes keep spaces together', () => {
  const line = parseVerb('save "my file.lb"  # here');
  assert.is(line.kind, 'verb');
  assert.equal(line.kind === 'verb' && [line.name, line.args], ['save', ['my file.lb']]);
  const show = parseVerb("  show services 'a b' x");
  assert.equal(show.kind === 'verb' && show.args, ['services', 'a b', 'x']);
  const marked = parseVerb('save "my #1.lb" # "here"');
  assert.equal(marked.kind === 'verb' && marked.args, ['my #1.lb']);
});

test('statements are statements, also when they look like nothing', () => {
  for (const text of ['service a vip 10.0.0.1:80', 'test "x" { }', '-> 10.0.0.1', '# note\nlet a = 1', '{']) assert.is(parseVerb(text).kind, 'statement', text);
});

test('an empty line or a comment is nothing', () => {
  for (const text of ['', '   ', '# x', '\n\n']) assert.is(parseVerb(text).kind, 'empty');
});

test('an unknown word is compared with verbs and statements', () => {
  const hint = (text: string): unknown => {
    const line = parseVerb(text);
    return line.kind === 'error' && line.diagnostics[0]!.hint;
  };
  assert.is(hint('shwo services'), "did you mean 'show'?");
  assert.is(hint('servcie a'), "did you mean 'service'?");
  assert.is(hint('frobnicate'), "'help' lists the verbs");
});

test('aliases work, and too many or too few words are an error with the usage', () => {
  const exit = parseVerb('exit');
  assert.is(exit.kind === 'verb' && exit.name, 'quit');
  for (const text of ['save', 'commit now', 'explain', 'load a b']) {
    const line = parseVerb(text);
    assert.is(line.kind === 'error' && line.diagnostics[0]!.code, 'LB025', text);
  }
});

test('every verb has a usage that begins with its name, and a help', () => {
  for (const v of verbs) assert.ok(v.usage.startsWith(v.name) && v.help.length > 0);
});

test.run();
