/**
 * What the passes of `compile.ts` work on, in the order in which they fill it. A pass reads what earlier ones left and
 * adds its own; a mistake goes to `report` and the pass goes on, so that one does not hide another.
 */
import type { Clause, LetStatement, Name, ParamStatement, PoolStatement, Script, ServiceStatement, Value } from '../dsl/ast.ts';
import type { Diagnostic, Related } from '../dsl/diagnostic.ts';
import { sanitize } from '../dsl/sanitize.ts';
import { LineIndex, type Source, type Span } from '../dsl/span.ts';
import type { Cluster, CompileHost } from './host.ts';
import type { Attachment, Backend, Frontend, Origin, Service, State } from './state.ts';

export interface CompileOptions {
  readonly host: CompileHost;
  /** `-D name=value`. */
  readonly params: ReadonlyMap<string, string>;
  /** Interfaces that globs of `attach` are matched against; absent: globs stay unresolved (LB308). */
  readonly interfaces?: readonly string[];
}

/** What a script asks for and this build cannot do yet. */
export interface Requirement {
  /** In a few words, e.g. `mode snat`. */
  readonly what: string;
  readonly code: string;
  /** An error where packets would go elsewhere without it, which a plan may not pass over; else a warning. */
  readonly diagnostic: Diagnostic;
}

/** A file, once parsed. */
export interface Unit {
  readonly source: Source;
  readonly script: Script;
  readonly scope: Scope;
  /** Scopes of other entries that include it, and see its names too. */
  readonly sharedWith: Set<Scope>;
  /** The file that includes this one, the first of them where there are several. */
  readonly parent: Unit | undefined;
  /** Text of statements with errors, which are not in `script`. */
  readonly broken: string;
  /** Set by `assignRulesets`. */
  ruleset: string;
}

export interface Variable {
  readonly statement: LetStatement | ParamStatement;
  readonly unit: Unit;
  used: boolean;
  /** Whether `bindVariables` has come to it. */
  bound: boolean;
  /** Without variables in it; absent where it has an error. */
  value?: Value;
}

export interface Pool {
  readonly statement: PoolStatement;
  readonly unit: Unit;
  used: boolean;
  /** Set by `resolveTargets`. */
  backends?: readonly PlacedTarget[];
}

/** Where selectors look. `broken`: an error was said; `live`: a cluster that this build cannot ask. */
export type ClusterView =
  | { readonly kind: 'none' | 'broken' | 'live'; readonly namespace: string }
  | { readonly kind: 'known'; readonly cluster: Cluster; readonly namespace: string; readonly file: string };

/** Names of an entry file and of all that it includes. */
export interface Scope {
  readonly variables: Map<string, Variable>;
  readonly pools: Map<string, Pool>;
  cluster: ClusterView;
}

/** A backend and the text that named it. */
export interface PlacedTarget extends Backend {
  readonly span: Span;
  /** Whether the script wrote this address itself. */
  readonly literal: boolean;
}

export interface PlacedFrontend extends Frontend {
  readonly span: Span;
}

/** A service on its way to the state. */
export interface Draft {
  readonly statement: ServiceStatement;
  readonly unit: Unit;
  readonly origin: Origin;
  /** By kind; those of the service's own, else of defaults, with the file that wrote them. */
  readonly clauses: ReadonlyMap<Clause['kind'], { readonly clause: Clause; readonly unit: Unit }>;
  frontends: readonly PlacedFrontend[];
  backends: readonly PlacedTarget[];
  /** False where a target could not be resolved or was refused: the backends are then not all. */
  complete: boolean;
  settings?: Omit<Service, 'ruleset' | 'name' | 'doc' | 'origin' | 'frontends' | 'backends'>;
}

interface More {
  readonly hint?: string | undefined;
  readonly related?: readonly Related[];
  readonly context?: Span;
  readonly fix?: Diagnostic['fix'];
}

export class Compilation {
  readonly diagnostics: Diagnostic[] = [];
  readonly requires: Requirement[] = [];
  readonly sources = new Map<string, string>();
  readonly units: Unit[] = [];
  readonly drafts: Draft[] = [];
  attachments: Attachment[] = [];
  usesCluster = false;
  state: State = { rulesets: [], services: [], attachments: [] };
  readonly #required = new Set<string>();
  readonly #said = new Set<string>();

  constructor(readonly entry: readonly Source[], readonly options: CompileOptions) {}

  error(code: string, span: Span, message: string, more: More = {}): void {
    this.#say(made(code, 'error', span, message, more), span);
  }

  warning(code: string, span: Span, message: string, more: More = {}): void {
    this.#say(made(code, 'warning', span, message, more), span);
  }

  info(code: string, span: Span, message: string, more: More = {}): void {
    this.#say(made(code, 'info', span, message, more), span);
  }

  /** Once per place, however many services use the place (those that take a clause from defaults, say). */
  #say(diagnostic: Diagnostic, { file, start }: Span): void {
    const key = `${diagnostic.code} ${file} ${start} ${diagnostic.message}`;
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.diagnostics.push(diagnostic);
  }

  /** Says once per place what this build lacks. */
  require(what: string, code: string, severity: 'error' | 'warning', span: Span, message: string, hint: string): void {
    const key = `${code} ${span.file} ${span.start}`;
    if (this.#required.has(key)) return;
    this.#required.add(key);
    this.requires.push({ what, code, diagnostic: made(code, severity, span, message, { hint }) });
  }

  origin(span: Span): Origin {
    return { file: span.file, line: LineIndex.of(this.sources.get(span.file) ?? '').position(span.start).line };
  }
}

function made(code: string, severity: Diagnostic['severity'], span: Span, message: string, { hint, related, context, fix }: More): Diagnostic {
  return {
    code, severity, message, span,
    ...(context ? { context } : {}), ...(hint ? { hint } : {}), ...(fix ? { fix } : {}), ...(related ? { related } : {}),
  };
}

/** A name in quotes, safe for a terminal. */
export function quoted(text: string | Name): string {
  return `'${sanitize(typeof text === 'string' ? text : text.text)}'`;
}

/** `did you mean 'x'?`, or nothing. */
export function didYouMean(near: string | undefined): string | undefined {
  return near === undefined ? undefined : `did you mean '${sanitize(near)}'?`;
}
