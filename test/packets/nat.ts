/** Packets whose addresses and ports are translated, there and back. */
import { frame, payload } from '../support/packet.ts';
import * as net from './hosts.ts';
import { dnat, fromBackend, protos, service, snat, type NatFlow } from './nat-flow.ts';
import type { Exchange, Fixture } from './model.ts';
import { fixtures as icmp } from './nat-icmp.ts';
import { fixtures as life } from './nat-life.ts';
import { fixtures as pieces } from './nat-pieces.ts';
import { fixtures as sources } from './nat-sources.ts';

/** Header bytes in front of the payload. */
const headers = (v: 4 | 6, proto: 'tcp' | 'udp'): number => (v === 4 ? 20 : 40) + (proto === 'tcp' ? 20 : 8);

/** Rewritten, and with the frame as it came: the stack is to route it and to count its TTL down. */
function passed(flow: NatFlow, backend: string, data: Uint8Array): Exchange {
  const answer = flow.answer({ data });
  return {
    packet: frame(fromBackend(backend), answer), on: 'out', verdict: 'pass',
    out: frame(fromBackend(backend), flow.answered({ data, fields: { ttl: 64 } })),
  };
}

const both = net.versions.flatMap((v) => protos.flatMap((proto): Fixture[] => {
  const says = (mode: string, text: string): string => `${mode}, IPv${v} ${proto.toUpperCase()}: ${text}`;
  const far = `far${v}`;
  const near = `near${v}`;
  const data = payload(21);
  const through = snat({ v, proto, backend: far });
  const mapped = snat({ v, proto, backend: near, port: 8080 });
  const direct = dnat({ v, proto, backend: far, port: 8080 });
  const bytes = headers(v, proto);
  return [
    {
      says: says('snat', 'a new flow leaves from an address and a port of ours, and its backend answers the client as the VIP'),
      services: [service('snat', v, proto, far)],
      exchange: [through.there({ flags: 'S' }), through.back({ flags: 'SA' }), through.there({ data }), through.back({ data })],
      remembers: [through.flow()],
      translates: [through.nat()],
      states: ['open'],
      activity: { FLOW_OPENED: 1, NAT_OPENED: 1, NAT_REPLIED: 2 },
      serviceCount: { packets: 2, bytes: 2 * bytes + 21, flows: 1 },
      backendCounts: { [far]: { packets: 2, bytes: 2 * bytes + 21, flows: 1 } },
    },
    {
      says: says('snat', 'the backend has another port than the VIP, and its network is that of the clients'),
      services: [service('snat', v, proto, near)],
      rows: { [near]: { port: 8080 } },
      exchange: [mapped.there({ flags: 'S', data }), mapped.back({ flags: 'A', data })],
      translates: [mapped.nat()],
    },
    {
      says: says('snat', 'an answer for a client without a route goes up the stack, translated'),
      services: [service('snat', v, proto, far)],
      nats: [snat({ v, proto, backend: far, client: { address: net.strayClient[v], port: 40000 } }).nat()],
      exchange: [passed(snat({ v, proto, backend: far, client: { address: net.strayClient[v], port: 40000 } }), far, data)],
      activity: { NAT_REPLIED: 1 },
    },
    {
      says: says('snat', 'an answer for a client whose neighbour is not known goes up the stack, translated'),
      services: [service('snat', v, proto, far)],
      nats: [snat({ v, proto, backend: far, client: { address: net.silentClient[v], port: 40000 } }).nat()],
      exchange: [passed(snat({ v, proto, backend: far, client: { address: net.silentClient[v], port: 40000 } }), far, data)],
    },
    {
      says: says('snat', 'an answer finds its client on whichever interface it arrives'),
      services: [service('snat', v, proto, far)],
      flows: [through.flow()],
      nats: [through.nat()],
      exchange: [{ ...through.back({ data }), on: 'in', verdict: 'tx' }],
    },
    {
      says: says('snat', 'a packet of a backend that answers no flow passes'),
      services: [service('snat', v, proto, far)],
      flows: [through.flow()],
      nats: [through.nat()],
      exchange: [{ packet: frame(fromBackend(far), snat({ v, proto, backend: far, source: { address: through.source.address, port: 19999 } }).answer()), on: 'out', verdict: 'pass' }],
      activity: {},
    },
    {
      says: says('snat', 'an answer whose TTL ends here passes as it is'),
      services: [service('snat', v, proto, far)],
      flows: [through.flow()],
      nats: [through.nat()],
      exchange: [{ packet: frame(fromBackend(far), through.answer({ fields: { ttl: 1 } })), on: 'out', verdict: 'pass' }],
    },
    {
      says: says('snat', 'a packet whose TTL ends here opens no flow'),
      services: [service('snat', v, proto, far)],
      exchange: [{ packet: net.arrives(through.asked({ fields: { ttl: 1 } })), verdict: 'pass' }],
      remembers: [],
      translates: [],
    },
    {
      says: says('snat', 'traffic class, DF and options stay, and padding is no part of the packet'),
      services: [service('snat', v, proto, far)],
      exchange: [{
        packet: Uint8Array.from([...net.arrives(through.asked({ data, fields: special(v) })), 7, 7]),
        verdict: 'redirect',
        out: Uint8Array.from([...frame(net.toFar, through.forwarded({ data, fields: { ...special(v), ttl: 63 } })), 7, 7]),
      }],
    },
    {
      says: says('snat', 'a backend that is this host itself gets the packet up the stack as it is'),
      services: [service('snat', v, proto, `self${v}`)],
      exchange: [{ packet: net.arrives(through.asked({ flags: 'S' })), verdict: 'pass' }],
      remembers: [],
      serviceCount: { packets: 1, bytes, flows: proto === 'tcp' ? 1 : 0 },
    },
    {
      says: says('snat', 'a backend that no neighbour entry knows drops, and no flow is remembered'),
      services: [service('snat', v, proto, `silent${v}`)],
      exchange: [{ packet: net.arrives(through.asked({ flags: 'S' })), verdict: 'drop' }],
      drops: { NO_NEIGHBOUR: 1 },
      remembers: [],
      translates: [],
      serviceCount: { packets: 0, bytes: 0, flows: 0 },
    },
    {
      says: says('dnat', 'only the destination is translated, and the source of the answer'),
      services: [service('dnat', v, proto, far)],
      rows: { [far]: { port: 8080 } },
      exchange: [direct.there({ flags: 'S' }), direct.back({ flags: 'SA' }), direct.there({ data }), direct.back({ data })],
      remembers: [direct.flow()],
      translates: [direct.nat()],
      activity: { FLOW_OPENED: 1, NAT_OPENED: 1, NAT_REPLIED: 2 },
      serviceCount: { packets: 2, bytes: 2 * bytes + 21, flows: 1 },
    },
    {
      says: says('dnat', 'a packet for a backend whose neighbour is not known goes up the stack, translated'),
      services: [service('dnat', v, proto, `silent${v}`)],
      exchange: [{
        packet: net.arrives(direct.asked({ data })), verdict: 'pass',
        out: net.arrives(dnat({ v, proto, backend: `silent${v}` }).forwarded({ data, fields: { ttl: 64 } })),
      }],
      translates: [dnat({ v, proto, backend: `silent${v}` }).nat({ state: proto === 'tcp' ? 'open' : 'opening' })],
    },
    {
      says: says('dnat', 'an answer for a client without a route goes up the stack, translated'),
      services: [service('dnat', v, proto, far)],
      nats: [dnat({ v, proto, backend: far, client: { address: net.strayClient[v], port: 40000 } }).nat()],
      exchange: [passed(dnat({ v, proto, backend: far, client: { address: net.strayClient[v], port: 40000 } }), far, data)],
    },
  ];
}));

