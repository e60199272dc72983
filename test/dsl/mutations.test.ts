import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Diagnostic } from '../../dsl/diagnostic.ts';
import { format } from '../../dsl/format.ts';
import { complete } from '../../dsl/complete.ts';
import { isComplete, parse } from '../../dsl/parse.ts';
import { renderAll } from '../../dsl/render.ts';
import type { Span } from '../../dsl/span.ts';
import { exampleTexts, generator, goldenTexts, mutate } from './support/mutate.ts';

const file = 'm.lb';
const count = 2000;

function spansOf(d: Diagnostic): Span[] {
  return [d.span, d.context, d.fix?.span, ...(d.related ?? []).map((r) => r.span)].filter((s) => s !== undefined);
}

function nodeSpans(node: unknown, out: Span[] = []): Span[] {
  if (typeof node !== 'object' || node === null) return out;
  for (const [key, value] of Object.entries(node)) {
    if (key === 'span') out.push(value as Span);
    else nodeSpans(value, out);
  }
  return out;
}

test(`${count} mutations of the examples: no throw, spans inside the text, no node from a statement with an error`, () => {
  const texts = exampleTexts();
  const random = generator(1);
  let wrong = 0;
  for (let n = 0; n < count; n++) {
    const text = mutate(texts[n % texts.length]!, random);
    const { script, diagnostics } = parse({ file, text });
    for (const span of [...diagnostics.flatMap(spansOf), ...nodeSpans(script)]) {
      assert.ok(span.file === file && span.start >= 0 && span.start <= span.end && span.end <= text.length, `span ${span.start}–${span.end} of ${text.length}: ${text}`);
    }
    const errors = diagnostics.filter((d) => d.severity === 'error');
    if (errors.length > 0) wrong++;
    for (const d of errors) {
      assert.ok(d.span, 'every error of the text says where');
      for (const s of script.statements) {
        assert.not(d.context && d.context.start === s.span.start, `a node at ${s.span.start} in spite of ${d.message}: ${text}`);
      }
      assert.not.match(d.message, /NoViableAlt|MismatchedToken|EarlyExit|Redundant|Expecting|undefined|\[object/);
    }
    const rendered = renderAll(diagnostics, new Map([[file, text]]), { color: false });
    assert.not.match(rendered, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/, text);
    isComplete(text);
    complete(text, Math.floor(random() * (text.length + 1)));
  }
  assert.ok(wrong > count / 2, `${wrong} of ${count} had an error`);
});

test('mutations that still parse are formatted stably, and the others not at all', () => {
  const texts = goldenTexts();
  const random = generator(2);
  let formatted = 0;
  for (let n = 0; n < count; n++) {
    const text = mutate(texts[n % texts.length]!, random);
    const errors = parse({ file, text }).diagnostics.some((d) => d.severity === 'error');
    const first = format({ file, text });
    assert.is(first.ok, !errors, text);
    if (!first.ok) continue;
    formatted++;
    const second = format({ file, text: first.text });
    assert.ok(second.ok, first.text);
    if (second.ok) assert.is(second.text, first.text, text);
  }
  assert.ok(formatted > count / 100, `${formatted} of ${count} parsed`);
});

test('a typo in one statement leaves every other statement in place', () => {
  const statements = Array.from({ length: 40 }, (_, i) => `service s${i} vip 10.0.0.${i + 1}:80 {\n  -> pods(app=a${i}, ns=prod) weight 2,\n     10.1.0.${i + 1}\n  mode dsr hash maglev\n}`);
  const random = generator(3);
  for (let n = 0; n < 300; n++) {
    const at = Math.floor(random() * 40);
    const broken = [...statements];
    broken[at] = mutate(statements[at]!, random).replace(/\0/g, '');
    const { script } = parse({ file, text: broken.join('\n') });
    const names = new Set(script.statements.map((s) => (s.kind === 'service' ? s.name.text : s.kind)));
    const lost = statements.map((_, i) => i).filter((i) => i !== at && !names.has(`s${i}`));
    assert.equal(lost, [], broken[at]);
  }
});

test.run();
