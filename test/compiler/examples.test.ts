import { globSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile } from '../../compiler/compile.ts';
import { plan } from '../../compiler/plan.ts';
import { fileHost, readSource } from '../../runtime/files.ts';
import { readManifests } from '../../runtime/k8s/manifests.ts';
import { Machine } from '../support/simulate.ts';

const files = globSync('examples/**/*.lb').sort();

for (const file of files) {
  test(`${file} compiles without a warning, is planned, and needs nothing more once applied`, () => {
    const read = readSource(file);
    assert.ok(read.ok);
    if (!read.ok) return;
    const { state, all } = compile([read.source], { host: fileHost(readManifests), params: new Map(), interfaces: ['eth0'] });
    assert.equal(all.filter((d) => d.severity !== 'info'), []);
    const machine = new Machine();
    const { plan: made, diagnostics } = plan(machine.inspect(), state, machine.context);
    assert.equal(diagnostics, []);
    machine.apply(made);
    assert.equal(machine.inspect().services.map((s) => s.name), state.services.map((s) => s.name));
    assert.equal(plan(machine.inspect(), state, machine.context).plan.steps, []);
  });
}

test('there are examples', () => assert.ok(files.length > 7));

test.run();
