/**
 * From a desired state to a live one: lock, read back what is live, plan against exactly that, carry the plan
 * out. Whoever showed a plan to a user hands in the serial it was made against, and is refused when something
 * else was committed since.
 */
import type { Capacity, Generation, Live } from '../compiler/live.ts';
import type { Plan } from '../compiler/plan-types.ts';
import type { Diagnostic } from '../dsl/diagnostic.ts';
import { hasErrors } from '../dsl/diagnostic.ts';
import type { ApplyResult, StepHooks } from './apply.ts';
import { apply } from './apply.ts';
import { capacityFor } from './capacity.ts';
import type { Datapath, Instance } from './datapath.ts';
import { DatapathError } from './datapath.ts';
import { emptyLive, linksOf, readLive } from './inspect.ts';
import { networkNamespace } from './interfaces.ts';
import { planAgainst, planRollbackAgainst, type Planned, type Want } from './propose.ts';
import { diagnosticOf, foreignProgram } from './problems.ts';
import { addNeighbours, lostDiagnostic, lostNeighbours, neighbourKey, removeNeighbours } from './neighbours.ts';
import { advance, claim, recall, remember, settle, settledToken } from './recall.ts';
import { closeScene, type Scene } from './steps.ts';
import { vlanInterfaces, writeVlans } from './vlans.ts';
import { sweepKnown, sweepMeta, withoutOthers } from './sweep.ts';
import { keepSweeping } from './sweeper.ts';

export interface CommitOptions extends StepHooks {
  /** Serial that the user saw the plan against. */
  readonly base?: number;
  /** Sizes of a new instance. */
  readonly capacity?: Partial<Capacity>;
  /** Milliseconds to wait for another writer; 2000 if absent. */
  readonly wait?: number;
}

export interface CommitResult extends ApplyResult {
  /** What was carried out, or would have been. */
  readonly plan?: Plan;
}

/**
 * Makes `want` live. Conditions of the machine come back as diagnostics; the datapath is then as it was. Warnings
 * of the plan are `propose`'s to say.
 */
export function commit(datapath: Datapath, name: string, want: Want, options: CommitOptions = {}): CommitResult {
  return exclusively(datapath, name, options, (instance) => {
    const known = instance ? know(datapath, name, instance) : { live: emptyLive(capacityFor(want.state, options.capacity)), litter: 0, clean: true };
    const refusal = refusalOf(name, known.live, instance, options);
    if (refusal) return refused(refusal);
    if (instance && !known.clean) removeNeighbours(withoutOthers(datapath, name, sweepMeta(instance, generationsOf(known.live))));
    const result = carryOut(datapath, name, known, instance, planAgainst(known.live, want, instance), options);
    return result.serial === undefined ? result : { ...result, diagnostics: [...result.diagnostics, ...restoreNeighbours(known.live, result.plan)] };
  });
}

function generationsOf(live: Live): Generation[] {
  return live.former ? [live, live.former] : [live];
}

/** Entries that the commit did not touch, and the kernel lost. */
function restoreNeighbours(live: Live, plan: Plan | undefined): readonly Diagnostic[] {
  const removed = new Set(plan?.steps.flatMap((s) => (s.kind === 'remove-neighbours' ? s.neighbours.map(neighbourKey) : [])));
  return addNeighbours(lostNeighbours(live.neighbours.filter((n) => !removed.has(neighbourKey(n)))));
}

export type ProposeOptions = Pick<CommitOptions, 'base' | 'capacity'>;

/** What a commit would do now; takes no lock and writes nothing. */
export function propose(datapath: Datapath, name: string, want: Want, options: ProposeOptions = {}): Planned {
  return reading(datapath, name, (instance) => {
    const live = instance ? know(datapath, name, instance).live : emptyLive(capacityFor(want.state, options.capacity));
    const refusal = refusalOf(name, live, instance, options);
    if (refusal) return { diagnostics: [refusal] };
    const planned = planAgainst(live, want, instance);
    const foreign = planned.plan ? foreignPrograms(datapath, live, planned.plan) : [];
    if (foreign.length > 0) return { diagnostics: [...planned.diagnostics, ...foreign] };
    return { ...planned, diagnostics: [...planned.diagnostics, ...lostDiagnostic(lostNeighbours(live.neighbours))] };
  });
}

