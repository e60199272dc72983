/** Turns what C and node:fs report into `DatapathError`. */
import { constants } from 'node:os';
import { DatapathError, type DatapathReason } from '../datapath.ts';
import { libc } from './libbpf.ts';

const names = new Map<number, string>(Object.entries(constants.errno).map(([name, value]) => [value, name]));
/** The kernel's own, which libc does not know. */
names.set(524, 'ENOTSUPP');
names.set(constants.errno.EWOULDBLOCK, 'EWOULDBLOCK');
names.set(constants.errno.EOPNOTSUPP, 'EOPNOTSUPP');

/** `status` is a negative errno. */
export function errnoName(status: number): string {
  return names.get(-status) ?? `errno ${-status}`;
}

export function fail(doing: string, status: number, detail?: string, reason?: DatapathReason): never {
  throw new DatapathError(doing, errnoName(status), detail, reason);
}

/** Returns what a libbpf call returned, or throws where that is a negative errno. */
export function check(status: number, doing: string): number {
  return status < 0 ? fail(doing, status) : status;
}

/** The same for a libbpf call that answers with a value. */
export function checkValue<T extends object>(result: T | number, doing: string): T {
  return typeof result === 'number' ? fail(doing, result) : result;
}

/** The same for libc, which answers -1 and sets errno. */
export function checkLibc(status: number, doing: string): number {
  return status < 0 ? fail(doing, -libc().lastErrno()) : status;
}

/** Runs something of node:fs. */
export function files<T>(doing: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined || error instanceof DatapathError) throw error;
    throw new DatapathError(doing, code);
  }
}

/** Like `files`, but undefined where something does not exist. */
export function ifExists<T>(doing: string, body: () => T): T | undefined {
  return files(doing, () => {
    try {
      return body();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  });
}
