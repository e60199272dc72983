/** Where a command reads and writes. Facts go to `out`, diagnostics and questions to `err`. */
import { readFileSync } from 'node:fs';

export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** All of standard input; blocks until it ends. */
  readInput(): Uint8Array;
  /** Asks on the terminal; false at once where there is none. */
  confirm(question: string): Promise<boolean>;
  /** A person is at both ends. */
  readonly interactive: boolean;
  readonly colorOut: boolean;
  readonly colorErr: boolean;
}

function wantsColor(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}

/** The process's own streams. A reader that went away silences its stream and stops nothing. */
export function processIo(): Io {
  const gone = new Set<NodeJS.WriteStream>();
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      gone.add(stream);
    });
  }
  const write = (stream: NodeJS.WriteStream, text: string): void => {
    if (!gone.has(stream) && text !== '') stream.write(text.endsWith('\n') ? text : `${text}\n`);
  };
  const interactive = process.stdin.isTTY === true && process.stdout.isTTY === true;
  return {
    out: (text) => write(process.stdout, text),
    err: (text) => write(process.stderr, text),
    readInput: () => readFileSync(0),
    confirm: (question) => (interactive ? ask(question) : Promise.resolve(false)),
    interactive,
    colorOut: wantsColor(process.stdout),
    colorErr: wantsColor(process.stderr),
  };
}

async function ask(question: string): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises');
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<string>((resolve) => reader.once('close', () => resolve('')));
  try {
    const answer = await Promise.race([reader.question(`${question} [y/N] `), closed]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    reader.close();
  }
}
