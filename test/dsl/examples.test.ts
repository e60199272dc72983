import { globSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { format } from '../../dsl/format.ts';
import { parse } from '../../dsl/parse.ts';
import { renderAll } from '../../dsl/render.ts';
import { checkGolden, goldens } from '../support/golden.ts';
import { dump } from './support/dump.ts';

for (const golden of goldens('dsl')) {
  const file = 'x.lb';
  const text = golden.input;
  if (golden.name.startsWith('example-')) {
    test(`${golden.name} parses, and formatting it twice is formatting it once`, () => {
      const { script, diagnostics } = parse({ file, text });
      assert.equal(diagnostics, []);
      const formatted = format({ file, text });
      assert.ok(formatted.ok);
      if (!formatted.ok) return;
      const again = format({ file, text: formatted.text });
      assert.is(again.ok && again.text, formatted.text);
      checkGolden(golden, new Map([['format', formatted.text], ['ast', script.statements.map((s) => dump(s)).join('\n')]]));
    });
  } else if (golden.name.startsWith('format-')) {
    test(`${golden.name}: formatted as expected, and stable`, () => {
      const formatted = format({ file, text });
      assert.ok(formatted.ok, formatted.ok ? '' : renderAll(formatted.diagnostics, new Map([[file, text]]), { color: false }));
      if (!formatted.ok) return;
      const again = format({ file, text: formatted.text });
      assert.is(again.ok && again.text, formatted.text);
      checkGolden(golden, new Map([['format', formatted.text]]));
    });
  } else {
    test(`${golden.name}: what is said about it`, () => {
      const { script, diagnostics } = parse({ file, text });
      assert.ok(diagnostics.length > 0);
      const left = script.statements.map((s) => dump(s)).join('\n');
      checkGolden(golden, new Map([
        ['diagnostics', renderAll(diagnostics, new Map([[file, text]]), { color: false })],
        ...(left === '' ? [] : [['statements that stand', left] as const]),
      ]));
    });
  }
}

for (const file of globSync('examples/**/*.lb').sort()) {
  test(`${file} parses and is in its formatted form`, () => {
    const text = readFileSync(file, 'utf8');
    const formatted = format({ file, text });
    assert.is(formatted.ok ? formatted.text : renderAll(formatted.diagnostics, new Map([[file, text]]), { color: false }), text);
  });
}

test.run();
