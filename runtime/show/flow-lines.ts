/** What happened to flows within a while, as text. */
import { watchFlows } from '../events.ts';
import type { Datapath } from '../datapath.ts';
import type { Diagnostic } from '../../dsl/diagnostic.ts';
import { eventColumns } from './events.ts';
import { count } from './table.ts';

/** More would not be read. */
const mostLines = 500;

export async function flowLines(datapath: Datapath, name: string, ms: number, signal: AbortSignal): Promise<{ readonly text: string; readonly diagnostics: readonly Diagnostic[] }> {
  const lines: string[] = [];
  const notes: Diagnostic[] = [];
  const line = eventColumns();
  const { events, lost, seconds, diagnostics } = await watchFlows(datapath, name, {
    sample: 1, ms, count: mostLines, signal,
    onStart: (said) => { notes.push(...said); },
    onEvent: (event) => { lines.push(line(event)); },
  });
  if (diagnostics.length > 0) return { text: '', diagnostics };
  const missed = lost === 0 ? '' : `, ${count(lost, 'event')} lost`;
  return { text: [...lines, `${count(events, 'event')} in ${seconds.toFixed(1)} s${missed}`].join('\n'), diagnostics: notes };
}
