/** Entries of the flow and NAT tables, written as the programs write them. */
import { flow, flowKey, LbFlowState, nat } from '../../compiler/generated/layout.ts';
import type { Instance } from '../../runtime/datapath.ts';
import { mapped } from './configure.ts';

export interface Remembered {
  /** `address:port` of the client, and its VIP's. */
  readonly client: readonly [string, number];
  readonly vip: readonly [string, number];
  readonly protocol?: 'tcp' | 'udp';
  readonly row: number;
  readonly birth: number;
  readonly state?: keyof typeof LbFlowState;
  /** Seconds since the last packet. */
  readonly age?: number;
  readonly source?: readonly [string, number];
}

const seen = (age: number): bigint => process.hrtime.bigint() - BigInt(Math.round(age * 1000)) * 1_000_000n;
const number = (protocol: 'tcp' | 'udp' | undefined): number => (protocol === 'udp' ? 17 : 6);

export function rememberFlow(instance: Instance, r: Remembered): void {
  const [source, port] = r.source ?? ['::', 0];
  instance.map('flows').update(
    flowKey.encode({ saddr: mapped(r.client[0]), sport: r.client[1], daddr: mapped(r.vip[0]), dport: r.vip[1], proto: number(r.protocol) }),
    flow.encode({
      seen: seen(r.age ?? 0), backend: r.row, birth: r.birth, state: LbFlowState[r.state ?? 'OPEN'],
      natAddr: r.source ? mapped(source) : new Uint8Array(16), natPort: port, natFamily: r.source ? (source.includes(':') ? 6 : 4) : 0,
    }),
  );
}

/** `from` is the backend's own address and port, by which its replies are known. */
export function rememberNat(instance: Instance, r: Remembered & { readonly from: readonly [string, number]; readonly service: number; readonly source: readonly [string, number] }): void {
  instance.map('nat').update(
    flowKey.encode({ saddr: mapped(r.from[0]), sport: r.from[1], daddr: mapped(r.source[0]), dport: r.source[1], proto: number(r.protocol) }),
    nat.encode({
      seen: seen(r.age ?? 0), vip: mapped(r.vip[0]), vipPort: r.vip[1], client: mapped(r.client[0]), clientPort: r.client[1],
      state: LbFlowState[r.state ?? 'OPEN'], fins: 0, received: 0, service: r.service, backend: r.row, birth: r.birth,
    }),
  );
}
