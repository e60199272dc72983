/** Source ports of packets that are translated to this host's own addresses: those that its sockets do not take. */
import type { Diagnostic } from '../dsl/diagnostic.ts';
import type { LiveService } from './live.ts';
import { readSource } from './sources.ts';
import { modeFor, type Service } from './state.ts';

type Range = readonly [low: number, high: number];

/** net.ipv4.ip_local_port_range where nobody set it. */
const linuxRange: Range = [32768, 60999];
/** Fewer are used up by a few clients of one backend. */
export const fewestPorts = 16;

/** `taken`: what the kernel gives to sockets; absent: what it gives unless told otherwise. */
export function portsFor({ frontends, mode }: Pick<Service, 'frontends' | 'mode'>, taken: Range = linuxRange): Pick<LiveService, 'ports'> {
  return frontends.some((f) => modeFor(mode, f.protocol) === 'snat') ? { ports: outside(taken) } : {};
}

/** The larger of the ranges below and above, of the ports that need no privilege. */
function outside([low, high]: Range): Range {
  const [below, above]: readonly [Range, Range] = [[1024, low - 1], [high + 1, 65535]];
  return below[1] - below[0] >= above[1] - above[0] ? below : above;
}

/** Services that would translate to own addresses, where no ports are left for it. */
export function withoutPorts(services: readonly LiveService[]): Diagnostic[] {
  const short = services.filter((s) => s.ports && s.ports[1] - s.ports[0] + 1 < fewestPorts && usesOwnAddresses(s));
  const [first] = short;
  if (!first) return [];
  return [{
    code: 'LB619',
    severity: 'error',
    message: `no source ports are left for ${short.length === 1 ? `service '${first.name}'` : `${short.length} services`} of mode ${first.mode}: sockets of this host take them all`,
    hint: "narrow net.ipv4.ip_local_port_range, or name an address that only the balancer uses: mode snat from ADDRESS",
  }];
}

function usesOwnAddresses({ mode, frontends, from }: LiveService): boolean {
  const named = new Set(from.map((text) => readSource(text).family));
  return frontends.some((f) => modeFor(mode, f.protocol) === 'snat' && !named.has(f.family));
}
