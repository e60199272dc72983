/** Numbers and times as values of options. Whatever is none is a `UsageError`. */
import { readTimeSpan } from '../time-span.ts';
import type { Context } from './command.ts';
import { UsageError } from './command.ts';

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
  const ms = readTimeSpan(text);
  if (ms === undefined) throw new UsageError(`--${option} wants a time of at most a day, not '${text}'`, `e.g. --${option} 10s`);
  return ms;
}
