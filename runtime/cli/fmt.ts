/** `sluice fmt`: rewrites scripts in place, or says which would change. */
import { renameSync, statSync, unlinkSync, writeFileSync, realpathSync, chmodSync, chownSync } from 'node:fs';
import { dirname, join, basename } from 'node:path';
import { format } from '../../dsl/format.ts';
import { sanitize } from '../../dsl/sanitize.ts';
import type { Diagnostic } from '../../dsl/diagnostic.ts';
import type { Source } from '../../dsl/span.ts';
import { inputSource, readSource } from '../files.ts';
import type { Context } from './command.ts';
import { UsageError } from './command.ts';
import { lineDiff } from './diff.ts';
import { say } from './report.ts';

export async function run(context: Context): Promise<number> {
  if (context.json) throw new UsageError('sluice fmt prints no JSON');
  if (context.args.includes('-')) {
    if (context.args.length > 1) throw new UsageError("'-' stands alone", 'e.g. sluice fmt - < shop.lb');
    return filter(context);
  }
  let failed = false;
  let changed = false;
  for (const path of new Set(context.args)) {
    const read = readSource(path);
    if (!read.ok) {
      say(context.io, [read.diagnostic]);
      failed = true;
      continue;
    }
    const text = formatted(read.source, context);
    if (text === undefined) failed = true;
    else if (text !== read.source.text) {
      changed = true;
      failed = !settle(path, read.source.text, text, context) || failed;
    }
  }
  return failed || (changed && context.flag('check')) ? 1 : 0;
}

async function filter(context: Context): Promise<number> {
  const read = inputSource(context.io.readInput());
  if (!read.ok) {
    say(context.io, [read.diagnostic]);
    return 1;
  }
  const text = formatted(read.source, context);
  if (text === undefined) return 1;
  const changed = text !== read.source.text;
  if (context.flag('diff')) context.io.out(lineDiff('standard input', read.source.text, text));
  else if (!context.flag('check')) context.io.out(text);
  return context.flag('check') && changed ? 1 : 0;
}

function formatted(source: Source, context: Context): string | undefined {
  const result = format(source);
  if (result.ok) return result.text;
  say(context.io, result.diagnostics, new Map([[source.file, source.text]]));
  return undefined;
}

/** Does with one changed file what the options say; false: it could not be written. */
function settle(path: string, before: string, after: string, context: Context): boolean {
  if (context.flag('diff')) context.io.out(lineDiff(path, before, after));
  if (context.flag('check') || context.flag('diff')) {
    if (!context.flag('diff')) context.io.out(sanitize(path));
    return true;
  }
  const problem = replaceFile(path, after);
  if (problem) say(context.io, [problem]);
  else context.io.out(sanitize(path));
  return problem === undefined;
}

/** Writes beside the file and renames over it, so that a reader sees the old text or the new one. Mode and owner stay; a link stays a link. */
function replaceFile(path: string, text: string): Diagnostic | undefined {
  let temporary: string | undefined;
  try {
    const real = realpathSync(path);
    const { mode, uid, gid } = statSync(real);
    temporary = join(dirname(real), `.${basename(real)}.${process.pid}.new`);
    writeFileSync(temporary, text, { flag: 'wx', mode: mode & 0o7777 });
    chmodSync(temporary, mode & 0o7777);
    if (process.getuid?.() === 0) chownSync(temporary, uid, gid);
    renameSync(temporary, real);
    return undefined;
  } catch (error) {
    if (temporary) {
      try {
        unlinkSync(temporary);
      } catch { /* it was never made */ }
    }
    return {
      code: 'LB607',
      severity: 'error',
      message: `'${path}' cannot be written (${(error as NodeJS.ErrnoException).code ?? 'EIO'})`,
      hint: 'the file is as it was; look at the mode of its folder and at free space',
    };
  }
}
