import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Controller } from '../../../runtime/repl/ink/controller.ts';
import type { Action } from '../../../runtime/repl/ink/keys.ts';
import type { Completion } from '../../../runtime/repl/completion.ts';
import { echoEngine, settled } from './echo-engine.ts';

function prompt(options: { fails?: (text: string) => boolean; complete?: (text: string, offset: number) => Completion; slow?: boolean; question?: string } = {}) {
  const engine = echoEngine(options);
  let left = false;
  const controller = new Controller({
    engine,
    isComplete: (text) => !/[,{]\s*$/.test(text) && text.split('{').length === text.split('}').length,
    complete: options.complete ?? ((_, offset) => ({ from: offset, items: [] })),
    onLeave: () => { left = true; },
    onDefect: (error) => { throw error; },
  });
  return {
    engine,
    controller,
    press: (...actions: Action[]) => controller.press(actions),
    text: () => controller.picture().edit.text,
    lines: () => controller.picture().printed.map((p) => `${p.kind}: ${p.text}`),
    left: () => left,
  };
}

const type = (text: string): Action => ({ insert: text });

test('enter submits what is complete and prints it with its answer', async () => {
  const p = prompt();
  p.press(type('commit'), 'enter');
  await settled();
  assert.equal(p.lines(), ['input: commit', 'text: did commit']);
  assert.is(p.text(), '');
});

test('enter in an unfinished statement goes on with the next line', async () => {
  const p = prompt();
  p.press(type('service web vip 10.0.0.1:80 -> 10.0.0.2:80,'), 'enter', type('10.0.0.3:80'), 'enter');
  await settled();
  assert.equal(p.engine.entered, ['service web vip 10.0.0.1:80 -> 10.0.0.2:80,\n10.0.0.3:80']);
});

test('a paste arrives whole, is not submitted by its own newlines, and control characters do not get in', () => {
  const p = prompt();
  p.controller.paste('service a vip 10.0.0.1:80\r\nservice b vip \x1b[2J10.0.0.2:80\r\n');
  assert.is(p.text(), 'service a vip 10.0.0.1:80\nservice b vip [2J10.0.0.2:80');
  assert.equal(p.engine.entered, []);
});

test('a paste of several lines is run line by line once it is entered', async () => {
  const p = prompt();
  p.controller.paste('sluice> service a vip 10.0.0.1:80\nservice b {\n  mode dsr\n}\n\ncommit\nsend 3\n');
  p.press('enter');
  await settled();
  assert.equal(p.engine.entered, ['service a vip 10.0.0.1:80', 'service b {\n  mode dsr\n}', 'commit', 'send 3']);
  assert.equal(p.lines().slice(-2), ['input: send 3', 'text: did send 3']);
});

test('the first mistake in a paste stops it, and what was not run is counted', async () => {
  const p = prompt({ fails: (text) => text.startsWith('service b') });
  p.controller.paste('service a vip 10.0.0.1:80\nservice b\ncommit\n# all of them\nsend 3');
  p.press('enter', type('x'));
  await settled();
  assert.equal(p.engine.entered, ['service a vip 10.0.0.1:80', 'service b']);
  assert.is(p.lines().at(-1), 'note: stopped there: 2 lines after it were not run');
  assert.is(p.text(), 'x');
});

test('a no to the question of a commit in a paste, or Ctrl-C in it, leaves what comes after it out', async () => {
  const asked = prompt({ question: 'This removes service web. Commit?' });
  asked.controller.paste('delete service web\ncommit\nsend 3');
  asked.press('enter');
  await settled();
  assert.is(asked.controller.picture().question, 'This removes service web. Commit?');
  asked.press(type('n'));
  assert.equal(asked.engine.entered, ['delete service web']);
  assert.is(asked.lines().at(-1), 'note: stopped there: 1 line after it was not run');
  const slow = prompt({ slow: true });
  slow.controller.paste('send 100\nplan');
  slow.press('enter', 'interrupt');
  slow.engine.release();
  await settled();
  assert.equal(slow.engine.entered, ['send 100']);
  assert.not(slow.controller.picture().busy);
});

test('keys typed while a command runs are kept and take effect afterwards, in order', async () => {
  const p = prompt({ slow: true });
  p.press(type('commit'), 'enter', type('send 3'), 'enter', type('x'));
  assert.ok(p.controller.picture().busy);
  assert.equal(p.engine.entered, ['commit']);
  p.engine.release();
  await settled();
  assert.equal(p.engine.entered, ['commit', 'send 3']);
  p.engine.release();
  await settled();
  assert.is(p.text(), 'x');
});

test('Ctrl-C while a command runs interrupts it and nothing else', async () => {
  const p = prompt({ slow: true });
  p.press(type('send 100'), 'enter', type('pl'), 'interrupt', type('an'));
  assert.is(p.engine.interrupts(), 1);
  p.engine.release();
  await settled();
  assert.is(p.text(), 'plan');
});

test('up and down walk the history and come back to what was being typed', async () => {
  const p = prompt();
  p.press(type('plan'), 'enter');
  await settled();
  p.press(type('show'), 'enter');
  await settled();
  p.press(type('half'), 'up');
  assert.is(p.text(), 'show');
  p.press('up', 'up');
  assert.is(p.text(), 'plan', 'the first entry stays');
  p.press('down', 'down');
  assert.is(p.text(), 'half');
});

test('in a text of several lines up and down move between them first', async () => {
  const p = prompt();
  p.press(type('plan'), 'enter');
  await settled();
  p.press(type('one'), 'newline', type('two'), 'up');
  assert.equal(p.controller.picture().edit, { text: 'one\ntwo', cursor: 3 });
  p.press('up');
  assert.is(p.text(), 'plan');
});

test('Ctrl-C clears the line and leaves nothing of it to run; Ctrl-D leaves only from an empty line', async () => {
  const p = prompt();
  p.press(type('commit'), 'interrupt');
  assert.is(p.text(), '');
  assert.equal(p.lines(), ['input: commit^C']);
  p.press(type('x'), 'home', 'end-of-input');
  assert.is(p.text(), '');
  assert.not(p.left());
  p.press('end-of-input');
  assert.ok(p.left());
  assert.equal(p.engine.entered, []);
});

test('what was killed comes back with Ctrl-Y', () => {
  const p = prompt();
  p.press(type('one two'), 'kill-word', 'home', 'yank');
  assert.is(p.text(), 'twoone ');
});

test('a commit that removes something asks, and only a yes lets it go on', async () => {
  const p = prompt({ question: 'This removes service web. Commit?' });
  p.press(type('commit'), 'enter');
  assert.is(p.controller.picture().question, 'This removes service web. Commit?');
  p.press('enter');
  await settled();
  assert.equal(p.engine.entered, []);
  p.press(type('commit'), 'enter', type('y'));
  await settled();
  assert.equal(p.engine.entered, ['commit']);
  assert.ok(p.lines().includes('note: This removes service web. Commit? no'));
  assert.ok(p.lines().includes('note: This removes service web. Commit? yes'));
});

const modes: Completion['items'] = ['dsr', 'dnat', 'snat'].map((text) => ({ text, kind: 'mode', help: '' }));
const completeModes = (text: string, offset: number): Completion => {
  const from = text.lastIndexOf(' ', offset - 1) + 1;
  return { from, items: modes.filter((m) => m.text.startsWith(text.slice(from, offset))) };
};

test('TAB finishes the only possible word and goes on behind a blank', () => {
  const p = prompt({ complete: completeModes });
  p.press(type('mode s'), 'complete');
  assert.is(p.text(), 'mode snat ');
});

test('TAB shows several, further ones walk through them, any other key takes the one that stands there', () => {
  const p = prompt({ complete: completeModes });
  p.press(type('mode '), 'complete');
  assert.is(p.text(), 'mode ');
  assert.equal(p.controller.picture().menu?.items.map((i) => i.text), ['dsr', 'dnat', 'snat']);
  p.press('complete', 'complete');
  assert.is(p.text(), 'mode dnat');
  p.press('complete-back');
  assert.is(p.text(), 'mode dsr');
  p.press(type(' ipip'));
  assert.is(p.text(), 'mode dsr ipip');
  assert.is(p.controller.picture().menu, undefined);
});

test('TAB puts in what all possible words have in common', () => {
  const p = prompt({ complete: () => ({ from: 0, items: ['services', 'serial'].map((text) => ({ text, kind: 'x', help: '' })) }) });
  p.press(type('s'), 'complete');
  assert.is(p.text(), 'ser');
});

test.run();
