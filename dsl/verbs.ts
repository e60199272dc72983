/** What can be typed at the prompt beside statements. None of it is legal in a file. */
import type { Diagnostic } from './diagnostic.ts';
import { suggest } from './suggest.ts';
import { quote } from './tree/report.ts';
import { statementWords } from './tokens.ts';

export interface Verb {
  readonly name: string;
  readonly usage: string;
  readonly help: string;
  /** Arguments, at least and at most. */
  readonly arity: readonly [number, number];
}

export const verbs: readonly Verb[] = [
  { name: 'show', usage: 'show [WHAT…]', help: 'what is live: services, backends, drops …', arity: [0, Infinity] },
  { name: 'flows', usage: 'flows [for TIME]', help: 'flows opened and packets dropped meanwhile, 5s if not said', arity: [0, 2] },
  { name: 'plan', usage: 'plan', help: 'what a commit would do', arity: [0, 0] },
  { name: 'commit', usage: 'commit', help: 'carry out the plan', arity: [0, 0] },
  { name: 'diff', usage: 'diff', help: 'statements entered since the last commit', arity: [0, 0] },
  { name: 'discard', usage: 'discard', help: 'forget the statements entered since the last commit', arity: [0, 0] },
  { name: 'delete', usage: 'delete KIND [NAME]', help: 'take a statement out, e.g. delete service web', arity: [1, Infinity] },
  { name: 'undo', usage: 'undo', help: 'go back to the configuration before the last commit', arity: [0, 0] },
  { name: 'check', usage: 'check', help: 'diagnostics of what was entered', arity: [0, 0] },
  { name: 'explain', usage: 'explain CODE', help: 'the long form of a diagnostic, with examples', arity: [1, 1] },
  { name: 'save', usage: 'save FILE', help: 'write the statements to a file', arity: [1, 1] },
  { name: 'load', usage: 'load FILE', help: 'read statements from a file', arity: [1, 1] },
  { name: 'send', usage: 'send [N] [ADDRESS:PORT]', help: 'requests in the playground, and who answered', arity: [0, 2] },
  { name: 'history', usage: 'history', help: 'what was typed', arity: [0, 0] },
  { name: 'help', usage: 'help [VERB]', help: 'this list, or one verb', arity: [0, 1] },
  { name: 'quit', usage: 'quit', help: 'leave; what is live stays', arity: [0, 0] },
];

export type ParsedLine =
  | { readonly kind: 'verb'; readonly name: string; readonly args: readonly string[]; readonly verb: Verb }
  | { readonly kind: 'statement' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'error'; readonly diagnostics: readonly Diagnostic[] };

const aliases: Readonly<Record<string, string>> = { exit: 'quit', '?': 'help' };
const wordPattern = /"((?:[^"\\]|\\.)*)"|'([^']*)'|[^\s"']+|["']/g;

/** Whether a word is a verb of the prompt. */
export function findVerb(word: string): Verb | undefined {
  const name = Object.hasOwn(aliases, word) ? aliases[word] : word;
  return verbs.find((v) => v.name === name);
}

/**
 * Reads a line typed at the prompt: a verb with its words (quotes keep spaces together), or something to
 * be parsed as statements. Spans refer to `file`. Never throws.
 */
export function parseVerb(text: string, file = '<prompt>'): ParsedLine {
  const first = /\S+/.exec(text.replace(/#.*/g, (comment) => ' '.repeat(comment.length)));
  if (!first) return { kind: 'empty' };
  const word = /^[A-Za-z][\w-]*|^\?/.exec(first[0])?.[0];
  if (word === undefined || statementWords.includes(word)) return { kind: 'statement' };
  const span = { file, start: first.index, end: first.index + word.length };
  const fail = (code: string, message: string, hint: string, fix?: string): ParsedLine =>
    ({ kind: 'error', diagnostics: [{ code, severity: 'error', message, span, hint, ...(fix && { fix: { span, text: fix } }) }] });
  const verb = findVerb(word);
  if (verb === undefined) {
    const near = suggest(word, [...verbs.map((v) => v.name), ...statementWords]);
    return fail('LB100', `unknown statement or verb ${quote(word)}`, near ? `did you mean '${near}'?` : "'help' lists the verbs", near);
  }
  const words = [...text.slice(span.end).matchAll(wordPattern)];
  const comment = words.findIndex((m) => m[0].startsWith('#'));
  const args = words.slice(0, comment === -1 ? words.length : comment).map((m) => m[1]?.replace(/\\(.)/g, '$1') ?? m[2] ?? m[0]);
  const [least, highest] = verb.arity;
  if (args.length < least || args.length > highest) {
    return fail('LB025', args.length < least ? `'${verb.name}' needs more than that` : `'${verb.name}' takes ${highest === 0 ? 'nothing' : 'less'} after it`, `usage: ${verb.usage}`);
  }
  return { kind: 'verb', name: verb.name, args, verb };
}
