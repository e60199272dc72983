/**
 * What the REPL asks of the machine behind it: compile a candidate and compare it with what is live,
 * carry the difference out, go back, show. The kernel's session implements it, a session of several
 * namespaces composes it, and the engine above knows nothing else. All calls but `flows` are synchronous. A user's
 * mistake and a failed step come back as diagnostics; only defects of Sluice throw.
 */
import type { Plan } from '../compiler/plan-types.ts';
import type { Diagnostic } from '../dsl/diagnostic.ts';
import type { Source } from '../dsl/span.ts';

/** A candidate text against what is live now. */
export interface Proposal {
  readonly source: Source;
  readonly diagnostics: readonly Diagnostic[];
  /** Texts that spans of the diagnostics refer to, by file name: the candidate and what it includes. */
  readonly sources: ReadonlyMap<string, string>;
  /** Absent where a diagnostic is an error. A plan without steps: nothing to do. */
  readonly plan?: Plan;
}

/** What a commit or an undo came to. An error among the diagnostics: the datapath is as it was. */
export interface Outcome {
  readonly diagnostics: readonly Diagnostic[];
  /** Serial that is live now; absent after an error. */
  readonly serial?: number;
}

export interface Shown {
  /** Plain text, sanitised, without a newline at its end; empty where only diagnostics are said. */
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** What can be shown, for help and completion: `services`, `backends`, `drops` … */
export interface Topic {
  readonly name: string;
  readonly help: string;
}

export interface Session {
  /** What it works on, e.g. `instance default, kernel 6.18, libbpf 1.1`. */
  readonly title: string;
  /** Why commits are not possible here and how to get there; plans are then made against an empty datapath. */
  readonly obstacle?: Diagnostic;
  readonly topics: readonly Topic[];
  /** Text of the last commit of the session's ruleset that is live, as it was committed; empty before the first one. */
  source(): string;
  /** Compiles and plans; writes nothing. A relative file name in the text is relative to the working folder. */
  propose(candidate: Source): Proposal;
  /** Carries out a proposal's plan; refuses it (LB502) when something else was committed in between. */
  commit(proposal: Proposal): Outcome;
  /** Goes back to the configuration before the last commit. */
  undo(): Outcome;
  /** `what`: the words after `show`. */
  show(what: readonly string[]): Shown;
  /** What happens to flows within so many milliseconds, a line each; less where the signal comes first. */
  flows(ms: number, signal: AbortSignal): Promise<Shown>;
  /** Detaches and removes the instance; true where there was one. */
  remove(): boolean;
  close(): void;
}

export interface SessionOptions {
  readonly instance: string;
  /** Folder of the bpffs. */
  readonly bpffs: string;
  /** Ruleset that commits of this session own; the candidate's file has this name too. */
  readonly ruleset: string;
  /** Path of the network namespace to work in, e.g. `/run/netns/sluice-1-lb`; absent: the process's own. */
  readonly netns?: string;
  /** Values for params (`-D name=value`). */
  readonly params?: ReadonlyMap<string, string>;
}

/** Never throws for want of privilege or of a library: the session then has an `obstacle`. */
export type OpenSession = (options: SessionOptions) => Session;
