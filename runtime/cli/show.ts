/** `sluice show`: facts read back from the maps. */
import type { Context } from './command.ts';
import { UsageError } from './command.ts';
import { datapathOf } from './kernel.ts';
import { numberOf, timeOf } from './numbers.ts';
import { say, sayJson } from './report.ts';
import { show, topicList } from '../show/show.ts';
import type { ShowOptions } from '../show/view.ts';
import { suggest } from '../../dsl/suggest.ts';

const second = 1000;
/** Topics with long tables. */
const limited: readonly string[] = ['flows', 'nat'];

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
  const shown = show(datapathOf(context), context.instance, what, only, optionsOf(context, what));
  say(context.io, shown.diagnostics);
  if (!shown.facts) return 1;
  if (context.json) sayJson(context.io, 'sluice.show/1', { what, instance: context.instance, ...shown.facts });
  else context.io.out(shown.text);
  return 0;
}

function optionsOf(context: Context, what: string): ShowOptions {
  const limit = numberOf(context, 'limit');
  const time = timeOf(context, 'for');
  if (limit !== undefined && !limited.includes(what)) throw new UsageError(`--limit is for ${limited.join(' and ')}`);
  if (context.flag('cost') && what !== 'programs') throw new UsageError('--cost is for programs', 'e.g. sluice show programs --cost');
  if (time !== undefined && !context.flag('cost')) throw new UsageError('--for says how long --cost measures', 'e.g. sluice show programs --cost --for 10s');
  return { ...(limit === undefined ? {} : { limit }), ...(context.flag('cost') ? { measure: time ?? second } : {}) };
}
