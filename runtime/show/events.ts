/** Events of flows: from the bytes of the ring to names, and to lines for people. */
import { event as codec, LbEventKind, lbDropNames, lbEventKindNames, lbModeNames } from '../../compiler/generated/layout.ts';
import { sanitize } from '../../dsl/sanitize.ts';
import { endpoint, protocolOf, type Directory, type Endpoint } from './names.ts';
import { width } from './table.ts';
import { endpointText } from './view.ts';

export interface FlowEvent {
  /** ISO 8601, in UTC. */
  readonly time: string;
  readonly kind: string;
  readonly client: Endpoint;
  readonly vip: Endpoint;
  readonly protocol: string;
  /** Bytes of the IP packet. */
  readonly length: number;
  /** Of a drop. */
  readonly reason?: string;
  readonly mode?: string;
  readonly service?: { readonly ruleset: string; readonly name: string };
  readonly backend?: { readonly row: number; readonly address?: string; readonly port?: number; readonly name?: string };
}

/** From a `struct event`, with what the configuration calls its parts now. */
export function describe(bytes: Uint8Array, names: Directory): FlowEvent {
  const e = codec.decode(bytes);
  const vip = endpoint(e.daddr, e.dport);
  const protocol = protocolOf(e.proto);
  const service = names.of(e.service) ?? names.at(vip, protocol);
  const backend = names.backend(e.backend);
  const age = Number(process.hrtime.bigint() - e.time) / 1e6;
  return {
    time: new Date(Date.now() - age).toISOString(),
    kind: lbEventKindNames[e.kind] ?? String(e.kind),
    client: endpoint(e.saddr, e.sport),
    vip,
    protocol,
    length: e.length,
    ...(e.kind === LbEventKind.DROPPED ? { reason: lbDropNames[e.reason] ?? String(e.reason) } : {}),
    ...(e.mode === 0 ? {} : { mode: lbModeNames[e.mode] ?? String(e.mode) }),
    ...(service ? { service: { ruleset: service.ruleset, name: service.name } } : {}),
    ...(e.backend === 0 ? {} : { backend: { row: e.backend, ...(backend ? { address: backend.address, port: backend.port, ...(backend.name === undefined ? {} : { name: backend.name }) } : {}) } }),
  };
}

/** Makes lines whose columns are as wide as the widest cell so far. */
export function eventColumns(): (event: FlowEvent) => string {
  const widths: number[] = [];
  return (event) => cells(event).map((cell, i) => {
    const text = sanitize(cell);
    widths[i] = Math.max(widths[i] ?? 0, width(text));
    return text + ' '.repeat(widths[i] - width(text));
  }).join('  ').trimEnd();
}

/** Time of day (UTC), what happened, to whom, and why or where to. */
function cells(e: FlowEvent): string[] {
  const { backend } = e;
  const to = backend === undefined ? '' : `${backend.address === undefined ? `row ${backend.row}` : endpointText(backend.address, backend.port ?? 0)}${backend.name === undefined ? '' : ` ${backend.name}`}`;
  return [
    e.time.slice(11, 23), e.kind, endpointText(e.client.address, e.client.port), `${endpointText(e.vip.address, e.vip.port)}/${e.protocol}`,
    e.service?.name ?? '', e.reason ?? to, `${e.length} B`,
  ];
}
