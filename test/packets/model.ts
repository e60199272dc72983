/**
 * A packet fixture: a sentence, what is configured, packets in, verdicts and packets out. Nothing here says
 * what runs the program, so that every datapath can be held to the same fixtures.
 */
import type { LbDrop } from '../../compiler/generated/layout.ts';

export type Verdict = 'drop' | 'pass' | 'tx' | 'redirect';

/** A backend by its name in `hosts.ts`; '' is none. */
export type BackendName = string;

export interface ServiceSpec {
  readonly vip: string;
  /** 80 where absent. */
  readonly port?: number;
  readonly proto?: 'tcp' | 'udp';
  readonly mode: 'l2' | 'ipip';
  readonly hash?: 'maglev' | 'random';
  /** `current` or [`current`, `previous`]; empty: no usable backend. */
  readonly slots: readonly (BackendName | readonly [BackendName, BackendName])[];
  /** The former table, where it has another size. */
  readonly formerSlots?: readonly BackendName[];
  readonly reject?: boolean;
  readonly bySource?: boolean;
  /** Seconds from now at which the settling windows end; 0 (long past) where absent. */
  readonly settleTcp?: number;
  readonly settleUdp?: number;
  /** 1 where absent. */
  readonly id?: number;
  /** 10 where absent. */
  readonly serial?: number;
}

export interface RowSpec {
  readonly birth?: number;
  readonly deadFrom?: number;
  /** Id of the owner; 1 where absent. */
  readonly service?: number;
}

export interface FlowSpec {
  readonly proto: 'tcp' | 'udp';
  readonly src: string;
  readonly sport: number;
  readonly dst: string;
  readonly dport: number;
  readonly backend: BackendName;
  /** That of the row where absent. */
  readonly birth?: number;
}

export interface Exchange {
  readonly packet: Uint8Array;
  readonly verdict: Verdict;
  /** The same bytes where absent; of a dropped packet nothing is compared. */
  readonly out?: Uint8Array;
  /** Interface it arrives on; `in` where absent. */
  readonly on?: 'in' | 'out';
}

export interface Count {
  readonly packets: number;
  readonly bytes: number;
  readonly flows: number;
}

export interface Fixture {
  readonly says: string;
  /** Bits of LbFeature that are switched off. */
  readonly without?: number;
  readonly services: readonly ServiceSpec[];
  readonly rows?: Readonly<Record<BackendName, RowSpec>>;
  readonly flows?: readonly FlowSpec[];
  /** Settings of the balancer's host, under net/, and what they are afterwards again. */
  readonly sysctl?: { readonly name: string; readonly value: string; readonly restore: string };
  readonly exchange: readonly Exchange[];
  /** Reasons and how often; none where absent. */
  readonly drops?: Partial<Record<keyof typeof LbDrop, number>>;
  /** Flows that are remembered afterwards; not looked at where absent. */
  readonly remembers?: readonly FlowSpec[];
  /** Of service 1; not looked at where absent. */
  readonly serviceCount?: Count;
  readonly backendCounts?: Readonly<Record<BackendName, Count>>;
}
