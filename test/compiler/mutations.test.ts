import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile } from '../../compiler/compile.ts';
import { hasErrors } from '../../dsl/diagnostic.ts';
import { plan } from '../../compiler/plan.ts';
import { renderPlan } from '../../compiler/render-plan.ts';
import { Machine } from '../support/simulate.ts';
import { memoryHost } from './host.ts';
import { pick, random } from './states.ts';

const folder = new URL('../golden/compiler/', import.meta.url).pathname;
const all = readdirSync(folder).map((f) => ({ file: f, text: readFileSync(folder + f, 'utf8').split('\n-- ')[0]!.split('\n----------')[0]! }));
const texts = all.map((f) => f.text);
/** Those without an error to begin with. */
const sound = all.filter((f) => /^plan-(?!conflict)/.test(f.file)).map((f) => f.text);
const cluster = 'kind: Pod\nmetadata: { name: w, labels: { app: web } }\nstatus: { podIP: 10.0.0.1 }\n';

/** Pieces that mean something, so that many mutations still parse. */
const words = texts.join('\n').match(/[A-Za-z][\w.-]*|\$\w+|\d+(?:\.\d+){3}(?:\/\d+)?(?::\d+)?|\[[0-9a-f:]+\](?::\d+)?|"[^"\n]*"|->|=>|[{}(),=]/g)!;

function mutated(seed: number): string {
  const r = random(seed);
  let text = pick(r, r() < 0.5 ? sound : texts);
  for (let n = 1 + Math.floor(r() * 3); n > 0; n--) {
    const tokens = [...text.matchAll(/\S+/g)];
    if (tokens.length === 0) return text;
    const token = pick(r, tokens);
    const [from, to] = [token.index, token.index + token[0].length];
    const kind = Math.floor(r() * 9);
    if (kind === 0) text = text.slice(0, from) + text.slice(to);
    else if (kind === 1) text = `${text.slice(0, from)}${pick(r, words)}${text.slice(to)}`;
    else if (kind === 2) text = `${text.slice(0, from)}${pick(r, words)} ${text.slice(from)}`;
    else if (kind === 3) text = `${text}\n${pick(r, texts)}`;
    else if (kind === 4) text = `${text.slice(0, from)}${String(Math.floor(r() * 70000))}${text.slice(to)}`;
    else text = text.slice(0, from) + token[0].replace(/\d/g, (d) => (r() < 0.3 ? String(Math.floor(r() * 10)) : d)) + text.slice(to);
  }
  return text;
}

test('2,000 mutations: compile never throws, spans are inside the texts, and what has no error plans', () => {
  let planned = 0;
  for (let seed = 1; seed <= 2000; seed++) {
    const text = mutated(seed);
    const files = { 'shop.lb': text, 'services/a.lb': pick(random(seed), texts), 'cluster.yaml': cluster };
    const { state, diagnostics, requires, sources } = compile([{ file: 'shop.lb', text }], { host: memoryHost(files), params: new Map(text.includes('param env') ? [['env', 'prod']] : []), interfaces: ['eth0', 'eth1', 'bond0'] });
    for (const { span, context, fix, related = [] } of [...diagnostics, ...requires.map((q) => q.diagnostic)]) {
      for (const s of [span, context, fix?.span, ...related.map((x) => x.span)]) {
        if (!s) continue;
        const source = sources.get(s.file);
        assert.ok(source !== undefined && s.start >= 0 && s.start <= s.end && s.end <= source.length, `seed ${seed}: ${JSON.stringify(s)}`);
      }
    }
    if (hasErrors([...diagnostics, ...requires.map((q) => q.diagnostic)])) continue;
    const machine = new Machine();
    const made = plan(machine.inspect(), state, machine.context);
    assert.equal(made.diagnostics, [], `seed ${seed}`);
    assert.ok(renderPlan(made.plan, { color: true }).length > 0);
    machine.apply(made.plan);
    assert.equal(plan(machine.inspect(), state, machine.context).plan.steps, [], `seed ${seed}`);
    planned++;
  }
  assert.ok(planned > 100, `${planned} of them had no error`);
});

test.run();
