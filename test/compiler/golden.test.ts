/**
 * Golden files: scripts (the first file is `shop.lb`, others follow `-- NAME --` lines; `before.lb` is live already), what the
 * compiler says of them, and for `example-*` the state, for `plan-*` the plan. `# -D name=value` gives params, and
 * `# interfaces: …` what globs are matched against.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compile, type Compiled } from '../../compiler/compile.ts';
import { conflicts } from '../../compiler/diff.ts';
import { plan } from '../../compiler/plan.ts';
import { renderPlan } from '../../compiler/render-plan.ts';
import type { State } from '../../compiler/state.ts';
import { renderAll } from '../../dsl/render.ts';
import { checkGolden, goldens, type Golden } from '../support/golden.ts';
import { Machine } from '../support/simulate.ts';
import { memoryHost } from './host.ts';

function filesOf(golden: Golden): Record<string, string> {
  const [first, ...rest] = golden.input.split(/^-- (\S+) --\n/m);
  const files: Record<string, string> = { 'shop.lb': first! };
  for (let i = 0; i < rest.length; i += 2) files[rest[i]!] = rest[i + 1]!;
  return files;
}

function compiled(file: string, files: Record<string, string>, text = files[file]!): Compiled {
  const params = new Map([...text.matchAll(/^# -D (\S+?)=(.*)$/gm)].map((m) => [m[1]!, m[2]!]));
  const interfaces = /^# interfaces: (.*)$/m.exec(text)?.[1]?.split(' ');
  const entry = [{ file, text }, ...(files['cluster.lb'] === undefined ? [] : [{ file: 'cluster.lb', text: files['cluster.lb'] }])];
  return compile(entry, { host: memoryHost(files), params, ...(interfaces ? { interfaces } : {}) });
}

function said({ all, sources }: Compiled): string {
  return renderAll(all, sources, { color: false });
}

/** Services one to a line, so that a difference is seen at once. */
function stateText(state: State): string {
  const lines = (list: readonly unknown[]): string => (list.length === 0 ? '[]' : `[\n    ${list.map((x) => JSON.stringify(x)).join(',\n    ')}\n  ]`);
  const services = state.services.map((s) => {
    const { backends, frontends, ...rest } = s;
    return `{ ${JSON.stringify(rest)},\n  "frontends": ${lines(frontends)},\n  "backends": ${lines(backends)} }`;
  });
  return [`rulesets ${JSON.stringify(state.rulesets)}`, ...state.attachments.map((a) => `attach ${JSON.stringify(a)}`), ...services].join('\n');
}

function planText(golden: Golden, files: Record<string, string>): string {
  const machine = new Machine();
  const step = (file: string): string => {
    const { state, diagnostics } = compiled(file, files);
    assert.equal(diagnostics.filter((d) => d.severity === 'error'), [], `${golden.name}: ${file}`);
    const refused = conflicts(machine.inspect(), state);
    if (refused.length > 0) return renderAll(refused, new Map(), { color: false });
    const made = plan(machine.inspect(), state, machine.context);
    if (made.diagnostics.length > 0) return renderAll(made.diagnostics, new Map(), { color: false });
    machine.apply(made.plan);
    return `${renderPlan(made.plan, { color: false })}\n\nsteps: ${made.plan.steps.map((s) => s.kind).join(', ') || 'none'}`;
  };
  if (files['before.lb'] !== undefined) step('before.lb');
  return step('shop.lb');
}

const all = goldens('compiler');
for (const golden of all) {
  test(`golden ${golden.name}`, () => {
    const files = filesOf(golden);
    const result = compiled('shop.lb', files);
    const actual = new Map([['diagnostics', said(result)]]);
    if (golden.name.startsWith('example-')) actual.set('state', stateText(result.state));
    if (golden.name.startsWith('plan-')) actual.set('plan', planText(golden, files));
    checkGolden(golden, actual);
  });
}

test('there are goldens', () => assert.ok(all.length > 30, `${all.length}`));

test.run();
