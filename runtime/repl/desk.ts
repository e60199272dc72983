/** What a front end sees of the REPL (`Engine`), and what its verbs work with (`Desk`). */
import type { Diagnostic } from '../../dsl/diagnostic.ts';
import type { Source } from '../../dsl/span.ts';
import type { Entry } from './candidate.ts';
import type { History } from './history.ts';
import type { Paint } from './paint.ts';
import type { Proposal, Session } from '../session-port.ts';
import type { Traffic } from './traffic.ts';

export interface Output {
  /** Diagnostics go to standard error, the rest to standard output. */
  readonly kind: 'text' | 'diagnostics';
  readonly text: string;
}

export interface Answer {
  readonly outputs: readonly Output[];
  /** False: a mistake, or a commit that did not happen. */
  readonly ok: boolean;
  /** The user wants to leave. */
  readonly leave?: boolean;
}

export interface EngineOptions {
  readonly session: Session;
  /** Name of the ruleset, and of the candidate in diagnostics. */
  readonly ruleset: string;
  readonly color: boolean;
  /** Where `send` sends; absent outside a playground. */
  readonly traffic?: Traffic;
  /** Statements to begin with where nothing was committed yet. They stand behind the user's, whose lines are counted from 1. */
  readonly prelude?: string;
  readonly history?: History;
}

export interface Engine {
  readonly options: EngineOptions;
  readonly paint: Paint;
  readonly history: History;
  readonly candidate: readonly Entry[];
  /** What the candidate was after the last commit. */
  readonly committed: readonly Entry[];
  /** The candidate differs from what was committed last. */
  readonly modified: boolean;
  /** One input line, or several lines that belong together. */
  enter(text: string): Promise<Answer>;
  /** As the verb `load`, without an entry in the history. */
  load(path: string): Answer;
  /** Ends what `enter` is about early, where that is possible: requests under way. */
  interrupt(): void;
  /** A question to be answered with yes before this input is entered, where it would remove something. */
  question(text: string): string | undefined;
}

/** What verbs may do to the engine. */
export interface Desk extends Engine {
  source(): Source;
  propose(): Proposal;
  setCandidate(entries: readonly Entry[]): void;
  /** Back to what was committed last. */
  reset(): void;
  /** Takes statements into the candidate as a whole, or leaves it as it was. */
  enterStatements(source: Source): Answer;
  text(text: string): Output;
  say(diagnostics: readonly Diagnostic[], sources?: ReadonlyMap<string, string>): Output[];
  fail(diagnostic: Omit<Diagnostic, 'severity'>): Answer;
  plan(proposal: Proposal): Output[];
}
