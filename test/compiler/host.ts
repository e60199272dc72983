/** Files in memory, as a compile host. */
import type { CompileHost } from '../../compiler/host.ts';
import { readManifests } from '../../runtime/k8s/manifests.ts';

/** Names without folders but for `services/…`; globs know `*` only. */
export function memoryHost(files: Readonly<Record<string, string>>): CompileHost {
  const readText: CompileHost['readText'] = (file) =>
    (Object.hasOwn(files, file) ? { ok: true, value: files[file]! } : { ok: false, message: `there is no file '${file}'` });
  return {
    glob: (pattern) => {
      const match = new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')}$`);
      return Object.keys(files).filter((f) => match.test(f)).sort();
    },
    readText,
    manifests: (path) => {
      const text = readText(path);
      return text.ok ? readManifests(text.value) : text;
    },
  };
}
