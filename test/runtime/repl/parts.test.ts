import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isComplete } from '../../../dsl/parse.ts';
import { partsOf, withoutPrompts } from '../../../runtime/repl/parts.ts';

const parts = (text: string): string[] => partsOf(text, isComplete).map((p) => p.text);
const web = 'service web vip 10.0.0.1:80 -> 10.0.1.1 mode dsr';

test('statements and verbs are taken apart line by line', () => {
  assert.equal(parts(`${web}\ncommit\n\nsend 3\n`), [web, 'commit', 'send 3']);
});

test('a statement that spans lines stays whole, however it goes on', () => {
  for (const whole of [
    'service web {\n  vip 10.0.0.1:80\n\n  check http\n  -> 10.0.1.1\n}',
    'service web vip 10.0.0.1:80\n  -> 10.0.1.1 mode dsr',
    'service web\n{\n  vip 10.0.0.1:80\n}',
    'service web vip 10.0.0.1:80 -> 10.0.1.1,\n  # the other one\n  10.0.1.2 mode dsr',
    'service web {\n  commit\n}',
  ]) assert.equal(parts(`${whole}\nplan\n${web}`), [whole, 'plan', web]);
});

test('a statement begins a new part although the one before it was left open', () => {
  assert.equal(parts(`pool api -> 10.0.0.1,\n${web}`), ['pool api -> 10.0.0.1,', web]);
  assert.equal(parts(`service db {\n${web}\ncommit`), ['service db {', web, 'commit']);
});

test('comments belong to the statement that they stand above, and alone are no part', () => {
  assert.equal(parts(`# the front door\n\n${web}\n# now\ncommit\n# done\n`), [`# the front door\n\n${web}`, 'commit']);
  assert.equal(parts('# nothing else'), []);
});

test('a part knows its lines, so that what is left can be counted', () => {
  assert.equal(partsOf(`\ncommit\nservice a {\n\n  # why\n  mode dsr\n}\nplan`, isComplete).map((p) => p.lines), [1, 3, 1]);
});

test('a transcript loses its prompts, and the marks of lines that go on behind one', () => {
  assert.is(withoutPrompts('sluice> service a {\n    ...   mode dsr\n    ... }\nsluice*> commit\nshow'), 'service a {\n  mode dsr\n}\ncommit\nshow');
  assert.is(withoutPrompts('service a # sluice> x\n... y'), 'service a # sluice> x\n... y');
});

test.run();