/** Interfaces that an attach would fail on. Our own program goes before another one comes. */
function foreignPrograms(datapath: Datapath, live: Live, { steps }: Plan): Diagnostic[] {
  const own = new Set(live.links.filter((l) => l.ifindex !== 0).map((l) => l.interface));
  return steps.flatMap((step) => {
    if (step.kind !== 'attach' || own.has(step.attachment.interface)) return [];
    const found = datapath.programOn(step.attachment.interface);
    return found === undefined ? [] : [foreignProgram(`attach to ${step.attachment.interface}`, found)];
  });
}

/** What a rollback would do now. */
export function proposeRollback(datapath: Datapath, name: string): Planned {
  return reading(datapath, name, (instance) => {
    if (!instance) return { diagnostics: [noInstance(name)] };
    const { live } = know(datapath, name, instance);
    const refusal = refusalOf(name, live, instance, {}) ?? (live.former ? undefined : nothingToUndo());
    return refusal ? { diagnostics: [refusal] } : planRollbackAgainst(live, instance);
  });
}

function reading(datapath: Datapath, name: string, body: (instance: Instance | undefined) => Planned): Planned {
  try {
    return opened(datapath, name, body);
  } catch (error) {
    if (error instanceof DatapathError) return { diagnostics: [diagnosticOf(error)] };
    throw error;
  }
}

function refusalOf(name: string, live: Live, instance: Instance | undefined, options: ProposeOptions): Diagnostic | undefined {
  return (instance && options.capacity ? capacityIsFixed(options.capacity, live.capacity) : undefined)
    ?? elsewhere(name, live) ?? stale(live, options.base);
}

/** Makes the former configuration live again; a second time, the later one. */
export function rollback(datapath: Datapath, name: string, options: CommitOptions = {}): CommitResult {
  return exclusively(datapath, name, options, (instance) => {
    if (!instance) return refused(noInstance(name));
    const known = know(datapath, name, instance);
    const refusal = refusalOf(name, known.live, instance, options) ?? (known.live.former ? undefined : nothingToUndo());
    if (refusal) return refused(refusal);
    return carryOut(datapath, name, known, instance, planRollbackAgainst(known.live, instance), options);
  });
}

interface Known {
  readonly live: Live;
  readonly litter: number;
  /** Nothing is there but what the live and the former configuration refer to, and that is as it was committed. */
  readonly clean: boolean;
}

/** What is live: remembered where that still holds, but for the links; else read back, and remembered where nothing is wrong. */
function know(datapath: Datapath, name: string, instance: Instance): Known {
  const live = recall(datapath, name, instance);
  if (live) return { live: { ...live, links: linksOf(instance) }, litter: 0, clean: true };
  const token = settledToken(instance);
  const read = readLive(instance, { unsettled: token === undefined });
  const clean = token !== undefined && read.litter === 0 && settledToken(instance) === token;
  if (clean && read.problems.length === 0) remember(datapath, name, token, read.live, read.services);
  return { ...read, clean: clean && read.problems.length === 0 };
}

