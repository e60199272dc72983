/** `save` and `load`: the candidate as a file. */
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { format } from '../../dsl/format.ts';
import { parse } from '../../dsl/parse.ts';
import { sanitize } from '../../dsl/sanitize.ts';
import type { Source, Span } from '../../dsl/span.ts';
import { readSource } from '../files.ts';
import { count } from '../show/table.ts';
import type { Answer, Desk } from './desk.ts';

/** Writes the formatted candidate beside the file and renames it, so that the file is never half of one. */
export function save(desk: Desk, args: readonly string[]): Answer {
  const path = args[0];
  if (path === undefined) return desk.fail({ code: 'LB656', message: 'save where to?', hint: "name a file: 'save shop.lb'" });
  const formatted = format(desk.source());
  if (!formatted.ok) return { ok: false, outputs: desk.say(formatted.diagnostics) };
  const temporary = join(dirname(path), `.${process.pid}.sluice+new`);
  try {
    const mode = statSync(path, { throwIfNoEntry: false })?.mode;
    writeFileSync(temporary, formatted.text, { mode: mode ?? 0o644 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    const code = (error as NodeJS.ErrnoException).code ?? 'EIO';
    return desk.fail({ code: 'LB656', message: `could not write '${sanitize(path)}' (${code})`, hint: 'is the folder there, and may you write in it?' });
  }
  return { ok: true, outputs: [desk.text(desk.paint.dim(`${count(desk.candidate.length, 'statement')} saved in ${sanitize(path)}`))] };
}

/** Takes the statements of a file into the candidate; paths in them become relative to the working folder. */
export function load(desk: Desk, args: readonly string[]): Answer {
  const path = args[0];
  if (path === undefined) return desk.fail({ code: 'LB656', message: 'load what?', hint: "name a file: 'load shop.lb'" });
  const read = readSource(path);
  if (!read.ok) return { ok: false, outputs: desk.say([read.diagnostic]) };
  const answer = desk.enterStatements(rebase(read.source));
  return answer.ok ? { ...answer, outputs: [desk.text(desk.paint.dim(`loaded ${sanitize(path)}`)), ...answer.outputs] } : answer;
}

/** A script with the relative paths in its `include` and `manifests=` seen from the working folder. */
export function rebase(source: Source): Source {
  const folder = dirname(source.file);
  if (folder === '.') return source;
  const paths: { readonly span: Span; readonly value: string }[] = [];
  for (const statement of parse(source).script.statements) {
    if (statement.kind === 'include') paths.push({ span: statement.pattern.span, value: statement.pattern.value });
    if (statement.kind !== 'k8s') continue;
    for (const { key, value } of statement.args) {
      if (key.text === 'manifests' && value?.kind === 'string') paths.push({ span: value.span, value: value.value });
    }
  }
  let text = source.text;
  for (const { span, value } of paths.sort((a, b) => b.span.start - a.span.start)) {
    if (!isAbsolute(value)) text = `${text.slice(0, span.start)}${JSON.stringify(join(folder, value))}${text.slice(span.end)}`;
  }
  return { file: source.file, text };
}
