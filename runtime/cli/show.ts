/** `sluice show`: facts read back from the maps. */
import type { Context } from './command.ts';
import { UsageError } from './command.ts';
import { datapathOf } from './kernel.ts';
import { say, sayJson } from './report.ts';
import { show, topicList } from '../show/show.ts';
import { suggest } from '../../dsl/suggest.ts';

export async function run(context: Context): Promise<number> {
  const [what, only] = context.args;
  const names = topicList.map((t) => t.name);
  if (what === undefined) throw new UsageError('sluice show needs WHAT', `one of ${names.join(', ')}`);
  const topic = topicList.find((t) => t.name === what);
  if (!topic) {
    const near = suggest(what, names);
    throw new UsageError(`sluice show does not know '${what}'`, near ? `did you mean 'sluice show ${near}'?` : `one of ${names.join(', ')}`);
  }
  if (only !== undefined && !topic.selects) throw new UsageError(`sluice show ${what} takes no name`, `e.g. sluice show ${what}`);
  const shown = show(datapathOf(context), context.instance, what, only);
  say(context.io, shown.diagnostics);
  if (!shown.facts) return 1;
  if (context.json) sayJson(context.io, 'sluice.show/1', { what, instance: context.instance, ...shown.facts });
  else context.io.out(shown.text);
  return 0;
}
