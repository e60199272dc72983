/** Who forwards: floor programs, ours, and the kernel's stack with the rules of kube-proxy. */
import type { Datapath } from '../../../runtime/datapath.ts';
import { attachTo } from '../attach.ts';
import { openFloors, type FloorName } from '../floors.ts';
import { snatFrom } from '../scripts.ts';
import { applyScripts, NotInThisBuild } from '../subject.ts';
import type { Network } from './network.ts';
import { iptablesRules, nftRules, type Service } from './rules.ts';

export interface Contender {
  readonly label: string;
  /** Begins to forward; returns how to stop. Undefined: this build cannot. */
  start(network: Network, services: readonly Service[], datapath: Datapath): (() => void) | undefined;
}

/** Whom the table's ratios are of, and who shows what the generator can. */
export const ours = 'sluice dsr ipip';
export const ceiling = '(ii) swap MACs, TX';

function floor(label: string, name: FloorName): Contender {
  return {
    label,
    start({ lb }, services) {
      const floors = openFloors(services);
      const detach = attachTo(lb.netns, lb.iface, floors.program(name));
      return () => {
        detach();
        floors.close();
      };
    },
  };
}

function sluice(label: string, settings: string): Contender {
  return {
    label,
    start({ lb }, services, datapath) {
      const name = `wire-${process.pid}`;
      const stop = (): void => void datapath.remove(name);
      const script = services.map((s) => `service ${s.name} vip ${s.vip}:${s.port}/udp -> ${s.backends.join(', ')} ${settings}`).join('\n');
      try {
        applyScripts(datapath, lb, name, [script], { flows: 1 << 20 });
        return stop;
      } catch (error) {
        stop();
        if (error instanceof NotInThisBuild) return undefined;
        throw error;
      }
    },
  };
}

/** Rules go with the network namespace that they are in. */
function stack(label: string, command: string, args: readonly string[], rules: (services: readonly Service[]) => string): Contender {
  return {
    label,
    start(network, services) {
      network.exec(command, args, rules(services));
      return () => undefined;
    },
  };
}

export const contenders: readonly Contender[] = [
  floor(ceiling, 'floor_swap'),
  floor('(iii) stateless IPIP', 'floor_ring'),
  floor('(iv) with one LRU look-up', 'floor_lru'),
  floor('(v) least NAT', 'floor_nat'),
  sluice(ours, 'mode dsr ipip hash maglev(size=1021)'),
  sluice('sluice dnat', 'mode dnat hash maglev(size=1021)'),
  sluice('sluice snat', `mode snat ${snatFrom(4)} hash maglev(size=1021)`),
  stack('nftables verdict map', 'nft', ['-f', '-'], nftRules),
  stack('iptables-legacy', 'iptables-legacy-restore', [], iptablesRules),
  stack('iptables-nft', 'iptables-nft-restore', [], iptablesRules),
];
