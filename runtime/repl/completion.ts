/** TAB at the prompt: verbs and what follows them, else the language's own completion. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { complete } from '../../dsl/complete.ts';
import { codes } from '../../dsl/codes.ts';
import { sanitize } from '../../dsl/sanitize.ts';
import { verbs } from '../../dsl/verbs.ts';
import { verbsOf } from './actions.ts';
import type { Engine } from './desk.ts';
import { helpOf } from './help.ts';

export interface Completion {
  /** Offset from which an item's text replaces what was typed. */
  readonly from: number;
  readonly items: readonly { readonly text: string; readonly kind: string; readonly help: string }[];
}

type Items = Completion['items'];

/** Completes at `offset`, which is where the cursor is. */
export function completeInput(engine: Engine, text: string, offset: number): Completion {
  const before = text.slice(0, offset);
  const words = before.split(/\s+/);
  const word = words.at(-1)!;
  const from = offset - word.length;
  const verb = words[0] ?? '';
  const starting = (items: Items): Completion => ({ from, items: items.filter((i) => i.text.startsWith(word)) });
  if (words.length === 1) {
    const own = starting(verbItems(engine));
    const language = complete(before, offset, namesOf(engine));
    return language.from === from ? { from, items: [...own.items, ...language.items] } : own;
  }
  if (!verbsOf(engine).includes(verb)) return complete(before, offset, namesOf(engine));
  return starting(argumentsOf(engine, verb, words.slice(1, -1), word));
}

/** What statements of the candidate declare; names that need quotes are left out. */
function namesOf(engine: Engine): Items {
  return engine.candidate.filter((e) => /^[A-Za-z_][\w./-]*$/.test(e.name)).flatMap(({ kind, name }) => {
    switch (kind) {
      case 'pool': case 'service': return [{ text: name, kind, help: 'in the candidate' }];
      case 'let': case 'param': return [{ text: `$${name}`, kind: 'variable', help: 'in the candidate' }];
      default: return [];
    }
  });
}

function verbItems(engine: Engine): Items {
  const can = new Set(verbsOf(engine));
  return verbs.filter((v) => can.has(v.name)).map((v) => ({ text: v.name, kind: 'verb', help: helpOf(v, engine) }));
}

function argumentsOf(engine: Engine, verb: string, before: readonly string[], word: string): Items {
  const { session } = engine.options;
  switch (verb) {
    case 'show':
      return before.length > 0 ? [] : [{ text: 'candidate', kind: 'topic', help: 'the statements that a commit would make live' }, ...session.topics.map((t) => ({ text: t.name, kind: 'topic', help: t.help }))];
    case 'help':
      return verbItems(engine);
    case 'explain':
      return [...codes].map(([code, { title }]) => ({ text: code, kind: 'code', help: title }));
    case 'delete':
      if (before.length === 0) return [...new Set(engine.candidate.map((e) => e.kind))].map((kind) => ({ text: kind, kind: 'statement', help: '' }));
      return engine.candidate.filter((e) => e.kind === before[0] && e.name !== '' && sanitize(e.name) === e.name).map((e) => ({ text: e.name, kind: e.kind, help: '' }));
    case 'load': case 'save':
      return files(word);
    default:
      return [];
  }
}

/** Scripts and folders that begin like `word`; names with control characters are left out. */
function files(word: string): Items {
  const folder = word.endsWith('/') ? word : dirname(word);
  try {
    return readdirSync(folder === '' ? '.' : folder, { withFileTypes: true })
      .filter((f) => !f.name.startsWith('.') && (f.isDirectory() || f.name.endsWith('.lb')) && sanitize(f.name) === f.name)
      .map((f) => ({ text: `${word.includes('/') ? join(folder, f.name) : f.name}${f.isDirectory() ? '/' : ''}`, kind: f.isDirectory() ? 'folder' : 'script', help: '' }))
      .sort((a, b) => (a.text < b.text ? -1 : 1));
  } catch {
    return [];
  }
}
