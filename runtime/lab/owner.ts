/**
 * Names that say which process made a thing, so that what a killed process left is recognised and
 * swept: `<pid>-<start>` with the start time of the process (clock ticks since boot, base 36), because
 * process ids come round again.
 */
import { readFileSync } from 'node:fs';

/** Start time of a process in clock ticks since boot; undefined where it is gone (or a zombie). */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold spaces and brackets itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : Number(fields[19]).toString(36);
  } catch {
    return undefined;
  }
}

/** The mark of this process. */
export function ownMark(): string {
  return `${process.pid}-${startOf(process.pid) ?? '0'}`;
}

/** `name` is `<prefix>-<pid>-<start>-…`: whether the process it speaks of is gone. Other names: false. */
export function isAbandoned(name: string, prefix: string): boolean {
  if (!name.startsWith(`${prefix}-`)) return false;
  const match = /^(\d+)-([0-9a-z]+)-/.exec(name.slice(prefix.length + 1));
  return match !== null && startOf(Number(match[1])) !== match[2];
}
