/** One group: programs that get the same packets, measured in the same alternated rounds. */
import type { KernelProgram } from '../../../runtime/kernel/programs.ts';
import { median, sampleInTurn } from '../table.ts';
import { flowCapacity } from '../floors.ts';
import type { Traffic } from '../template.ts';
import type { Rig, VerdictName } from './rig.ts';

export const rounds = 11;
/** Short ones: what else runs on the machine then spoils some of them and not all. */
const sampleMs = 10;
const fewest = 20_000;

export interface Candidate {
  readonly program: KernelProgram;
  readonly traffic: Traffic;
  readonly verdict: VerdictName;
  /** What opens a flow, where it is not the same packet: the backend answers it. */
  readonly opening?: Uint8Array;
}

/** Nanoseconds, wrapper included: for each candidate one figure of each round. */
export type Samples = readonly (readonly number[])[];

/** What drops is fast: a program that answers otherwise than it should has no figure. */
export class WrongVerdict extends Error {
  constructor(readonly got: VerdictName, readonly wanted: VerdictName) {
    super(`the program answered ${got} instead of ${wanted}`);
  }
}

/** Throws `WrongVerdict`. */
export async function measure(rig: Rig, candidates: readonly Candidate[]): Promise<Samples> {
  return sampleInTurn(rounds, candidates.map((c) => {
    warm(rig, c);
    const repeat = Math.round(Math.max(fewest, sampleMs * 1e6 / once(rig, c, fewest)));
    return () => once(rig, c, repeat);
  }));
}

/** Of the same candidates, measured several times. */
export function join(measured: readonly Samples[]): Samples {
  return measured[0]!.map((_, i) => measured.flatMap((m) => m[i]!));
}

/** Median over the rounds of candidate `i` over candidate `j` of the same round. */
export function ratio(samples: Samples, i: number, j: number): number {
  return median(samples[i]!.map((ns, round) => ns / samples[j]![round]!));
}

/** Every flow is seen once before it counts; with new ones, tables are full before it counts. */
function warm(rig: Rig, { program, traffic, opening, verdict }: Candidate): void {
  const { flows } = traffic;
  if (opening && flows !== 'new') rig.run(program, { frame: opening, flows, inOrder: true, dialogue: true }, 2 * flows);
  rig.run(program, { ...traffic, inOrder: true }, (traffic.dialogue ? 2 : 1) * (flows === 'new' ? Math.ceil(1.25 * flowCapacity) : flows));
  for (let i = 0; i < 64; i++) expect(rig.run(program, traffic, 1).verdict, verdict);
}

function once(rig: Rig, { program, traffic, verdict }: Candidate, repeat: number): number {
  const result = rig.run(program, traffic, repeat);
  expect(result.verdict, verdict);
  return result.ns;
}

function expect(got: VerdictName, wanted: VerdictName): void {
  if (got !== wanted) throw new WrongVerdict(got, wanted);
}
