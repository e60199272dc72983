/** ICMP errors about translated flows: themselves translated, and what they quote too. */
import { frame, icmp, ip, join, payload, type IpFields, type IpPart } from '../support/packet.ts';
import * as net from './hosts.ts';
import { dnat, fromBackend, protos, service, snat } from './nat-flow.ts';
import type { Exchange, Fixture } from './model.ts';

const kinds = { 4: [[3, 4], [3, 1], [11, 0], [12, 0]], 6: [[2, 0], [1, 4], [3, 0], [4, 1]] } as const;
const router = { 4: '198.51.100.77', 6: '2001:db8:77::1' } as const;
/** Bytes of the quoted IP header and of the 8 behind it that every error has. */
const least = { 4: 28, 6: 48 } as const;

function error(v: 4 | 6, [type, code]: readonly [number, number], fields: IpFields, quoted: IpPart, length?: number): IpPart {
  return ip(fields, icmp(v, type, code, quoted.bytes(() => 0).subarray(0, length)));
}

const both = net.versions.flatMap((v) => protos.flatMap((proto) => (['snat', 'dnat'] as const).flatMap((mode): Fixture[] => {
  const far = `far${v}`;
  const flow = (mode === 'snat' ? snat : dnat)({ v, proto, backend: far, port: 8080 });
  const says = (text: string): string => `${mode}, IPv${v} ${proto.toUpperCase()}: ${text}`;
  const server = net.backends[far]!;
  const base = { services: [service(mode, v, proto, far)], rows: { [far]: { port: 8080 } }, flows: [flow.flow()], nats: [flow.nat()] };
  const segment = { data: payload(31) };
  const told = { ...segment, fields: { ttl: 63 } };
  const [kind] = kinds[v];

  /** From a router on the clients' side. */
  const forth = (of: readonly [number, number], length?: number, ttl = 64): Exchange => ({
    packet: net.arrives(error(v, of, { src: router[v], dst: flow.vip.address, ttl }, flow.answered(segment), length)),
    verdict: 'redirect',
    out: frame(net.toFar, error(v, of, { src: router[v], dst: server, ttl: ttl - 1 }, flow.answer(told), length)),
  });
  /** From the backends' side, by default a router there. */
  const back = (of: readonly [number, number], length?: number, from: string = router[v]): Exchange => ({
    packet: frame(fromBackend(far), error(v, of, { src: from, dst: flow.source.address }, flow.forwarded(segment), length)),
    on: 'out', verdict: 'redirect',
    out: frame(net.answering, error(v, of, { src: from === server ? flow.vip.address : from, dst: flow.client.address, ttl: 63 }, flow.asked(told), length)),
  });
  const passes = (text: string, packet: Uint8Array, on: 'in' | 'out' = 'out'): Fixture => ({ ...base, says: says(text), exchange: [{ packet, on, verdict: 'pass' }] });
  const about = (quoted: IpPart, fields: Partial<IpFields> = {}): Uint8Array => frame(fromBackend(far), error(v, kind, { src: router[v], dst: flow.source.address, ...fields }, quoted));
  return [
    { ...base, says: says('an error about an answer reaches the backend, and speaks of its own packet'), exchange: kinds[v].map((k) => forth(k)), activity: { ICMP_FORWARDED: 4 } },
    { ...base, says: says('also one that quotes no more than the ports'), exchange: [forth(kind, least[v]), forth(kind, least[v] + 5)] },
    { ...base, says: says('an error on the way to the backend reaches the client, and speaks of its own packet'), exchange: kinds[v].map((k) => back(k)), activity: { ICMP_RETURNED: 4 } },
    { ...base, says: says('also that which quotes no more than the ports'), exchange: [back(kind, least[v]), back(kind, least[v] + 5)] },
    { ...base, says: says('padding of the frame is no part of what is quoted'), exchange: [padded(forth(kind, least[v])), padded(back(kind, least[v]))] },
    { ...base, says: says('an error of the backend comes from the VIP'), exchange: [back(kind, undefined, server)] },
    { ...passes('an error whose TTL ends here passes', forth(kind, undefined, 1).packet, 'in') },
    passes('an error about no flow of ours passes', about(snat({ v, proto, backend: far, source: { ...flow.source, port: 7 } }).forwarded(segment))),
    passes('an error that goes elsewhere than what it quotes came from passes', about(flow.forwarded(segment), { dst: net.own[v === 4 ? 'in4' : 'in6'] })),
    passes('an error that quotes less than the ports passes', frame(fromBackend(far), error(v, kind, { src: router[v], dst: flow.source.address }, flow.forwarded(segment), least[v] - 1))),
    passes('an error that quotes less than an IP header passes', frame(fromBackend(far), error(v, kind, { src: router[v], dst: flow.source.address }, flow.forwarded(segment), 8))),
    passes('an echo request with the same bytes passes', frame(fromBackend(far), error(v, [v === 4 ? 8 : 128, 0], { src: router[v], dst: flow.source.address }, flow.forwarded(segment)))),
    {
      ...base, says: says('an error for a client without a route goes up the stack, translated'),
      ...stray(v, proto, mode, segment),
    },
  ];
})));

function padded(exchange: Exchange): Exchange {
  const pad = (bytes: Uint8Array): Uint8Array => join(bytes, payload(24));
  return { ...exchange, packet: pad(exchange.packet), out: pad(exchange.out!) };
}

function stray(v: 4 | 6, proto: 'tcp' | 'udp', mode: 'snat' | 'dnat', segment: { readonly data: Uint8Array }): Pick<Fixture, 'flows' | 'nats' | 'exchange'> {
  const far = `far${v}`;
  const flow = (mode === 'snat' ? snat : dnat)({ v, proto, backend: far, port: 8080, client: { address: net.strayClient[v], port: 40000 } });
  const sent = error(v, kinds[v][0], { src: router[v], dst: flow.source.address }, flow.forwarded(segment));
  const out = error(v, kinds[v][0], { src: router[v], dst: flow.client.address }, flow.asked({ ...segment, fields: { ttl: 63 } }));
  return { flows: [flow.flow()], nats: [flow.nat()], exchange: [{ packet: frame(fromBackend(far), sent), on: 'out', verdict: 'pass', out: frame(fromBackend(far), out) }] };
}

const options: Fixture = {
  says: 'snat, IPv4: options of an error and of what it quotes stay',
  services: [service('snat', 4, 'tcp', 'far4')],
  flows: [snat({ v: 4, proto: 'tcp', backend: 'far4' }).flow()],
  nats: [snat({ v: 4, proto: 'tcp', backend: 'far4' }).nat()],
  exchange: [withOptions()],
};

function withOptions(): Exchange {
  const flow = snat({ v: 4, proto: 'tcp', backend: 'far4' });
  const nop = Uint8Array.of(1, 1, 1, 0);
  return {
    packet: net.arrives(error(4, [3, 4], { src: router[4], dst: flow.vip.address, options: nop }, flow.answered({ fields: { options: join(nop, nop) } }))),
    verdict: 'redirect',
    out: frame(net.toFar, error(4, [3, 4], { src: router[4], dst: net.backends['far4']!, options: nop, ttl: 63 }, flow.answer({ fields: { options: join(nop, nop), ttl: 63 } }))),
  };
}

export const fixtures: readonly Fixture[] = [...both, options];
