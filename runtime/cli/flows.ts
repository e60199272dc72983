/** `sluice flows`: what happens to flows, live, a line for each. */
import { watchFlows } from '../events.ts';
import { eventColumns, type FlowEvent } from '../show/events.ts';
import { count } from '../show/table.ts';
import type { Context } from './command.ts';
import { datapathOf } from './kernel.ts';
import { numberOf, timeOf } from './numbers.ts';
import { jsonLine, say, sayJson } from './report.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export async function run(context: Context): Promise<number> {
  const { io, json, instance } = context;
  const sample = numberOf(context, 'sample') ?? 1;
  const ms = timeOf(context, 'for');
  const most = numberOf(context, 'count');
  const ending = new AbortController();
  const end = (): void => ending.abort();
  for (const signal of signals) process.on(signal, end);
  const line = eventColumns();
  const show = (event: FlowEvent): void => {
    if (json) io.out(jsonLine(event));
    else io.out(line(event));
    if (io.outputGone()) end();
  };
  try {
    const watched = await watchFlows(datapathOf(context), instance, {
      sample,
      signal: ending.signal,
      ...(ms === undefined ? {} : { ms }),
      ...(most === undefined ? {} : { count: most }),
      onStart(notes) {
        say(io, notes);
        if (json) sayJson(io, 'sluice.flows/1', { instance, sample });
        else io.err(`${sample === 1 ? 'every new flow and drop' : `1 in ${sample} new flows and drops`}; ^C ends`);
      },
      onEvent: show,
      onLost(lost) {
        if (json) io.out(jsonLine({ kind: 'lost', count: lost }));
        else io.err(`${count(lost, 'event')} lost: the ring was full; a higher --sample takes fewer`);
        if (io.outputGone()) end();
      },
    });
    say(io, watched.diagnostics);
    if (watched.diagnostics.length > 0) return 1;
    const { events, lost, seconds, gone } = watched;
    if (json) io.out(jsonLine({ kind: 'end', events, lost, seconds }));
    else io.err(`${gone ? 'the instance is gone: ' : ''}${count(events, 'event')} in ${seconds.toFixed(1)} s${lost === 0 ? '' : `, ${count(lost, 'event')} lost`}`);
    return gone ? 1 : 0;
  } finally {
    for (const signal of signals) process.removeListener(signal, end);
  }
}
