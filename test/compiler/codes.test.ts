import { globSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile } from '../../compiler/compile.ts';
import { codes } from '../../dsl/codes.ts';
import { kubernetes } from '../../dsl/explain/kubernetes.ts';
import { lints } from '../../dsl/explain/lints.ts';
import { references } from '../../dsl/explain/references.ts';
import { semantics } from '../../dsl/explain/semantics.ts';
import { memoryHost } from './host.ts';

/** A cluster with what the examples name, files that they include. */
const host = memoryHost({
  'cluster.yaml': `kind: Pod
metadata: { name: web-1, labels: { app: my-web } }
status: { podIP: 10.0.0.1, conditions: [{ type: Ready, status: "True" }] }
---
kind: Pod
metadata: { name: web-2, labels: { app: web } }
status: { podIP: 10.0.0.2, conditions: [{ type: Ready, status: "True" }] }
---
kind: EndpointSlice
addressType: IPv4
metadata: { name: web-x, namespace: prod, labels: { kubernetes.io/service-name: web } }
endpoints: [{ addresses: [10.0.0.3] }]
`,
  'services/a.lb': 'service a vip 10.98.0.1:80 -> 10.0.0.1 mode dsr',
  'x.lb': '',
});

function found(text: string): string[] {
  const { diagnostics, requires } = compile([{ file: 'x.lb', text }], { host, params: new Map() });
  return [...diagnostics, ...requires].map((d) => d.code);
}

test('every wrong example has its mistake, and the right one has not', () => {
  for (const [code, { wrong, right, language }] of Object.entries({ ...references, ...semantics, ...lints, ...kubernetes })) {
    if ((language ?? 'lb') !== 'lb') continue;
    assert.ok(found(wrong).includes(code), `${code} is not among ${found(wrong).join(', ')} of: ${wrong}`);
    assert.not.ok(found(right).includes(code), `${code}: ${right}`);
  }
});

test('every code that the compiler mentions has a long form', () => {
  for (const file of globSync('compiler/**/*.ts')) {
    for (const [code] of readFileSync(file, 'utf8').matchAll(/(?<=')LB\d{3}(?=')/g)) assert.ok(codes.has(code), `${code} in ${file}`);
  }
});

test.run();
