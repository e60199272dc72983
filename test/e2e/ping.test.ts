/** What ICMP does for clients: ping, traceroute, and refusals that arrive at once. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { backend, node, pod, upTo, vip, withField, written, type Field, type Version } from '../support/field.ts';
import { realDatapath, testWith } from '../support/needs.ts';

const count = 2;
const modes = ['dsr l2', 'dsr ipip', 'snat', 'dnat'] as const;
const versions = [4, 6] as const;
const all = modes.flatMap((mode, i) => versions.map((version) => ({ mode, version, what: `${mode}, IPv${version}`, address: vip(version, i + 1), direct: mode.startsWith('dsr') })));
/** On port 81 of every VIP nobody listens; 9 has no usable backend. */
const script = `${all.flatMap(({ mode, version, address }, i) => [80, 81].map((port) =>
  `service s${i}-${port} vip ${written(address, port)}/tcp+udp -> ${upTo(count).map((n) => written(backend(version, n))).join(', ')} mode ${mode}\n`)).join('')}
${versions.map((v) => (['snat', 'dnat'] as const).map((mode, i) => `service routed${i}-${v} vip ${written(vip(v, 5 + i), 80)}/tcp+udp -> ${written(pod(v, 1), 80)} mode ${mode}\n`).join('')).join('')}
service none vip ${versions.map((v) => `${written(vip(v, 9), 80)}/tcp+udp`).join(', ')} -> ${versions.map((v) => `${written(backend(v, 1))} down`).join(', ')} mode snat
`;

async function start(field: Field): Promise<void> {
  field.apply('lb', `attach "sluice-*" xdp native\n${script}`);
  const received = script.split('\n').filter((l) => l.includes('mode dsr ipip')).join('\n');
  for (const n of upTo(count)) field.apply(`b${n}`, `attach sluice-b xdp native\n${received}\n`);
  await Promise.all(upTo(count).map((n) => field.peer(`b${n}`).serve(`b${n}`, [80], [])));
}

/** Addresses that answered, hop by hop, one probe each. */
function trace(field: Field, version: Version, ...options: string[]): string[] {
  const lines = field.host('client').exec('traceroute', [`-${version}`, '-n', '-q', '1', '-w', '2', '-N', '1', '-m', '5', ...options]).trim().split('\n').slice(1);
  return lines.map((line) => line.trim().split(/\s+/)[1]!);
}

testWith([...realDatapath, 'ping', 'traceroute'], test, 'a VIP answers ping and is the last hop of a traceroute; what it refuses is refused at once', () => withField({
  backends: count, pods: 1, vips: all.flatMap((s) => (s.direct ? [s.address] : [])),
}, async (field) => {
  await start(field);
  const client = field.peer('client');
  const isp = { 4: '203.0.113.1', 6: '2001:db8:7::1' } as const;
  const lb = { 4: '192.0.2.1', 6: '2001:db8:1::1' } as const;
  for (const { what, version, address } of all) {
    for (const bytes of [0, 56, 1300]) {
      const said = field.host('client').exec('ping', [`-${version}`, '-n', '-q', '-c', '3', '-i', '0.05', '-W', '2', '-s', String(bytes), address]);
      assert.match(said, / 3 received, 0% packet loss/, `${what}: ping with ${bytes} bytes`);
    }
    // For echo the balancer is where the VIP is; for what it forwards it is a hop before.
    assert.equal(trace(field, version, '-I', address), [isp[version], address], `${what}: traceroute by echo`);
    const hops = [isp[version], lb[version], address];
    assert.equal(trace(field, version, '-T', '-p', '80', address), hops, `${what}: traceroute by TCP`);
    assert.equal(trace(field, version, '-U', '-p', '81', address), hops, `${what}: traceroute by UDP`);
  }

  // What a router says that is behind the balancer comes to the client, about the client's own packet.
  for (const v of versions) {
    for (const address of [vip(v, 5), vip(v, 6)]) {
      const hops = [isp[v], lb[v], node(v, 1, 11), address];
      assert.equal(trace(field, v, '-T', '-p', '80', address), hops, `traceroute by TCP through a router, ${address}`);
      assert.equal(trace(field, v, '-U', '-p', '80', address), hops, `traceroute by UDP through a router, ${address}`);
    }
  }

  // Closed ports of backends, and services without one.
  for (const { what, address, port } of [
    ...all.map(({ what, address }) => ({ what, address, port: 81 })), ...versions.map((v) => ({ what: `no backend, IPv${v}`, address: vip(v, 9), port: 80 })),
  ]) {
    const to = { address, port };
    assert.equal((await client.open(to, { as: what, count: 5, parallel: 1 })).errors, Array(5).fill('ECONNREFUSED'), `${what}: TCP`);
    assert.equal((await client.datagrams(to, { bytes: 10, count: 5 })).errors, Array(5).fill('ECONNREFUSED'), `${what}: UDP`);
  }
  // A port that no service has says nothing.
  for (const v of versions) {
    assert.equal((await client.open({ address: vip(v, 3), port: 82 }, { as: 'unknown', count: 1, timeoutMs: 700 })).errors, ['TIMEOUT']);
  }
}));

test.run();
