/** Packets as the balancer sends them: to a backend, and back to a client. And fragments, as a client sends them. */
import { flowHash } from '../support/hash.ts';
import { frame, icmp, ip, join, raw, type IpPart } from '../support/packet.ts';
import * as net from './hosts.ts';
import type { BackendName, ServiceSpec } from './model.ts';

/** A flow of the client to port 80 of the VIP. */
export interface FlowOf {
  readonly proto: 'tcp' | 'udp';
  /** 40000 where absent. */
  readonly sport?: number;
}

function geneve(hash: number, inner: IpPart, v: 4 | 6): Uint8Array {
  const bytes = inner.bytes(() => 0);
  const header = new Uint8Array(16);
  const view = new DataView(header.buffer);
  view.setUint16(0, 0xc000 | (hash & 0x3fff));
  view.setUint16(2, 6081);
  view.setUint16(4, header.length + bytes.length);
  view.setUint16(10, v === 4 ? 0x0800 : 0x86dd);
  return join(header, bytes);
}

/** The frame that brings a packet to a backend; an encapsulation varies with the flow. `tos` is that of the packet. */
export function delivered(mode: ServiceSpec['mode'], v: 4 | 6, backend: BackendName, packet: IpPart, flow: FlowOf = { proto: 'tcp' }, tos = 0): Uint8Array {
  const near = backend.startsWith('near');
  const macs = near ? net.toNear : net.toFar;
  if (mode === 'l2') return frame(macs, packet);
  const six = backend.endsWith('6');
  const hash = flowHash({ src: net.client[v], dst: net.vip[v], sport: flow.sport ?? 40000, dport: 80, proto: flow.proto === 'tcp' ? 6 : 17 });
  const fields = { src: net.own[near ? (six ? 'in6' : 'in4') : six ? 'out6' : 'out4'], dst: net.backends[backend]!, tos, ttl: 64 };
  const inside = mode === 'geneve' ? raw(17, geneve(hash, packet, v)) : packet;
  return frame(macs, ip({ ...fields, ...(six ? { flowLabel: hash & 0xfffff } : { dontFragment: true }) }, inside));
}

/** An ICMP error from the VIP about a packet of the client, with as much of it as the standards want. */
export function answered(v: 4 | 6, packet: IpPart, type: number, code: number, rest = 0): Uint8Array {
  const quote = packet.bytes(() => 0).subarray(0, v === 4 ? 548 : 1232);
  const fields = { src: net.vip[v], dst: net.client[v], tos: 0xc0, ttl: 64, ...(v === 4 ? { dontFragment: true } : {}) };
  return frame(net.answering, ip(fields, icmp(v, type, code, quote, rest)));
}

/** The fragment of a packet that has `length` bytes behind `offset` (a multiple of 8) of its payload, or what is left of them. */
export function part(packet: IpPart, v: 4 | 6, offset: number, length: number): IpPart {
  const whole = packet.bytes(() => 0);
  const header = v === 4 ? 20 : 40;
  const proto = whole[v === 4 ? 9 : 6]!;
  const more = header + offset + length < whole.length;
  const data = raw(proto, whole.slice(header + offset, header + offset + length));
  if (v === 4) return net.fromClient(4, data, { id: 77, fragment: { offset, more } });
  return net.fromClient(6, data, { extensions: [{ proto: 44, bytes: Uint8Array.of(0, 0, offset >> 8, (offset & 0xf8) | (more ? 1 : 0), 0, 0, 0, 77) }] });
}
