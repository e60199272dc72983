/** The oracle of the fuzzer: what is right passes, and whichever bit of it is turned is missed. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LbFeature } from '../../compiler/generated/layout.ts';
import * as net from '../packets/hosts.ts';
import { answered } from '../packets/leaving.ts';
import type { ServiceSpec } from '../packets/model.ts';
import { Model } from '../support/fuzz/model.ts';
import { judge } from '../support/fuzz/oracle.ts';
import type { Fate, Verdict } from '../support/fuzz/case.ts';
import { frame, icmp, ip, payload, tcp, udp, type IpPart } from '../support/packet.ts';

interface Sample {
  readonly fate: Fate;
  readonly services: readonly ServiceSpec[];
  readonly x: Uint8Array;
  readonly verdict: Verdict;
  readonly y: Uint8Array;
  /** Bytes that may be anything else: a flow label, a TTL. */
  readonly free?: readonly number[];
  readonly on?: 'in' | 'out';
  /** What was translated before. */
  readonly before?: Pick<Sample, 'x' | 'y' | 'verdict' | 'on'>;
}

const { arrives, client, own, vip, versions } = net;

function model(services: readonly ServiceSpec[]): Model {
  const all = Object.values(LbFeature).filter((bit) => typeof bit === 'number').reduce((a, b) => a | b, 0);
  return new Model({ variant: 'full', features: all, services, rows: {}, flows: [], vlans: [] });
}

function judged(s: Sample, y = s.y): ReturnType<typeof judge> {
  const m = model(s.services);
  if (s.before) {
    const { x, verdict, on } = s.before;
    const { faults, learnt } = judge(m, on ?? 'in', verdict, x, x.length, s.before.y, s.before.y.length);
    assert.equal(faults, []);
    m.learn(learnt!);
  }
  return judge(m, s.on ?? 'in', s.verdict, s.x, s.x.length, y, y.length);
}

const service = (v: 4 | 6, mode: ServiceSpec['mode'], more: Partial<ServiceSpec> = {}): ServiceSpec => ({
  vip: vip[v], port: 80, proto: 'tcp', id: 1, serial: 10, mode, slots: [`far${v}`], ...more,
});

const samples = versions.flatMap((v): Sample[] => {
  const six = v === 6;
  const far = net.backends[`far${v}`]!;
  const host = own[six ? 'out6' : 'out4'];
  const l3 = 14;
  const l4 = l3 + (six ? 40 : 20);
  const segment = net.tcpFromClient(v, { flags: 'PA' }, {}, payload(11));
  const x = arrives(segment);
  const there: IpPart = ip({ src: host, dst: far, ttl: 63 }, tcp({ sport: 20007, dport: 80, flags: 'PA' }, payload(11)));
  const translated = { x, verdict: 'redirect' as const, y: frame(net.toFar, there) };
  const answer = ip({ src: far, dst: host }, tcp({ sport: 80, dport: 20007, flags: 'A' }, payload(3)));
  const back = ip({ src: vip[v], dst: client[v], ttl: 63 }, tcp({ sport: 80, dport: 40000, flags: 'A' }, payload(3)));
  const toClient = { src: net.mac.far, dst: net.mac.out };
  const router = six ? '2001:db8:77::1' : '198.51.100.77';
  const telling = (dst: string, about: IpPart, ttl: number): IpPart => ip({ src: router, dst, ttl }, icmp(v, six ? 2 : 3, six ? 0 : 4, about.bytes(() => 0), 1400));
  const error = (dst: string, about: IpPart): Uint8Array => arrives(telling(dst, about, 64));
  const told = (dst: string, about: IpPart): IpPart => telling(dst, about, 63);
  const big = net.tcpFromClient(v, { flags: 'A' }, { dontFragment: !six }, payload(1490));
  const echo = (type: number, src: string, dst: string): IpPart => ip({ src, dst }, icmp(v, type, 0, payload(9)));
  // Of IPv6 the label, and the hop limit where it is not that of another packet.
  const label = six ? [l3 + 1, l3 + 2, l3 + 3, l3 + 7] : [];
  return [
    { fate: 'moved', services: [service(v, 'l2')], x, verdict: 'redirect', y: frame(net.toFar, segment) },
    { fate: 'wrapped', services: [service(v, 'ipip')], x, verdict: 'redirect', y: frame(net.toFar, net.wrapped(segment, { src: host, dst: far })), free: label },
    { fate: 'wrapped', services: [service(v, 'geneve')], x, verdict: 'redirect', y: frame(net.toFar, net.inGeneve(segment, { src: host, dst: far })), free: [...label, l4, l4 + 1] },
    { fate: 'answered', services: [service(v, 'l2', { slots: [], reject: true })], x, verdict: 'tx', y: answered(v, segment, six ? 1 : 3, six ? 4 : 3), free: label },
    { fate: 'answered', services: [service(v, 'ipip')], x: arrives(big), verdict: 'tx', y: answered(v, big, six ? 2 : 3, six ? 0 : 4, six ? 1460 : 1480), free: label },
    { fate: 'echoed', services: [service(v, 'l2')], x: arrives(echo(six ? 128 : 8, client[v], vip[v])), verdict: 'tx', y: frame(net.answering, echo(six ? 129 : 0, vip[v], client[v])), free: six ? [l3 + 7] : [] },
    { fate: 'translated', services: [service(v, 'snat')], ...translated },
    { fate: 'replied', services: [service(v, 'snat')], before: translated, on: 'out', x: frame(toClient, answer), verdict: 'redirect', y: frame(net.answering, back) },
    { fate: 'error', services: [service(v, 'snat')], before: translated, x: error(vip[v], back), verdict: 'redirect', y: frame(net.toFar, told(far, ip({ src: far, dst: host, ttl: 63 }, tcp({ sport: 80, dport: 20007, flags: 'A' }, payload(3))))) },
    { fate: 'error', services: [service(v, 'snat')], before: translated, x: error(host, there), verdict: 'tx', y: frame(net.answering, told(client[v], net.tcpFromClient(v, { flags: 'PA' }, { ttl: 63 }, payload(11)))) },
    { fate: 'to-pod', services: [service(v, 'ipip')], x: arrives(net.wrapped(segment, { src: '10.9.0.1', dst: net.backends['far4']! })), verdict: 'pass', y: arrives(net.tcpFromClient(v, { flags: 'PA' }, { dst: far }, payload(11))) },
    { fate: 'decapsulated', services: [service(v, 'ipip')], x: arrives(net.wrapped(segment, { src: '10.9.0.1', dst: own.in4 })), verdict: 'pass', y: x },
  ];
});

