/** What each verb does. The words themselves (usage, help) stand in the language's table of verbs. */
import { bug, hasErrors } from '../../dsl/diagnostic.ts';
import { explain } from '../../dsl/codes.ts';
import { format } from '../../dsl/format.ts';
import { sanitize, sanitizeLines } from '../../dsl/sanitize.ts';
import { suggest } from '../../dsl/suggest.ts';
import { findVerb } from '../../dsl/verbs.ts';
import type { Shown } from '../session-port.ts';
import { readTimeSpan } from '../time-span.ts';
import { take } from './candidate.ts';
import type { Answer, Desk, Engine } from './desk.ts';
import { load, save } from './documents.ts';
import { helpText } from './help.ts';
import { readOrder, report } from './traffic.ts';

/** Code of what the datapath says before the first commit. */
const noInstance = 'LB517';

type Action = (desk: Desk, args: readonly string[], signal: AbortSignal) => Answer | Promise<Answer>;

const actions: Readonly<Record<string, Action>> = {
  plan: planIt,
  check,
  commit,
  undo,
  discard,
  diff,
  delete: remove,
  show,
  flows,
  save,
  load,
  send,
  explain: explainCode,
  history: (desk) => ({ ok: true, outputs: [desk.text(numbered(desk.history.entries))] }),
  help,
  quit: () => ({ ok: true, outputs: [], leave: true }),
};

/** Verbs that this REPL carries out; those that send only where there is something to send through. */
export function verbsOf(engine: Engine): string[] {
  return Object.keys(actions).filter((name) => name !== 'send' || engine.options.traffic !== undefined);
}

export async function runVerb(desk: Desk, name: string, args: readonly string[], signal: AbortSignal): Promise<Answer> {
  const action = actions[name] ?? bug(`no action for the verb ${name}`);
  return action(desk, args, signal);
}

function planIt(desk: Desk): Answer {
  const proposal = desk.propose();
  return { ok: proposal.plan !== undefined, outputs: [...desk.say(proposal.diagnostics, proposal.sources), ...desk.plan(proposal)] };
}

function check(desk: Desk): Answer {
  const { diagnostics, sources } = desk.propose();
  const ok = !hasErrors(diagnostics);
  const verdict = diagnostics.length === 0 ? [desk.text(desk.paint.good('no mistakes'))] : [];
  return { ok, outputs: [...desk.say(diagnostics, sources), ...verdict] };
}

function commit(desk: Desk): Answer {
  const { session } = desk.options;
  if (session.obstacle) return { ok: false, outputs: desk.say([session.obstacle]) };
  const proposal = desk.propose();
  const said = desk.say(proposal.diagnostics.filter((d) => d.severity === 'error'), proposal.sources);
  if (!proposal.plan) return { ok: false, outputs: said };
  if (proposal.plan.steps.length === 0) {
    return { ok: true, outputs: [...said, desk.text(desk.paint.dim('nothing to commit: this is what is live'))] };
  }
  const outcome = session.commit(proposal);
  const outputs = [...said, ...desk.say(outcome.diagnostics)];
  if (hasErrors(outcome.diagnostics)) return { ok: false, outputs };
  desk.reset();
  return { ok: true, outputs: [...outputs, desk.text(`${desk.paint.good('committed')}${serialOf(outcome.serial)}`)] };
}

function undo(desk: Desk): Answer {
  const { session } = desk.options;
  if (session.obstacle) return { ok: false, outputs: desk.say([session.obstacle]) };
  const outcome = session.undo();
  const outputs = desk.say(outcome.diagnostics);
  if (hasErrors(outcome.diagnostics)) return { ok: false, outputs };
  desk.reset();
  return { ok: true, outputs: [...outputs, desk.text(`${desk.paint.good('went back to the commit before')}${serialOf(outcome.serial)}`)] };
}

function serialOf(serial: number | undefined): string {
  return serial === undefined ? '' : `, serial ${serial}`;
}

/** Statement by statement: a changed one goes as it was and comes as it is. */
function diff(desk: Desk): Answer {
  const { paint, candidate, committed } = desk;
  const marked = (mark: string, texts: readonly string[]): string[] => texts.map((t) => sanitizeLines(t).replace(/^/gm, `${mark} `));
  const without = (from: typeof candidate, others: typeof candidate): string[] =>
    from.filter((e) => !others.some((o) => o.kind === e.kind && o.name === e.name && o.text === e.text)).map((e) => e.text);
  const lines = [
    ...marked('-', without(committed, candidate)).map(paint.bad),
    ...marked('+', without(candidate, committed)).map(paint.good),
  ];
  return { ok: true, outputs: [desk.text(lines.join('\n') || paint.dim('nothing was entered since the last commit'))] };
}

function discard(desk: Desk): Answer {
  const changed = desk.modified;
  desk.reset();
  return { ok: true, outputs: [desk.text(desk.paint.dim(changed ? 'back to what was committed last' : 'there was nothing to discard'))] };
}

