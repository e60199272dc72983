/**
 * The REPL without a terminal: node's `repl` reads, facts go to standard output, diagnostics to standard
 * error, and the first mistake ends it with status 1.
 */
import { start, Recoverable, type REPLEval } from 'node:repl';
import { Writable } from 'node:stream';
import type { Answer, Engine } from './desk.ts';

export interface Ends {
  readonly input: NodeJS.ReadableStream;
  out(text: string): void;
  err(text: string): void;
}

/** Resolves with the exit status when the input ends, `quit` is read, or something went wrong. */
export async function runPipe(engine: Engine, isComplete: (text: string) => boolean, ends: Ends): Promise<number> {
  let status: number | undefined;
  let unfinished = '';
  let work: Promise<void> = Promise.resolve();
  const nothing = new Writable({ write: (_chunk, _encoding, done) => done() });

  const enter = async (text: string): Promise<void> => {
    if (status !== undefined) return;
    const answer = await engine.enter(text);
    print(answer, ends);
    if (!answer.ok) status = 1;
    else if (answer.leave) status = 0;
  };

  await new Promise<void>((resolve, reject) => {
    const submit = (text: string): void => {
      unfinished = '';
      work = work.then(() => enter(text.trimEnd()));
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
      work.then(() => (unfinished === '' ? undefined : enter(unfinished.trimEnd()))).then(resolve, reject);
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
