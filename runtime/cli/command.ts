/** What a command is: its row in the table (`commands.ts`) and what its handler is given. */
import type { Io } from './io.ts';

export interface Option {
  readonly name: string;
  readonly short?: string;
  /** Name of its value in help texts; absent: a switch. */
  readonly value?: string;
  readonly multiple?: boolean;
  readonly help: string;
}

export interface Example {
  readonly line: string;
  readonly what: string;
}

export interface Command {
  readonly name: string;
  /** Arguments as the usage line shows them, e.g. `FILE…`. */
  readonly args: string;
  /** How many arguments it takes. */
  readonly count: readonly [least: number, most: number];
  readonly summary: string;
  /** What the first argument can be, for `--help`. */
  readonly choices?: () => Promise<readonly { readonly name: string; readonly help: string }[]>;
  /** Further paragraph of `--help`. */
  readonly about?: string;
  readonly options: readonly Option[];
  readonly examples: readonly Example[];
  /** The module that carries it out, imported when the command runs. */
  readonly load: () => Promise<{ readonly run: Handler }>;
}

/** How the REPL is started: handed in, since only the entry knows both. */
export type StartRepl = (options: {
  readonly files: readonly string[];
  readonly instance?: string;
  readonly bpffs: string;
  readonly params: ReadonlyMap<string, string>;
  readonly color?: boolean;
}) => Promise<number>;

/** A command line, understood. */
export interface Context {
  readonly io: Io;
  readonly instance: string;
  readonly bpffs: string;
  readonly params: ReadonlyMap<string, string>;
  readonly json: boolean;
  readonly args: readonly string[];
  readonly startRepl: StartRepl;
  flag(name: string): boolean;
  value(name: string): string | undefined;
}

/** Answers the exit status: 0 done, 1 errors in the input or the run, 2 usage. */
export type Handler = (context: Context) => Promise<number>;

/** The command line itself is wrong: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  constructor(message: string, readonly hint?: string) {
    super(message);
  }
}
