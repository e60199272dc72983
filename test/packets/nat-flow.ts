/** A flow through `snat` or `dnat`, as each side of the balancer sees it. */
import { natPort } from '../support/hash.ts';
import { frame, ip, tcp, udp, type IpFields, type IpPart, type Macs } from '../support/packet.ts';
import * as net from './hosts.ts';
import type { BackendName, End, Exchange, FlowSpec, NatSpec, ServiceSpec } from './model.ts';

export type Proto = 'tcp' | 'udp';
export const protos = ['tcp', 'udp'] as const;
export const ports = [20000, 20099] as const;

export interface Ends {
  readonly v: 4 | 6;
  readonly proto: Proto;
  readonly backend: BackendName;
  /** Port of the backend; 80 where absent. */
  readonly port?: number;
  readonly client?: End;
  readonly vip?: End;
  /** What the backend sees; the client itself for `dnat`. */
  readonly source?: End;
}

export interface Segment {
  /** TCP. */
  readonly flags?: string;
  readonly data?: Uint8Array;
  readonly fields?: Partial<IpFields>;
}

export interface NatFlow {
  readonly client: End;
  readonly vip: End;
  readonly source: End;
  /** As the client sends it, as it leaves for the backend, as the backend answers, and as that leaves for the client. */
  asked(segment?: Segment): IpPart;
  forwarded(segment?: Segment): IpPart;
  answer(segment?: Segment): IpPart;
  answered(segment?: Segment): IpPart;
  /** A packet of the client that reaches the backend, and the backend's that reaches the client. */
  there(segment?: Segment): Exchange;
  back(segment?: Segment): Exchange;
  flow(more?: Partial<FlowSpec>): FlowSpec;
  nat(more?: Partial<NatSpec>): NatSpec;
}

/** Address of the balancer towards a backend. */
export function ownTowards(backend: BackendName): string {
  const side = backend.startsWith('near') ? 'in' : 'out';
  return backend.endsWith('6') ? net.own[`${side}6`] : net.own[`${side}4`];
}

/** Port that a flow of the default client, or another one, gets. */
export function portOf(v: 4 | 6, proto: Proto, range: readonly [number, number] = ports, n = 0, client: End = { address: net.client[v], port: 40000 }, vip: End = { address: net.vip[v], port: 80 }): number {
  return natPort({ src: client.address, sport: client.port, dst: vip.address, dport: vip.port, proto: proto === 'tcp' ? 6 : 17 }, range, n);
}

/** By `snat` from the balancer's own address, unless `source` says otherwise. */
export function snat(ends: Ends): NatFlow {
  return natFlow({ source: { address: ownTowards(ends.backend), port: portOf(ends.v, ends.proto, ports, 0, ends.client, ends.vip) }, ...ends });
}

export function dnat(ends: Ends): NatFlow {
  return natFlow(ends);
}

function natFlow(ends: Ends): NatFlow {
  const { v, proto, backend } = ends;
  const client = ends.client ?? { address: net.client[v], port: 40000 };
  const vip = ends.vip ?? { address: net.vip[v], port: 80 };
  const source = ends.source ?? client;
  const server = { address: net.backends[backend]!, port: ends.port ?? 80 };
  const near = backend.startsWith('near');
  const packet = (from: End, to: End, ttl: number, { flags = 'A', data, fields = {} }: Segment): IpPart =>
    ip({ src: from.address, dst: to.address, ttl, ...fields },
      proto === 'tcp' ? tcp({ sport: from.port, dport: to.port, flags }, data) : udp({ sport: from.port, dport: to.port }, data));
  const flow: NatFlow = {
    client, vip, source,
    asked: (segment = {}) => packet(client, vip, 64, segment),
    forwarded: (segment = {}) => packet(source, server, 63, segment),
    answer: (segment = {}) => packet(server, source, 64, segment),
    answered: (segment = {}) => packet(vip, client, 63, segment),
    there: (segment) => ({ packet: net.arrives(flow.asked(segment)), verdict: near ? 'tx' : 'redirect', out: frame(near ? net.toNear : net.toFar, flow.forwarded(segment)) }),
    back: (segment) => ({ packet: frame(fromBackend(backend), flow.answer(segment)), on: near ? 'in' : 'out', verdict: near ? 'tx' : 'redirect', out: frame(net.answering, flow.answered(segment)) }),
    flow: (more = {}) => ({
      proto, src: client.address, sport: client.port, dst: vip.address, dport: vip.port, backend,
      ...(source === client ? {} : { as: source }), ...more,
    }),
    nat: (more = {}) => ({ proto, backend, ...(ends.port ? { port: ends.port } : {}), to: source, client, vip, ...more }),
  };
  return flow;
}

/** Frames as they arrive from a backend. */
export function fromBackend(backend: BackendName): Macs {
  return backend.startsWith('near') ? { src: net.mac.near, dst: net.mac.in } : { src: net.mac.far, dst: net.mac.out };
}

export function service(mode: 'snat' | 'dnat', v: 4 | 6, proto: Proto, backend: BackendName, more: Partial<ServiceSpec> = {}): ServiceSpec {
  return { vip: net.vip[v], proto, mode, slots: [backend], ...more };
}
