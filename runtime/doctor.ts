/** What this machine can do: the datapath's own probes, and the tools beside it. */
import type { Capability, Datapath } from './datapath.ts';
import { DatapathError } from './datapath.ts';
import { runIp } from './iproute.ts';

export interface Check extends Capability {
  /** Without it nothing can be applied. */
  readonly needed: boolean;
}

export interface Examined {
  readonly title: string;
  readonly checks: readonly Check[];
}

/** Probes that make things better or visible; an apply goes without. */
const optional = new Set(['btf', 'jit', 'iproute2', 'batch', 'sweeper', 'run-times']);

/** Tries everything; writes nothing that stays. */
export function examine(datapath: Datapath): Examined {
  return { title: datapath.title, checks: [...probes(datapath), neighbourCheck()] };
}

function probes(datapath: Datapath): Check[] {
  try {
    return datapath.probe().map((c) => ({ ...c, needed: !optional.has(c.name) }));
  } catch (error) {
    if (!(error instanceof DatapathError)) throw error;
    return [{ name: 'datapath', status: 'no', detail: error.message.split('\n')[0]!, needed: true }];
  }
}

/** The usage text of `ip` names what it can say; whether the kernel takes it shows when it is used. */
function neighbourCheck(): Check {
  const help = runIp(['neigh', 'help']);
  const known = `${help.stdout ?? ''}${help.stderr ?? ''}`.includes('managed');
  return {
    name: 'managed-neighbours',
    status: help.error ? 'unknown' : known ? 'yes' : 'no',
    detail: known
      ? 'next hops of backends that the kernel resolves by itself'
      : 'next hops of backends that the kernel resolves by itself: needs iproute2 5.16 and Linux 5.16; without, ping them from here',
    needed: false,
  };
}
