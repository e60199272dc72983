/** How long a translated flow lives, with which backend, and what its two entries know of each other. */
import * as net from './hosts.ts';
import { dnat, fromBackend, portOf, protos, service, snat, type NatFlow } from './nat-flow.ts';
import { frame } from '../support/packet.ts';
import type { Exchange, Fixture, FlowState } from './model.ts';

const rows = net.versions.flatMap((v) => protos.flatMap((proto): Fixture[] => {
  const says = (text: string): string => `snat, IPv${v} ${proto.toUpperCase()}: ${text}`;
  const far = `far${v}`;
  const near = `near${v}`;
  const at = snat({ v, proto, backend: far });
  const kept = dnat({ v, proto, backend: far });
  const other = snat({ v, proto, backend: near });
  const opening = proto === 'tcp' ? 'open' : 'opening';
  return [
    {
      says: says('a packet in the middle of an unknown flow opens it'),
      services: [service('snat', v, proto, far)],
      exchange: [at.there()],
      translates: [at.nat({ state: opening })],
    },
    {
      says: says('a flow stays with a backend that gets no new ones'),
      services: [service('snat', v, proto, near)],
      rows: { [far]: { drainFrom: 5 } },
      flows: [at.flow()],
      nats: [at.nat()],
      exchange: [at.there(), at.back()],
    },
    {
      says: says('also where no backend takes new ones'),
      services: [service('snat', v, proto, near, { slots: [] })],
      flows: [at.flow()],
      nats: [at.nat()],
      exchange: [at.there(), { packet: net.arrives(snat({ v, proto, backend: far, client: { address: net.client[v], port: 40001 } }).asked()), verdict: 'drop' }],
      drops: { NO_BACKEND: 1 },
    },
    {
      says: says('a flow of a dead backend goes to another one, and what the dead one answers passes'),
      services: [service('snat', v, proto, near)],
      rows: { [far]: { deadFrom: 9 } },
      flows: [at.flow()],
      nats: [at.nat()],
      exchange: [other.there(), { packet: frame(fromBackend(far), at.answer()), on: 'out', verdict: 'pass' }],
      remembers: [other.flow()],
      translates: [other.nat({ state: opening })],
      activity: { FLOW_OPENED: 1, FLOW_CLOSED: 1, NAT_OPENED: 1, NAT_CLOSED: 1 },
    },
    {
      says: says('so does one of a row that was given to another backend since'),
      services: [service('snat', v, proto, near)],
      flows: [at.flow({ birth: 4 })],
      nats: [at.nat({ birth: 4 })],
      exchange: [other.there()],
      remembers: [other.flow()],
    },
    {
      says: `dnat, IPv${v} ${proto.toUpperCase()}: a flow that was wrapped for a backend of the other family, before its service came to translate, gets another`,
      services: [service('dnat', v, proto, far)],
      flows: [{ ...kept.flow(), backend: `near${10 - v}` }],
      exchange: [kept.there(), kept.back()],
      remembers: [kept.flow()],
    },
    {
      says: says('so does a client that has been at such a one'),
      services: [service('snat', v, proto, far, { affinity: 60 })],
      affinities: [{ client: net.client[v], backend: `near${10 - v}` }],
      exchange: [at.there()],
      remembers: [at.flow()],
    },
    {
      says: says('a client with affinity goes where it has been'),
      services: [service('snat', v, proto, far, { affinity: 60 })],
      exchange: [at.there(), snat({ v, proto, backend: far, client: { address: net.client[v], port: 40001 } }).there()],
      activity: { FLOW_OPENED: 2, NAT_OPENED: 2, AFFINITY_SET: 1, AFFINITY_KEPT: 1 },
    },
    {
      says: says('a flow whose way back was evicted gets the same again'),
      services: [service('snat', v, proto, near, { ports: [1, 65535] })],
      flows: [at.flow({ age: 2 })],
      exchange: [at.there(), at.back()],
      translates: [at.nat()],
      serviceCount: { packets: 1, bytes: (v === 4 ? 20 : 40) + (proto === 'tcp' ? 20 : 8), flows: 0 },
    },
    {
      says: says('where another flow has that by now it gets another port, and stays with its backend'),
      services: [service('snat', v, proto, near)],
      flows: [snat({ v, proto, backend: far, source: { ...at.source, port: 333 } }).flow({ age: 2 })],
      nats: [snat({ v, proto, backend: far, source: { ...at.source, port: 333 }, client: { address: net.strayClient[v], port: 9 } }).nat()],
      exchange: [at.there()],
      remembers: [at.flow()],
    },
    {
      says: says('a flow that only its answers still know is remembered anew'),
      services: [service('snat', v, proto, near)],
      nats: [at.nat({ age: 2 })],
      exchange: [at.back(), at.there()],
      remembers: [at.flow()],
    },
    {
      says: says('an answer of a flow that is over passes'),
      services: [service('snat', v, proto, far)],
      nats: [at.nat({ age: proto === 'tcp' ? 7501 : 301 })],
      exchange: [{ packet: frame(fromBackend(far), at.answer()), on: 'out', verdict: 'pass' }],
    },
    {
      says: says('a flow that is over begins anew'),
      services: [service('snat', v, proto, near)],
      flows: [at.flow({ age: proto === 'tcp' ? 7501 : 301 })],
      nats: [at.nat({ age: proto === 'tcp' ? 7501 : 301 })],
      exchange: [other.there()],
      remembers: [other.flow()],
      translates: [other.nat({ state: opening })],
    },
    {
      says: says('a flow that is not quite over goes on, for as long again'),
      services: [service('snat', v, proto, near)],
      flows: [at.flow({ age: proto === 'tcp' ? 7499 : 299 })],
      nats: [at.nat({ age: proto === 'tcp' ? 7499 : 299 })],
      exchange: [at.there(), at.back()],
    },
    {
      says: says('a flow that was remembered without translation is opened'),
      services: [service('snat', v, proto, far)],
      flows: [dnat({ v, proto, backend: far }).flow()],
      exchange: [at.there(), at.back()],
      remembers: [at.flow()],
    },
  ];
}));

