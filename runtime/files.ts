/**
 * Files in, with limits: scripts, what they include, and manifests. Nothing here throws for what a user
 * may have on disk; a missing, huge, binary or unreadable file is a diagnostic that says what to do.
 */
import { closeSync, fstatSync, globSync, openSync, readSync, readdirSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { Cluster, CompileHost, Read } from '../compiler/host.ts';
import type { Diagnostic } from '../dsl/diagnostic.ts';
import type { Source } from '../dsl/span.ts';
import { suggest } from '../dsl/suggest.ts';

/** Bytes of a script, or of a manifest file. */
export const fileLimit = 16 * 1024 * 1024;

export type SourceRead = { readonly ok: true; readonly source: Source } | { readonly ok: false; readonly diagnostic: Diagnostic };

type Failure = { readonly ok: false; readonly diagnostic: Diagnostic };

function failure(code: string, message: string, hint: string): Failure {
  return { ok: false, diagnostic: { code, severity: 'error', message, hint } };
}

function nearFile(path: string): string {
  try {
    const near = suggest(basename(path), readdirSync(dirname(path)));
    return near ? `did you mean '${join(dirname(path), near)}'?` : 'check the name, and the folder you are in';
  } catch {
    return `the folder '${dirname(path)}' cannot be read either`;
  }
}

function scriptsIn(folder: string): string {
  try {
    return readdirSync(folder).some((f) => f.endsWith('.lb'))
      ? `name the scripts in it: ${join(folder, '*.lb')}`
      : 'it has no .lb file; name a script';
  } catch {
    return 'name a script';
  }
}

function ioFailure(path: string, error: unknown): Failure {
  const code = (error as NodeJS.ErrnoException).code ?? 'EIO';
  if (code === 'ENOENT' || code === 'ENOTDIR') return failure('LB602', `there is no file '${path}'`, nearFile(path));
  if (code === 'EACCES' || code === 'EPERM') return failure('LB606', `'${path}' may not be read by this user`, `look at its owner and mode: ls -l '${path}'`);
  return failure('LB606', `'${path}' cannot be read (${code})`, 'is it on a disk or mount that works?');
}

function tooLarge(path: string): Failure {
  return failure('LB605', `'${path}' is larger than ${fileLimit / 1024 / 1024} MB`, "a script is text; split a large one with include \"services/*.lb\"");
}

/** Everything of a file, never more than the limit (a pipe has no size to look at first). */
function readBounded(path: string): Buffer | undefined {
  const fd = openSync(path, 'r');
  try {
    const parts: Buffer[] = [];
    let total = 0;
    for (;;) {
      const part = Buffer.allocUnsafe(Math.min(1 << 20, Math.max(65536, fstatSync(fd).size + 1)));
      const count = readSync(fd, part, 0, part.length, null);
      if (count === 0) return Buffer.concat(parts);
      total += count;
      if (total > fileLimit) return undefined;
      parts.push(part.subarray(0, count));
    }
  } finally {
    closeSync(fd);
  }
}

/** Text of a file: UTF-8 without NUL bytes, at most `fileLimit` bytes. A byte order mark is dropped. */
export function readText(path: string): { readonly ok: true; readonly text: string } | Failure {
  try {
    const stats: Stats = statSync(path);
    if (stats.isDirectory()) return failure('LB603', `'${path}' is a directory`, scriptsIn(path));
    if (!stats.isFile() && !stats.isFIFO()) return failure('LB606', `'${path}' is not a regular file`, 'name a script, or a pipe');
    if (stats.size > fileLimit) return tooLarge(path);
    const bytes = readBounded(path);
    return bytes === undefined ? tooLarge(path) : decodeText(path, bytes);
  } catch (error) {
    return ioFailure(path, error);
  }
}

/** Bytes from anywhere as script text; `name` is for the diagnostic. */
export function decodeText(name: string, bytes: Uint8Array): { readonly ok: true; readonly text: string } | Failure {
  if (bytes.length > fileLimit) return tooLarge(name);
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return failure('LB604', `'${name}' is UTF-16`, 'scripts are UTF-8: iconv -f UTF-16 -t UTF-8');
  }
  if (bytes.includes(0)) return failure('LB604', `'${name}' is not text`, 'it has NUL bytes; a script is UTF-8 text. Is it the file you meant?');
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return failure('LB604', `'${name}' is not UTF-8 text`, 'save it as UTF-8, e.g. iconv -f ISO-8859-1 -t UTF-8');
  }
}

/** A script, named as the user named it. */
export function readSource(path: string): SourceRead {
  const read = readText(path);
  return read.ok ? { ok: true, source: { file: path, text: read.text } } : read;
}

/** A script from standard input. */
export function inputSource(bytes: Uint8Array): SourceRead {
  const read = decodeText('standard input', bytes);
  return read.ok ? { ok: true, source: { file: '<stdin>', text: read.text } } : read;
}

export type ReadManifests = (text: string) => Read<Cluster>;

/**
 * The compiler's view of the disk. `readManifests` is handed in because it brings a YAML parser along,
 * which most scripts need not wait for.
 */
export function fileHost(readManifests: ReadManifests): CompileHost {
  const beside = (path: string, from: string): string => (isAbsolute(path) ? path : join(dirname(from), path));
  const asRead = (path: string): Read<string> => {
    const read = readText(path);
    if (read.ok) return { ok: true, value: read.text };
    const { message, hint } = read.diagnostic;
    return { ok: false, message, ...(hint === undefined ? {} : { hint }) };
  };
  return {
    glob: (pattern, from) => globSync(pattern, { cwd: dirname(from) }).map((match) => beside(match, from)).sort(),
    readText: asRead,
    manifests: (path, from) => {
      const text = asRead(beside(path, from));
      return text.ok ? readManifests(text.value) : text;
    },
  };
}
