/** Which source address and port a translated flow gets, and what happens when there is none. */
import * as net from './hosts.ts';
import { dnat, ownTowards, portOf, protos, service, snat, type NatFlow, type Proto } from './nat-flow.ts';
import { flowHash } from '../support/hash.ts';
import type { End, Fixture, NatSpec } from './model.ts';

const two = [20000, 20001] as const;

/** Of a client that had the port before. */
function taken(v: 4 | 6, proto: Proto, backend: string, to: End, more: Partial<NatSpec> = {}): NatSpec {
  return { proto, backend, to, client: { address: net.strayClient[v], port: 1234 }, vip: { address: net.vip[v], port: 80 }, ...more };
}

const sources = net.versions.flatMap((v) => protos.flatMap((proto): Fixture[] => {
  const says = (text: string): string => `IPv${v} ${proto.toUpperCase()}: ${text}`;
  const far = `far${v}`;
  const own = ownTowards(far);
  const pool = v === 4 ? ['10.9.0.1', '10.9.0.2', '10.9.0.3'] : ['fd00:9::1', 'fd00:9::2', 'fd00:9::3'];
  const others = v === 4 ? ['fd00:9::1'] : ['10.9.0.1', '10.9.0.2'];
  const number = proto === 'tcp' ? 6 : 17;
  /** Place of the client's source in the pool. */
  const place = flowHash({ src: net.client[v], dst: net.vip[v], sport: 40000, dport: 80, proto: number }, true) % 3;
  const from = (address: string, range: readonly [number, number], n = 0): NatFlow => snat({ v, proto, backend: far, source: { address, port: portOf(v, proto, range, n) } });
  const opening = (flow: NatFlow): NatSpec => flow.nat({ state: 'opening' });
  const first = from(own, two);
  const second = from(own, two, 1);
  const own2: End[] = [first.source, second.source];
  return [
    {
      says: says('the source ports of a service without sources are those of its range'),
      services: [service('snat', v, proto, far, { ports: [333, 333] })],
      exchange: [from(own, [333, 333]).there({ flags: 'S' }), from(own, [333, 333]).back({ flags: 'SA' })],
    },
    {
      says: says('a service with sources sends from that of the client, of the backend’s family, by its own ports'),
      services: [service('snat', v, proto, far, { sources: [...others, ...pool].map((address) => ({ address, ports: [1024, 65535] as const })) })],
      exchange: [from(pool[place]!, [1024, 65535]).there({ flags: 'S' }), from(pool[place]!, [1024, 65535]).back({ flags: 'SA' })],
    },
    {
      says: says('the source may be the VIP itself, by ports that no service has'),
      services: [service('snat', v, proto, far, { sources: [{ address: net.vip[v], ports: [1024, 65535] }] })],
      exchange: [from(net.vip[v], [1024, 65535]).there({ flags: 'S' }), from(net.vip[v], [1024, 65535]).back({ flags: 'SA' }), from(net.vip[v], [1024, 65535]).there()],
      remembers: [from(net.vip[v], [1024, 65535]).flow()],
    },
    {
      says: says('a source without a free port gives way to the next one'),
      services: [service('snat', v, proto, far, { sources: pool.map((address) => ({ address, ports: two })) })],
      nats: own2.map(({ port }) => taken(v, proto, far, { address: pool[place]!, port })),
      exchange: [from(pool[(place + 1) % 3]!, two).there({ flags: 'S' })],
      activity: { FLOW_OPENED: 1, NAT_OPENED: 1, NAT_RETRIED: 2 },
    },
    {
      says: says('a port that another flow has towards the backend is passed over'),
      services: [service('snat', v, proto, far, { ports: two })],
      nats: [taken(v, proto, far, first.source)],
      exchange: [second.there({ flags: 'S' }), second.back({ flags: 'SA' })],
      remembers: [second.flow()],
      translates: [taken(v, proto, far, first.source), second.nat({ state: proto === 'tcp' ? 'opening' : 'open' })],
      activity: { FLOW_OPENED: 1, NAT_OPENED: 1, NAT_RETRIED: 1, NAT_REPLIED: 1 },
    },
    {
      says: says('towards another backend, or by another protocol, the same port is free'),
      services: [service('snat', v, proto, far, { ports: two })],
      nats: [taken(v, proto, `near${v}`, first.source), taken(v, proto === 'tcp' ? 'udp' : 'tcp', far, first.source), taken(v, proto, far, first.source, { port: 8080 })],
      exchange: [first.there({ flags: 'S' })],
    },
    {
      says: says('where every port is taken a new flow is dropped, and those that are there go on'),
      services: [service('snat', v, proto, far, { ports: two })],
      flows: [second.flow({ src: net.strayClient[v], sport: 1234 })],
      nats: own2.map((to) => taken(v, proto, far, to)),
      exchange: [
        { packet: net.arrives(first.asked({ flags: 'S' })), verdict: 'drop' },
        snat({ v, proto, backend: far, client: { address: net.strayClient[v], port: 1234 }, source: second.source }).there(),
      ],
      drops: { NAT_EXHAUSTED: 1 },
      translates: own2.map((to) => taken(v, proto, far, to)),
      serviceCount: { packets: 1, bytes: (v === 4 ? 20 : 40) + (proto === 'tcp' ? 20 : 8), flows: 0 },
    },
    {
      says: says('a port of a flow that is over is free'),
      services: [service('snat', v, proto, far, { ports: two })],
      nats: [taken(v, proto, far, first.source, proto === 'tcp' ? { state: 'closed', age: 11 } : { age: 301 })],
      exchange: [first.there({ flags: 'S' })],
      translates: [opening(first)],
      activity: { FLOW_OPENED: 1, NAT_OPENED: 1 },
    },
    {
      says: says('a port of a flow that is not quite over is not'),
      services: [service('snat', v, proto, far, { ports: two })],
      nats: [taken(v, proto, far, first.source, proto === 'tcp' ? { state: 'closed', age: 9 } : { age: 299 })],
      exchange: [second.there({ flags: 'S' })],
    },
    {
      says: says('a port of a row that was given to another backend since is free'),
      services: [service('snat', v, proto, far, { ports: two })],
      nats: [taken(v, proto, far, first.source, { birth: 4 })],
      exchange: [first.there({ flags: 'S' })],
      translates: [opening(first)],
    },
    {
      says: says('a port that a dead row of the same backend had is free'),
      services: [service('snat', v, proto, far, { ports: two })],
      rows: { [`near${v}`]: { deadFrom: 10, service: 2 } },
      nats: [taken(v, proto, far, first.source, { row: `near${v}` })],
      exchange: [first.there({ flags: 'S' })],
    },
    {
      says: says('a port of a row that will be dead after the swap is not free before it'),
      services: [service('snat', v, proto, far, { ports: two })],
      rows: { [`near${v}`]: { deadFrom: 11, service: 2 } },
      nats: [taken(v, proto, far, first.source, { row: `near${v}` })],
      exchange: [second.there({ flags: 'S' })],
    },
    {
      says: says('snat: a backend behind two VIPs has one client twice, by two ports'),
      services: [service('snat', v, proto, far, { ports: two }), service('snat', v, proto, far, { vip: net.vip2[v], ports: two })],
      exchange: crossing(v, proto, far),
    },
    {
      says: says('snat: a backend that is the client of its own VIP is answered'),
      services: [service('snat', v, proto, far)],
      exchange: hairpin(snat({ v, proto, backend: far, client: { address: net.backends[far]!, port: 40000 } })),
    },
    {
      says: says('dnat: a backend that is the client of its own VIP sees another source'),
      services: [service('dnat', v, proto, far)],
      exchange: hairpin(snat({ v, proto, backend: far, client: { address: net.backends[far]!, port: 40000 } })),
      remembers: [snat({ v, proto, backend: far, client: { address: net.backends[far]!, port: 40000 } }).flow()],
    },
    {
      says: says('dnat: a backend behind two VIPs cannot have one port of a client twice'),
      services: [service('dnat', v, proto, far), service('dnat', v, proto, far, { vip: net.vip2[v] })],
      exchange: [
        dnat({ v, proto, backend: far }).there({ flags: 'S' }),
        { packet: net.arrives(dnat({ v, proto, backend: far, vip: { address: net.vip2[v], port: 80 } }).asked({ flags: 'S' })), verdict: 'drop' },
        dnat({ v, proto, backend: far }).back({ flags: 'SA' }),
      ],
      drops: { NAT_CONFLICT: 1 },
    },
    {
      says: says('dnat: once the one flow is over the other VIP may have it'),
      services: [service('dnat', v, proto, far), service('dnat', v, proto, far, { vip: net.vip2[v] })],
      nats: [dnat({ v, proto, backend: far }).nat(proto === 'tcp' ? { state: 'closed', age: 11 } : { age: 301 })],
      exchange: [dnat({ v, proto, backend: far, vip: { address: net.vip2[v], port: 80 } }).there({ flags: 'S' })],
      translates: [opening(dnat({ v, proto, backend: far, vip: { address: net.vip2[v], port: 80 } }))],
    },
  ];
}));

/** One client, two VIPs, one backend: in turn, and then both answers. */
function crossing(v: 4 | 6, proto: Proto, backend: string): Fixture['exchange'] {
  const other: End = { address: net.vip2[v], port: 80 };
  const client: End = { address: net.client[v], port: 40000 };
  const one = snat({ v, proto, backend, source: { address: ownTowards(backend), port: portOf(v, proto, two) } });
  const want = portOf(v, proto, two, 0, client, other);
  const port = want === one.source.port ? portOf(v, proto, two, 1, client, other) : want;
  const next = snat({ v, proto, backend, vip: other, source: { address: ownTowards(backend), port } });
  return [one.there({ flags: 'S' }), next.there({ flags: 'S' }), one.back({ flags: 'SA' }), next.back({ flags: 'SA' })];
}

/** From a backend to itself, by way of us. */
function hairpin(flow: NatFlow): Fixture['exchange'] {
  const there = flow.there({ flags: 'S' });
  const back = flow.back({ flags: 'SA' });
  return [there, { ...back, verdict: 'tx', out: Uint8Array.from([...there.out!.subarray(0, 12), ...back.out!.subarray(12)]) }];
}

export const fixtures: readonly Fixture[] = sources;
