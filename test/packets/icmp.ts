/** ICMP that arrives for a VIP: echo, errors about its flows, and what is the stack's. */
import { LbFeature } from '../../compiler/generated/layout.ts';
import { frame, icmp, ip, join, payload, raw, tcp, udp, type IpFields, type IpPart, type Part } from '../support/packet.ts';
import * as net from './hosts.ts';
import { delivered, type FlowOf } from './leaving.ts';
import type { Exchange, Fixture, FlowSpec, ServiceSpec } from './model.ts';

const { arrives, client, fromClient, versions, vip, vip2 } = net;

const service = (v: 4 | 6, backend: string, more: Partial<ServiceSpec> = {}): ServiceSpec => ({ vip: vip[v], mode: 'l2', slots: [backend], ...more });
const passing = (...packets: readonly (IpPart | Uint8Array)[]): Exchange[] => packets.map((p) => ({ packet: p instanceof Uint8Array ? p : arrives(p), verdict: 'pass' }));

const identity = 0x12340007;
const request = (v: 4 | 6, data: Uint8Array): Part => icmp(v, v === 4 ? 8 : 128, 0, data, identity);

function pong(v: 4 | 6, data: Uint8Array, fields: Partial<IpFields> = {}): Uint8Array {
  return frame(net.answering, ip({ src: vip[v], dst: client[v], ...fields, ttl: 64 }, icmp(v, v === 4 ? 0 : 129, 0, data, identity)));
}

const echoes = versions.flatMap((v): Fixture[] => {
  const near = `near${v}`;
  const ping = (data: Uint8Array, fields: Partial<IpFields> = {}): Exchange => ({ packet: arrives(fromClient(v, request(v, data), fields)), verdict: 'tx', out: pong(v, data, fields) });
  const to = (dst: string, fields: Partial<IpFields> = {}): IpPart => fromClient(v, request(v, payload(8)), { dst, ...fields });
  return [
    {
      says: `IPv${v}: an echo request to a VIP is answered, whatever its length and TTL`,
      services: [service(v, near)],
      exchange: [0, 1, 8, 33, 56, 1400].map((n) => ping(payload(n), { ttl: n === 8 ? 1 : 57 })),
      activity: { ECHO_ANSWERED: 6 },
      serviceCount: { packets: 0, bytes: 0, flows: 0 },
    },
    {
      says: `IPv${v}: so it is where the service translates, with traffic class and identification as they were`,
      services: [service(v, near, { mode: 'snat' })],
      exchange: [ping(payload(9), { tos: 0x28, ...(v === 4 ? { id: 4711, dontFragment: true } : {}) })],
    },
    {
      says: `IPv${v}: padding behind an echo request comes back`,
      services: [service(v, near)],
      exchange: [{ packet: join(arrives(to(vip[v])), payload(3)), verdict: 'tx', out: join(pong(v, payload(8)), payload(3)) }],
    },
    {
      says: `IPv${v}: an echo request is left to the stack that is for another address, has a code or options, comes in a frame to a group or from no one host`,
      services: [service(v, near)],
      exchange: [
        ...passing(to(vip2[v]), fromClient(v, icmp(v, v === 4 ? 8 : 128, 1, payload(8)))),
        ...passing(to(vip[v], v === 4 ? { options: Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 0) } : { extensions: [{ proto: 0, bytes: new Uint8Array(8) }] })),
        ...passing(frame({ src: net.mac.router, dst: '01:00:5e:00:00:01' }, to(vip[v]))),
        ...passing(...(v === 4 ? ['0.0.0.0', '127.0.0.1', '224.0.0.1', '255.255.255.255'] : ['::', '::1', 'ff02::1']).map((src) => to(vip[v], { src }))),
      ],
      activity: {},
    },
    {
      says: `IPv${v}: with ICMP switched off an echo request passes`,
      without: LbFeature.ICMP,
      services: [service(v, near)],
      exchange: passing(to(vip[v])),
    },
    {
      says: `IPv${v}: other ICMP for a VIP is the stack's: echo replies, redirects, timestamps, and all of neighbour discovery`,
      services: [service(v, near)],
      exchange: v === 4
        ? passing(...[0, 4, 5, 9, 10, 13].map((type) => fromClient(4, icmp(4, type, 0, payload(28)))))
        : passing(...[vip[6], 'ff02::1:ff00:1'].flatMap((dst) => [129, 130, 133, 134, 135, 136, 137, 143].map((type) => fromClient(6, icmp(6, type, 0, payload(24)), { dst, ttl: 255 })))),
      activity: {},
    },
    {
      says: `IPv${v}: ICMP for a VIP that is no message drops, and fragments of it do`,
      services: [service(v, near)],
      exchange: [vip[v], vip2[v]].flatMap((dst) => [
        arrives(fromClient(v, raw(v === 4 ? 1 : 58, payload(7)), { dst })),
        arrives(fromClient(v, request(v, payload(8)), { dst, length: 1000 })),
        ...[true, false].map((first) => arrives(fromClient(v, raw(v === 4 ? 1 : 58, payload(16)), {
          dst,
          ...(v === 4 ? { fragment: { offset: first ? 0 : 16, more: first } } : { extensions: [{ proto: 44, bytes: Uint8Array.of(0, 0, 0, first ? 1 : 16, 0, 0, 0, 1) }] }),
        }))),
      ].map((packet): Exchange => ({ packet, verdict: dst === vip[v] ? 'drop' : 'pass' }))),
      drops: { MALFORMED: 2, FRAGMENT: 2 },
    },
    {
      says: `IPv${v}: where what no service is for passes, so does broken ICMP`,
      services: [service(v, near, { pass: true })],
      exchange: [
        ...passing(fromClient(v, raw(v === 4 ? 1 : 58, payload(7))), fromClient(v, request(v, payload(8)), { length: 1000 })),
        ping(payload(8)),
      ],
    },
  ];
});

