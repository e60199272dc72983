/**
 * The method held against what is known. What k dependent multiplications add has a cost that a second clock tells: the
 * same chain timed from inside one long run. And a program that encapsulates leaves the same packet in its thousandth
 * run as in its first.
 */
import { median, printTable, sampleInTurn } from '../table.ts';
import { BenchObject, u32 } from '../objects.ts';
import { packet } from './network.ts';
import type { Rig } from './rig.ts';

const steps = [4, 8, 16, 32] as const;
const multiplicationsOfStep = 32;
const timedRounds = 2_000;
const tolerance = 0.05;

function chain(object: BenchObject, stepsOfRun: number, rounds = 0): void {
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, stepsOfRun, true);
  view.setUint32(4, rounds, true);
  object.map('.data.chain').update(u32(0), bytes);
}

/** Nanoseconds of a multiplication by the clock inside: from the difference of two lengths, so that what surrounds the chain is gone. */
function timed(rig: Rig, object: BenchObject): number {
  const elapsed = (stepsOfRun: number): number => {
    chain(object, stepsOfRun, timedRounds);
    rig.bare(object.program('cost_timed'), packet('ack'), 1);
    return Number(new DataView(object.map('.data.chain').lookup(u32(0))!.buffer).getBigUint64(16, true));
  };
  return (elapsed(48) - elapsed(16)) / (timedRounds * 32 * multiplicationsOfStep);
}

/** Prints what was found; throws where the method is off by more than a twentieth. */
export async function proveCost(rig: Rig): Promise<void> {
  const object = new BenchObject('cost');
  const traffic = { frame: packet('ack'), flows: 1 } as const;
  try {
    const samples = await sampleInTurn(15, [
      () => timed(rig, object),
      ...steps.map((n) => () => {
        chain(object, n);
        return rig.run(object.program('cost_chain'), traffic, 20_000).ns;
      }),
    ]);
    const [each, ...ns] = samples.map(median);
    const [eachOfRound, firstOfRound] = [samples[0]!, samples[1]!];
    const rows = steps.map((n, i) => {
      const more = (n - steps[0]) * multiplicationsOfStep;
      if (more === 0) return [`${n * multiplicationsOfStep} multiplications`, ns[i]!.toFixed(0)];
      const ratio = median(samples[i + 1]!.map((of, round) => (of - firstOfRound[round]!) / (more * eachOfRound[round]!)));
      if (Math.abs(ratio - 1) > tolerance) throw new Error(`the method finds ${ratio.toFixed(3)} of what ${more} more multiplications take`);
      return [`${n * multiplicationsOfStep} multiplications`, ns[i]!.toFixed(0), (ns[i]! - ns[0]!).toFixed(0), (more * each!).toFixed(0), ratio.toFixed(3)];
    });
    printTable(`A known cost: dependent multiplications, each ${each!.toFixed(2)} ns by a clock inside one long run`, ['program', 'ns behind the wrapper', 'more than the first', 'known', 'ratio in a round'], rows);
  } finally {
    object.close();
  }
}

/** Prints both; throws where a run saw what an earlier one left. */
export function proveRestoring(rig: Rig, floors: BenchObject): void {
  const program = floors.program('floor_ring');
  const traffic = { frame: packet('ack'), flows: 1 } as const;
  const first = rig.run(program, traffic, 1);
  const last = rig.run(program, traffic, 1000);
  if (first.verdict !== 'tx' || last.verdict !== 'tx' || Buffer.compare(first.packet, last.packet) !== 0) throw new Error('the wrapper does not restore the packet');
  const grown = rig.bare(program, packet('ack'), 1000);
  printTable('Restoring: what the encapsulating floor leaves', ['', 'after 1 run', 'after 1,000 runs'], [
    ['behind the wrapper', `${first.packet.length} bytes, ${first.verdict}`, `${last.packet.length} bytes, ${last.verdict}, the same`],
    ['bare', `${rig.bare(program, packet('ack'), 1).packet.length} bytes, tx`, `${grown.packet.length} bytes, ${grown.verdict}, ${grown.ns} ns`],
  ]);
}
