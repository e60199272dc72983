/** Plans against what is live: the pure planner with the machine's tables, clock, routes and interfaces. */
import { conflicts } from '../compiler/diff.ts';
import type { Live, TablePlace } from '../compiler/live.ts';
import { plan, planRollback, type PlanContext } from '../compiler/plan.ts';
import type { Plan } from '../compiler/plan-types.ts';
import type { State } from '../compiler/state.ts';
import type { Diagnostic } from '../dsl/diagnostic.ts';
import { bug, hasErrors } from '../dsl/diagnostic.ts';
import type { Instance } from './datapath.ts';
import { interfaceNames, networkNamespace } from './interfaces.ts';
import { findNextHops } from './neighbours.ts';
import { noInterface } from './problems.ts';

/** What should be live. */
export interface Want {
  readonly state: State;
  /** What these own is replaced; everything else stays. */
  readonly rulesets: readonly string[];
  /** Texts of rulesets to keep with the commit. */
  readonly sources?: Readonly<Record<string, string>>;
}

export interface Planned {
  readonly plan?: Plan;
  readonly diagnostics: readonly Diagnostic[];
}
