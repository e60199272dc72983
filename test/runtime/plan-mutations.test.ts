import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { hasErrors } from '../../dsl/diagnostic.ts';
import { parse } from '../../dsl/parse.ts';
import { openSession } from '../../runtime/session.ts';
import { exampleTexts, generator, mutate } from '../dsl/support/mutate.ts';

/** What this build can plan, on a machine without a route too; the examples of the language mostly ask for more. */
const plannable = [
  '## Nobody is behind these yet, and clients are told so at once.\ndefaults { mode dsr; hash random; on-empty drop }\nlet vip = 10.99.0.2\nservice dns vip $vip:53/udp+tcp\nservice web vip 10.99.0.3:80, [fd00:99::3]:80 mode dsr ipip hash maglev(size=1021) label team=edge\n',
];

test('2,000 mutations: a plan never comes of a text with an error, and where there is none an error says why', () => {
  const session = openSession({ instance: 's', bpffs: '/nonexistent', ruleset: 'repl' });
  const texts = [...exampleTexts(), ...plannable, ...plannable, ...plannable, ...plannable];
  const random = generator(4);
  let planned = 0;
  for (let n = 0; n < 2000; n++) {
    const text = mutate(texts[n % texts.length]!, random);
    const proposal = session.propose({ file: 'repl', text });
    assert.is(proposal.plan === undefined, hasErrors(proposal.diagnostics), text);
    if (hasErrors(parse({ file: 'repl', text }).diagnostics)) assert.is(proposal.plan, undefined, text);
    if (proposal.plan) planned++;
  }
  assert.ok(planned > 40, `${planned} of them were planned`);
  session.close();
});

test.run();