for (const s of samples) {
  const says = `IPv${s.services[0]!.vip.includes(':') ? 6 : 4}, ${s.services[0]!.mode}: ${s.fate}, ${s.x.length} bytes`;
  test(`${says}: what is right has no faults`, () => {
    const { fate, faults } = judged(s);
    assert.equal(faults, []);
    assert.is(fate, s.fate);
  });

  test(`${says}: no bit can be turned, no byte be cut off or added without a fault`, () => {
    const missed: string[] = [];
    for (let bit = 0; bit < s.y.length * 8; bit++) {
      const turned = s.y.slice();
      turned[bit >> 3]! ^= 1 << (bit & 7);
      if (judged(s, turned).faults.length === 0 && !s.free?.includes(bit >> 3)) missed.push(`bit ${bit & 7} of byte ${bit >> 3}`);
    }
    for (const other of [s.y.subarray(0, -1), Uint8Array.from([...s.y, 0])]) if (judged(s, other).faults.length === 0) missed.push(`${other.length} bytes`);
    assert.equal(missed, []);
  });
}

test('what is none of ours may neither be dropped nor touched', () => {
  const m = model([service(4, 'l2')]);
  const x = arrives(net.tcpFromClient(4, {}, { dst: '10.88.0.1' }));
  assert.equal(judge(m, 'in', 'pass', x, x.length, x, x.length).faults, []);
  assert.is(judge(m, 'in', 'drop', x, x.length, x, x.length).faults.length, 1);
  assert.is(judge(m, 'in', 'aborted', x, x.length, x, x.length).faults.length, 1);
  const y = frame(net.toFar, net.tcpFromClient(4, {}, { dst: '10.88.0.1' }));
  assert.ok(judge(m, 'in', 'redirect', x, x.length, y, y.length).faults.length > 0);
});

test('a backend of another service is no backend, nor is one behind a router in reach of dsr l2', () => {
  const services = [service(4, 'l2', { slots: ['near4', 'routed4'] }), service(4, 'l2', { port: 81, id: 2 })];
  const x = arrives(net.tcpFromClient(4));
  const y = frame(net.toFar, net.tcpFromClient(4));
  assert.ok(judge(model(services), 'in', 'redirect', x, x.length, y, y.length).faults.length > 0);
});

test('a checksum that was wrong stays wrong by as much, and none stays none', () => {
  const services = [service(4, 'snat', { proto: 'udp' })];
  const sent = arrives(net.udpFromClient(4, payload(6)));
  const left = frame(net.toFar, ip({ src: own.out4, dst: net.backends['far4']!, ttl: 63 }, udp({ sport: 20001, dport: 80 }, payload(6))));
  const faults = (x: Uint8Array, y: Uint8Array): readonly string[] => judge(model(services), 'in', 'redirect', x, x.length, y, y.length).faults;
  const payloadAt = 14 + 28;
  const spoiled = (bytes: Uint8Array): Uint8Array => bytes.map((b, i) => (i === payloadAt ? b ^ 0x55 : b));
  const without = (bytes: Uint8Array): Uint8Array => bytes.map((b, i) => (i === payloadAt - 2 || i === payloadAt - 1 ? 0 : b));
  assert.equal(faults(sent, left), []);
  assert.equal(faults(spoiled(sent), spoiled(left)), []);
  assert.equal(faults(without(sent), without(left)), []);
  assert.ok(faults(without(sent), left).length > 0);
  assert.ok(faults(sent, without(left)).length > 0);
});

test.run();
