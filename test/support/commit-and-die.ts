/**
 * A process that commits a state (or goes back) and kills itself on the way, for tests of what a killed writer
 * leaves behind. Its argument is an `Order` in JSON.
 */
import type { State } from '../../compiler/state.ts';
import { commit, rollback, type CommitOptions } from '../../runtime/commit.ts';
import type { Datapath, Instance } from '../../runtime/datapath.ts';
import { createKernelDatapath } from '../../runtime/kernel/datapath.ts';
import { objects } from './bpffs.ts';

export interface Order {
  readonly bpffs: string;
  readonly instance: string;
  /** Absent: a rollback. */
  readonly state?: State;
  /** Where to die: around the step of an index, or between the two pointer writes of a swap. */
  readonly at: { readonly step: number; readonly phase: 'before' | 'after' } | 'within-swap';
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** Dies after the first of the two pointers is written. */
function dyingWithinSwap(datapath: Datapath): Datapath {
  const wrap = (instance: Instance): Instance => Object.assign(Object.create(instance) as Instance, {
    setInners(outer: 'root' | 'arenas', places: Parameters<Instance['setInners']>[1]) {
      if (places.length < 2) throw new Error('a swap writes two places');
      instance.setInners(outer, places.slice(0, 1));
      die();
    },
  });
  return Object.assign(Object.create(datapath) as Datapath, {
    open(name: string) {
      const instance = datapath.open(name);
      return instance && wrap(instance);
    },
    create: (name: string, capacity: Parameters<Datapath['create']>[1]) => wrap(datapath.create(name, capacity)),
  });
}

const order = JSON.parse(process.argv[2]!) as Order;
const { at } = order;
const kernel = createKernelDatapath({ bpffs: order.bpffs, objects });
const datapath = at === 'within-swap' ? dyingWithinSwap(kernel) : kernel;
const options: CommitOptions = at === 'within-swap' ? {} : {
  onStep(_step, index, phase) {
    if (index === at.step && phase === at.phase) die();
  },
};
const result = order.state
  ? commit(datapath, order.instance, { state: order.state, rulesets: order.state.rulesets }, options)
  : rollback(datapath, order.instance, options);
console.error('still alive', JSON.stringify(result.diagnostics));
