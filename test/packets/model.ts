/**
 * A packet fixture: a sentence, what is configured, packets in, verdicts and packets out. Nothing here says
 * what runs the program, so that every datapath can be held to the same fixtures.
 */
import type { LbActivity, LbDrop } from '../../compiler/generated/layout.ts';

export type InterfaceName = 'in' | 'out' | 'tag';

export type Verdict = 'drop' | 'pass' | 'tx' | 'redirect';

/** A backend by its name in `hosts.ts`; '' is none. */
export type BackendName = string;

export type FlowState = 'opening' | 'open' | 'closing' | 'closed';

export interface ServiceSpec {
  readonly vip: string;
  /** 80 where absent. */
  readonly port?: number;
  readonly proto?: 'tcp' | 'udp';
  readonly mode: 'l2' | 'ipip' | 'geneve' | 'snat' | 'dnat';
  readonly hash?: 'maglev' | 'random' | 'rr';
  /** `current` or [`current`, `previous`]; empty: no usable backend. */
  readonly slots: readonly (BackendName | readonly [BackendName, BackendName])[];
  /** The former table, where it has another size. */
  readonly formerSlots?: readonly BackendName[];
  readonly reject?: boolean;
  /** What no service of the VIP is for passes. */
  readonly pass?: boolean;
  /** CIDRs; everybody where absent. */
  readonly allow?: readonly string[];
  /** Seconds. */
  readonly affinity?: number;
  /** Of snat, or of an encapsulation. */
  readonly sources?: readonly SourceSpec[];
  /** Source ports of snat without sources; 20000 to 20099 where absent. */
  readonly ports?: readonly [number, number];
  readonly bySource?: boolean;
  /** Seconds from now at which the settling windows end; 0 (long past) where absent. */
  readonly settleTcp?: number;
  readonly settleUdp?: number;
  /** 1 where absent. */
  readonly id?: number;
  /** 10 where absent. */
  readonly serial?: number;
}

export interface SourceSpec {
  readonly address: string;
  /** All that stay, where absent: the address itself. */
  readonly prefix?: number;
  /** 20000 to 20099 where absent. */
  readonly ports?: readonly [number, number];
}

export interface RowSpec {
  /** That of the VIP where absent. */
  readonly port?: number;
  readonly drainFrom?: number;
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
  /** snat: the source that the flow has towards its backend. */
  readonly as?: End;
  readonly state?: FlowState;
  /** Seconds since its last packet; 0 where absent. */
  readonly age?: number;
}

/** What answers of a backend are translated by. */
export interface NatSpec {
  readonly proto: 'tcp' | 'udp';
  readonly backend: BackendName;
  /** 80 where absent. */
  readonly port?: number;
  /** Where the backend sends to. */
  readonly to: End;
  readonly client: End;
  readonly vip: End;
  /** `open` where absent. */
  readonly state?: FlowState;
  /** Another row of the same backend, of another service. */
  readonly row?: BackendName;
  /** That of the row where absent. */
  readonly birth?: number;
  /** Seconds since its last packet; 0 where absent. */
  readonly age?: number;
  /** Its packets come by a tunnel. */
  readonly received?: boolean;
}

export interface End {
  readonly address: string;
  readonly port: number;
}

/** A first fragment that was seen. */
export interface FragmentSpec {
  readonly proto: 'tcp' | 'udp';
  readonly src: string;
  readonly dst: string;
  readonly id: number;
  readonly sport: number;
  readonly dport: number;
  /** Seconds; 0 where absent. */
  readonly age?: number;
}

/** Where the flows of a client go. */
export interface AffinitySpec {
  readonly client: string;
  readonly backend: BackendName;
  /** That of the row where absent. */
  readonly birth?: number;
  /** 1 where absent. */
  readonly service?: number;
  /** Seconds since its last new flow; 0 where absent. */
  readonly age?: number;
}

/** A VLAN of an interface, and the interface that stands for it. */
export interface VlanSpec {
  readonly parent: 'in' | 'out';
  readonly vid: number;
  readonly interface: InterfaceName;
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
  readonly nats?: readonly NatSpec[];
  readonly fragments?: readonly FragmentSpec[];
  readonly affinities?: readonly AffinitySpec[];
  readonly vlans?: readonly VlanSpec[];
  /** Settings of the balancer's host, under net/, and what they are afterwards again. */
  readonly sysctl?: { readonly name: string; readonly value: string; readonly restore: string };
  readonly exchange: readonly Exchange[];
  /** Reasons and how often; none where absent. */
  readonly drops?: Partial<Record<keyof typeof LbDrop, number>>;
  /** Activities and how often, but for NEXT_HOP_FOUND; not looked at where absent. */
  readonly activity?: Partial<Record<Exclude<keyof typeof LbActivity, 'NEXT_HOP_FOUND'>, number>>;
  /** Flows that are remembered afterwards; not looked at where absent. */
  readonly remembers?: readonly FlowSpec[];
  /** Translations that are remembered afterwards, with their states; not looked at where absent. */
  readonly translates?: readonly NatSpec[];
  /** States of the flows that are remembered afterwards, sorted; not looked at where absent. */
  readonly states?: readonly FlowState[];
  /** Clients that are remembered afterwards; not looked at where absent. */
  readonly follows?: readonly AffinitySpec[];
  /** Entries of `fragments` afterwards; not looked at where absent. */
  readonly fragmentCount?: number;
  /** Of service 1; not looked at where absent. */
  readonly serviceCount?: Count;
  readonly backendCounts?: Readonly<Record<BackendName, Count>>;
}
