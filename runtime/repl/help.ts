/** The text of `help`, from the table of verbs and what can be shown. */
import { verbs, type Verb } from '../../dsl/verbs.ts';
import type { Desk, Engine } from './desk.ts';

/** What a verb does where one is: a playground goes with its prompt. */
export function helpOf(verb: Verb, { options }: Engine): string {
  return verb.name === 'quit' && options.traffic !== undefined ? 'leave; the playground is removed, and what is live in it' : verb.help;
}

/** `able`: verbs that the prompt can carry out; `word`: the one of them that is asked for. */
export function helpText(desk: Desk, able: readonly string[], word: string | undefined): string {
  const { paint } = desk;
  const rows = verbs.filter((v) => able.includes(v.name) && (word === undefined || v.name === word));
  if (word === 'show') return `${rows.map((v) => `${v.usage}  ${helpOf(v, desk)}`).join('\n')}\n\n${topics(desk)}`;
  if (word !== undefined) return rows.map((v) => `${paint.bold(v.usage)}\n  ${helpOf(v, desk)}`).join('\n');
  const width = Math.max(...rows.map((v) => v.usage.length));
  return [
    paint.bold('Type a statement of the language to put it into the candidate:'),
    `  ${paint.accent('service web vip 192.0.2.10:80 -> 10.0.0.11, 10.0.0.12 mode dsr hash maglev')}`,
    '  One of the same name replaces it. A line that ends in a comma, or within ( or {,',
    '  goes on with the next.',
    '',
    paint.bold('Or one of:'),
    ...rows.map((v) => `  ${v.usage.padEnd(width)}  ${paint.dim(helpOf(v, desk))}`),
    '',
    topics(desk),
  ].join('\n');
}

function topics(desk: Desk): string {
  const all = [{ name: 'candidate', help: 'the statements that a commit would make live' }, ...desk.options.session.topics];
  const width = Math.max(...all.map((t) => t.name.length));
  return [desk.paint.bold('show what:'), ...all.map((t) => `  ${t.name.padEnd(width)}  ${desk.paint.dim(t.help)}`)].join('\n');
}
