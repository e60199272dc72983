/** `sluice doctor`: what this machine can do, and how to get what is missing. */
import type { Context } from './command.ts';
import { datapathOf } from './kernel.ts';
import { examine } from '../doctor.ts';
import { sayJson } from './report.ts';
import { table } from '../show/table.ts';

export async function run(context: Context): Promise<number> {
  const examined = examine(datapathOf(context));
  const ok = examined.checks.every((c) => c.status !== 'no' || !c.needed);
  if (context.json) {
    sayJson(context.io, 'sluice.doctor/1', { ok, ...examined });
    return ok ? 0 : 1;
  }
  context.io.out(examined.title);
  context.io.out(table([{ title: '' }, { title: 'WHAT' }, { title: 'DETAIL' }], examined.checks.map((c) => [mark(c.status), c.name, c.detail])));
  const lacking = examined.checks.filter((c) => c.status === 'no' && c.needed).map((c) => c.name);
  context.io.out(ok ? '\nThis machine can run everything.' : `\nMissing: ${lacking.join(', ')}. What needs no kernel works: check, fmt.`);
  return ok ? 0 : 1;
}

function mark(status: 'yes' | 'no' | 'unknown'): string {
  return status === 'yes' ? 'yes' : status === 'no' ? 'NO' : '?';
}
