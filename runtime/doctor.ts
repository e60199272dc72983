/** What this machine can do: the datapath's own probes, and the tools beside it. */
import { spawnSync } from 'node:child_process';
import type { Capability, Datapath } from './datapath.ts';
import { DatapathError } from './datapath.ts';
import { ipBatch } from './iproute.ts';

export interface Check extends Capability {
  /** Without it nothing can be applied. */
  readonly needed: boolean;
}

export interface Examined {
  readonly title: string;
  readonly checks: readonly Check[];
}

export function examine(datapath: Datapath): Examined {
  return {
    title: datapath.title,
    checks: [...probes(datapath), nodeCheck(), ipCheck(), neighbourCheck()],
  };
}

function probes(datapath: Datapath): Check[] {
  try {
    return datapath.probe().map((c) => ({ ...c, needed: true }));
  } catch (error) {
    if (!(error instanceof DatapathError)) throw error;
    return [{ name: 'datapath', status: 'no', detail: error.message.split('\n')[0]!, needed: true }];
  }
}

function nodeCheck(): Check {
  return { name: 'node', status: 'yes', detail: `${process.versions.node} runs this`, needed: true };
}

function ipCheck(): Check {
  const { missing } = ipBatch(['link show lo']);
  return missing
    ? { name: 'iproute2', status: 'no', detail: `${missing}; finds next hops and keeps their neighbours known (Debian: apt install iproute2)`, needed: false }
    : { name: 'iproute2', status: 'yes', detail: 'finds next hops and keeps their neighbours known', needed: false };
}

/** The usage text of `ip` names what it can say; whether the kernel takes it shows when it is used. */
function neighbourCheck(): Check {
  const help = spawnSync('ip', ['neigh', 'help'], { encoding: 'utf8' });
  const known = `${help.stdout ?? ''}${help.stderr ?? ''}`.includes('managed');
  return {
    name: 'managed neighbours',
    status: help.error ? 'unknown' : known ? 'yes' : 'no',
    detail: known
      ? 'the kernel resolves the next hops of backends and keeps them'
      : 'needs iproute2 5.16 and Linux 5.16; without, ping the backends from here once in a while',
    needed: false,
  };
}
