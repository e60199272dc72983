/**
 * The same services as kube-proxy would have the kernel's stack serve them: what its iptables and nftables modes write for
 * cluster addresses, less masquerading. Endpoints are chosen at random with equal chances.
 */
import { createHash } from 'node:crypto';

export interface Service {
  readonly name: string;
  readonly vip: string;
  readonly port: number;
  readonly backends: readonly string[];
}

/** As kube-proxy shortens names of chains. */
const hashed = (prefix: string, what: string): string => prefix + createHash('sha256').update(what).digest('hex').toUpperCase().slice(0, 16);

/** For `iptables-restore`. */
export function iptablesRules(services: readonly Service[]): string {
  const chains: string[] = [];
  const portals: string[] = [];
  const rules: string[] = [];
  for (const s of services) {
    const chain = hashed('KUBE-SVC-', s.name);
    chains.push(`:${chain} - [0:0]`);
    portals.push(`-A KUBE-SERVICES -d ${s.vip}/32 -p udp -m comment --comment "bench/${s.name} cluster IP" -m udp --dport ${s.port} -j ${chain}`);
    s.backends.forEach((b, i) => {
      const endpoint = hashed('KUBE-SEP-', `${s.name} ${b}`);
      const left = s.backends.length - i;
      const chance = left === 1 ? '' : ` -m statistic --mode random --probability ${(1 / left).toFixed(11)}`;
      chains.push(`:${endpoint} - [0:0]`);
      rules.push(`-A ${chain} -m comment --comment "bench/${s.name} -> ${b}:${s.port}"${chance} -j ${endpoint}`);
      rules.push(`-A ${endpoint} -p udp -m comment --comment bench/${s.name} -m udp -j DNAT --to-destination ${b}:${s.port}`);
    });
  }
  return [
    '*nat', ':PREROUTING ACCEPT [0:0]', ':KUBE-SERVICES - [0:0]', ...chains,
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES', ...portals, ...rules, 'COMMIT', '',
  ].join('\n');
}

/** For `nft -f`. */
export function nftRules(services: readonly Service[]): string {
  const chains: string[] = [];
  const elements: string[] = [];
  for (const s of services) {
    s.backends.forEach((b, i) => chains.push(` chain endpoint-${s.name}-${i} { meta l4proto udp dnat to ${b}:${s.port}; }`));
    chains.push(` chain service-${s.name} { numgen random mod ${s.backends.length} vmap { ${s.backends.map((_, i) => `${i} : goto endpoint-${s.name}-${i}`).join(', ')} }; }`);
    elements.push(`${s.vip} . udp . ${s.port} : goto service-${s.name}`);
  }
  return [
    'table ip kube-proxy {', ...chains,
    ` map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; elements = { ${elements.join(',\n')} }; }`,
    ' chain services { ip daddr . meta l4proto . th dport vmap @service-ips; }',
    ' chain nat-prerouting { type nat hook prerouting priority dstnat; jump services; }',
    '}', '',
  ].join('\n');
}
