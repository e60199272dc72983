/** Translated flows in fragments, and packets that do not fit where they go. */
import { LbFeature } from '../../compiler/generated/layout.ts';
import { frame, ip, payload, raw, type IpFields, type IpPart, type Macs } from '../support/packet.ts';
import * as net from './hosts.ts';
import { dnat, fromBackend, protos, service, snat, type NatFlow, type Proto } from './nat-flow.ts';
import type { End, Exchange, Fixture } from './model.ts';

/** What makes a packet the fragment at an offset. */
function piece(v: 4 | 6, offset: number, more: boolean): Partial<IpFields> {
  if (v === 4) return { id: 9, fragment: { offset, more } };
  return { extensions: [{ proto: 44, bytes: Uint8Array.of(0, 0, offset >> 8, (offset & 0xf8) | (more ? 1 : 0), 0, 0, 0, 7) }] };
}

function later(v: 4 | 6, proto: Proto, from: End, to: End, ttl: number): IpPart {
  return ip({ src: from.address, dst: to.address, ttl, ...piece(v, 1480, false) }, raw(proto === 'tcp' ? 6 : 17, payload(33)));
}

const fragments = net.versions.flatMap((v) => protos.flatMap((proto) => (['snat', 'dnat'] as const).flatMap((mode): Fixture[] => {
  const far = `far${v}`;
  const flow = (mode === 'snat' ? snat : dnat)({ v, proto, backend: far, port: 8080 });
  const server = { address: net.backends[far]!, port: 8080 };
  const says = (text: string): string => `${mode}, IPv${v} ${proto.toUpperCase()}: ${text}`;
  const first = { data: payload(64), fields: piece(v, 0, true) };
  const laterThere: Exchange = { packet: net.arrives(later(v, proto, flow.client, flow.vip, 64)), verdict: 'redirect', out: frame(net.toFar, later(v, proto, flow.source, server, 63)) };
  const laterBack: Exchange = {
    packet: frame(fromBackend(far), later(v, proto, server, flow.source, 64)), on: 'out',
    verdict: 'redirect', out: frame(net.answering, later(v, proto, flow.vip, flow.client, 63)),
  };
  const fixture = (text: string, exchange: readonly Exchange[], activity: NonNullable<Fixture['activity']>): Fixture => ({
    says: says(text), services: [service(mode, v, proto, far)], rows: { [far]: { port: 8080 } }, flows: [flow.flow()], nats: [flow.nat()], exchange, activity,
  });
  return [
    fixture('the fragments of a client’s packet all reach the backend', [flow.there(first), laterThere], { FRAGMENT_FIRST: 1, FRAGMENT_LATER: 1 }),
    fixture('the fragments of an answer all reach the client', [flow.back(first), laterBack], { FRAGMENT_FIRST: 1, FRAGMENT_LATER: 1, NAT_REPLIED: 2 }),
    fixture('a later fragment of an answer whose first one did not come passes', [{ packet: laterBack.packet, on: 'out', verdict: 'pass' }], {}),
    fixture('a first fragment that answers no flow leaves nothing behind', [
      { packet: frame(fromBackend(far), snat({ v, proto, backend: far, port: 8080, source: { ...flow.source, port: 7 } }).answer(first)), on: 'out', verdict: 'pass' },
      { packet: laterBack.packet, on: 'out', verdict: 'pass' },
    ], {}),
  ];
})));

const big = (v: 4 | 6, proto: Proto): Uint8Array => payload(1501 - (v === 4 ? 20 : 40) - (proto === 'tcp' ? 20 : 8));

const tooBig = net.versions.flatMap((v) => protos.flatMap((proto): Fixture[] => {
  const far = `far${v}`;
  const says = (mode: string, text: string): string => `${mode}, IPv${v} ${proto.toUpperCase()}: ${text}`;
  const through = snat({ v, proto, backend: far });
  const direct = dnat({ v, proto, backend: far });
  const data = big(v, proto);
  const whole = v === 4 ? { dontFragment: true } : {};
  const refused = (mode: 'snat' | 'dnat', flow: NatFlow, text: string, packet: Uint8Array, on: 'in' | 'out' = 'in'): Fixture => ({
    says: says(mode, text), without: LbFeature.TOO_BIG, services: [service(mode, v, proto, far)], flows: [flow.flow()], nats: [flow.nat()],
    exchange: [{ packet, on, verdict: 'drop' }], drops: { TOO_BIG: 1 }, serviceCount: { packets: 0, bytes: 0, flows: 0 },
  });
  const upward = (mode: 'snat' | 'dnat', flow: NatFlow, text: string, macs: Macs, sent: IpPart, out: IpPart, on: 'in' | 'out'): Fixture => ({
    says: says(mode, text), services: [service(mode, v, proto, far)], flows: [flow.flow()], nats: [flow.nat()],
    exchange: [{ packet: frame(macs, sent), on, verdict: 'pass', out: frame(macs, out) }],
  });
  return [
    refused('snat', through, 'a packet that is too big for the way to its backend is dropped', net.arrives(through.asked({ data, fields: whole }))),
    refused('dnat', direct, 'a packet that is too big and must stay whole is dropped', net.arrives(direct.asked({ data, fields: whole }))),
    refused('snat', through, 'an answer that is too big and must stay whole is dropped', frame(fromBackend(far), through.answer({ data, fields: whole })), 'out'),
    ...(v === 6 ? [] : [
      refused('snat', through, 'also one that may be cut: with a source of ours the stack would not take it', net.arrives(through.asked({ data }))),
      upward('dnat', direct, 'a packet that is too big and may be cut goes up the stack, translated', net.arriving, direct.asked({ data }), direct.forwarded({ data, fields: { ttl: 64 } }), 'in'),
      upward('snat', through, 'an answer that is too big and may be cut goes up the stack, translated', fromBackend(far), through.answer({ data }), through.answered({ data, fields: { ttl: 64 } }), 'out'),
    ]),
  ];
}));

export const fixtures: readonly Fixture[] = [...fragments, ...tooBig];
