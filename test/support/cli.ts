/** Runs the command line as a user would, in a process of its own, from the sources. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** The entry, as a path, and the loader that runs it from the sources. */
export const mainFile = new URL('../../runtime/cli/main.ts', import.meta.url).pathname;
export const tsxLoader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

export interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Circumstances {
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** As nobody, without any privilege; needs root to become that. */
  readonly unprivileged?: boolean;
  /** Path of a network namespace. */
  readonly netns?: string;
}

/** Output is never a terminal here. */
export function sluice(args: readonly string[], { cwd, input, env, unprivileged, netns }: Circumstances = {}): Ran {
  const words = [process.execPath, '--import', tsxLoader, mainFile, ...args];
  const wrapped = [
    ...(netns === undefined ? [] : ['nsenter', `--net=${netns}`]),
    ...(unprivileged ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : []),
    ...words,
  ];
  const { status, stdout, stderr } = spawnSync(wrapped[0]!, wrapped.slice(1), {
    encoding: 'utf8',
    input: input ?? '',
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, NODE_NO_WARNINGS: '1', NO_COLOR: '', ...env },
    timeout: 60_000,
  });
  return { status, out: stdout, err: stderr };
}