const router = { 4: '192.0.2.1', 6: '2001:db8:ffff::1' } as const;
const kinds = { 4: [[3, 4], [3, 1], [3, 3], [11, 0], [12, 0]], 6: [[2, 0], [1, 0], [1, 4], [3, 0], [4, 0]] } as const;

/** What a backend sent from the VIP to the client. */
function sent(v: 4 | 6, proto: FlowOf['proto'] = 'tcp', fields: Partial<IpFields> = {}, ports: { sport?: number; dport?: number } = {}): Uint8Array {
  const p = { sport: 80, dport: 40000, ...ports };
  return ip({ src: vip[v], dst: client[v], ttl: 3, ...fields }, proto === 'tcp' ? tcp(p, payload(40)) : udp(p, payload(40))).bytes(() => 0);
}

/** What a router says of it. */
function error(v: 4 | 6, quote: Uint8Array, [type, code]: readonly [number, number] = kinds[v][0], fields: Partial<IpFields> = {}): IpPart {
  return ip({ src: router[v], dst: vip[v], tos: 0xc0, ttl: 61, ...fields }, icmp(v, type, code, quote, 1300));
}

const modes = [
  [4, 'l2', 'near4'], [6, 'l2', 'near6'],
  [4, 'ipip', 'near4'], [6, 'ipip', 'near6'], [4, 'ipip', 'far6'], [6, 'ipip', 'far4'],
  [4, 'geneve', 'near4'], [6, 'geneve', 'far6'], [4, 'geneve', 'far6'], [6, 'geneve', 'near4'],
] as const;

const forwarded = modes.flatMap(([v, mode, backend]) => (['tcp', 'udp'] as const).map((proto): Fixture => ({
  says: `dsr ${mode}, IPv${v}, ${proto} to ${backend}: errors about a flow of a VIP go where the flow goes`,
  services: [service(v, backend, { mode, proto })],
  exchange: kinds[v].map((kind): Exchange => {
    const packet = error(v, sent(v, proto), kind);
    return { packet: arrives(packet), verdict: backend.startsWith('near') ? 'tx' : 'redirect', out: delivered(mode, v, backend, packet, { proto }, 0xc0) };
  }),
  serviceCount: { packets: 0, bytes: 0, flows: 0 },
})));

