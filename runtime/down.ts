/** Removes an instance: links, maps, and the neighbours it gave the kernel to keep. */
import type { Diagnostic } from '../dsl/diagnostic.ts';
import type { NeighbourEntry } from '../compiler/live.ts';
import type { Datapath } from './datapath.ts';
import { DatapathError } from './datapath.ts';
import { readLive } from './inspect.ts';
import { networkNamespace } from './interfaces.ts';
import { removeNeighbours } from './neighbours.ts';
import { diagnosticOf } from './problems.ts';
import { allNeighbours, withoutOthers } from './sweep.ts';

export interface DownResult {
  /** There was one, and it is gone. */
  readonly removed: boolean;
  readonly failed: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/** Also removes an instance that is damaged or half made. Twice is no mistake. */
export function takeDown(datapath: Datapath, name: string): DownResult {
  try {
    if (!datapath.remains().includes(name)) return { removed: false, failed: false, diagnostics: [] };
    const lock = datapath.lock(name, 2000);
    try {
      const { neighbours, diagnostics } = neighboursOf(datapath, name);
      const removed = datapath.remove(name);
      return { removed, failed: false, diagnostics: [...diagnostics, ...removeNeighbours(neighbours)] };
    } finally {
      lock.release();
    }
  } catch (error) {
    if (!(error instanceof DatapathError)) throw error;
    return { removed: false, failed: true, diagnostics: [diagnosticOf(error)] };
  }
}

/** Also those of commits whose writer died; a damaged instance cannot say, and is removed all the same. */
function neighboursOf(datapath: Datapath, name: string): { readonly neighbours: readonly NeighbourEntry[]; readonly diagnostics: readonly Diagnostic[] } {
  try {
    const instance = datapath.open(name);
    if (!instance) return { neighbours: [], diagnostics: [] };
    try {
      const { live } = readLive(instance);
      const neighbours = withoutOthers(datapath, name, allNeighbours(instance));
      if (live.netns === undefined || live.netns === networkNamespace() || neighbours.length === 0) return { neighbours, diagnostics: [] };
      return { neighbours: [], diagnostics: [left(live.netns, neighbours)] };
    } finally {
      instance.close();
    }
  } catch (error) {
    if (!(error instanceof DatapathError)) throw error;
    return { neighbours: [], diagnostics: [{ ...diagnosticOf(error), severity: 'warning' }] };
  }
}

function left(netns: number, neighbours: readonly NeighbourEntry[]): Diagnostic {
  return {
    code: 'LB511',
    severity: 'warning',
    message: `the instance belonged to network namespace ${netns}; ${neighbours.length} neighbour entries stay there`,
    hint: `in that namespace: ${neighbours.slice(0, 3).map((n) => `ip neigh del ${n.address} dev ${n.interface}`).join('; ')}`,
  };
}
