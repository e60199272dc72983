/** Where a command reads and writes. Facts go to `out`, diagnostics and questions to `err`. */
import { readSync } from 'node:fs';
import { isatty } from 'node:tty';
import { wantsColor } from '../color.ts';
import { pause } from '../pause.ts';

export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** Nobody reads `out` any more. */
  outputGone(): boolean;
  /** All of standard input; blocks until it ends. */
  readInput(): Uint8Array;
  /** Asks on the terminal; false at once where there is none. */
  confirm(question: string): Promise<boolean>;
  /** A person is at both ends. */
  readonly interactive: boolean;
  readonly colorOut: boolean;
  readonly colorErr: boolean;
}

/**
 * The process's own streams. A reader that went away silences its stream and stops nothing; output that cannot be
 * written for another reason is said once, and the exit status is then 1.
 */
export function processIo(): Io {
  const gone = new Set<NodeJS.WriteStream>();
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      const first = !gone.has(stream);
      gone.add(stream);
      if (error.code === 'EPIPE' || !first) return;
      process.exitCode = 1;
      const why = error.message.replace(/^[A-Z]+: /, '').replace(/,.*$/, '');
      write(process.stderr, `sluice: the output could not be written: ${why} (${error.code})`);
    });
  }
  const write = (stream: NodeJS.WriteStream, text: string): void => {
    if (!gone.has(stream) && text !== '') stream.write(text.endsWith('\n') ? text : `${text}\n`);
  };
  // Not by process.stdin, which makes a pipe non-blocking when it is looked at.
  const interactive = isatty(0) && process.stdout.isTTY === true;
  return {
    out: (text) => write(process.stdout, text),
    err: (text) => write(process.stderr, text),
    outputGone: () => gone.has(process.stdout),
    readInput: readStandardInput,
    confirm: (question) => (interactive ? ask(question) : Promise.resolve(false)),
    interactive,
    colorOut: wantsColor(process.stdout),
    colorErr: wantsColor(process.stderr),
  };
}

/** Blocks until the end. Whoever shares the pipe may have made it non-blocking, and then it is asked again. */
function readStandardInput(): Uint8Array {
  const parts: Buffer[] = [];
  for (;;) {
    const part = Buffer.allocUnsafe(65536);
    try {
      const count = readSync(0, part);
      if (count === 0) return Buffer.concat(parts);
      parts.push(part.subarray(0, count));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return Buffer.concat(parts);
      if (code !== 'EAGAIN') throw error;
      pause(5);
    }
  }
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