function remove(desk: Desk, args: readonly string[]): Answer {
  const [kind = '', ...names] = args;
  const name = names.join(' ');
  const kinds = [...new Set(desk.candidate.map((e) => e.kind))];
  const left = take(desk.candidate, kind, name);
  if (!left) {
    const known = desk.candidate.filter((e) => e.kind === kind).map((e) => e.name);
    const near = known.length > 0 ? suggest(name, known) : suggest(kind, kinds);
    return desk.fail({
      code: 'LB652',
      message: `the candidate has no ${sanitize(`${kind || 'statement'}${name ? ` '${name}'` : ' of that name'}`)}`,
      hint: near !== undefined ? `did you mean '${sanitize(near)}'?` : "say what to delete, e.g. 'delete service web'; 'show candidate' prints what is there",
    });
  }
  desk.setCandidate(left);
  const proposal = desk.propose();
  const note = desk.text(desk.paint.dim(`deleted from the candidate: ${sanitize(`${kind} ${name}`.trim())}`));
  return { ok: true, outputs: [note, ...desk.say(proposal.diagnostics.filter((d) => d.severity === 'error'), proposal.sources), ...desk.plan(proposal)] };
}

function show(desk: Desk, args: readonly string[]): Answer {
  if (args.length === 0 || args[0] === 'candidate') {
    const { file, text } = desk.source();
    const pretty = format({ file, text });
    const shown = sanitizeLines((pretty.ok ? pretty.text : text).replace(/\n+$/, ''));
    return { ok: true, outputs: [desk.text(shown || desk.paint.dim('the candidate is empty'))] };
  }
  return answerOf(desk, desk.options.session.show(args));
}

async function flows(desk: Desk, args: readonly string[], signal: AbortSignal): Promise<Answer> {
  const [first, ...rest] = args[0] === 'for' ? args.slice(1) : args;
  const ms = readTimeSpan(first ?? '5s');
  if (ms === undefined || rest.length > 0 || (args.length > 0 && first === undefined)) {
    return desk.fail({ code: 'LB658', message: `'${sanitize(args.join(' '))}' is not a time to watch for`, hint: 'for example: flows for 10s' });
  }
  return answerOf(desk, await desk.options.session.flows(ms, signal));
}

function answerOf(desk: Desk, { text, diagnostics }: Shown): Answer {
  if (diagnostics.some((d) => d.code === noInstance)) {
    return { ok: true, outputs: [desk.text(desk.paint.dim(`nothing is committed yet: ${whatToCommit(desk)}`))] };
  }
  return { ok: !hasErrors(diagnostics), outputs: [...(text ? [desk.text(text)] : []), ...desk.say(diagnostics)] };
}

/** How to get something live from here. */
function whatToCommit(desk: Desk): string {
  const waiting = desk.modified && desk.candidate.some((e) => e.kind === 'service');
  return waiting ? "'commit' makes the candidate live" : "enter a service, then 'commit'";
}

async function send(desk: Desk, args: readonly string[], signal: AbortSignal): Promise<Answer> {
  const { traffic } = desk.options;
  if (!traffic) {
    return desk.fail({ code: 'LB654', message: 'there is no playground to send in', hint: "start 'sluice' without files as root: it raises one with a client and three pods" });
  }
  const order = readOrder(args, traffic.target);
  if ('code' in order) return { ok: false, outputs: desk.say([order]) };
  const replies = await traffic.request(order.count, order.target, signal);
  const known = { nothingLive: desk.options.session.source() === '', advice: whatToCommit(desk) };
  return { ok: replies.every((r) => r.ok), outputs: [desk.text(report(replies, order, traffic, desk.paint, known))] };
}

function explainCode(desk: Desk, args: readonly string[]): Answer {
  const text = explain(args[0] ?? '');
  if (text !== undefined) return { ok: true, outputs: [desk.text(text)] };
  return desk.fail({ code: 'LB655', message: `there is no code '${sanitize(args[0] ?? '')}'`, hint: "codes stand in brackets in an error: error[LB104] is explained by 'explain LB104'" });
}

function help(desk: Desk, args: readonly string[]): Answer {
  const able = verbsOf(desk);
  const word = args[0] === undefined ? undefined : findVerb(args[0])?.name ?? args[0];
  if (word === undefined || able.includes(word)) return { ok: true, outputs: [desk.text(helpText(desk, able, word))] };
  const near = suggest(word, able);
  return desk.fail({
    code: 'LB651', message: `'${sanitize(word)}' is not something this prompt can do`,
    hint: near === undefined ? "'help' lists what it can" : `did you mean '${near}'?`,
  });
}

function numbered(entries: readonly string[]): string {
  const shown = entries.slice(-50);
  const first = entries.length - shown.length + 1;
  const width = String(entries.length).length;
  return shown.map((e, i) => `${String(first + i).padStart(width)}  ${sanitizeLines(e).replaceAll('\n', `\n${' '.repeat(width + 2)}`)}`).join('\n');
}
