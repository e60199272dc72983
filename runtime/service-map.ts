/** Reading the service maps behind `root`: the live one and the former one. */
import type { Packed } from '../compiler/metadata.ts';
import type { Instance } from './datapath.ts';

export const liveIndex = 0;
export const formerIndex = 1;

/** All entries; undefined where there is no such configuration. */
export function serviceEntries(instance: Instance, index: typeof liveIndex | typeof formerIndex): Packed | undefined {
  const map = instance.inner('root', index);
  try {
    return map?.entries();
  } finally {
    map?.close();
  }
}
