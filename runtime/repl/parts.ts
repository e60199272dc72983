/** An input of several lines as what would be typed one after another. */
import { findVerb } from '../../dsl/verbs.ts';
import { statementWords } from '../../dsl/tokens.ts';

/** A verb's line, or a statement with all of its lines and the comments above it. */
export interface Part {
  readonly text: string;
  /** Lines in it that say something: neither blank nor only a comment. */
  readonly lines: number;
}

/** What goes on with the statement above it, whether or not that is whole. */
const goesOn = /^\s*(?:->|=>|[{}])/;
/** What can be read as nothing but the first line of a statement. */
const begins = /^\s*(?:(?:service|let|param|ruleset|sync)\s+[\w"]|pool\s+\S+\s*->|(?:include|test)\s+")/;

/** Whether a line says nothing: blank, or only a comment. */
export function isSilent(line: string): boolean {
  return /^\s*(?:#.*)?$/.test(line);
}

/** Whether a line is one for the prompt, not for the language. */
export function isVerb(line: string): boolean {
  const word = /^\s*([\w?-]+)/.exec(line)?.[1];
  return word !== undefined && !statementWords.includes(word) && findVerb(word) !== undefined;
}

/**
 * The parts of a text in order. `isComplete` says whether statements typed so far are whole. Comments
 * that no statement follows belong to no part.
 */
export function partsOf(text: string, isComplete: (text: string) => boolean): Part[] {
  const parts: Part[] = [];
  let above: string[] = [];
  const lines = text.split(/\r\n?|\n/);
  for (let i = 0; i < lines.length;) {
    const part = [lines[i++]!];
    if (isSilent(part[0]!)) {
      above.push(part[0]!);
      continue;
    }
    if (isVerb(part[0]!)) {
      above = [];
    } else {
      for (;;) {
        const next = lines.findIndex((line, at) => at >= i && !isSilent(line));
        if (next === -1 || begins.test(lines[next]!)) break;
        if (isComplete(part.join('\n')) && !goesOn.test(lines[next]!)) break;
        part.push(...lines.slice(i, next + 1));
        i = next + 1;
      }
    }
    const said = part.filter((line) => !isSilent(line)).length;
    parts.push({ text: [...above, ...part].join('\n').replace(/^\n+/, ''), lines: said });
    above = [];
  }
  return parts;
}

/** A pasted transcript without its prompts, and without the marks of lines that go on behind one. */
export function withoutPrompts(text: string): string {
  let prompted = false;
  return text.split('\n').map((line) => {
    const prompt = /^sluice\*?> /.exec(line) ?? (prompted ? /^ {3,}\.\.\. ?/.exec(line) : null);
    prompted = prompt !== null;
    return prompt ? line.slice(prompt[0].length) : line;
  }).join('\n');
}
