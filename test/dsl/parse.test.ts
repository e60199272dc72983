import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isComplete, parse } from '../../dsl/parse.ts';
import type { Statement } from '../../dsl/ast.ts';

const file = 'x.lb';

function kinds(text: string): string[] {
  return parse({ file, text }).script.statements.map((s) => s.kind);
}

function only<K extends Statement['kind']>(text: string, kind: K): Extract<Statement, { kind: K }> {
  const { script, diagnostics } = parse({ file, text });
  assert.equal(diagnostics, [], text);
  assert.is(script.statements.length, 1);
  assert.is(script.statements[0]!.kind, kind);
  return script.statements[0] as Extract<Statement, { kind: K }>;
}

test('every keyword may be a name', () => {
  for (const word of ['vip', 'mode', 'service', 'pool', 'drain', 'tcp', 'in', 'notin', 'include', 'on-empty', 'port', 'xdp', 'test', 'as']) {
    assert.is(only(`service ${word} vip 10.0.0.1:80 -> pool ${word} mode dsr`, 'service').name.text, word);
    assert.is(only(`let ${word} = ${word}`, 'let').name.text, word);
    const call = only(`service a -> pods(${word}=${word}, !${word}, ${word} in (${word}), port=80)`.replace('(port=port, !port, port in (port), ', '('), 'service');
    assert.is(call.clauses.length, 1, word);
  }
});

test('names may hold dots, dashes and one slash, and end before an arrow', () => {
  const s = only('service prod/web-1.x vip 10.0.0.1:80 label a-b=c-d->pool api-1', 'service');
  assert.is(s.name.text, 'prod/web-1.x');
  assert.equal(s.clauses.map((c) => c.kind), ['vip', 'label', 'targets']);
});

test('statements end at newlines and semicolons, and go on where the language says', () => {
  assert.equal(kinds('let a = 1; let b = 2\nlet c = 3\r\nlet d = 4'), ['let', 'let', 'let', 'let']);
  assert.equal(kinds('service a\n{\n  vip 10.0.0.1:80\n}\nlet b = 2'), ['service', 'let']);
  assert.equal(kinds('service a vip 10.0.0.1:80,\n 10.0.0.2:80\n\n  -> 10.0.0.3,\n\n10.0.0.4\nlet x =\n 5'), ['service', 'let']);
  assert.equal(kinds('let x = {\n 1\n , 2\n}\nservice a -> pods(\n app\n in\n (b)\n)'), ['let', 'service']);
  assert.equal(kinds('expect tcp 1.2.3.4:1 ->\n 10.0.0.1:80\n => drop'), ['expect-flow']);
  assert.equal(kinds(''), []);
  assert.equal(kinds('# nothing\n\n;;\n'), []);
});

test('clauses of a body are separated by newlines, semicolons or nothing', () => {
  const body = (text: string): string[] => only(`service a {${text}}`, 'service').clauses.map((c) => c.kind);
  const all = ['vip', 'targets', 'mode', 'hash'];
  assert.equal(body(' vip 10.0.0.1:80; -> 10.0.0.2; mode dsr; hash maglev; '), all);
  assert.equal(body('\n\n vip 10.0.0.1:80 -> 10.0.0.2\n\n mode dsr hash maglev\n\n'), all);
  assert.equal(body('vip 10.0.0.1:80\n-> 10.0.0.2\nmode dsr;\nhash maglev'), all);
  assert.equal(body(''), []);
});

test('a source is an address, a network or a variable, with a range of ports or without', () => {
  const sources = (mode: string): readonly unknown[] => {
    const [clause] = only(`service a mode ${mode}`, 'service').clauses;
    return clause?.kind === 'mode' ? clause.from.map(({ of, ports }) => [of.kind, ports?.kind]) : [];
  };
  assert.equal(sources('snat'), []);
  assert.equal(sources('snat from 10.0.0.5, [fd00::5]:20000-29999, fd00::6, $a:$b, $c:1024'),
    [['address', undefined], ['address', 'range'], ['address', undefined], ['variable', 'variable'], ['variable', 'int']]);
  assert.equal(sources('dsr from 10.200.0.0/16, fd00:200::/64'), [['cidr', undefined], ['cidr', undefined]]);
  assert.equal(sources('hybrid geneve from 10.0.0.5:1-2'), [['address', 'range']]);
});

test('spans are those of the text', () => {
  const text = '  service web vip 10.0.0.1:80 -> pods(app="x") weight 3 mode dsr ipip # end';
  const s = only(text, 'service');
  const at = ({ span }: { span: { start: number; end: number } }): string => text.slice(span.start, span.end);
  assert.is(at(s), text.slice(2, -6));
  assert.equal(s.clauses.map(at), ['vip 10.0.0.1:80', '-> pods(app="x") weight 3', 'mode dsr ipip']);
  const target = s.clauses[1]!.kind === 'targets' ? s.clauses[1]!.targets[0]! : undefined;
  assert.is(at(target!.of), 'pods(app="x")');
  assert.is(at(target!.weight!), '3');
});

