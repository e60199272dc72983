/**
 * What a datapath should do, or does: plain data, JSON without loss, in canonical order (services by
 * ruleset and name; backends by address and port), so that two states are equal when their JSON is.
 * Addresses are canonical text; nothing here knows ids, rows or slots (see `live.ts`).
 */
import type { Protocol } from '../dsl/ast.ts';

export type Mode = 'dsr l2' | 'dsr ipip' | 'dsr geneve' | 'snat' | 'dnat' | 'hybrid l2' | 'hybrid ipip' | 'hybrid geneve';

export type Hash =
  | { readonly kind: 'maglev'; readonly size: number; readonly seed: string; readonly by: 'flow' | 'source' }
  | { readonly kind: 'random' }
  | { readonly kind: 'rr' };

export interface Frontend {
  readonly address: string;
  readonly family: 4 | 6;
  /** 1–65535. */
  readonly port: number;
  readonly protocol: Protocol;
}

export interface Backend {
  readonly name?: string;
  readonly address: string;
  readonly family: 4 | 6;
  /** 0: the port of the VIP. */
  readonly port: number;
  /** 0–65535; 0 takes no new flows. */
  readonly weight: number;
  readonly state: 'up' | 'drain' | 'down';
}

/** Where a thing was written: `shop.lb:12`. */
export interface Origin {
  readonly file: string;
  readonly line: number;
}

export interface Service {
  readonly ruleset: string;
  readonly name: string;
  readonly doc?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly origin: Origin;
  readonly frontends: readonly Frontend[];
  readonly mode: Mode;
  /** Sources that packets to backends have (`sources.ts`): of snat and hybrid, or of a tunnel's outer header. Sorted; empty: this host's own. */
  readonly from: readonly string[];
  readonly hash: Hash;
  readonly onEmpty: 'reject' | 'drop';
  /** What its VIPs do with a port or protocol that no service has; absent: unsaid, which is drop. */
  readonly onUnknown?: 'drop' | 'pass';
  /** Seconds; absent: off. */
  readonly affinity?: number;
  /** CIDRs in canonical text; empty: everybody. */
  readonly allow: readonly string[];
  readonly scope: 'cluster' | 'local';
  /** Milliseconds that a changed slot stays with its former backend; absent: the default. */
  readonly grace?: number;
  readonly backends: readonly Backend[];
}

export type XdpMode = 'auto' | 'native' | 'generic';

/** Globs are resolved to interface names before a state is made. */
export interface Attachment {
  readonly interface: string;
  readonly xdp: XdpMode;
  readonly ruleset: string;
}

export interface State {
  readonly rulesets: readonly string[];
  readonly services: readonly Service[];
  readonly attachments: readonly Attachment[];
}

/** Identity of a service. A NUL cannot occur in either name. */
export function serviceKey(s: { readonly ruleset: string; readonly name: string }): string {
  return `${s.ruleset}\0${s.name}`;
}

/** Whether packets travel inside others, so that the family of the outer ones is their own. */
export function wraps(mode: Mode): boolean {
  return mode === 'dsr ipip' || mode === 'dsr geneve';
}

/** What is done to packets of one protocol: hybrid is two modes. */
export function modeFor(mode: Mode, protocol: Protocol): Exclude<Mode, `hybrid ${string}`> {
  switch (mode) {
    case 'hybrid l2': return protocol === 'udp' ? 'snat' : 'dsr l2';
    case 'hybrid ipip': return protocol === 'udp' ? 'snat' : 'dsr ipip';
    case 'hybrid geneve': return protocol === 'udp' ? 'snat' : 'dsr geneve';
    default: return mode;
  }
}

/**
 * Whether every flow of a protocol is remembered; else the table answers, and the flow table is for slots that a commit
 * disturbed.
 */
export function remembers({ mode, hash, affinity }: Pick<Service, 'mode' | 'hash' | 'affinity'>, protocol: Protocol): boolean {
  return hash.kind !== 'maglev' || affinity !== undefined || !modeFor(mode, protocol).startsWith('dsr');
}

/**
 * The backends that a frontend of `family` selects from: those of its own family; for an IPv4 VIP
 * under an encapsulating mode, the IPv6 ones where there is no IPv4 one.
 */
export function backendsFor<B extends Backend>(service: { readonly backends: readonly B[]; readonly mode: Mode }, family: 4 | 6): readonly B[] {
  const own = service.backends.filter((b) => b.family === family);
  if (own.length > 0 || family === 6 || !wraps(service.mode)) return own;
  return service.backends.filter((b) => b.family === 6);
}
