/**
 * What was typed, kept between sessions: one JSON string a line (statements may have several lines) in
 * `$XDG_STATE_HOME/sluice/history`, the latest last. A history that cannot be read or written is no
 * reason to complain.
 */
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const limit = 1000;

export interface History {
  readonly entries: readonly string[];
  /** A repetition of the last entry is not kept twice. */
  add(text: string): void;
}

/** A history for this session only. */
export function memoryHistory(): History {
  const entries: string[] = [];
  return { entries, add: (text) => { remember(entries, text); } };
}

export function historyPath(environment: NodeJS.ProcessEnv = process.env): string {
  const state = environment['XDG_STATE_HOME'];
  return join(state?.startsWith('/') ? state : join(homedir(), '.local', 'state'), 'sluice', 'history');
}

export function fileHistory(path: string): History {
  const entries = read(path);
  if (entries.length > limit) {
    entries.splice(0, entries.length - limit);
    quietly(() => {
      writeFileSync(`${path}+new`, entries.map(line).join(''), { mode: 0o600 });
      renameSync(`${path}+new`, path);
    });
  }
  return {
    entries,
    add(text) {
      if (!remember(entries, text)) return;
      quietly(() => {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        appendFileSync(path, line(text), { mode: 0o600 });
      });
    },
  };
}

function line(text: string): string {
  return `${JSON.stringify(text)}\n`;
}

function remember(entries: string[], text: string): boolean {
  if (text.trim() === '' || entries.at(-1) === text) return false;
  entries.push(text);
  return true;
}

function read(path: string): string[] {
  let text = '';
  quietly(() => { text = readFileSync(path, 'utf8'); });
  return text.split('\n').flatMap((l) => {
    try {
      const entry: unknown = JSON.parse(l);
      return typeof entry === 'string' ? [entry] : [];
    } catch {
      return [];
    }
  });
}

function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // See above.
  }
}