test('values are what they look like', () => {
  const value = (text: string): string => only(`let x = ${text}`, 'let').value.kind;
  const cases: Record<string, string> = {
    '5': 'int', '5%': 'percent', '5s': 'duration', '1-5': 'range', '"5"': 'string', 'five': 'word', 'a/b': 'word', '$y': 'variable', '$y:80': 'endpoint',
    '10.0.0.1': 'endpoint', '10.0.0.1:80': 'endpoint', 'fd00::1': 'endpoint', '[fd00::1]:80/udp': 'endpoint', '10.0.0.0/8': 'cidr', 'fd00::/8': 'cidr', '{ 1, a }': 'set', '{}': 'set',
  };
  for (const [text, kind] of Object.entries(cases)) assert.is(value(text), kind, text);
});

test('addresses are canonical, durations in milliseconds, escapes undone', () => {
  const endpoint = only('let x = [FD00:0::0A]:80', 'let').value;
  assert.is(endpoint.kind === 'endpoint' && endpoint.host.kind === 'address' && endpoint.host.address, 'fd00::a');
  const duration = only('let x = 2h', 'let').value;
  assert.is(duration.kind === 'duration' && duration.ms, 7_200_000);
  assert.is(only('include "a\\"b\\\\c\\td"', 'include').pattern.value, 'a"b\\c\td');
});

test('doc comments directly above a statement belong to it; others do not', () => {
  assert.is(only('## One\n##  two\nlet a = 1', 'let').doc, 'One\n two');
  assert.is(only('## far\n\nlet a = 1', 'let').doc, undefined);
  assert.is(only('# plain\nlet a = 1', 'let').doc, undefined);
  assert.is(only('## in\n# between\nlet a = 1', 'let').doc, undefined);
  const { script } = parse({ file, text: 'let a = 1 ## behind\nlet b = 2' });
  assert.is(script.statements[1]!.kind === 'let' && script.statements[1]!.doc, undefined);
});

test('a statement with an error gives no node, and the others stand', () => {
  const { script, diagnostics } = parse({ file, text: 'let a = 10.0.0.999\nlet b = 2\nlet c = = 3\nlet d = "x\nlet e = 5' });
  assert.equal(script.statements.map((s) => s.kind === 'let' && s.name.text), ['b', 'e']);
  assert.equal(diagnostics.map((d) => d.code), ['LB011', 'LB005', 'LB002']);
});

test('a warning leaves the node in place', () => {
  const { script, diagnostics } = parse({ file, text: 'service a -> pods(prot=80)' });
  assert.is(script.statements.length, 1);
  assert.equal(diagnostics.map((d) => d.severity), ['warning']);
});

test('endless brackets, lines and lists do not throw', () => {
  for (const text of ['{'.repeat(200_000), '('.repeat(200_000), `let x = ${'{'.repeat(5000)}${'}'.repeat(5000)}`, ')'.repeat(10_000), 'service '.repeat(50_000), '"'.repeat(10_001), ':'.repeat(100_000), '1.'.repeat(100_000), `service a {${'\n'.repeat(200_000)}`]) {
    assert.ok(parse({ file, text }).diagnostics.length > 0);
  }
  const many = parse({ file, text: `pool a -> ${Array.from({ length: 100_000 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`).join(', ')}` });
  assert.equal(many.diagnostics, []);
});

test('10,000 services give 10,000 nodes', () => {
  const text = Array.from({ length: 10_000 }, (_, i) => `service s${i} vip 10.0.${i >> 8}.${i & 255}:80 -> 10.1.0.1, 10.1.0.2 mode dsr`).join('\n');
  const { script, diagnostics } = parse({ file, text });
  assert.equal(diagnostics, []);
  assert.is(script.statements.length, 10_000);
});

test('a text is complete when no bracket is open and nothing is left hanging', () => {
  for (const text of ['', 'let a = 1', 'service a {\n}', 'service a { vip 10.0.0.1:80 }', 'let a = "b', 'show services', 'let a = 1 }', 'let a = "b\n']) {
    assert.is(isComplete(text), text !== 'let a = "b', text);
  }
  for (const text of ['service a {', 'service a -> pods(', 'service a vip 10.0.0.1:80,', 'service a ->', 'let x =', 'service a {\n vip 10.0.0.1:80\n', 'test "x" {\n given a up', 'let x = {1,', 'service a -> # more']) {
    assert.not.ok(isComplete(text), text);
  }
});

test.run();
