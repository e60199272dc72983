/** Seeded random texts: the examples of the language, mutated. */
import { goldens } from '../../support/golden.ts';
import { tokenize, endOf } from '../../../dsl/tokens.ts';

/** Mulberry32: a small generator with a seed. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Inputs of the goldens that hold the language's examples. */
export function exampleTexts(): string[] {
  return goldens('dsl').filter((g) => g.name.startsWith('example-')).map((g) => g.input);
}

/** Inputs of all goldens of the language, right and wrong. */
export function goldenTexts(): string[] {
  return goldens('dsl').map((g) => g.input);
}

const stray = ['{', '}', '(', ')', '[', ']', '->', '=>', ',', ';', '\n', '"', '#', '##', '$', ':', '=', '!', '\t', '\0', '\x1b', '\u202e', 'é', '😀', '\ud800', '%', '1', '99999', '::', '/', 'vip', 'mode', 'service'];

/** One to four random edits: characters or tokens deleted, doubled, replaced, swapped, inserted. */
export function mutate(text: string, random: () => number): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  let result = text;
  for (let n = 1 + Math.floor(random() * 4); n > 0; n--) {
    const pieces = random() < 0.5 ? [...result] : tokenTexts(result);
    if (pieces.length < 2) return result;
    const i = Math.floor(random() * pieces.length);
    const j = Math.floor(random() * pieces.length);
    switch (Math.floor(random() * 6)) {
      case 0: pieces.splice(i, 1); break;
      case 1: pieces.splice(i, 0, pieces[i]!); break;
      case 2: pieces[i] = pieces[j]!; break;
      case 3: [pieces[i], pieces[j]] = [pieces[j]!, pieces[i]!]; break;
      case 4: pieces.splice(i, 0, pick(stray)); break;
      default: pieces.splice(Math.min(i, j), Math.floor(random() * 6)); break;
    }
    result = pieces.join('');
  }
  return result;
}

/** Tokens and what stands between them. */
function tokenTexts(text: string): string[] {
  const { tokens, groups } = tokenize(text);
  const result: string[] = [];
  let at = 0;
  for (const token of [...tokens, ...(groups['comments'] ?? [])].sort((a, b) => a.startOffset - b.startOffset)) {
    if (token.startOffset > at) result.push(text.slice(at, token.startOffset));
    result.push(token.image);
    at = endOf(token);
  }
  return [...result, text.slice(at)];
}
