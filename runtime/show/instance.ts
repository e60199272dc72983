/** `show rulesets` and `show instance`. */
import { networkNamespace } from '../interfaces.ts';
import { isSweeping, readSweep } from '../sweeper.ts';
import { duration, group, table } from './table.ts';
import type { Topic, View } from './view.ts';

interface Rulesets {
  readonly rulesets: readonly { readonly name: string; readonly services: number; readonly attachments: readonly string[] }[];
}

export const rulesets: Topic<Rulesets> = {
  name: 'rulesets',
  help: 'who owns what',
  facts: ({ live }: View) => ({
    rulesets: live.rulesets.map((name) => ({
      name,
      services: live.services.filter((s) => s.ruleset === name).length,
      attachments: live.attachments.filter((a) => a.ruleset === name).map((a) => a.interface),
    })),
  }),
  text: ({ rulesets: all }) => (all.length === 0 ? 'no rulesets' : table(
    [{ title: 'RULESET' }, { title: 'SERVICES', right: true }, { title: 'INTERFACES' }],
    all.map((r) => [r.name, group(r.services), r.attachments.join(', ')]),
  )),
};

interface InstanceFacts {
  readonly name: string;
  readonly serial: number;
  /** What `undo` goes back to. */
  readonly former?: number;
  readonly services: number;
  readonly backends: number;
  readonly neighbours: number;
  readonly capacity: { readonly backends: number; readonly services: number; readonly flows: number };
  readonly netns?: number;
  readonly here: boolean;
  /** What deletes entries that are over; absent: nothing does. */
  readonly sweeper?: SweeperFacts;
}

interface SweeperFacts {
  /** It makes its passes. */
  readonly running: boolean;
  readonly passes: number;
  /** Entries, in all passes. */
  readonly deleted: number;
  /** Seconds since the last pass began, and what it took of a CPU. */
  readonly ago: number;
  readonly milliseconds: number;
}

function sweeperFacts({ instance: opened }: View): SweeperFacts | undefined {
  const state = readSweep(opened);
  if (!state) return undefined;
  const now = process.hrtime.bigint();
  return {
    running: isSweeping(state, now), passes: Number(state.passes), deleted: Number(state.deleted),
    ago: Math.max(0, Number(now - state.began) / 1e9), milliseconds: Number(state.took) / 1e6,
  };
}

function sweeperText(s: SweeperFacts | undefined): string {
  if (!s) return 'nothing deletes what is over';
  if (!s.running) return `stands still since ${duration(s.ago)}; the next commit starts it anew`;
  return `last pass ${duration(s.ago)} ago, ${s.milliseconds.toFixed(1)} ms; ${group(s.deleted)} deleted so far`;
}

export const instance: Topic<InstanceFacts> = {
  name: 'instance',
  help: 'serial, sizes and network namespace of the instance',
  facts(view: View) {
    const { name, live } = view;
    const sweeper = sweeperFacts(view);
    const { backends, services, flows } = live.capacity;
    return {
      name,
      serial: live.serial,
      ...(live.former ? { former: live.former.serial } : {}),
      services: live.services.length,
      backends: live.services.reduce((sum, s) => sum + s.backends.length, 0),
      neighbours: live.neighbours.length,
      capacity: { backends, services, flows },
      ...(live.netns === undefined ? {} : { netns: live.netns }),
      here: live.netns === undefined || live.netns === networkNamespace(),
      ...(sweeper ? { sweeper } : {}),
    };
  },
  text: (f) => table([{ title: 'INSTANCE' }, { title: f.name }], [
    ['commit', String(f.serial)],
    ['undo goes to', f.former === undefined ? 'nothing' : `commit ${f.former}`],
    ['services', `${group(f.services)} of ${group(f.capacity.services)}`],
    ['backends', `${group(f.backends)} of ${group(f.capacity.backends)}`],
    ['flow table', `${group(f.capacity.flows)} entries`],
    ['sweeper', sweeperText(f.sweeper)],
    ['neighbours', `${group(f.neighbours)} kept by the kernel`],
    ...(f.netns === undefined ? [] : [['network', `namespace ${f.netns}${f.here ? '' : ', which is not this one'}`]]),
  ]),
};
