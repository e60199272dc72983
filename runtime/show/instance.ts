/** `show rulesets` and `show instance`. */
import { networkNamespace } from '../interfaces.ts';
import { group, table } from './table.ts';
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
}

export const instance: Topic<InstanceFacts> = {
  name: 'instance',
  help: 'serial, sizes and network namespace of the instance',
  facts({ name, live }: View) {
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
    };
  },
  text: (f) => table([{ title: 'INSTANCE' }, { title: f.name }], [
    ['commit', String(f.serial)],
    ['undo goes to', f.former === undefined ? 'nothing' : `commit ${f.former}`],
    ['services', `${group(f.services)} of ${group(f.capacity.services)}`],
    ['backends', `${group(f.backends)} of ${group(f.capacity.backends)}`],
    ['flow table', `${group(f.capacity.flows)} entries`],
    ['neighbours', `${group(f.neighbours)} kept by the kernel`],
    ...(f.netns === undefined ? [] : [['network', `namespace ${f.netns}${f.here ? '' : ', which is not this one'}`]]),
  ]),
};
