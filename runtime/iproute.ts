/** The `ip` command, mostly in batch mode: one process for any number of questions. It runs in the network namespace of the calling thread. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';

export interface BatchResult {
  /** Absent: `ip` could not be started; `missing` says why. */
  readonly missing?: string;
  /** JSON documents that came out, one a line. */
  readonly documents: readonly unknown[];
  /** Numbers of the lines (from 0) that failed, with what `ip` said. */
  readonly failures: ReadonlyMap<number, string>;
}

/** Where `ip` may be though the PATH does not say so (a login without sbin). */
const searchPath = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;

export function runIp(args: readonly string[], input = ''): SpawnSyncReturns<string> {
  return spawnSync('ip', args, {
    input,
    encoding: 'utf8',
    env: { ...process.env, PATH: searchPath, LC_ALL: 'C' },
    maxBuffer: 1 << 30,
    timeout: 60_000,
  });
}

/** What `ip` ends with when it gives a batch up, whatever -force says: the kernel refused a line. */
const gaveUp = 2;

/**
 * Runs lines as `ip` takes them; each is tried, whatever became of the ones before it, and some of them twice: they
 * must bear that.
 */
export function ipBatch(lines: readonly string[], options: readonly string[] = []): BatchResult {
  const nothing = { documents: [], failures: new Map<number, string>() };
  if (lines.length === 0) return nothing;
  const child = runIp([...options, '-force', '-batch', '-'], lines.map((l) => `${l}\n`).join(''));
  if (child.error) {
    const { code } = child.error as NodeJS.ErrnoException;
    return { ...nothing, missing: code === 'ENOENT' ? "the command 'ip' is not there" : `the command 'ip' failed (${code ?? child.error.message})` };
  }
  if (child.status !== gaveUp) return { documents: documentsOf(child.stdout), failures: failuresOf(child.stderr) };
  if (lines.length === 1) return { documents: [], failures: new Map([[0, child.stderr.trim().split('\n')[0]!]]) };
  const half = lines.length >> 1;
  const [first, second] = [ipBatch(lines.slice(0, half), options), ipBatch(lines.slice(half), options)];
  return {
    documents: [...first.documents, ...second.documents],
    failures: new Map([...first.failures, ...[...second.failures].map(([i, why]) => [i + half, why] as const)]),
  };
}

function documentsOf(text: string): unknown[] {
  return text.split('\n').flatMap((line): unknown[] => {
    if (!line.startsWith('[') && !line.startsWith('{')) return [];
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
}

/** `ip` says what is wrong and then `Command failed -:<line>`. */
function failuresOf(text: string): Map<number, string> {
  const failures = new Map<number, string>();
  let said = '';
  for (const line of text.split('\n')) {
    const number = /^Command failed .*:(\d+)$/.exec(line)?.[1];
    if (number === undefined) said = line || said;
    else failures.set(Number(number) - 1, said);
  }
  return failures;
}
