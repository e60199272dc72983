/** ICMP errors that a balancer brings by tunnels: to a backend's host, and to pods (the `far` ones) of it. */
import { LbFeature } from '../../compiler/generated/layout.ts';
import { icmp, ip, payload, tagged, tcp, udp, type IpFields, type IpPart } from '../support/packet.ts';
import * as net from './hosts.ts';
import type { Exchange, Fixture, ServiceSpec } from './model.ts';

const { arrives, backends, client, inGeneve, own, versions, vip, vip2, wrapped } = net;
const sender = { 4: '10.9.0.1', 6: 'fd00:9::1' } as const;
const router = { 4: '198.51.100.77', 6: '2001:db8:77::1' } as const;
const kinds = { 4: [[3, 4], [3, 3], [11, 0], [12, 0]], 6: [[2, 0], [1, 4], [3, 0], [4, 1]] } as const;
/** Bytes of the quoted IP header and of the 8 behind it that every error has. */
const least = { 4: 28, 6: 48 } as const;
const tunnels = [
  ['ipip', (packet: IpPart, fields: IpFields): IpPart => wrapped(packet, fields)],
  ['geneve', (packet: IpPart, fields: IpFields): IpPart => inGeneve(packet, fields)],
] as const;

export const fixtures: readonly Fixture[] = versions.flatMap((v) => tunnels.flatMap(([mode, wrap]) => (['tcp', 'udp'] as const).flatMap((proto): Fixture[] => {
  const far = `far${v}`;
  const pod = backends[far]!;
  const here = v === 4 ? own.in4 : own.in6;
  const service = (more: Partial<ServiceSpec> = {}): ServiceSpec => ({ vip: vip[v], mode, proto, slots: [far], ...more });
  /** What was sent to the client, by the VIP or by the pod. */
  const answer = (src: string, sport: number, data = payload(31)): IpPart =>
    ip({ src, dst: client[v], ttl: 9 }, proto === 'tcp' ? tcp({ sport, dport: 40000, flags: 'PA' }, data) : udp({ sport, dport: 40000 }, data));
  const error = (dst: string, quoted: IpPart, [type, code]: readonly [number, number] = kinds[v][0], length?: number, fields: Partial<IpFields> = {}): IpPart =>
    ip({ src: router[v], dst, ttl: 55, ...fields }, icmp(v, type, code, quoted.bytes(() => 0).subarray(0, length), 1300));
  const toVip = error(vip[v], answer(vip[v], 80));
  const into = (packet: IpPart, dst: string, fields: Partial<IpFields> = {}): IpPart => wrap(packet, { src: sender[dst.includes(':') ? 6 : 4], dst, ...fields });
  const comes = (packet: IpPart, dst: string, out: IpPart): Exchange => ({ packet: arrives(into(packet, dst)), verdict: 'pass', out: arrives(out) });
  const forPod = (kind: readonly [number, number], length?: number, data = payload(31)): Exchange =>
    comes(error(vip[v], answer(vip[v], 80, data), kind, length), pod, error(pod, answer(pod, 8080, data), kind, length));
  const base = { services: [service()], rows: { [far]: { port: 8080 } } };
  const says = (text: string): string => `IPv${v}, ${proto}, ${mode}: ${text}`;
  const left = (text: string, packet: IpPart, dst: string = here, more: Partial<Fixture> = {}): Fixture =>
    ({ ...base, says: says(text), exchange: [{ packet: arrives(into(packet, dst)), verdict: 'pass' }], activity: { DECAPSULATED: 0 }, ...more });
  return [
    {
      ...base, says: says('an error about a flow of a VIP is taken out, for the stack'),
      exchange: kinds[v].map((kind) => comes(error(vip[v], answer(vip[v], 80), kind), here, error(vip[v], answer(vip[v], 80), kind))),
      activity: { DECAPSULATED: 4, TRANSLATED: 0 },
    },
    { ...base, says: says('one for a pod speaks of the pod’s own packet'), exchange: kinds[v].map((kind) => forPod(kind)), activity: { DECAPSULATED: 4, TRANSLATED: 4 }, translates: [] },
    { ...base, says: says('also one that quotes no more than the ports'), exchange: [forPod(kinds[v][0], least[v]), forPod(kinds[v][0], least[v] + 5)] },
    { ...base, says: says('any checksum comes out right'), exchange: Array.from({ length: 30 }, (_, i) => forPod(kinds[v][0], undefined, Uint8Array.of(i * 97, i * 31, i))) },
    {
      ...base, says: says('the frame keeps its tag'),
      vlans: [{ parent: 'in', vid: 5, interface: 'tag' }],
      exchange: [{ packet: tagged(net.arriving, 5, into(toVip, pod)), verdict: 'pass', out: tagged(net.arriving, 5, error(pod, answer(pod, 8080))) }],
    },
    {
      ...base, says: says('a congestion mark on one that cannot bear it drops it'),
      exchange: [{ packet: arrives(into(toVip, here, { tos: 3 })), verdict: 'drop' }],
      drops: { MALFORMED: 1 },
    },
    left('an error by a tunnel of another mode is left alone', toVip, here, { services: [service({ mode: mode === 'ipip' ? 'geneve' : 'ipip' })] }),
    left('an error about no service is left alone', error(vip[v], answer(vip[v], 81))),
    left('an error about another address’s packet is left alone', error(vip[v], answer(vip2[v], 80))),
    left('an error that quotes less than the ports is left alone', error(vip[v], answer(vip[v], 80), kinds[v][0], least[v] - 1)),
    left('an echo request that looks like one is left alone', error(vip[v], answer(vip[v], 80), v === 4 ? [8, 0] : [128, 0])),
    left('an error for a backend elsewhere is left alone', toVip, backends[`routed${v}`]!, { services: [service({ slots: [`routed${v}`] })], rows: {} }),
    left('an error for what is no pod of the service is left alone', toVip, pod, { services: [service({ slots: [`near${v}`] })], rows: {} }),
    left('with ICMP switched off errors in tunnels pass', toVip, here, { without: LbFeature.ICMP }),
  ];
})));
