import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as editor from '../../../runtime/repl/ink/editor.ts';
import { interpret, type Action } from '../../../runtime/repl/ink/keys.ts';
import { layout } from '../../../runtime/repl/ink/layout.ts';
import { highlight } from '../../../runtime/repl/ink/highlight.ts';
import type { Key } from 'ink';

/** Text with `|` where the cursor is. */
function e(marked: string): editor.Edit {
  const cursor = marked.indexOf('|');
  return { text: marked.replace('|', ''), cursor };
}

function shown(edit: editor.Edit | undefined): string | undefined {
  return edit && `${edit.text.slice(0, edit.cursor)}|${edit.text.slice(edit.cursor)}`;
}

const noKey: Key = {
  upArrow: false, downArrow: false, leftArrow: false, rightArrow: false, pageDown: false, pageUp: false, home: false, end: false,
  return: false, escape: false, ctrl: false, shift: false, tab: false, backspace: false, delete: false, meta: false,
  super: false, hyper: false, capsLock: false, numLock: false,
};

test('typing goes in at the cursor, control characters do not', () => {
  assert.is(shown(editor.insert(e('ab|cd'), 'x\x1b[31my\x07')), 'abx[31my|cd');
  assert.is(shown(editor.insert(e('|'), 'a\r\nb\rc')), 'a\nb\nc|');
});

test('the cursor steps over whole grapheme clusters', () => {
  const family = '👩‍👩‍👧';
  assert.is(shown(editor.left({ text: `a${family}`, cursor: 1 + family.length })), `a|${family}`);
  assert.is(shown(editor.right(e(`|e\u0301x`))), `e\u0301|x`);
  assert.is(shown(editor.backspace({ text: `a${family}b`, cursor: 1 + family.length })), 'a|b');
});

test('motions and kills stay within their line', () => {
  const two = e('one two\nthr|ee four');
  assert.is(shown(editor.home(two)), 'one two\n|three four');
  assert.is(shown(editor.end(two)), 'one two\nthree four|');
  assert.is(shown(editor.killToEnd(two)), 'one two\nthr|');
  assert.is(shown(editor.killToStart(two)), 'one two\n|ee four');
  assert.is(shown(editor.killWord(e('one two\nthree four|'))), 'one two\nthree |');
  assert.is(shown(editor.wordLeft(e('vip 10.0.0.1:80|'))), 'vip |10.0.0.1:80');
  assert.is(shown(editor.wordRight(e('|on-empty drop'))), 'on-empty| drop');
});

test('a kill at the edge of a line takes the line break', () => {
  assert.is(shown(editor.killToEnd(e('one|\ntwo'))), 'one|two');
  assert.is(shown(editor.killToStart(e('one\n|two'))), 'one|two');
  assert.is(shown(editor.killToEnd(e('one|'))), 'one|');
  assert.is(shown(editor.killToStart(e('|one'))), '|one');
});

test('up and down keep the column as far as the line goes', () => {
  assert.is(shown(editor.up(e('a\nlonger|'))), 'a|\nlonger');
  assert.is(shown(editor.down(e('long|er\nab'))), 'longer\nab|');
  assert.is(editor.up(e('on|e')), undefined);
  assert.is(editor.down(e('on|e')), undefined);
});

test('every kill and motion keeps the cursor inside the text, wherever it is', () => {
  const text = 'a e\u0301\n\n👩‍👩‍👧 x\n';
  const motions = [editor.left, editor.right, editor.home, editor.end, editor.wordLeft, editor.wordRight, editor.backspace, editor.deleteForward, editor.killToEnd, editor.killToStart, editor.killWord];
  for (let cursor = 0; cursor <= text.length; cursor++) {
    for (const motion of motions) {
      const after = motion({ text, cursor });
      assert.ok(after.cursor >= 0 && after.cursor <= after.text.length, `${motion.name} at ${cursor}`);
      assert.ok(after.text.length <= text.length, `${motion.name} at ${cursor} adds nothing`);
    }
  }
});

test('keys are read one by one and out of a chunk', () => {
  const cases: [string, Partial<Key>, readonly Action[]][] = [
    ['', { return: true }, ['enter']],
    ['a', { ctrl: true }, ['home']],
    ['w', { ctrl: true }, ['kill-word']],
    ['', { leftArrow: true, ctrl: true }, ['word-left']],
    ['', { tab: true, shift: true }, ['complete-back']],
    ['commit\rsend 30\r', {}, [{ insert: 'commit' }, 'enter', { insert: 'send 30' }, 'enter']],
    ['x\x7f\x01y', {}, [{ insert: 'x' }, 'backspace', 'home', { insert: 'y' }]],
    ['', { pageUp: true }, []],
  ];
  for (const [input, key, actions] of cases) assert.equal(interpret(input, { ...noKey, ...key }), actions);
});

test('a layout wraps by cells, counts wide characters twice and finds the cursor', () => {
  const l = layout('abcdef\n日本語', 8, 4, 10, []);
  assert.equal(l.rows.map((r) => r.runs.map((x) => x.text).join('')), ['abcd', 'ef', '日本', '語']);
  assert.equal(l.rows.map((r) => r.first), [true, false, true, false]);
  assert.equal([l.row, l.column], [2, 2]);
});

test('behind a full row the cursor stands on a fresh one', () => {
  const l = layout('abcd', 4, 4, 10, []);
  assert.equal([l.rows.length, l.row, l.column], [2, 1, 0]);
});

test('of a text higher than the screen the rows around the cursor are kept', () => {
  const text = Array.from({ length: 50 }, (_, i) => `line ${i}`).join('\n');
  const l = layout(text, text.indexOf('line 30'), 20, 5, []);
  assert.is(l.rows.length, 5);
  assert.is(l.rows[l.row]!.runs[0]!.text, 'line 30');
});

test('a layout loses and invents no character, whatever the width', () => {
  const text = 'service wéb vip [fd00::1]:80 -> 10.0.0.1:80, 日本 # 👩‍👩‍👧 end';
  for (let columns = 2; columns < 40; columns++) {
    for (const cursor of [0, 7, text.length]) {
      const l = layout(text, cursor, columns, 1000, highlight(text));
      assert.is(l.rows.flatMap((r) => r.runs.map((x) => x.text)).join(''), text);
      assert.ok(l.row < l.rows.length && l.column <= columns);
    }
  }
});

test('colours follow the lexer, in order and without overlap', () => {
  const text = 'service web vip 10.0.0.1:80 -> "x" $y # comment';
  const spans = highlight(text);
  assert.equal(spans.map((s) => [text.slice(s.start, s.end), s.style]), [
    ['service', 'statement'], ['vip', 'clause'], ['10.0.0.1', 'literal'], ['80', 'literal'], ['->', 'mark'],
    ['"x"', 'string'], ['$y', 'variable'], ['# comment', 'comment'],
  ]);
});

test('of a verb and its words the verb alone is coloured', () => {
  assert.equal(highlight(' show service 10.0.0.1').map((s) => ({ ...s })), [{ start: 1, end: 5, style: 'statement' }]);
});

test.run();
