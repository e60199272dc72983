/** Compiles scripts from disk: reads them, follows what they name, loads the YAML parser only if a script asks for it. */
import { compile } from '../compiler/compile.ts';
import type { Diagnostic } from '../dsl/diagnostic.ts';
import type { Source } from '../dsl/span.ts';
import type { ReadManifests } from './files.ts';
import { fileHost, inputSource, readSource } from './files.ts';
import { interfaceNames } from './interfaces.ts';

export type Compiled = ReturnType<typeof compile>;

/** Reads all of the files; either every one is there, or the diagnostics say which is not. `-`: what `readInput` gives. */
export function readSources(
  paths: readonly string[], readInput: () => Uint8Array,
): { readonly sources: readonly Source[]; readonly diagnostics: readonly Diagnostic[] } {
  const reads = [...new Set(paths)].map((path) => (path === '-' ? inputSource(readInput()) : readSource(path)));
  return {
    sources: reads.flatMap((r) => (r.ok ? [r.source] : [])),
    diagnostics: reads.flatMap((r) => (r.ok ? [] : [r.diagnostic])),
  };
}

/** Compiles against this machine's files and interfaces. */
export function compileWith(sources: readonly Source[], params: ReadonlyMap<string, string>, readManifests: ReadManifests): Compiled {
  return compile(sources, { host: fileHost(readManifests), params, interfaces: interfaceNames() });
}

/** As `compileWith`; a second time, with the YAML parser, where the first one met `manifests=`. */
export async function compileLazily(sources: readonly Source[], params: ReadonlyMap<string, string>): Promise<Compiled> {
  let asked = false;
  const first = compileWith(sources, params, () => {
    asked = true;
    return { ok: false, message: 'not read yet' };
  });
  if (!asked) return first;
  const { readManifests } = await import('./k8s/manifests.ts');
  return compileWith(sources, params, readManifests);
}