function special(v: 4 | 6): object {
  return v === 4 ? { tos: 0xb9, id: 77, dontFragment: true, options: Uint8Array.of(1, 1, 1, 0) } : { tos: 0xb9, flowLabel: 0x12345 };
}

const unchecked: Fixture = {
  says: 'snat: an IPv4 datagram without a checksum gets none, there and back',
  services: [service('snat', 4, 'udp', 'far4')],
  exchange: [unsummed(snat({ v: 4, proto: 'udp', backend: 'far4' }).there({ data: payload(9) })), unsummed(snat({ v: 4, proto: 'udp', backend: 'far4' }).back({ data: payload(9) }))],
};

function unsummed(exchange: Exchange): Exchange {
  const clear = (bytes: Uint8Array): Uint8Array => {
    const copy = bytes.slice();
    copy.set([0, 0], 14 + 20 + 6);
    return copy;
  };
  return { ...exchange, packet: clear(exchange.packet), out: clear(exchange.out!) };
}

/** Two bytes of payload by which the checksum of the packet that leaves is zero, so that it must be sent as ffff. */
function zeroed(v: 4 | 6): Fixture {
  const flow = snat({ v, proto: 'udp', backend: `far${v}` });
  const at = 14 + (v === 4 ? 20 : 40) + 6;
  const blank = frame(net.toFar, flow.forwarded({ data: Uint8Array.of(0, 0) }));
  const data = blank.slice(at, at + 2);
  return {
    says: `snat, IPv${v}: a datagram whose checksum comes out as zero says ffff instead`,
    services: [service('snat', v, 'udp', `far${v}`)],
    exchange: [flow.there({ data })],
  };
}

const noFamily: Fixture = {
  says: 'snat: a backend of the other family cannot be reached',
  services: [{ ...service('snat', 4, 'tcp', 'far6') }],
  exchange: [{ packet: net.arrives(net.tcpFromClient(4, { flags: 'S' })), verdict: 'drop' }],
  drops: { INTERNAL: 1 },
  remembers: [],
  translates: [],
};

export const fixtures: readonly Fixture[] = [...both, unchecked, ...net.versions.map(zeroed), noFamily, ...sources, ...life, ...pieces, ...icmp];
