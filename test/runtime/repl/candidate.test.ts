import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assemble, put, split, take, type Entry } from '../../../runtime/repl/candidate.ts';
import { rebase } from '../../../runtime/repl/documents.ts';

function entries(text: string): readonly Entry[] {
  const { entries, diagnostics } = split({ file: 'repl', text });
  assert.equal(diagnostics, []);
  return entries;
}

const named = (of: readonly Entry[]): string[] => of.map((e) => `${e.kind} ${e.name}`.trim());

test('a text is split into statements, each with its comments', () => {
  const text = `# the front door
## Runbook: x
service web vip 10.0.0.1:80 -> 10.0.0.2:80 mode dsr # one line

pool api { # several
  -> 10.0.0.3:80
} # end
let a = 1; let b = 2
# afterwards`;
  const split = entries(text);
  assert.equal(named(split), ['service web', 'pool api', 'let a', 'let b']);
  assert.equal(split.map((e) => e.text), [
    '# the front door\n## Runbook: x\nservice web vip 10.0.0.1:80 -> 10.0.0.2:80 mode dsr # one line',
    'pool api { # several\n  -> 10.0.0.3:80\n} # end',
    'let a = 1',
    'let b = 2\n# afterwards',
  ]);
});

test('a statement of the same name replaces, in its place; others are added at the end', () => {
  const before = entries('let a = 1\nservice web vip 10.0.0.1:80 -> 10.0.0.2:80\nlet b = 2');
  const { entries: after, replaced } = put(before, entries('service db vip 10.0.0.1:1 -> 10.0.0.2:1\nservice web vip 10.0.0.9:80 -> 10.0.0.2:80'));
  assert.equal(named(after), ['let a', 'service web', 'let b', 'service db']);
  assert.match(after[1]!.text, '10.0.0.9');
  assert.equal(named(replaced), ['service web']);
});

test('entering the same text again replaces nothing', () => {
  const before = entries('let a = 1');
  assert.equal(put(before, entries('let a = 1')), { entries: before, replaced: [] });
});

test('kinds are kept apart, and of some there is one', () => {
  const { entries: all } = put(entries('let x = 1\npool x -> 10.0.0.1:80'), entries('service x vip 10.0.0.2:80 -> pool x\ndefaults { mode dsr }\ndefaults { mode snat }'));
  assert.equal(named(all), ['let x', 'pool x', 'service x', 'defaults']);
  assert.match(all[3]!.text, 'snat');
});

test('taking out needs the kind and the name', () => {
  const all = entries('let x = 1\npool x -> 10.0.0.1:80\ndefaults { mode dsr }');
  assert.equal(named(take(all, 'pool', 'x')!), ['let x', 'defaults']);
  assert.equal(named(take(all, 'defaults', '')!), ['let x', 'pool x']);
  assert.is(take(all, 'service', 'x'), undefined);
  assert.is(take(all, 'pool', 'y'), undefined);
});

test('assembling and splitting come back to the same statements, and spans find each', () => {
  const all = entries('# c\nlet x = 1\npool x {\n  -> 10.0.0.1:80\n}\nservice s vip 10.0.0.2:80 -> pool x # end\n# last');
  const { source, spans } = assemble(all, 'repl');
  assert.equal(entries(source.text), all);
  assert.equal(spans.map((s) => source.text.slice(s.start, s.end)), all.map((e) => e.text));
});

test('a mistake is a diagnostic, and what is right beside it is split all the same', () => {
  const { entries, diagnostics } = split({ file: 'repl', text: 'let a = 1\nservise web\nlet b = 2' });
  assert.equal(named(entries), ['let a', 'let b']);
  assert.is(diagnostics.length, 1);
});

test('paths of a loaded file are seen from the working folder', () => {
  const text = 'include "more/*.lb"\nk8s(manifests="cluster.yaml", ns=edge)\ninclude "/etc/sluice/x.lb"';
  assert.is(rebase({ file: 'shops/a/shop.lb', text }).text, 'include "shops/a/more/*.lb"\nk8s(manifests="shops/a/cluster.yaml", ns=edge)\ninclude "/etc/sluice/x.lb"');
  assert.is(rebase({ file: 'shop.lb', text }).text, text);
});

test.run();
