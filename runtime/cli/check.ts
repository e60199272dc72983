/** `sluice check`: diagnostics of scripts, and the long form of a code. */
import type { Diagnostic } from '../../dsl/diagnostic.ts';
import { hasErrors } from '../../dsl/diagnostic.ts';
import { compileLazily, readSources } from '../compile.ts';
import type { Context } from './command.ts';
import { UsageError } from './command.ts';
import { diagnosticJson, say, sayJson } from './report.ts';
import { count } from '../show/table.ts';

export async function run(context: Context): Promise<number> {
  const code = context.value('explain');
  if (code !== undefined) return explainCode(code, context);
  if (context.args.length === 0) throw new UsageError('sluice check needs FILE…', 'e.g. sluice check shop.lb');

  const read = readSources(context.args, context.io.readInput);
  const compiled = read.sources.length > 0 ? await compileLazily(read.sources, context.params) : undefined;
  const sources = compiled?.sources ?? new Map<string, string>();
  // What this build lacks is no mistake of the script.
  const lacking = new Set(compiled?.requires.map((r) => r.diagnostic));
  const diagnostics: Diagnostic[] = [...read.diagnostics, ...(compiled?.all ?? []).map((d): Diagnostic => (lacking.has(d) ? { ...d, severity: 'warning' } : d))];
  const failed = hasErrors(diagnostics);
  const services = compiled?.state.services.length ?? 0;
  if (context.json) {
    sayJson(context.io, 'sluice.check/1', { ok: !failed, services, diagnostics: diagnostics.map((d) => diagnosticJson(d, sources)) });
    return failed ? 1 : 0;
  }
  say(context.io, diagnostics, sources);
  const errors = diagnostics.filter((d) => d.severity === 'error').length;
  const warnings = diagnostics.filter((d) => d.severity === 'warning').length;
  const found = [errors > 0 ? count(errors, 'error') : 'no errors', ...(warnings > 0 ? [count(warnings, 'warning')] : [])].join(', ');
  const summary = `${count(services, 'service')}, ${found}`;
  if (failed) context.io.err(summary);
  else context.io.out(summary);
  return failed ? 1 : 0;
}

async function explainCode(code: string, context: Context): Promise<number> {
  const { codes, explain } = await import('../../dsl/codes.ts');
  const wanted = code.toUpperCase();
  const text = explain(wanted);
  if (text === undefined) {
    const { suggest } = await import('../../dsl/suggest.ts');
    const near = suggest(wanted, codes.keys());
    throw new UsageError(`there is no diagnostic '${code}'`, near ? `did you mean ${near}?` : 'codes look like LB104; every diagnostic shows its own');
  }
  if (context.json) sayJson(context.io, 'sluice.explain/1', { code: wanted, title: codes.get(wanted)?.title, text });
  else context.io.out(text);
  return 0;
}
