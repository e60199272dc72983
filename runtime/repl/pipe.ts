/**
 * The REPL without a terminal: node's `repl` reads, facts go to standard output, diagnostics to standard
 * error, and the first mistake ends it with status 1.
 */
import { once } from 'node:events';
import { start, Recoverable, type REPLEval } from 'node:repl';
import { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { count } from '../show/table.ts';
import type { Answer, Engine } from './desk.ts';
import { isSilent } from './parts.ts';

export interface Ends {
  readonly input: NodeJS.ReadableStream;
  out(text: string): void;
  err(text: string): void;
}

/** How long after a mistake the rest of the input is waited for, to say how much of it was not run. */
const restMs = 100;

/** Resolves with the exit status when the input ends, `quit` is read, or something went wrong. */
export async function runPipe(engine: Engine, isComplete: (text: string) => boolean, ends: Ends): Promise<number> {
  let status: number | undefined;
  let unfinished = '';
  let work: Promise<void> = Promise.resolve();
  const nothing = new Writable({ write: (_chunk, _encoding, done) => done() });

  /** Lines as they were read. */
  const read: string[] = [];
  /** Number of the line after which what was submitted last ended. */
  let submitted = 0;
  let over: Promise<unknown> = Promise.resolve();
  let ended = false;

  /** `first`, `last`: numbers of its lines, from 1. */
  const enter = async (text: string, first: number, last: number): Promise<void> => {
    if (status !== undefined) return;
    const answer = await engine.enter(text);
    print(answer, ends);
    if (answer.ok) {
      if (answer.leave) status = 0;
      return;
    }
    status = 1;
    await Promise.race([over, delay(restMs)]);
    const left = read.slice(last).filter((line) => !isSilent(line)).length;
    if (!ended) ends.err(`stopped at line ${first}; what follows is not run`);
    else if (left > 0) ends.err(`stopped at line ${first}; ${count(left, 'line')} after it ${left === 1 ? 'was' : 'were'} not run`);
  };
  /** The first of these lines that says something. */
  const firstOf = (from: number, to: number): number => {
    const at = read.slice(from, to).findIndex((line) => !isSilent(line));
    return from + Math.max(0, at) + 1;
  };

  await new Promise<void>((resolve, reject) => {
    const submit = (text: string): void => {
      unfinished = '';
      const [first, last] = [firstOf(submitted, read.length), read.length];
      submitted = last;
      work = work.then(() => enter(text.trimEnd(), first, last));
      work.then(() => { if (status !== undefined) server.close(); }, reject);
    };
    // Answers at once: what arrives before an evaluation has answered, node's repl would add to it.
    const evaluate: REPLEval = (text, _context, _file, done) => {
      if (text.trim() !== '' && !isComplete(text.replace(/\n$/, ''))) {
        unfinished = text;
        done(new Recoverable(new SyntaxError('unfinished')), undefined);
      } else {
        if (text.trim() !== '') submit(text);
        done(null, undefined);
      }
    };
    const server = start({ prompt: '', input: ends.input, output: nothing, terminal: false, useColors: false, ignoreUndefined: true, eval: evaluate });
    server.prependListener('line', (line) => read.push(line));
    over = once(server, 'exit').then(() => { ended = true; });
    // Words with a point before them are node's commands, of which we want none: judged like any other line.
    for (const name of Object.keys(server.commands)) delete (server.commands as Record<string, unknown>)[name];
    Object.setPrototypeOf(server.commands, new Proxy({}, {
      get: (_, name) => ({
        action(rest: string) {
          server.clearBufferedCommand();
          submit(`${unfinished}.${String(name)} ${rest}`);
        },
      }),
    }));
    server.once('exit', () => {
      work.then(() => (unfinished === '' ? undefined : enter(unfinished.trimEnd(), firstOf(submitted, read.length), read.length))).then(resolve, reject);
    });
  });
  return status ?? 0;
}

/** Outputs of one answer, each to where it belongs. */
export function print(answer: Answer, ends: Pick<Ends, 'out' | 'err'>): void {
  for (const { kind, text } of answer.outputs) (kind === 'diagnostics' ? ends.err : ends.out)(text);
}

/**
 * Whether there is anything to read: true at the first byte, false when the input ends without one or
 * `ms` pass (absent: as long as it takes). Nothing is consumed.
 */
export function hasInput(input: NodeJS.ReadableStream & { unshift(chunk: string | Buffer): void }, ms?: number): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (found: boolean): void => {
      clearTimeout(timer);
      input.off('readable', look);
      input.off('end', none);
      input.off('error', none);
      resolve(found);
    };
    const look = (): void => {
      const chunk = input.read();
      if (chunk === null) return;
      input.unshift(chunk);
      finish(true);
    };
    const none = (): void => finish(false);
    const timer = ms === undefined ? undefined : setTimeout(none, ms);
    input.on('readable', look);
    input.once('end', none);
    input.once('error', none);
  });
}
