/** Everything that can be shown, in the order of the help texts. */
import { backends } from './backends.ts';
import { counters } from './counters.ts';
import { drops } from './drops.ts';
import { instance, rulesets } from './instance.ts';
import { maps } from './maps.ts';
import { attachments, programs } from './programs.ts';
import { services } from './services.ts';
import { flows, nat } from './tracked.ts';
import type { ShowOptions, Topic, View } from './view.ts';

/** A topic whose facts are its own business. */
export interface AnyTopic {
  readonly name: string;
  readonly help: string;
  readonly selects?: string;
  /** Undefined: there is nothing of the name `only`. */
  show(view: View, only: string | undefined, options: ShowOptions): { readonly facts: object; text(): string } | undefined;
}

function any<F extends object>(topic: Topic<F>): AnyTopic {
  return {
    name: topic.name,
    help: topic.help,
    ...(topic.selects === undefined ? {} : { selects: topic.selects }),
    show(view, only, options) {
      const facts = topic.facts(view, only, options);
      return facts && { facts, text: () => topic.text(facts, options) };
    },
  };
}

export const topics: readonly AnyTopic[] = [
  any(services), any(backends), any(flows), any(nat), any(programs), any(maps), any(attachments), any(counters), any(drops), any(rulesets), any(instance),
];
