/**
 * Nanoseconds per packet of our programs beside floor programs, in alternated rounds of one run. Needs root, clang and
 * what an instance needs; works in network namespaces of its own, on a BPF file system of its own.
 */
import { objectsFolder } from '../../../runtime/install.ts';
import { createKernelDatapath } from '../../../runtime/kernel/datapath.ts';
import { privateBpffs } from '../../../test/support/bpffs.ts';
import { printTable } from '../table.ts';
import { floorNames, openFloors } from './floors.ts';
import { measure } from './measure.ts';
import { packet, raiseNetwork } from './network.ts';
import { proveCost, proveRestoring } from './proof.ts';
import { Rig } from './rig.ts';
import { lastService, scenarios, serviceCounts, servicesScript, subjects } from './scenarios.ts';
import { NotInThisBuild, openSubject, type Subject } from './subject.ts';

const count = (flows: number | 'new'): string => (flows === 'new' ? 'all new' : flows.toLocaleString('en'));

export async function datapath(): Promise<void> {
  const kernel = createKernelDatapath({ bpffs: privateBpffs(), objects: objectsFolder() });
  const network = raiseNetwork();
  const rig = new Rig(network.netns, network.ifindex);
  const floors = openFloors();
  const opened = new Map<string, Subject | undefined>();
  const subject = (name: string, scripts: readonly string[]): Subject | undefined => {
    if (opened.has(name)) return opened.get(name);
    let made: Subject | undefined;
    try {
      made = openSubject(kernel, network.netns, name, scripts);
    } catch (error) {
      if (!(error instanceof NotInThisBuild)) throw error;
    }
    opened.set(name, made);
    return made;
  };
  try {
    await proveCost(rig);
    proveRestoring(rig, floors);
    await compare(rig, floors, subject);
    await scale(rig, subject);
  } finally {
    for (const [name, s] of opened) {
      s?.instance.close();
      kernel.remove(name);
    }
    floors.close();
    rig.close();
    network.remove();
  }
}

type Open = (name: string, scripts: readonly string[]) => Subject | undefined;

async function compare(rig: Rig, floors: ReturnType<typeof openFloors>, open: Open): Promise<void> {
  const rows: string[][] = [];
  for (const s of scenarios) {
    const ours = open(s.subject, subjects[s.subject]!);
    for (const flows of s.flows) {
      const label = [s.label, count(flows)];
      if (!ours) {
        rows.push([...label, 'n/a', '', '', '', floorNames[s.floor], '', '', '']);
        continue;
      }
      const traffic = { frame: s.frame, flows };
      const opening = s.opening ? { opening: s.opening } : {};
      const { ns, ratio } = await measure(rig, [
        { program: floors.program('floor_drop'), traffic, verdict: 'drop' },
        { program: floors.program(s.floor), traffic, verdict: s.verdict, ...opening },
        { program: ours.program, traffic, verdict: s.verdict, ...opening },
      ]);
      const [empty, floor, own] = ns as [number, number, number];
      const gross = ratio(2, 1);
      rows.push([
        ...label, own.toFixed(0), gross.toFixed(2), ((own - empty) / (floor - empty)).toFixed(2), floor.toFixed(0), floorNames[s.floor], empty.toFixed(0),
        s.target === undefined ? '' : `≤ ${s.target}`, s.target === undefined ? '' : gross <= s.target ? 'met' : 'MISSED',
      ]);
    }
  }
  printTable('Nanoseconds per packet, wrapper included, median of 15 alternated rounds', ['packets', 'flows', 'ns', '× floor', '× net', 'floor ns', 'floor', 'empty', 'target', ''], rows);
}

async function scale(rig: Rig, open: Open): Promise<void> {
  const ours = serviceCounts.map((n) => open(`services-${n}`, [servicesScript(n)])!);
  const rows: string[][] = [];
  for (const flows of [1, 1 << 16] as const) {
    const { ns, ratio } = await measure(rig, serviceCounts.map((n, i) => ({
      program: ours[i]!.program, traffic: { frame: packet('ack', 4, lastService(n)), flows }, verdict: 'tx' as const,
    })));
    serviceCounts.forEach((n, i) => rows.push([
      n.toLocaleString('en'), count(flows), ns[i]!.toFixed(0), ratio(i, 0).toFixed(2), '≤ 1.1', ratio(i, 0) <= 1.1 ? 'met' : 'MISSED',
    ]));
  }
  printTable('Services in the configuration, the one hit being the last (dsr ipip, Maglev tables of 1,021)', ['services', 'flows', 'ns', '× 1 service', 'target', ''], rows);
}