const followed = versions.flatMap((v): Fixture[] => {
  const [near, far] = [`near${v}`, `far${v}`];
  const ipv = `IPv${v}`;
  const packet = error(v, sent(v));
  const goes = (to: string, what = packet): Exchange => ({ packet: arrives(what), verdict: to === near ? 'tx' : 'redirect', out: frame(to === near ? net.toNear : net.toFar, what) });
  const flow = (backend: string, more: Partial<FlowSpec> = {}): FlowSpec => ({ proto: 'tcp', src: client[v], sport: 40000, dst: vip[v], dport: 80, backend, ...more });
  const moved = (more: Partial<ServiceSpec> = {}): ServiceSpec => ({ vip: vip[v], mode: 'l2', slots: [[near, far]], settleTcp: 60, ...more });
  return [
    { says: `${ipv}: an error about a remembered flow follows it, and remembers nothing`, services: [moved({ slots: [[near, near]] })], flows: [flow(far)], exchange: [goes(far)], remembers: [flow(far)], activity: { ICMP_FORWARDED: 1 } },
    { says: `${ipv}: an error about a flow that is over does not`, services: [moved({ slots: [[near, near]] })], flows: [flow(far, { age: 8000 })], exchange: [goes(near)] },
    { says: `${ipv}: in a slot that settles an error goes to the former backend, as the flow would, and remembers nothing`, services: [moved()], exchange: [goes(far)], remembers: [] },
    { says: `${ipv}: unless that one is gone`, services: [moved()], rows: { [far]: { deadFrom: 10 } }, exchange: [goes(near)], remembers: [] },
    { says: `${ipv}: in a slot that has settled it goes to the present one`, services: [moved({ settleTcp: 0 })], exchange: [goes(near)] },
    { says: `${ipv}: an undisturbed slot looks no flow up for an error`, services: [moved({ slots: [near] })], flows: [flow(far)], exchange: [goes(near)] },
    { says: `${ipv}: the former table answers for an error too`, services: [moved({ slots: [near, near], formerSlots: [far, far, far] })], exchange: [goes(far)], remembers: [] },
    { says: `${ipv}, random: an error about a remembered flow follows it`, services: [moved({ slots: [near], hash: 'random' })], flows: [flow(far)], exchange: [goes(far)], remembers: [flow(far)] },
    { says: `${ipv}, random: an error about an unknown flow passes, and opens none`, services: [moved({ slots: [near], hash: 'random' })], exchange: passing(packet), remembers: [], activity: {} },
    {
      says: `${ipv}: who may use a service is whom the error is about, not who sends it`,
      services: [service(v, near, { allow: [`${client[v]}/${v === 4 ? 32 : 128}`] }), service(v, near, { port: 81, id: 2, allow: [`${router[v]}/${v === 4 ? 32 : 128}`] })],
      exchange: [goes(near), { packet: arrives(error(v, sent(v, 'tcp', {}, { sport: 81 }))), verdict: 'drop' }],
      drops: { SOURCE_NOT_ALLOWED: 1 },
    },
    {
      says: `${ipv}: 8 bytes of a quoted segment are enough, also of one in fragments${v === 4 ? ', or with options' : ''}`,
      services: [service(v, near)],
      exchange: [
        goes(near, error(v, sent(v).slice(0, (v === 4 ? 20 : 40) + 8))),
        ...(v === 4
          ? [goes(near, error(4, sent(4, 'tcp', { options: Uint8Array.of(1, 1, 1, 0) }).slice(0, 32))), goes(near, error(4, sent(4, 'tcp', { fragment: { offset: 0, more: true } })))]
          : [goes(near, error(6, sent(6, 'tcp', { extensions: [{ proto: 44, bytes: Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 9) }] }).slice(0, 56)))]),
      ],
    },
    {
      says: `${ipv}: an error passes that is about no flow of the VIP`,
      services: [service(v, near), service(v, '', { port: 81, id: 2 })],
      exchange: passing(
        error(v, sent(v, 'tcp', {}, { sport: 82 })), error(v, sent(v, 'udp')),
        error(v, sent(v, 'tcp', { src: vip2[v] })), error(v, sent(v, 'tcp', { src: client[v], dst: vip[v] })),
        error(v, ip({ src: vip[v], dst: client[v] }, raw(47, payload(20))).bytes(() => 0)),
        error(v, sent(v), kinds[v][0], { dst: vip2[v] }),
        error(v, sent(v, 'tcp', {}, { sport: 81 })),
      ),
      activity: {},
    },
    {
      says: `${ipv}: an error passes whose quote does not tell the flow: cut short, a later fragment, another version`,
      services: [service(v, near)],
      exchange: passing(
        ...[0, 1, 19, 20, 27, 39, 40, 47].filter((n) => n < (v === 4 ? 28 : 48)).map((n) => error(v, sent(v).slice(0, n))),
        // What is behind the packet is padding, and no quote.
        join(arrives(error(v, sent(v).slice(0, v === 4 ? 27 : 47))), payload(40)),
        error(v, sent(v, 'tcp', { version: v === 4 ? 6 : 4 })),
        ...(v === 4
          ? [error(4, sent(4, 'tcp', { fragment: { offset: 8, more: false } })), error(4, sent(4, 'tcp', { headerLength: 16 })), error(4, sent(4, 'tcp', { headerLength: 60 }).slice(0, 60))]
          : [error(6, sent(6, 'tcp', { extensions: [{ proto: 44, bytes: Uint8Array.of(0, 0, 0, 8, 0, 0, 0, 9) }] })), error(6, sent(6, 'tcp', { extensions: [{ proto: 60, bytes: new Uint8Array(8) }] }))]),
      ),
      activity: {},
    },
    { says: `${ipv}: an error that has no hop left passes`, services: [service(v, near)], exchange: passing(...[0, 1].map((ttl) => error(v, sent(v), kinds[v][0], { ttl }))) },
    { says: `${ipv}: an error for a backend that is this host itself passes`, services: [service(v, `self${v}`)], exchange: passing(packet) },
    { says: `${ipv}: an error for a backend that no neighbour entry knows drops`, services: [service(v, `silent${v}`)], exchange: [{ packet: arrives(packet), verdict: 'drop' }], drops: { NO_NEIGHBOUR: 1 } },
    {
      says: `${ipv}: an error passes on an interface that does not forward`,
      services: [service(v, far)],
      sysctl: { name: `ipv${v}/conf/sluice-in/forwarding`, value: '0', restore: '1' },
      exchange: passing(packet),
    },
    {
      says: `dsr ipip, ${ipv}: of an error that is too big nothing is told`,
      services: [service(v, `narrow${v}`, { mode: 'ipip' })],
      exchange: [{ packet: arrives(error(v, join(sent(v), payload(1180)))), verdict: 'drop' }],
      drops: { TOO_BIG: 1 },
    },
    { says: `${ipv}: with ICMP switched off errors pass`, without: LbFeature.ICMP, services: [service(v, near)], exchange: passing(packet) },
  ];
});

export const fixtures: readonly Fixture[] = [...echoes, ...forwarded, ...followed];
