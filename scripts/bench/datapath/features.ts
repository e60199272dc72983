/**
 * What each feature costs: instructions that the verifier walks, instructions and machine code that are left, and
 * nanoseconds of a packet that needs none of it. Once added alone to what the packet needs, once as the only one taken away from
 * a program with everything on: some do nothing without another.
 */
import { LbFeature, lbFeatureNames } from '../../../compiler/generated/layout.ts';
import { variants } from '../../../compiler/generated/variants.ts';
import type { Instance } from '../../../runtime/datapath.ts';
import { DatapathError } from '../../../runtime/datapath.ts';
import { KernelProgram } from '../../../runtime/kernel/programs.ts';
import { median, printTable } from '../table.ts';
import { withRig } from './bench.ts';
import { measure } from './measure.ts';
import { packet } from './network.ts';
import { subjects } from './scenarios.ts';

const needed = LbFeature.IPV4 | LbFeature.TCP | LbFeature.DSR_IPIP;
const number = (n: number): string => n.toLocaleString('en');
const more = (n: number): string => (n < 0 ? number(n) : `+${number(n)}`);

/** Instructions verified, instructions left, bytes of machine code, nanoseconds. */
type Cost = readonly [number, number, number, number];

export async function features(): Promise<void> {
  const widest = variants.reduce((a, b) => (bits(b.features) > bits(a.features) ? b : a));
  const optional = Object.keys(lbFeatureNames).map(Number).filter((bit) => (widest.features & ~needed & bit) !== 0);
  const masks = [needed, widest.features, ...optional.flatMap((bit) => [needed | bit, widest.features & ~bit])];
  await withRig(async (rig, open) => {
    const opened = open('ipip', subjects['ipip']!)!;
    try {
      const programs = masks.map((mask) => load(opened.subject.instance, widest.name, mask));
      const loaded = programs.flatMap((p) => p ?? []);
      const traffic = { frame: packet('ack'), flows: 1 } as const;
      const ns = (await measure(rig, loaded.map((program) => ({ program, traffic, verdict: 'tx' as const })))).map(median);
      const costs = programs.map((p): Cost | undefined => p && [p.info.verified ?? 0, p.info.translated / 8, p.info.jited, Math.round(ns[loaded.indexOf(p)]!)]);
      const [least, most] = costs;
      const minus = (a: Cost | undefined, b: Cost | undefined): string[] =>
        a && b ? a.map((n, i) => more(n - b[i]!)) : ['does not load', '', '', ''];
      printTable(
        `What each feature adds to the program '${widest.name}', alone and beside all others (dsr ipip, established, 1 flow)`,
        ['feature', 'alone: verified', 'instructions', 'machine code', 'ns', 'beside all: verified', 'instructions', 'machine code', 'ns'],
        [
          ['ipv4, tcp and dsr-ipip; everything', ...[least, most].flatMap((cost) => cost?.map(number) ?? ['does not load', '', '', ''])],
          ...optional.map((bit, i) => [lbFeatureNames[bit]!, ...minus(costs[2 + 2 * i], least), ...minus(most, costs[3 + 2 * i])]),
        ],
      );
    } finally {
      opened.close();
    }
  });
}

/** Undefined where the kernel refuses it. */
function load(instance: Instance, variant: string, mask: number): KernelProgram | undefined {
  try {
    const program = instance.load({ variant, features: mask });
    return program instanceof KernelProgram ? program : undefined;
  } catch (error) {
    if (error instanceof DatapathError) return undefined;
    throw error;
  }
}

function bits(mask: number): number {
  return mask.toString(2).replaceAll('0', '').length;
}
