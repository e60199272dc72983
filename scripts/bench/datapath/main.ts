/**
 * Nanoseconds per packet of our programs beside floor programs, in alternated rounds of one run. Needs root, clang and
 * what an instance needs; works in network namespaces of its own, on a BPF file system of its own.
 */
import { median, printTable } from '../table.ts';
import { withRig, type Open } from './bench.ts';
import { floorNames, openFloors } from '../floors.ts';
import { join, measure, ratio, rounds, WrongVerdict, type Samples } from './measure.ts';
import { floorServices, packet } from './network.ts';
import { proveCost, proveRestoring } from './proof.ts';
import type { Rig } from './rig.ts';
import { lastService, scenarios, serviceCounts, servicesScript, subjects, type Scenario } from './scenarios.ts';

const count = (flows: number | 'new'): string => (flows === 'new' ? 'all new' : flows.toLocaleString('en'));
/** Programs and tables of both sides are made anew so often: where they happen to lie in memory is worth some nanoseconds. */
const builds = 3;
/** Of many services, by how much one may cost more than of one. */
const flat = 1.1;

/** `only`: a part of a row's first cell. */
export async function datapath(only: string): Promise<void> {
  await withRig(async (rig, open) => {
    await prove(rig);
    const rows: string[][] = [];
    for (const s of scenarios.filter((s) => s.label.includes(only))) rows.push(...await compare(rig, s, open));
    printTable(`Nanoseconds per packet, wrapper included, median of ${builds * rounds} alternated rounds`, ['packets', 'flows', 'ns', '× floor', '× net', 'floor ns', 'floor', 'empty', 'target', ''], rows);
    if ('services'.includes(only)) await scale(rig, open);
  });
}

async function prove(rig: Rig): Promise<void> {
  await proveCost(rig);
  const floors = openFloors(floorServices);
  try {
    proveRestoring(rig, floors);
  } finally {
    floors.close();
  }
}

/** Median figures of one number of flows. */
async function compare(rig: Rig, s: Scenario, open: Open): Promise<string[][]> {
  const measured: Samples[][] = [];
  for (let build = 0; build < builds; build++) {
    const samples = await measureFresh(rig, s, open);
    if (typeof samples === 'string') return s.flows.map((flows) => [s.label, count(flows), samples, '', '', '', floorNames[s.floor]]);
    measured.push(samples);
  }
  return s.flows.map((flows, i) => {
    const samples = join(measured.map((m) => m[i]!));
    const [empty, floor, own] = samples.map(median) as [number, number, number];
    const gross = ratio(samples, 2, 1);
    return [
      s.label, count(flows), own.toFixed(0), gross.toFixed(2), ((own - empty) / (floor - empty)).toFixed(2), floor.toFixed(0), floorNames[s.floor], empty.toFixed(0),
      ...(s.target === undefined ? [] : [`≤ ${s.target}`, gross <= s.target ? 'met' : 'MISSED']),
    ];
  });
}

/** Of each number of flows: empty program, floor, ours. Or why there is nothing to measure. Tables of both sides are fresh and fill alike. */
async function measureFresh(rig: Rig, s: Scenario, open: Open): Promise<Samples[] | string> {
  const ours = open(s.subject, subjects[s.subject]!, s.capacity);
  if (!ours) return 'n/a';
  const floors = openFloors(floorServices);
  try {
    const measured: Samples[] = [];
    for (const flows of s.flows) {
      const traffic = { frame: s.frame, flows, dialogue: s.dialogue ?? false };
      const opening = s.opening ? { opening: s.opening } : {};
      measured.push(await measure(rig, [
        { program: floors.program('floor_drop'), traffic, verdict: 'drop' },
        { program: floors.program(s.floor), traffic, verdict: s.verdict, ...opening },
        { program: ours.subject.program, traffic, verdict: s.verdict, ...opening },
      ]));
    }
    return measured;
  } catch (error) {
    if (error instanceof WrongVerdict) return `${error.got}!`;
    throw error;
  } finally {
    floors.close();
    ours.close();
  }
}

async function scale(rig: Rig, open: Open): Promise<void> {
  const ours = serviceCounts.map((n) => open(`services-${n}`, [servicesScript(n)])!);
  try {
    const rows: string[][] = [];
    for (const flows of [1, 1 << 16] as const) {
      const samples = await measure(rig, serviceCounts.map((n, i) => ({
        program: ours[i]!.subject.program, traffic: { frame: packet('ack', 4, lastService(n)), flows }, verdict: 'tx' as const,
      })));
      serviceCounts.forEach((n, i) => rows.push([
        n.toLocaleString('en'), count(flows), median(samples[i]!).toFixed(0), ratio(samples, i, 0).toFixed(2), `≤ ${flat}`, ratio(samples, i, 0) <= flat ? 'met' : 'MISSED',
      ]));
    }
    printTable('Services in the configuration, the one hit being the last (dsr ipip, Maglev tables of 1,021)', ['services', 'flows', 'ns', '× 1 service', 'target', ''], rows);
  } finally {
    for (const o of ours) o.close();
  }
}
