/**
 * Carries out the steps of a plan, in order. Up to the swap a failed step undoes the ones before it in
 * reverse; after the swap the new configuration is live, so what fails is reported and left for the next
 * apply. The caller holds the lock and made the plan from what is live now (`commit.ts`).
 */
import type { Plan, Step } from '../compiler/plan-types.ts';
import type { Diagnostic } from '../dsl/diagnostic.ts';
import { describeStep } from './describe.ts';
import { DatapathError } from './datapath.ts';
import { diagnosticOf } from './problems.ts';
import type { Scene, Undo } from './steps.ts';
import { perform } from './steps.ts';

export interface StepHooks {
  /** Called around each step; one that throws `DatapathError` fails the step. */
  onStep?(step: Step, index: number, phase: 'before' | 'after'): void;
}

export interface ApplyResult {
  readonly diagnostics: readonly Diagnostic[];
  /** Live now; absent: a step failed and the datapath is as it was. */
  readonly serial?: number;
  /** What the swap left to do failed; the next apply does it. */
  readonly unfinished: boolean;
}

/** Throws only for defects of ours, after undoing what was done. */
export function apply(scene: Scene, plan: Plan, hooks: StepHooks = {}): ApplyResult {
  const swapAt = plan.steps.findIndex((s) => s.kind === 'swap' || s.kind === 'swap-back');
  const undos: Undo[] = [];
  for (const [index, step] of plan.steps.entries()) {
    const beforeSwap = swapAt === -1 || index <= swapAt;
    try {
      hooks.onStep?.(step, index, 'before');
      const undo = perform(step, scene);
      if (undo) undos.push(undo);
      hooks.onStep?.(step, index, 'after');
    } catch (error) {
      if (beforeSwap) return takeBack(error, step, undos, scene);
      if (!(error instanceof DatapathError)) throw error;
      return { serial: plan.serial, unfinished: true, diagnostics: [...scene.diagnostics, unfinished(error, plan.steps.slice(index))] };
    }
  }
  return { serial: plan.serial, unfinished: false, diagnostics: scene.diagnostics };
}

function takeBack(error: unknown, step: Step, undos: readonly Undo[], scene: Scene): ApplyResult {
  const left: Diagnostic[] = [];
  for (const undo of [...undos].reverse()) {
    try {
      undo();
    } catch (second) {
      if (!(second instanceof DatapathError)) throw second;
      left.push({ ...diagnosticOf(second), code: 'LB507', severity: 'warning' });
    }
  }
  if (!(error instanceof DatapathError)) throw error;
  const cause = diagnosticOf(error);
  const failed: Diagnostic = {
    ...cause,
    related: [
      ...(cause.related ?? []),
      { message: `this was the step to ${describeStep(step)}; the steps before it are undone and the running datapath is as it was` },
    ],
  };
  return { diagnostics: [...scene.diagnostics, failed, ...left], unfinished: false };
}

function unfinished(error: DatapathError, steps: readonly Step[]): Diagnostic {
  const cause = diagnosticOf(error);
  return {
    code: 'LB506',
    severity: 'warning',
    message: `the new configuration is live, but sluice could not finish: ${cause.message}`,
    hint: 'apply again: it does what is left',
    related: [{ message: `left to do: ${steps.map(describeStep).join('; ')}` }, ...(cause.related ?? [])],
  };
}
