/** A real terminal for tests: tmux with a server of its own, which ends with the test. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Terminal {
  /** Types text, or presses keys by tmux's names (`Enter`, `C-a`, `Up`). */
  type(text: string): void;
  press(...keys: string[]): void;
  /** A bracketed paste, as a terminal sends it to a program that asked for one. */
  paste(text: string): void;
  resize(columns: number, rows: number): void;
  /** What is visible. */
  screen(): string;
  /** The same with its colours as escape sequences. */
  colored(): string;
  /** What is visible with what scrolled away; long lines are not joined. */
  scrollback(): string;
  /** Resolves when the screen or what scrolled away shows it; rejects with the screen after half a minute. */
  until(text: string | RegExp): Promise<void>;
  /** Process id of the command, while it runs. */
  pid(): number;
  /** Resolves with the exit status of the command. */
  ended(): Promise<number>;
  close(): void;
}

let opened = 0;

/** Starts a command on a terminal. */
export function openTerminal(command: readonly string[], options: { columns?: number; rows?: number; env?: Readonly<Record<string, string>> } = {}): Terminal {
  const socket = `sluice-test-${process.pid}-${opened++}`;
  const tmux = (...args: string[]): string => {
    const done = spawnSync('tmux', ['-f', '/dev/null', '-L', socket, ...args], { encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`tmux ${args[0]}: ${done.stderr.trim()}`);
    return done.stdout;
  };
  const variables = Object.entries(options.env ?? {}).flatMap(([k, v]) => ['-e', `${k}=${v}`]);
  const line = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  tmux('new-session', '-d', '-s', 'main', '-x', String(options.columns ?? 100), '-y', String(options.rows ?? 30), ...variables,
    `${line}; printf 'ended with %s\\n' $?; exec cat`);
  tmux('set-option', '-t', 'main', 'history-limit', '5000');
  const scrollback = (): string => tmux('capture-pane', '-p', '-S', '-', '-t', 'main');
  const until = async (text: string | RegExp): Promise<void> => {
    for (let i = 0; i < 300; i++) {
      const all = scrollback();
      if (typeof text === 'string' ? all.includes(text) : text.test(all)) return;
      await new Promise((r) => { setTimeout(r, 100); });
    }
    throw new Error(`'${text}' never came up:\n${scrollback()}`);
  };
  return {
    type: (text) => { tmux('send-keys', '-t', 'main', '-l', text); },
    press: (...keys) => { tmux('send-keys', '-t', 'main', ...keys); },
    paste(text) {
      tmux('set-buffer', '-b', 'paste', text);
      tmux('paste-buffer', '-p', '-b', 'paste', '-t', 'main');
    },
    resize: (columns, rows) => { tmux('resize-window', '-t', 'main', '-x', String(columns), '-y', String(rows)); },
    screen: () => tmux('capture-pane', '-p', '-t', 'main'),
    colored: () => tmux('capture-pane', '-p', '-e', '-t', 'main'),
    scrollback,
    until,
    pid() {
      const shell = tmux('list-panes', '-F', '#{pane_pid}', '-t', 'main').trim();
      return Number(readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').trim().split(' ')[0]);
    },
    async ended() {
      await until(/ended with \d+/);
      return Number(/ended with (\d+)/.exec(scrollback())![1]);
    },
    close: () => { tmux('kill-server'); },
  };
}
