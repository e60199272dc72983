/** One thing shown, from opening the instance to text. */
import type { Diagnostic } from '../../dsl/diagnostic.ts';
import { suggest } from '../../dsl/suggest.ts';
import { noInstance } from '../commit.ts';
import type { Datapath } from '../datapath.ts';
import { DatapathError } from '../datapath.ts';
import { readLive } from '../inspect.ts';
import { diagnosticOf } from '../problems.ts';
import { table } from './table.ts';
import { topics } from './topics.ts';
import type { ShowOptions } from './view.ts';

export interface Shown {
  /** Absent where an error stands among the diagnostics. */
  readonly facts?: object;
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
}

export interface TopicLine {
  readonly name: string;
  readonly help: string;
  readonly selects?: string;
}

/** What can be shown; `instances` is the one that needs no instance. */
export const topicList: readonly TopicLine[] = [...topics, { name: 'instances', help: 'instances under this bpffs' }];

function failed(diagnostic: Diagnostic): Shown {
  return { text: '', diagnostics: [diagnostic] };
}

/** `what` is a name of `topicList`; `only` selects within it where the topic allows that. */
export function show(datapath: Datapath, name: string, what: string, only?: string, options: ShowOptions = {}): Shown {
  try {
    if (what === 'instances') return showInstances(datapath);
    const instance = datapath.open(name);
    if (!instance) return failed(noInstance(name));
    try {
      const { live, problems } = readLive(instance);
      const shown = topics.find((t) => t.name === what)?.show({ name, instance, live }, only, options);
      if (!shown) {
        const near = suggest(only ?? '', live.services.map((s) => s.name));
        return failed({
          code: 'LB518',
          severity: 'error',
          message: `there is no live service '${only ?? ''}'`,
          hint: near ? `did you mean '${near}'?` : "'sluice show services' lists them",
        });
      }
      return { facts: shown.facts, text: shown.text(), diagnostics: problems };
    } finally {
      instance.close();
    }
  } catch (error) {
    if (error instanceof DatapathError) return failed(diagnosticOf(error));
    throw error;
  }
}

function showInstances(datapath: Datapath): Shown {
  const instances = datapath.instances();
  const text = instances.length === 0 ? 'no instances' : table([{ title: 'INSTANCE' }], instances.map((i) => [i]));
  return { facts: { instances }, text, diagnostics: [] };
}
