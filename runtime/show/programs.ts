/** `show programs` and `show attachments`. */
import { variants } from '../../compiler/generated/variants.ts';
import { featureNames } from '../../compiler/programs.ts';
import type { LinkInfo } from '../datapath.ts';
import { pause } from '../pause.ts';
import { bytes, group, table } from './table.ts';
import type { Topic, View } from './view.ts';

interface ProgramFacts {
  readonly id: number;
  readonly variant: string;
  readonly on: readonly string[];
  readonly off: readonly string[];
  readonly verified?: number;
  readonly translated: number;
  readonly jited: number;
  readonly loadedAt?: string;
  readonly interfaces: readonly string[];
  readonly cost?: Cost;
}

/** What the kernel measured of a program's runs, one for each packet. */
interface Cost {
  readonly packets: number;
  /** Of one packet, in the mean; the measuring itself is in it. Absent: no packet came. */
  readonly nanoseconds?: number;
  /** For how long this command measured, and the packets of one second of it; absent: it was measured before. */
  readonly seconds?: number;
  readonly packetsPerSecond?: number;
}

interface Programs {
  readonly programs: readonly ProgramFacts[];
}

function costOf(runs: { readonly count: number; readonly ns: number }): Cost {
  return { packets: runs.count, ...(runs.count === 0 ? {} : { nanoseconds: runs.ns / runs.count }) };
}

/** By id of the program. One that came meanwhile is left out: it was not measured from its beginning. */
function measure(view: View, ms: number): ReadonlyMap<number, Cost> {
  const none = { count: 0, ns: 0 };
  const runs = (): Map<number, { readonly count: number; readonly ns: number }> =>
    new Map(view.instance.links().map((l) => [l.program.id, l.program.runs ?? none]));
  const measuring = view.instance.measureRuns();
  try {
    const before = runs();
    const started = performance.now();
    pause(ms);
    const seconds = (performance.now() - started) / 1000;
    return new Map([...runs()].flatMap(([id, after]) => {
      const first = before.get(id);
      if (!first) return [];
      const cost = costOf({ count: after.count - first.count, ns: after.ns - first.ns });
      return [[id, { ...cost, seconds, packetsPerSecond: cost.packets / seconds }] as const];
    }));
  } finally {
    measuring.close();
  }
}

function programFacts(links: readonly LinkInfo[], measured: ReadonlyMap<number, Cost>): ProgramFacts[] {
  const ids = [...new Set(links.map((l) => l.program.id))];
  return ids.map((id) => {
    const of = links.filter((l) => l.program.id === id);
    const { variant, features, verified, translated, jited, loadedAt, runs } = of[0]!.program;
    const cost = measured.get(id) ?? (runs && costOf(runs));
    const built = variants.find((v) => v.name === variant)?.features ?? features;
    return {
      id,
      variant,
      on: featureNames(features),
      off: featureNames(built & ~features),
      ...(verified === undefined ? {} : { verified }),
      translated,
      jited,
      ...(loadedAt === undefined ? {} : { loadedAt }),
      interfaces: of.map((l) => l.interface),
      ...(cost ? { cost } : {}),
    };
  });
}

function costText({ packets, nanoseconds, seconds, packetsPerSecond }: Cost): string {
  const during = seconds === undefined ? 'measured so far' : `in ${seconds.toFixed(1)} s`;
  if (nanoseconds === undefined) return `no packet came ${during}`;
  const rate = packetsPerSecond === undefined ? '' : `, ${group(Math.round(packetsPerSecond))} packets/s`;
  return `${nanoseconds.toFixed(0)} ns per packet${rate} (${group(packets)} ${during})`;
}

export const programs: Topic<Programs> = {
  name: 'programs',
  help: 'the XDP programs that run, their features, sizes and cost',
  facts: (view: View, _only, { measure: ms }) => {
    const measured = ms === undefined ? new Map<number, Cost>() : measure(view, ms);
    return { programs: programFacts(view.instance.links(), measured) };
  },
  text: ({ programs: all }) => (all.length === 0 ? 'no program is attached' : all.map((p) => table([{ title: 'PROGRAM' }, { title: String(p.id) }], [
    ['variant', p.variant],
    ['on', p.on.join(' ')],
    ...(p.off.length === 0 ? [] : [['off', p.off.join(' ')]]),
    ...(p.verified === undefined ? [] : [['verified', `${group(p.verified)} instructions`]]),
    ['size', `${bytes(p.translated)} of bytecode, ${bytes(p.jited)} jited`],
    ...(p.loadedAt === undefined ? [] : [['loaded', p.loadedAt]]),
    ['interfaces', p.interfaces.join(', ')],
    ...(p.cost ? [['cost', costText(p.cost)]] : []),
  ])).join('\n\n')),
};

interface Attachments {
  readonly attachments: readonly {
    readonly interface: string;
    readonly ifindex: number;
    readonly ruleset?: string;
    readonly asked?: string;
    /** `none`: the script asks for it and no link is there. */
    readonly actual: string;
    readonly variant?: string;
    readonly program?: number;
  }[];
}

export const attachments: Topic<Attachments> = {
  name: 'attachments',
  help: 'interfaces that carry the program',
  facts(view: View) {
    const links = view.instance.links();
    const wanted = view.live.attachments;
    return {
      attachments: [
        ...links.map((l) => {
          const by = wanted.find((a) => a.interface === l.interface);
          return {
            interface: l.interface,
            ifindex: l.ifindex,
            ...(by ? { ruleset: by.ruleset, asked: by.xdp } : {}),
            actual: l.actual,
            variant: l.program.variant,
            program: l.program.id,
          };
        }),
        ...wanted.filter((a) => !links.some((l) => l.interface === a.interface)).map((a) => ({
          interface: a.interface, ifindex: 0, ruleset: a.ruleset, asked: a.xdp, actual: 'none',
        })),
      ],
    };
  },
  text: ({ attachments: all }) => (all.length === 0 ? 'attached to no interface' : table(
    [{ title: 'INTERFACE' }, { title: 'INDEX', right: true }, { title: 'XDP' }, { title: 'ASKED' }, { title: 'RULESET' }, { title: 'PROGRAM' }],
    all.map((a) => [a.interface, a.ifindex === 0 ? 'gone' : String(a.ifindex), a.actual, a.asked ?? '', a.ruleset ?? '', a.variant ?? '']),
  )),
};
