import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderAll, renderDiagnostic } from '../../dsl/render.ts';
import { sanitize, sanitizeLines } from '../../dsl/sanitize.ts';

const file = 'shop.lb';
const plain = { color: false };

function rendered(text: string, part: string, hint?: string): string[] {
  const start = text.indexOf(part);
  const d = { code: 'LB104', severity: 'error', message: 'm', span: { file, start, end: start + part.length }, ...(hint && { hint }) } as const;
  return renderDiagnostic(d, new Map([[file, text]]), plain).split('\n');
}

test('place, line, carets and hint', () => {
  const text = '# shop\nservice a {\n\n  mode drs hash maglev\n}\n';
  assert.equal(rendered(text, 'drs', "did you mean 'dsr'?"), [
    'shop.lb:4:8: error[LB104]: m',
    '  4 |   mode drs hash maglev',
    "    |        ^^^ did you mean 'dsr'?",
  ]);
});

test('carets stand below the word after tabs, wide and combining characters and escapes', () => {
  for (const before of ['\t', '日本語 ', 'e\u0301 ', '\x1b[31m ', '\u202e', '😀 ', '\t\t日\t']) {
    const [, line, carets] = rendered(`${before}drs x`, 'drs');
    const columns = (s: string): number => [...s].reduce((n, c) => n + (/[\u2e80-\uffdc\u{1f300}-\u{1faff}]/u.test(c) ? 2 : /\p{Mn}/u.test(c) ? 0 : 1), 0);
    assert.is(columns(line!.slice(0, line!.indexOf('drs'))), carets!.indexOf('^'), before);
  }
});

test('nothing of the text reaches the terminal as a control character', () => {
  const text = '\x1b]0;title\x07 \x9b31m \u202e drs \u2066';
  const out = rendered(text, 'drs').join('\n');
  assert.not.match(out, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066]/);
  assert.match(out, /\\x1b\]0;title\\x07 \\x9b31m \\u\{202e\} drs \\u\{2066\}/);
  const name = renderDiagnostic({ code: 'LB501', severity: 'error', message: 'a\x1b[2Jb', hint: 'c\x07' }, new Map(), plain);
  assert.is(name, 'error[LB501]: a\\x1b[2Jb\n  hint: c\\x07');
});

test('a long line is cut to a window around the word', () => {
  for (const length of [300, 50_000, 3_000_000]) {
    const text = `${'a '.repeat(length / 2)}drs ${'b '.repeat(length / 2)}`;
    const [, line, carets] = rendered(text, 'drs');
    assert.ok(line!.length < 140, `${line!.length} columns`);
    assert.is(line!.indexOf('drs'), carets!.indexOf('^'));
    assert.match(line!, /\| ….*…$/);
  }
});

test('a span over several lines is marked on its first; one at the end of the text has one caret', () => {
  assert.equal(rendered('ab\ncd', 'b\ncd').slice(1), ['  1 | ab', '    |  ^']);
  const end = renderDiagnostic({ code: 'LB006', severity: 'error', message: 'm', span: { file, start: 2, end: 2 } }, new Map([[file, 'ab']]), plain);
  assert.is(end, 'shop.lb:1:3: error[LB006]: m\n  1 | ab\n    |   ^');
});

test('related places are shown, and a diagnostic without the text of its file as well', () => {
  const text = 'one\ntwo';
  const d = {
    code: 'LB112', severity: 'warning', message: 'twice', span: { file, start: 4, end: 7 }, hint: 'h',
    related: [{ message: 'first here', span: { file, start: 0, end: 3 } }, { message: 'just said' }],
  } as const;
  assert.is(renderAll([d], new Map([[file, text]]), plain), [
    'shop.lb:2:1: warning[LB112]: twice', '  2 | two', '    | ^^^ h', '  shop.lb:1:1: note: first here', '  1 | one', '    | ^^^', '  note: just said',
  ].join('\n'));
  assert.is(renderDiagnostic({ ...d, related: [] }, new Map(), plain), 'shop.lb: warning[LB112]: twice\n  hint: h');
});

test('colour is asked for, and changes nothing else', () => {
  const sources = new Map([[file, 'mode drs']]);
  const d = { code: 'LB104', severity: 'error', message: 'm', hint: 'h', span: { file, start: 5, end: 8 } } as const;
  const coloured = renderDiagnostic(d, sources, { color: true });
  assert.match(coloured, /\x1b\[1;31merror\[LB104\]\x1b\[0m/);
  assert.is(coloured.replace(/\x1b\[[\d;]*m/g, ''), renderDiagnostic(d, sources, plain));
});

test('sanitize escapes controls, bidirectional and zero-width characters and lone surrogates, and leaves text alone', () => {
  assert.is(sanitize('a\nb\tc\x1b\x7f\x85\u202a\u200b\ufeff\ud800z'), 'a\\nb\\tc\\x1b\\x7f\\x85\\u{202a}\\u{200b}\\u{feff}\\u{d800}z');
  assert.is(sanitize('Grüße, 日本 😀'), 'Grüße, 日本 😀');
  assert.is(sanitizeLines('a\nb\r\tc'), 'a\nb\\r\\tc');
});

test.run();
