/** `show programs` and `show attachments`. */
import { variants } from '../../compiler/generated/variants.ts';
import { featureNames } from '../../compiler/programs.ts';
import type { LinkInfo } from '../datapath.ts';
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
}

interface Programs {
  readonly programs: readonly ProgramFacts[];
}

function programFacts(links: readonly LinkInfo[]): ProgramFacts[] {
  const ids = [...new Set(links.map((l) => l.program.id))];
  return ids.map((id) => {
    const of = links.filter((l) => l.program.id === id);
    const { variant, features, verified, translated, jited, loadedAt } = of[0]!.program;
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
    };
  });
}

export const programs: Topic<Programs> = {
  name: 'programs',
  help: 'the XDP programs that run, their features and sizes',
  facts: (view: View) => ({ programs: programFacts(view.instance.links()) }),
  text: ({ programs: all }) => (all.length === 0 ? 'no program is attached' : all.map((p) => table([{ title: 'PROGRAM' }, { title: String(p.id) }], [
    ['variant', p.variant],
    ['on', p.on.join(' ')],
    ...(p.off.length === 0 ? [] : [['off', p.off.join(' ')]]),
    ...(p.verified === undefined ? [] : [['verified', `${group(p.verified)} instructions`]]),
    ['size', `${bytes(p.translated)} of bytecode, ${bytes(p.jited)} jited`],
    ...(p.loadedAt === undefined ? [] : [['loaded', p.loadedAt]]),
    ['interfaces', p.interfaces.join(', ')],
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
