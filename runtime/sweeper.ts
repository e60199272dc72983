/**
 * Keeps the sweeper of an instance at work. What is over counts as none for the programs, whether it is deleted or not;
 * the sweeper gives its place back, so that a table at rest is empty.
 */
import { sweep, type Sweep } from '../compiler/generated/layout.ts';
import type { Diagnostic } from '../dsl/diagnostic.ts';
import type { Instance } from './datapath.ts';
import { DatapathError } from './datapath.ts';

/** A pass that is under way may be so late. */
const patience = 30_000_000_000n;

/** What the sweeper says of itself; undefined: there is none. */
export function readSweep(instance: Instance): Sweep | undefined {
  const bytes = instance.sweeperState();
  return bytes && sweep.decode(bytes);
}

/** Whether it makes its passes. `now` is CLOCK_MONOTONIC ns. */
export function isSweeping(state: Sweep | undefined, now: bigint): boolean {
  return state !== undefined && now < state.next + patience;
}

/**
 * Starts the sweeper where none is, where it stands still, or where it is another build's. Where the kernel cannot run it,
 * that is said when the instance is new, and not again with every commit.
 */
export function keepSweeping(instance: Instance, isNew: boolean): readonly Diagnostic[] {
  try {
    const state = readSweep(instance);
    if (isSweeping(state, process.hrtime.bigint()) && state!.build === instance.sweeperBuild()) return [];
    instance.startSweeper();
    return [];
  } catch (error) {
    if (!(error instanceof DatapathError)) throw error;
    return isNew ? [notSwept(error)] : [];
  }
}

function notSwept({ doing, errno, detail }: DatapathError): Diagnostic {
  return {
    code: 'LB530',
    severity: 'warning',
    message: `flows that are over stay in their tables until others need the room: could not ${doing}${errno ? ` (${errno})` : ''}`,
    hint: "Linux 6.10 and newer can delete them; 'sluice doctor' says what this machine can do",
    ...(detail ? { related: [{ message: detail }] } : {}),
  };
}
