import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lineDiff } from '../../../runtime/cli/diff.ts';

/** The second text, from the first and a diff: fails where the diff does not fit the first. */
function patch(before: string, diff: string): string {
  const lines = before.split('\n');
  const out: string[] = [];
  let at = 0;
  for (const line of diff.split('\n').slice(2)) {
    const hunk = /^@@ -(\d+),\d+ \+\d+,\d+ @@$/.exec(line);
    if (hunk) {
      while (at < Number(hunk[1]) - 1) out.push(lines[at++]!);
    } else if (line[0] === '+') {
      out.push(line.slice(1));
    } else {
      assert.is(line.slice(1), lines[at], 'the context is that of the text');
      if (line[0] === ' ') out.push(lines[at]!);
      at++;
    }
  }
  return [...out, ...lines.slice(at)].join('\n');
}

test('equal texts have no diff', () => assert.is(lineDiff('a', 'x\ny\n', 'x\ny\n'), ''));

test('one changed line is shown with three lines around it', () => {
  const before = Array.from({ length: 20 }, (_, i) => `line ${i + 1}`).join('\n');
  const diff = lineDiff('shop.lb', before, before.replace('line 10', 'line ten'));
  assert.is(diff, [
    '--- shop.lb', '+++ shop.lb (formatted)', '@@ -7,7 +7,7 @@',
    ' line 7', ' line 8', ' line 9', '-line 10', '+line ten', ' line 11', ' line 12', ' line 13',
  ].join('\n'));
});

test('control characters of the text are escaped', () => {
  assert.not.match(lineDiff('a\u001b', '\u001b[2J\n', 'x\n'), /\u001b/);
});

test('300 random pairs of texts: the diff turns the one into the other', () => {
  let seed = 42;
  const random = (n: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >> 8) % n;
  };
  for (let round = 0; round < 300; round++) {
    const text = (): string => Array.from({ length: random(30) }, () => 'abcd'[random(4)]).join('\n');
    const [before, after] = [text(), text()];
    if (before !== after) assert.is(patch(before, lineDiff('t', before, after)), after);
  }
});

test('texts that differ in thousands of lines still give a diff that fits', () => {
  const before = Array.from({ length: 3000 }, (_, i) => `a${i}`).join('\n');
  const after = Array.from({ length: 3000 }, (_, i) => `b${i}`).join('\n');
  assert.is(patch(before, lineDiff('t', before, after)), after);
});

test.run();
