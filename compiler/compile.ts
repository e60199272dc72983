/** From the text of scripts to the state that they describe. The passes run top to bottom. */
import type { Diagnostic } from '../dsl/diagnostic.ts';
import type { Source } from '../dsl/span.ts';
import { Compilation, type CompileOptions, type Requirement } from './compilation.ts';
import { assignRulesets } from './passes/rulesets.ts';
import { bindVariables } from './passes/variables.ts';
import { checkServices } from './passes/check-services.ts';
import { checkTests } from './passes/tests.ts';
import { collectNames } from './passes/names.ts';
import { expandVips } from './passes/vips.ts';
import { findUnused } from './passes/unused.ts';
import { gatherClauses } from './passes/clauses.ts';
import { lower } from './passes/lower.ts';
import { readCluster } from './passes/cluster.ts';
import { readFiles } from './passes/files.ts';
import { readSettings } from './passes/settings.ts';
import { resolveAttachments } from './passes/attachments.ts';
import { resolveTargets } from './passes/targets.ts';
import type { State } from './state.ts';

export type { CompileOptions, Requirement } from './compilation.ts';

const passes: readonly ((c: Compilation) => void)[] = [
  readFiles,
  assignRulesets,
  collectNames,
  bindVariables,
  readCluster,
  resolveAttachments,
  gatherClauses,
  expandVips,
  readSettings,
  resolveTargets,
  checkServices,
  checkTests,
  findUnused,
  lower,
];

export interface Compiled {
  /** Not to be planned from where a diagnostic is an error. */
  readonly state: State;
  /** By file and place in it. */
  readonly diagnostics: Diagnostic[];
  /** Texts by file name: the entries and what they include. */
  readonly sources: ReadonlyMap<string, string>;
  /** Whether backends depend on a cluster. */
  readonly usesCluster: boolean;
  readonly requires: Requirement[];
  /** `diagnostics` and those of `requires`, by file and place in it. */
  readonly all: Diagnostic[];
}

/** Compiles scripts that are applied together. Never throws for what is in them. */
export function compile(entry: readonly Source[], options: CompileOptions): Compiled {
  const compilation = new Compilation(entry, options);
  for (const pass of passes) pass(compilation);
  const { state, sources, usesCluster } = compilation;
  const order = new Map([...sources.keys()].map((file, i) => [file, i]));
  const place = ({ span }: Diagnostic): readonly [number, number] => (span ? [order.get(span.file) ?? -1, span.start] : [-1, 0]);
  const byPlace = (a: Diagnostic, b: Diagnostic): number => place(a)[0] - place(b)[0] || place(a)[1] - place(b)[1];
  const diagnostics = compilation.diagnostics.sort(byPlace);
  const requires = compilation.requires.sort((a, b) => byPlace(a.diagnostic, b.diagnostic));
  return { state, sources, usesCluster, diagnostics, requires, all: [...diagnostics, ...requires.map((r) => r.diagnostic)].sort(byPlace) };
}
