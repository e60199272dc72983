import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bytes, count, duration, group, heading, percent, table } from '../../../runtime/show/table.ts';

test('columns are as wide as their widest cell, numbers to the right, no trailing blanks', () => {
  const text = table([{ title: 'NAME' }, { title: 'N', right: true }, { title: 'X' }], [['a', '1', ''], ['longer', '12', 'z']]);
  assert.is(text, 'NAME     N  X\na        1\nlonger  12  z');
});

test('control characters of cells, titles and headings never reach the terminal', () => {
  const evil = 'a\u001b[31mb\nc\u202e';
  const text = table([{ title: 'NAME' }, { title: evil }], [[evil, '']]);
  for (const line of [...text.split('\n'), heading('service', evil)]) assert.not.match(line, /[\u0000-\u001f\u007f-\u009f\u202e]/);
  assert.is(text.split('\n').length, 2);
});

test('wide characters take two columns', () => {
  const text = table([{ title: 'A' }, { title: 'B' }], [['字', 'x'], ['ab', 'y']]);
  assert.is(text, 'A   B\n字  x\nab  y');
});

test('amounts are readable', () => {
  assert.equal([group(0), group(999), group(1000), group(1234567)], ['0', '999', '1,000', '1,234,567']);
  assert.equal([bytes(0), bytes(1023), bytes(1024), bytes(1536), bytes(10 * 1024 ** 2), bytes(1023 * 1024)], ['0 B', '1023 B', '1.00 KiB', '1.50 KiB', '10.0 MiB', '1023 KiB']);
  assert.equal([count(0, 'service'), count(1, 'service'), count(1200, 'service')], ['0 services', '1 service', '1,200 services']);
  assert.is(percent(1 / 3), '33.3%');
});

test('a duration has its two largest units', () => {
  assert.equal([0, 0.9, 45, 60, 200, 3600, 7500, 7260, 86_400, 100_000].map(duration), ['0s', '0s', '45s', '1m', '3m20s', '1h', '2h5m', '2h1m', '1d', '1d3h']);
});

test.run();
