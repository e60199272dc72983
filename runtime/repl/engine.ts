/**
 * The REPL without its looks: takes one input (a verb, or one or more statements), answers with
 * outputs. Front ends differ in how they read and print; what happens is decided here.
 */
import type { RulesetStatement } from '../../dsl/ast.ts';
import { hasErrors, type Diagnostic } from '../../dsl/diagnostic.ts';
import { parse } from '../../dsl/parse.ts';
import { renderAll } from '../../dsl/render.ts';
import { sanitize } from '../../dsl/sanitize.ts';
import { parseVerb } from '../../dsl/verbs.ts';
import { renderPlan } from '../../compiler/render-plan.ts';
import { runVerb } from './actions.ts';
import { assemble, preludeLast, put, split, type Entry } from './candidate.ts';
import type { Desk, Engine, EngineOptions, Output } from './desk.ts';
import { load } from './documents.ts';
import { memoryHistory } from './history.ts';
import { paintWith } from './paint.ts';

/** Not used by anything: said by `plan` and `check`, too early while the script is being typed. */
const unused = 'LB301';

/** Undefined names: the statement that defines them may yet come. */
const mayComeLater = new Set(['LB110', 'LB111']);

export function createEngine(options: EngineOptions): Engine {
  const { session, ruleset, color } = options;
  const paint = paintWith(color);
  const history = options.history ?? memoryHistory();
  const prelude = split({ file: ruleset, text: options.prelude ?? '' }).entries;
  let committed: readonly Entry[] = [];
  let candidate: readonly Entry[] = [];
  let running = new AbortController();

  const text = (t: string): Output => ({ kind: 'text', text: t });
  const say: Desk['say'] = (diagnostics, sources = new Map()) =>
    diagnostics.length === 0 ? [] : [{ kind: 'diagnostics', text: renderAll(diagnostics, sources, { color }).replace(/\n+$/, '') }];

  const desk: Desk = {
    options,
    paint,
    history,
    get candidate() { return candidate; },
    get committed() { return committed; },
    get modified() { return textOf(candidate) !== textOf(committed); },
    source: () => assemble(candidate, ruleset).source,
    propose: () => session.propose(desk.source()),
    setCandidate: (entries) => { candidate = entries; },
    reset() {
      const source = session.source();
      committed = source === '' ? prelude : preludeLast(split({ file: ruleset, text: source }).entries, prelude);
      candidate = committed;
    },
    text,
    say,
    fail: (diagnostic) => ({ ok: false, outputs: say([{ severity: 'error', ...diagnostic }]) }),
    plan: (proposal) => (proposal.plan ? [text(renderPlan(proposal.plan, { color }).replace(/\n+$/, ''))] : []),
    enterStatements(source) {
      const entered = split(source);
      if (hasErrors(entered.diagnostics)) return { ok: false, outputs: say(entered.diagnostics, new Map([[source.file, source.text]])) };
      const owner = parse(source).script.statements.find((s) => s.kind === 'ruleset');
      if (owner) return { ok: false, outputs: say([notHere(owner, source.file, ruleset)], new Map([[source.file, source.text]])) };
      const { entries: mixed, replaced } = put(candidate, entered.entries);
      const entries = preludeLast(mixed, prelude);
      const { source: whole, spans } = assemble(entries, ruleset);
      const proposal = session.propose(whole);
      const fresh = new Set(entered.entries);
      const mine = spans.filter((_, i) => fresh.has(entries[i]!));
      const concerns = (d: Diagnostic): boolean =>
        d.severity === 'error' || d.code !== unused && (!d.span || d.span.file !== ruleset || mine.some((s) => d.span!.start >= s.start && d.span!.end <= s.end));
      const relevant = proposal.diagnostics.filter(concerns);
      const fatal = relevant.some((d) => d.severity === 'error' && !mayComeLater.has(d.code));
      const said = say(fatal ? relevant : relevant.map(asPending), proposal.sources);
      if (fatal) return { ok: false, outputs: said };
      candidate = entries;
      const notes = replaced.map((e) => text(paint.dim(`replaces ${e.kind}${e.name ? ` ${sanitize(e.name)}` : ''} in the candidate`)));
      return { ok: true, outputs: [...said, ...notes, ...desk.plan(proposal)] };
    },
    question(input) {
      const verb = parseVerb(input);
      if (verb.kind !== 'verb' || verb.name !== 'commit') return undefined;
      const removed = desk.propose().plan?.changes.filter((c) => c.kind === 'remove-service' || c.kind === 'remove-attachment') ?? [];
      if (removed.length === 0) return undefined;
      const names = removed.map((c) => (c.kind === 'remove-service' ? `service ${sanitize(c.service.name)}` : `the program on ${sanitize(c.attachment.interface)}`));
      return `This removes ${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}. Commit?`;
    },
    interrupt: () => running.abort(),
    load: (path) => load(desk, [path]),
    async enter(input) {
      if (input.trim() === '') return { ok: true, outputs: [] };
      history.add(input.replace(/\s+$/, ''));
      const verb = parseVerb(input, ruleset);
      switch (verb.kind) {
        case 'empty': return { ok: true, outputs: [] };
        case 'error': return { ok: false, outputs: say(verb.diagnostics, new Map([[ruleset, input]])) };
        case 'verb':
          running = new AbortController();
          return runVerb(desk, verb.name, verb.args, running.signal);
        case 'statement': return desk.enterStatements({ file: ruleset, text: input });
      }
    },
  };
  desk.reset();
  return desk;
}

function notHere({ name, span }: RulesetStatement, file: string, ruleset: string): Diagnostic {
  const typed = file === ruleset;
  return {
    code: 'LB650', severity: 'error', span,
    message: `the ruleset '${sanitize(name.text)}' cannot be entered here: the prompt commits as '${ruleset}'`,
    hint: typed
      ? "leave the line out; 'sluice apply FILE' in a shell takes a file that has one"
      : `'sluice apply ${sanitize(file)}' in a shell applies it as it is; without this line its statements can be entered here`,
  };
}

function asPending(d: Diagnostic): Diagnostic {
  if (d.severity !== 'error') return d;
  return { ...d, severity: 'warning', hint: d.hint ?? 'it can be entered later; until then there is no plan' };
}

function textOf(entries: readonly Entry[]): string {
  return entries.map((e) => e.text).join('\n');
}
