/** Deletes text that neither the live nor the former configuration refers to. */
import type { MetaKey } from '../compiler/generated/layout.ts';
import { LbServiceFlag, MetaKind, metaKey, service } from '../compiler/generated/layout.ts';
import type { Instance } from './datapath.ts';

function name(key: Pick<MetaKey, 'kind' | 'id' | 'version'>): string {
  return `${key.kind} ${key.id} ${key.version}`;
}

/** What the service maps refer to: the text of each service version, and of each configuration by its head. */
function referredTo(instance: Instance): Set<string> {
  const names = new Set<string>();
  for (const index of [0, 1]) {
    const map = instance.inner('root', index);
    if (!map) continue;
    const { values, count } = map.entries();
    map.close();
    for (let i = 0; i < count; i++) {
      const { id, serial, flags } = service.decode(values, i * service.size);
      if (flags & LbServiceFlag.HEAD) names.add(name({ kind: MetaKind.GLOBAL, id: 0, version: serial }));
      else if (!(flags & LbServiceFlag.WILDCARD)) names.add(name({ kind: MetaKind.SERVICE, id, version: serial }));
    }
  }
  return names;
}

export function sweepMeta(instance: Instance): void {
  const kept = referredTo(instance);
  const meta = instance.map('meta');
  const { keys, count } = meta.entries();
  for (let i = 0; i < count; i++) {
    const bytes = keys.subarray(i * metaKey.size, (i + 1) * metaKey.size);
    if (!kept.has(name(metaKey.decode(bytes)))) meta.delete(bytes);
  }
}
