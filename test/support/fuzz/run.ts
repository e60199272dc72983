/** Many packets through many configurations, and what was wrong with what came out. */
import type { Balancer } from '../balancer.ts';
import type { Fate } from './case.ts';
import { mutate } from './mutate.ts';
import type { Interface } from './network.ts';
import { summary } from './summary.ts';
import { Packets } from './packets.ts';
import { Random } from './random.ts';
import { changeScenario, makeScenario, type Scenario } from './scenario.ts';
import { Programs, Session, type Step } from './session.ts';

export interface Options {
  readonly packets: number;
  /** A limit. */
  readonly seconds: number;
  readonly seed: number;
}

/** What a session did, in order. */
export type Act =
  | { readonly kind: 'begin' | 'commit'; readonly scenario: Scenario }
  | { readonly kind: 'packet'; readonly on: Interface; readonly bytes: Uint8Array };

export interface Finding {
  /** Of the scenario alone. */
  readonly seed: number;
  readonly faults: readonly string[];
  /** All that it takes, as far as could be found; the last one is the packet. */
  readonly acts: readonly Act[];
  readonly verdict: string;
  readonly out: Uint8Array;
  /** Whether the acts lead to it again. */
  readonly repeats: boolean;
}

export interface Report {
  readonly packets: number;
  readonly mutated: number;
  readonly seconds: number;
  readonly scenarios: number;
  readonly commits: number;
  readonly fates: Readonly<Partial<Record<Fate, number>>>;
  readonly variants: Readonly<Record<string, number>>;
  /** One of each kind. */
  readonly findings: readonly Finding[];
  /** Of all kinds. */
  readonly faulty: number;
}

const commitsPerScenario = 2;
const packetsPerCommit = 2000;
const mostFindings = 20;
/** Replays to find out what of the past a finding needs. */
const mostReplays = 60;

export function fuzz(balancer: Balancer, { packets, seconds, seed }: Options, onFinding: (f: Finding) => void = () => undefined): Report {
  const programs = new Programs(balancer);
  const session = new Session(balancer, programs);
  const started = performance.now();
  const over = (): boolean => performance.now() - started > seconds * 1000;
  const total = { packets: 0, mutated: 0, scenarios: 0, commits: 0, faulty: 0 };
  const fates: Partial<Record<Fate, number>> = {};
  const variants: Record<string, number> = {};
  const findings = new Map<string, Finding>();
  const found = (scenarioSeed: number, acts: readonly Act[], step: Step): void => {
    total.faulty++;
    const kind = step.faults.map((f) => f.replace(/\b[0-9a-f]{8,}\b|\d+/g, '#')).join();
    if (findings.has(kind) || findings.size >= mostFindings) return;
    const finding = { seed: scenarioSeed, faults: step.faults, verdict: step.verdict, out: step.packet, ...reduce(balancer, programs, acts, step.faults) };
    findings.set(kind, finding);
    onFinding(finding);
  };
  for (let n = 0; total.packets < packets && !over(); n++) {
    const scenarioSeed = (seed + n) >>> 0;
    const r = new Random(scenarioSeed);
    const acts: Act[] = [];
    let scenario = makeScenario(r);
    if (scenario.services.length === 0) continue;
    total.scenarios++;
    for (let commit = 0; commit <= commitsPerScenario && total.packets < packets && !over(); commit++) {
      if (commit > 0) scenario = changeScenario(r, scenario);
      const act = { kind: commit === 0 ? 'begin' : 'commit', scenario } as const;
      acts.push(act);
      session[act.kind](scenario);
      if (commit > 0) total.commits++;
      variants[scenario.variant] = (variants[scenario.variant] ?? 0) + 1;
      const reduced = balancer.inside(() => {
        const source = new Packets(r, session.model);
        for (let i = 0; i < packetsPerCommit && total.packets < packets; i++) {
          if ((i & 255) === 255 && over()) break;
          const { on, bytes, mutated } = take(r, source);
          acts.push({ kind: 'packet', on, bytes });
          const step = session.feed(on, bytes);
          total.packets++;
          if (mutated) total.mutated++;
          fates[step.fate] = (fates[step.fate] ?? 0) + 1;
          if (step.learnt) source.learnTranslation(step.learnt);
          if ((step.verdict === 'tx' || step.verdict === 'redirect') && r.chance(0.1)) source.learnFrame(step.packet, step.packet.length);
          if (step.faults.length > 0) {
            found(scenarioSeed, acts, step);
            if (findings.size > 0 && total.faulty <= mostFindings) return true;
          }
        }
        return false;
      });
      // Replays for the reduction have changed everything.
      if (reduced) break;
    }
  }
  return { ...total, seconds: (performance.now() - started) / 1000, fates, variants, findings: [...findings.values()] };
}

function take(r: Random, source: Packets): { on: Interface; bytes: Uint8Array; mutated: boolean } {
  const on = source.next();
  const mutated = r.chance(0.35);
  if (mutated) mutate(r, source.writer);
  return { on, bytes: source.writer.bytes.slice(0, Math.max(14, source.writer.at)), mutated };
}

/** The fewest acts that still lead to the same faults: the packet alone, or what is left after leaving out run after run. */
function reduce(balancer: Balancer, programs: Programs, acts: readonly Act[], faults: readonly string[]): Pick<Finding, 'acts' | 'repeats'> {
  let replays = 0;
  const holds = (tried: readonly Act[]): boolean => replays++ < mostReplays && replay(balancer, tried, undefined, programs).join() === faults.join();
  const last = acts.at(-1)!;
  const scenarios = acts.filter((a) => a.kind !== 'packet');
  const begin = { kind: 'begin', scenario: (scenarios.at(-1)! as { scenario: Scenario }).scenario } as const;
  if (holds([begin, last])) return { acts: [begin, last], repeats: true };
  if (holds([...scenarios, last])) return { acts: [...scenarios, last], repeats: true };
  if (!holds(acts)) return { acts, repeats: false };
  let left = acts;
  for (let size = Math.ceil(left.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = left.length - 1 - size; at > -size; at -= size) {
      const tried = left.filter((a, i) => a.kind !== 'packet' || i < Math.max(0, at) || i >= at + size || i === left.length - 1);
      if (tried.length < left.length && holds(tried)) left = tried;
    }
    if (replays >= mostReplays) break;
  }
  return { acts: left, repeats: true };
}

/** Faults of the last packet. `tell` hears what became of each. */
export function replay(balancer: Balancer, acts: readonly Act[], tell?: (line: string) => void, programs = new Programs(balancer)): readonly string[] {
  const session = new Session(balancer, programs);
  let faults: readonly string[] = [];
  for (const act of acts) {
    if (act.kind === 'packet') {
      const step = balancer.inside(() => session.feed(act.on, act.bytes));
      faults = step.faults;
      tell?.(`${act.on}: ${summary(act.bytes)}\n  ${step.verdict}, ${step.fate}: ${summary(step.packet)}${faults.map((f) => `\n  WRONG: ${f}`).join('')}`);
    } else session[act.kind](act.scenario);
  }
  return faults;
}
