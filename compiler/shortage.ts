/** What does not fit, said before anything is written. */
import type { Diagnostic } from '../dsl/diagnostic.ts';
import type { Allocation } from './allocate.ts';
import { mapSpecs } from './generated/layout.ts';
import type { Live } from './live.ts';
import { maxArenas } from './place.ts';

/** `chunks`: entries of metadata that the commit needs; `exists`: whether sizes are fixed already. */
export function shortageDiagnostic(live: Live, { shortage }: Allocation, chunks: number, exists: boolean): Diagnostic | undefined {
  const again = (key: string, wanted: number): string => {
    const apply = `apply with --capacity ${key}=${wanted}`;
    return exists ? `sizes are set when an instance is made: 'sluice down', then ${apply}` : apply;
  };
  if (shortage?.of === 'slots') {
    return { code: 'LB510', severity: 'error', message: `the lookup tables need ${shortage.needed} slots, and all ${maxArenas} arenas are taken`, hint: 'use smaller tables: hash maglev(size=…)' };
  }
  if (shortage) {
    const { of, needed, free, former } = shortage;
    if (of === 'ranges' || of === 'sources') return tooManyEntries(shortage, of);
    const held = former > 0 ? ` (${former} more ${former === 1 ? 'is' : 'are'} held for undo until the next apply)` : '';
    const total = live.capacity[of];
    const what = needed === 1 ? `1 new ${of.slice(0, -1)} does` : `${needed} new ${of} do`;
    return {
      code: 'LB510', severity: 'error',
      message: `${what} not fit: ${free} of ${total} ${free === 1 ? 'is' : 'are'} free${held}`,
      hint: again(of, 2 ** Math.ceil(Math.log2((total - free + needed) * 2))),
    };
  }
  const free = live.capacity.meta - (live.metaUsed ?? 0);
  if (chunks <= free) return undefined;
  return {
    code: 'LB510', severity: 'error',
    message: `names and labels need ${chunks} entries of metadata, and ${free} of ${live.capacity.meta} are free`,
    hint: again('meta', 2 ** Math.ceil(Math.log2((live.capacity.meta - free + chunks) * 2))),
  };
}

function tooManyEntries({ needed, free, former }: NonNullable<Allocation['shortage']>, of: 'ranges' | 'sources'): Diagnostic {
  const what = of === 'ranges' ? 'source ranges (allow)' : 'sources (from)';
  return {
    code: 'LB510', severity: 'error',
    message: `${needed.toLocaleString('en')} ${what} do not fit: ${free.toLocaleString('en')} of ${mapSpecs[of].maxEntries.toLocaleString('en')} are free${former > 0 ? `, and ${former.toLocaleString('en')} are held for undo until the next apply` : ''}`,
    hint: of === 'ranges' ? 'name larger networks: what is next to each other is often one' : 'a few sources are enough for each service',
  };
}
