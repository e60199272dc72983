/** Numbers and times as values of options. Whatever is none is a `UsageError`. */
import type { Context } from './command.ts';
import { UsageError } from './command.ts';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const longest = 24 * units['h']!;

/** A whole number from 1 on; undefined where the option is not there. */
export function numberOf(context: Context, option: string): number | undefined {
  const text = context.value(option);
  if (text === undefined) return undefined;
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number < 1) throw new UsageError(`--${option} wants a whole number from 1 on, not '${text}'`, `e.g. --${option} 100`);
  return number;
}

/** Milliseconds, from `500ms`, `10s`, `2m`, `1h`. */
export function timeOf(context: Context, option: string): number | undefined {
  const text = context.value(option);
  if (text === undefined) return undefined;
  const [, digits, unit] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(digits ?? 0) * (units[unit ?? ''] ?? 0);
  if (ms < 1 || ms > longest) throw new UsageError(`--${option} wants a time of at most a day, not '${text}'`, `e.g. --${option} 10s`);
  return ms;
}