function carryOut(
  datapath: Datapath, name: string, { live, clean }: Known, instance: Instance | undefined, { plan, diagnostics }: Planned, options: CommitOptions,
): CommitResult {
  if (!plan || hasErrors(diagnostics)) return { diagnostics, unfinished: false };
  const vlans = vlanInterfaces();
  if (instance) writeVlans(instance, vlans);
  if (plan.steps.length === 0) return { plan, diagnostics: [], serial: live.serial, unfinished: false };
  const next = advance(live, plan);
  if (instance) claim(datapath, name, instance);
  const scene: Scene = {
    datapath, name, capacity: live.capacity, vlans, ...(instance ? { instance } : {}), programs: new Map(), swapped: false, diagnostics: [],
    sweepText: (opened) => (!clean ? sweepMeta(opened, [live, next]) : live.former ? sweepKnown(opened, live.former, [live, next]) : []),
  };
  try {
    const result = apply(scene, plan, options);
    // An undo sweeps nothing: what it did not find clean it does not leave clean.
    if (result.serial !== undefined && !result.unfinished && scene.instance && (clean || scene.swapped)) {
      const token = settle(scene.instance);
      // Text that was swept without being counted is counted by the next reader.
      if (clean) remember(datapath, name, token, next);
    }
    const unswept = result.serial !== undefined && scene.instance ? keepSweeping(scene.instance, !instance) : [];
    return { ...result, diagnostics: [...result.diagnostics, ...unswept], plan };
  } finally {
    closeScene(scene);
    if (scene.instance !== instance) scene.instance?.close();
  }
}

/** Runs `body` with the instance open where it exists. */
function opened<T>(datapath: Datapath, name: string, body: (instance: Instance | undefined) => T): T {
  const instance = datapath.open(name);
  try {
    return body(instance);
  } finally {
    instance?.close();
  }
}

/** Runs `body` as the one writer, with the instance open where it exists. */
function exclusively(datapath: Datapath, name: string, options: CommitOptions, body: (instance: Instance | undefined) => CommitResult): CommitResult {
  try {
    const lock = datapath.lock(name, options.wait ?? 2000);
    try {
      return opened(datapath, name, body);
    } finally {
      lock.release();
    }
  } catch (error) {
    if (error instanceof DatapathError) return refused(diagnosticOf(error));
    throw error;
  }
}

function refused(diagnostic: Diagnostic): CommitResult {
  return { diagnostics: [diagnostic], unfinished: false };
}

function stale(live: Live, base: number | undefined): Diagnostic | undefined {
  if (base === undefined || base === live.serial) return undefined;
  return {
    code: 'LB502',
    severity: 'error',
    message: `the plan is stale: it was made against commit ${base}, and commit ${live.serial} is live now`,
    hint: 'make a new plan and look at it again',
  };
}

/** Interface numbers, routes and neighbours of an instance mean nothing in another network namespace. */
function elsewhere(name: string, live: Live): Diagnostic | undefined {
  const here = networkNamespace();
  if (live.netns === undefined || here === undefined || live.netns === here) return undefined;
  return {
    code: 'LB511',
    severity: 'error',
    message: `instance '${name}' belongs to network namespace ${live.netns}, and this is ${here}`,
    hint: `enter its namespace (nsenter --net=…; 'lsns -t net' lists them), or name another instance: --instance NAME`,
  };
}

function nothingToUndo(): Diagnostic {
  return {
    code: 'LB508',
    severity: 'error',
    message: 'there is no former configuration to go back to',
    hint: 'undo goes back over the last apply, and this instance has seen only one',
  };
}

export function noInstance(name: string): Diagnostic {
  return {
    code: 'LB517',
    severity: 'error',
    message: `there is no instance '${name}'`,
    hint: name === 'default' ? "nothing is applied yet: 'sluice apply FILE'" : "'sluice show instances' lists them",
  };
}

function capacityIsFixed(wanted: Partial<Capacity>, actual: Capacity): Diagnostic | undefined {
  const other = (Object.keys(wanted) as (keyof Capacity)[]).filter((k) => wanted[k] !== actual[k]);
  if (other.length === 0) return undefined;
  return {
    code: 'LB515',
    severity: 'error',
    message: `the instance exists already with ${other.map((k) => `${k}=${actual[k]}`).join(',')}; its sizes are fixed`,
    hint: "leave --capacity away, or 'sluice down' first (that interrupts service)",
  };
}