/** What a TCP connection's packets make of both entries. */
const states = net.versions.flatMap((v) => (['snat', 'dnat'] as const).flatMap((mode): Fixture[] => {
  const at = (mode === 'snat' ? snat : dnat)({ v, proto: 'tcp', backend: `far${v}` });
  const there = (flags: string): Exchange => at.there({ flags });
  const back = (flags: string): Exchange => at.back({ flags });
  const becomes = (says: string, exchange: readonly Exchange[], state: FlowState): Fixture => ({
    says: `${mode}, IPv${v} TCP: ${says}`,
    services: [service(mode, v, 'tcp', `far${v}`)],
    exchange, states: [state], translates: [at.nat({ state })],
  });
  const open = [there('S'), back('SA'), there('A')];
  return [
    becomes('a SYN and its answer leave a connection opening', [there('S'), back('SA')], 'opening'),
    becomes('a connection is open once its client acknowledges', open, 'open'),
    becomes('a FIN of the client closes its half', [...open, there('FA')], 'closing'),
    becomes('a FIN of the server closes its half', [...open, back('FA'), there('A')], 'closing'),
    becomes('the same FIN twice closes no more than its half', [...open, there('FA'), there('FA'), back('A')], 'closing'),
    becomes('FINs both ways close a connection', [...open, there('FA'), back('FA'), there('A')], 'closed'),
    becomes('whichever comes first', [...open, back('FA'), there('FA'), back('A')], 'closed'),
    becomes('a RST of the client closes a connection', [...open, there('R')], 'closed'),
    becomes('a RST of the server does too', [there('S'), back('RA')], 'closed'),
    becomes('a SYN opens a closed connection anew', [...open, there('FA'), back('FA'), there('S')], 'opening'),
    becomes('a connection that was opened anew needs both FINs again', [...open, there('FA'), there('S'), back('SA'), there('A'), back('FA')], 'closing'),
  ];
}));

/** A closed connection's SYN may go elsewhere. */
const reopened = net.versions.map((v): Fixture => {
  const at: NatFlow = snat({ v, proto: 'tcp', backend: `far${v}` });
  const next = snat({ v, proto: 'tcp', backend: `near${v}` });
  return {
    says: `snat, IPv${v} TCP: a SYN after a closed connection goes where new ones go, and leaves nothing of the old one`,
    services: [service('snat', v, 'tcp', `near${v}`)],
    flows: [at.flow({ state: 'closed' })],
    nats: [at.nat({ state: 'closed' })],
    exchange: [next.there({ flags: 'S' })],
    remembers: [next.flow()],
    translates: [next.nat({ state: 'opening' })],
  };
});

/** Many clients: as many entries in either map. */
const many = net.versions.map((v): Fixture => {
  const clients = Array.from({ length: 60 }, (_, i) => ({ address: net.client[v], port: 41000 + i }));
  const range = [1024, 65535] as const;
  const all = clients.map((client) => snat({ v, proto: 'tcp', backend: `far${v}`, client, source: { address: net.own[v === 4 ? 'out4' : 'out6'], port: portOf(v, 'tcp', range, 0, client) } }));
  return {
    says: `snat, IPv${v}: as many flows as there are clients’ ports, and as many ways back`,
    services: [service('snat', v, 'tcp', `far${v}`, { ports: range })],
    exchange: [...all.map((f) => f.there({ flags: 'S' })), ...all.map((f) => f.back({ flags: 'SA' })), ...all.map((f) => f.there())],
    remembers: all.map((f) => f.flow()),
    translates: all.map((f) => f.nat()),
  };
});

export const fixtures: readonly Fixture[] = [...rows, ...states, ...reopened, ...many];
