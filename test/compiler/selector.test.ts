import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { badKey, badValue, nearMiss, selects, type LabelRequirement } from '../../compiler/selector.ts';
import { compile } from '../../compiler/compile.ts';
import { memoryHost } from './host.ts';

const pods: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  prod: { environment: 'production', tier: 'frontend', partition: 'east' },
  qa: { environment: 'qa', tier: 'backend' },
  bare: {},
  empty: { environment: '', partition: '' },
};

/** Selected pods, through a script: text of the selector as a user writes it. */
function selected(selector: string): string[] {
  const yaml = Object.entries(pods).map(([name, labels], i) =>
    `kind: Pod\nmetadata: { name: ${name}, labels: ${JSON.stringify(labels)} }\nstatus: { podIP: 10.0.0.${i + 1}, conditions: [{ type: Ready, status: "True" }] }\n`).join('---\n');
  const text = `k8s(manifests="c.yaml")\nservice s vip 10.99.0.1:80 -> pods(${selector}) mode dsr`;
  const { state, diagnostics } = compile([{ file: 'x.lb', text }], { host: memoryHost({ 'c.yaml': yaml }), params: new Map() });
  assert.equal(diagnostics.filter((d) => d.severity === 'error'), []);
  return state.services[0]!.backends.map((b) => b.name!);
}

/** From the Kubernetes documentation, "Labels and Selectors", and the corner cases of apimachinery's labels.Requirement. */
const table: readonly [string, string, string[]][] = [
  ['equality', 'environment=production', ['prod']],
  ['inequality also holds without the label', 'tier!=frontend', ['qa', 'bare', 'empty']],
  ['a comma is "and"', 'environment=production, tier!=backend', ['prod']],
  ['in', 'environment in (production, qa)', ['prod', 'qa']],
  ['notin also holds without the label', 'tier notin (frontend, backend)', ['bare', 'empty']],
  ['the key exists, whatever its value', 'partition', ['prod', 'empty']],
  ['the key does not exist', '!partition', ['qa', 'bare']],
  ['set-based and equality-based ones mix', 'partition in (customerA, east), environment!=qa', ['prod']],
  ['an empty value is a value', 'environment=""', ['empty']],
  ['inequality to an empty value', 'environment!=""', ['prod', 'qa', 'bare']],
  ['no requirement selects everything', '', ['prod', 'qa', 'bare', 'empty']],
  ['both of two that exclude each other: nothing', 'environment=qa, environment=production', []],
  ['the same key twice', 'environment, environment notin (qa)', ['prod', 'empty']],
];

for (const [title, selector, expected] of table) {
  test(`selector (${selector}): ${title}`, () => assert.equal(selected(selector), expected));
}

test('labels called like arguments are quoted', () => {
  const requirement: LabelRequirement = { key: 'ns', op: 'in', values: ['x'] };
  assert.ok(selects([requirement], { ns: 'x' }));
  const yaml = 'kind: Pod\nmetadata: { name: p, labels: { ns: x, port: y } }\nstatus: { podIP: 10.0.0.1 }\n';
  const text = 'k8s(manifests="c.yaml")\nservice s vip 10.99.0.1:80 -> pods("ns"=x, "port"=y) mode dsr';
  const { state } = compile([{ file: 'x.lb', text }], { host: memoryHost({ 'c.yaml': yaml }), params: new Map() });
  assert.is(state.services[0]!.backends.length, 1);
});

test('names of properties that every object has are no labels', () => {
  assert.not.ok(selects([{ key: 'constructor', op: 'exists', values: [] }], {}));
  assert.ok(selects([{ key: 'toString', op: 'absent', values: [] }], {}));
});

test('keys and values that Kubernetes refuses are refused', () => {
  for (const key of ['app', 'app.kubernetes.io/name', 'a', 'A_b-c.d', 'x'.repeat(63)]) assert.is(badKey(key), undefined, key);
  for (const key of ['', '-a', 'a-', 'a b', 'UPPER.io/x', 'a/b/c', '/x', 'x/', 'x'.repeat(64), `${'a'.repeat(254)}/x`]) assert.ok(badKey(key), key);
  for (const value of ['', 'a', '1.2-3_4', 'x'.repeat(63)]) assert.is(badValue(value), undefined, value);
  for (const value of ['-a', 'a.', 'my web', 'ä', 'x'.repeat(64)]) assert.ok(badValue(value), value);
});

test('a selector that finds nothing says what is near', () => {
  const objects = Object.values(pods).map((labels) => ({ labels }));
  const near = (key: string, op: LabelRequirement['op'], ...values: string[]): string | undefined => nearMiss([{ key, op, values }], objects);
  assert.is(near('environmnt', 'in', 'qa'), "none has a label 'environmnt'; did you mean 'environment'?");
  assert.is(near('environment', 'in', 'prodution'), 'did you mean environment=production?');
  assert.is(near('tier', 'in', 'x'), "'tier' is there as 'backend', 'frontend'");
  assert.is(nearMiss([{ key: 'tier', op: 'in', values: ['frontend'] }, { key: 'environment', op: 'in', values: ['qa'] }], objects), 'each requirement holds for some, but no one has all of them');
});

test.run();
