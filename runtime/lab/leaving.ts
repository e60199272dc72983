/**
 * Things to undo when the process leaves, whichever way: normal end, exception, `process.exit`, SIGINT,
 * SIGTERM, SIGHUP. (SIGKILL leaves everything; `owner.ts` makes that recognisable for the next start.)
 */
const tasks = new Set<() => void>();
const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** Runs the tasks that are left, the latest first; a failing one does not keep the others from running. */
function runAll(): void {
  for (const task of [...tasks].reverse()) {
    tasks.delete(task);
    try {
      task();
    } catch (error) {
      process.stderr.write(`sluice: while cleaning up: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  unhook();
}

const onSignal = (signal: NodeJS.Signals): void => {
  runAll();
  process.exit(128 + signals[signal as keyof typeof signals]);
};

function hook(): void {
  process.on('exit', runAll);
  for (const signal of Object.keys(signals)) process.on(signal as NodeJS.Signals, onSignal);
}

function unhook(): void {
  process.off('exit', runAll);
  for (const signal of Object.keys(signals)) process.off(signal as NodeJS.Signals, onSignal);
}

/** Registers a synchronous task; the function returned takes it back without running it. */
export function whenLeaving(task: () => void): () => void {
  if (tasks.size === 0) hook();
  tasks.add(task);
  return () => {
    if (tasks.delete(task) && tasks.size === 0) unhook();
  };
}
