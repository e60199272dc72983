import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { complete, type CompletionItem } from '../../dsl/complete.ts';

function at(text: string, names: readonly CompletionItem[] = []): string[] {
  const offset = text.indexOf('|');
  return complete(text.replace('|', ''), offset, names).items.map((i) => i.text);
}

test('an empty text offers the statements', () => {
  assert.equal(at('|'), ['ruleset', 'service', 'pool', 'defaults', 'sync', 'let', 'param', 'include', 'attach', 'k8s', 'test', 'expect']);
});

test('a word that has begun is completed from its beginning', () => {
  assert.equal(complete('let a = 1\nser', 13), { from: 10, items: [{ text: 'service', kind: 'keyword', help: 'a virtual service: addresses, and where their packets go' }] });
});

test('a new line after a whole statement offers statements again', () => {
  assert.ok(at('service a vip 10.0.0.1:80\n|').includes('service'));
});

test('modes, encapsulations and clauses are offered where they may stand, clauses once', () => {
  assert.equal(at('service a mode |'), ['snat', 'dnat', 'dsr', 'hybrid']);
  assert.equal(at('service a mode dsr |').slice(0, 3), ['l2', 'ipip', 'geneve']);
  assert.not(at('service a mode dsr |').includes('mode'));
  assert.ok(at('service mode |').includes('mode'));
});

test('inside a body, on its second line, clauses are offered', () => {
  assert.equal(at('service a {\n  vip 10.0.0.1:80\n  mo|'), ['mode']);
  assert.equal(at('service a {\n  -> 10.0.0.1 wei|'), ['weight']);
});

test('targets are calls and pools; a pool is completed by the names of pools', () => {
  assert.equal(at('service a vip 10.0.0.1:80 -> |'), ['pool', 'pods(', 'endpoints(', 'nodes(']);
  assert.equal(at('pool api -> 10.0.0.9\npool web -> 10.0.0.8\nservice a vip 10.0.0.1:80 -> pool |\n'), ['api', 'web']);
});

test('variables come from let and param', () => {
  assert.equal(at('let office = 10.0.0.1\nparam old: addr\nservice a vip $o|'), ['$office', '$old']);
});

test('arguments come from the table of signatures, each once', () => {
  assert.equal(at('service a -> pods(|'), ['ns=', 'port=']);
  assert.equal(at('service a -> pods(app=web, ns=x, |'), ['port=']);
  assert.equal(at('service a hash maglev(by=|'), ['flow', 'source']);
  assert.equal(at('k8s(|'), ['context=', 'ns=', 'manifests=']);
});

test('names of live things are offered where such a name may stand', () => {
  const names = [{ text: 'bond0', kind: 'interface', help: '' }, { text: 'live', kind: 'pool', help: '' }];
  assert.equal(at('attach |', names), ['bond0']);
  assert.equal(at('service a -> pool |', names), ['live']);
});

test('comments, texts and impossible places offer nothing', () => {
  for (const text of ['# ser|', 'include "ser|', 'service a vip vip |', 'let x = 5 5 |']) assert.equal(at(text), [], text);
});

test('a test offers given and expect, an expectation its outcomes', () => {
  assert.equal(at('test "x" {\n  |'), ['given', 'expect']);
  assert.equal(at('expect tcp 1.2.3.4:1 -> 10.0.0.1:80 => |'), ['backend', 'oneof', 'drop', 'reject', 'pass']);
});

test.run();
