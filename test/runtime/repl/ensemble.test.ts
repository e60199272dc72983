import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Plan } from '../../../compiler/plan-types.ts';
import type { Diagnostic } from '../../../dsl/diagnostic.ts';
import { together } from '../../../runtime/repl/ensemble.ts';
import type { Session } from '../../../runtime/session-port.ts';

const broken: Diagnostic = { code: 'LB505', severity: 'error', message: 'on purpose' };
const steps = [{ kind: 'swap', serial: 1 }] as const;
const plan = (some: boolean): Plan => ({ base: 0, serial: 1, rulesets: ['repl'], changes: [], steps: some ? steps : [], impact: { writes: {}, program: {}, moved: [] } });

/** Sessions that write down what is asked of them, and refuse where they are told to. */
function sessions(refuses: Readonly<Record<string, 'plan' | 'commit' | 'undo'>> = {}, idle: readonly string[] = []) {
  const log: string[] = [];
  const one = (name: string): Session => ({
    title: name, topics: [], source: () => name,
    propose: (source) => ({ source, sources: new Map(), ...(refuses[name] === 'plan' ? { diagnostics: [broken] } : { diagnostics: [], plan: plan(!idle.includes(name)) }) }),
    commit() {
      log.push(`${name} commits`);
      return refuses[name] === 'commit' ? { diagnostics: [broken] } : { diagnostics: [], serial: 1 };
    },
    undo() {
      log.push(`${name} goes back`);
      return refuses[name] === 'undo' ? { diagnostics: [broken] } : { diagnostics: [], serial: 0 };
    },
    show: () => ({ text: name, diagnostics: [] }),
    flows: () => Promise.resolve({ text: name, diagnostics: [] }),
    remove() { log.push(`${name} is removed`); return true; },
    close() { log.push(`${name} is closed`); },
  });
  return { log, all: together(one('lb'), [one('pod1'), one('pod2')]) };
}

const candidate = { file: 'repl', text: '' };

test('receivers commit before the balancer sends them anything', () => {
  const { log, all } = sessions();
  assert.is(all.commit(all.propose(candidate)).serial, 1);
  assert.equal(log, ['pod1 commits', 'pod2 commits', 'lb commits']);
});

test('where a receiver refuses, those before it go back and the balancer is not touched', () => {
  const { log, all } = sessions({ pod2: 'commit' });
  assert.equal(all.commit(all.propose(candidate)).diagnostics, [broken]);
  assert.equal(log, ['pod1 commits', 'pod2 commits', 'pod1 goes back']);
});

test('where the plan of a receiver fails, nothing is committed', () => {
  const { log, all } = sessions({ pod1: 'plan' });
  assert.equal(all.commit(all.propose(candidate)).diagnostics, [broken]);
  assert.equal(log, []);
});

test('where the balancer refuses, all receivers go back', () => {
  const { log, all } = sessions({ lb: 'commit' });
  assert.equal(all.commit(all.propose(candidate)).diagnostics, [broken]);
  assert.equal(log.slice(3), ['pod2 goes back', 'pod1 goes back']);
});

test('undo takes back the receivers that the commit changed, after the balancer', () => {
  const { log, all } = sessions({}, ['pod1']);
  all.commit(all.propose(candidate));
  log.length = 0;
  all.undo();
  assert.equal(log, ['lb goes back', 'pod2 goes back']);
});

test('where the balancer cannot go back, nobody does', () => {
  const { log, all } = sessions({ lb: 'undo' });
  all.commit(all.propose(candidate));
  log.length = 0;
  assert.equal(all.undo().diagnostics, [broken]);
  assert.equal(log, ['lb goes back']);
});

test('what is shown and read is the balancer\'s; removing and closing reach all', () => {
  const { log, all } = sessions();
  assert.equal([all.title, all.source(), all.show([]).text], ['lb', 'lb', 'lb']);
  all.remove();
  all.close();
  assert.is(log.length, 6);
});

test.run();
