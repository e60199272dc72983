/** A balancer that goes through scenarios and packets, and everything that its program does is judged. */
import { LbDrop } from '../../../compiler/generated/layout.ts';
import { variants } from '../../../compiler/generated/variants.ts';
import type { ProgramHandle } from '../../../runtime/datapath.ts';
import type { Balancer } from '../balancer.ts';
import { configure, readCount, reconfigure } from '../configure.ts';
import type { Judgement, Verdict } from './case.ts';
import { Model } from './model.ts';
import type { Interface } from './network.ts';
import { judge } from './oracle.ts';
import type { Scenario } from './scenario.ts';

export interface Step extends Judgement {
  readonly verdict: Verdict;
  /** What is left of the packet. */
  readonly packet: Uint8Array;
}

/** Loaded programs: those with all features of a variant for good, of the others the last few. */
export class Programs {
  readonly #kept = new Map<string, ProgramHandle>();

  constructor(private readonly balancer: Balancer) {}

  get({ variant, features }: Scenario): ProgramHandle {
    if (features === variants.find((v) => v.name === variant)!.features) return this.balancer.program(variant);
    const key = `${variant} ${features}`;
    const known = this.#kept.get(key) ?? this.balancer.instance.load({ variant, features });
    this.#kept.delete(key);
    this.#kept.set(key, known);
    for (const [old, program] of [...this.#kept].slice(0, -keptPrograms)) {
      program.close();
      this.#kept.delete(old);
    }
    return known;
  }
}

const keptPrograms = 4;
const verdicts: readonly Verdict[] = ['aborted', 'drop', 'pass', 'tx', 'redirect'];

export class Session {
  #model: Model | undefined;
  #program: ProgramHandle | undefined;
  #internal = 0;

  constructor(private readonly balancer: Balancer, private readonly programs: Programs) {}

  get model(): Model {
    return this.#model!;
  }

  /** All anew, as if nothing had been before. */
  begin(scenario: Scenario): void {
    // Named, so that ways to clients are forgotten for answers of pods too.
    configure(this.balancer.instance, { ...scenario, nats: [] }, this.balancer.ifindex);
    this.#model = new Model(scenario);
    this.#internal = 0;
    this.#program = this.programs.get(scenario);
  }

  /** What is known of flows stays. */
  commit(scenario: Scenario): void {
    reconfigure(this.balancer.instance, scenario);
    this.#model = new Model(scenario, this.#model);
    this.#program = this.programs.get(scenario);
  }

  /** Call it in `balancer.inside`. */
  feed(on: Interface, bytes: Uint8Array): Step {
    const { verdict: number, packet } = this.#program!.testRun(bytes, { ifindex: this.balancer.ifindex[on] });
    const verdict = verdicts[number]!;
    const judgement = judge(this.model, on, verdict, bytes, bytes.length, packet, packet.length);
    const faults = [...judgement.faults, ...judgement.learnt ? this.model.learn(judgement.learnt) : []];
    if (verdict === 'drop' && this.#grewInternal()) faults.push('dropped for an internal reason');
    return { ...judgement, faults, verdict, packet };
  }

  /** Nothing that a client sends may lead where the program does not know what to do. */
  #grewInternal(): boolean {
    const now = readCount(this.balancer.instance, 'drops', LbDrop.INTERNAL);
    const grew = now > this.#internal;
    this.#internal = now;
    return grew;
  }
}
