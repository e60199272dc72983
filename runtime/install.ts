/** Where this installation of Sluice has its files; the same from the sources and from the bundle. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bug } from '../dsl/diagnostic.ts';

/** Folder of the built BPF objects. */
export function objectsFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const objects = join(folder, 'bpf', 'objects');
    if (existsSync(objects)) return objects;
    if (folder === dirname(folder)) bug('the BPF objects are not in the installation');
  }
}
