/** One run of the REPL, from the greeting to the exit status. */
import { wantsColor } from '../color.ts';
import { isComplete } from '../../dsl/parse.ts';
import { renderAll } from '../../dsl/render.ts';
import { openSession } from '../session.ts';
import { completeInput } from './completion.ts';
import { demonstrate } from './demonstration.ts';
import type { Engine } from './desk.ts';
import { createEngine } from './engine.ts';
import { limitedGreeting, machineGreeting, playgroundGreeting } from './greeting.ts';
import { fileHistory, historyPath } from './history.ts';
import type { ReplOptions } from './options.ts';
import { paintWith } from './paint.ts';
import { hasInput, print, runPipe, type Ends } from './pipe.ts';
import { ruleset, setStage, type Stage } from './stage.ts';

/** How long a pipe may stay silent before a plain `sluice` shows its demonstration instead. */
const patienceMs = 3000;

export async function runRepl(options: ReplOptions): Promise<number> {
  const stage = await setStage(options, openSession);
  try {
    return process.stdin.isTTY && process.stdout.isTTY ? await onTerminal(options, stage) : await onPipe(options, stage);
  } finally {
    stage.remove();
  }
}

function inColor(options: ReplOptions): boolean {
  return options.color !== false && wantsColor(process.stdout);
}

function engineOn(stage: Stage, options: ReplOptions, terminal: boolean): Engine {
  const { playground } = stage;
  return createEngine({
    session: stage.session,
    ruleset,
    color: inColor(options),
    ...(playground ? { traffic: playground, prelude: playground.prelude } : {}),
    ...(terminal ? { history: fileHistory(historyPath()) } : {}),
  });
}

function greeting(stage: Stage, color: boolean): string {
  const paint = paintWith(color);
  const { session, playground } = stage;
  if (playground) return playgroundGreeting(playground, session.title.replace(/^instance \S+ /, ''), paint);
  return session.obstacle ? limitedGreeting(session.obstacle, paint) : machineGreeting(session.title, paint);
}

function standardEnds(): Ends {
  const line = (stream: NodeJS.WriteStream) => (text: string): void => { stream.write(`${text}\n`); };
  return { input: process.stdin, out: line(process.stdout), err: line(process.stderr) };
}

async function onTerminal(options: ReplOptions, stage: Stage): Promise<number> {
  const color = inColor(options);
  const engine = engineOn(stage, options, true);
  const ends = standardEnds();
  if (stage.diagnostics.length > 0) ends.err(renderAll(stage.diagnostics, new Map(), { color }));
  if (!(await loadFiles(engine, options, ends))) return 1;
  const { runInk } = await import('./ink/app.tsx');
  await runInk({
    engine, color, isComplete, greeting: greeting(stage, color),
    complete: (text, offset) => completeInput(engine, text, offset),
  });
  return 0;
}

async function onPipe(options: ReplOptions, stage: Stage): Promise<number> {
  const ends = standardEnds();
  const engine = engineOn(stage, options, false);
  if (stage.diagnostics.length > 0) {
    ends.err(renderAll(stage.diagnostics, new Map(), { color: false }));
    return 1;
  }
  const { playground } = stage;
  const anything = process.stdin.isTTY ? playground === undefined : await hasInput(process.stdin, playground ? patienceMs : undefined);
  if (!anything) {
    ends.out(greeting(stage, false));
    return playground ? await demonstrate(engine, playground, ends) : (await loadFiles(engine, options, ends)) ? 0 : 1;
  }
  if (stage.session.obstacle) ends.err(limitedGreeting(stage.session.obstacle, paintWith(false)));
  if (!(await loadFiles(engine, options, ends))) return 1;
  return runPipe(engine, isComplete, ends);
}

/** Takes the files named on the command line into the candidate. */
async function loadFiles(engine: Engine, options: ReplOptions, ends: Ends): Promise<boolean> {
  for (const file of options.files) {
    const answer = engine.load(file);
    print(answer, ends);
    if (!answer.ok) return false;
  }
  return true;
}
