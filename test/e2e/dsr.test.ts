/**
 * Real clients, real servers, real XDP: a client and three backends in namespaces around a load balancer.
 * The backends run the same services as receivers; VIPs are on their loopbacks.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maglevTable } from '../../compiler/maglev.ts';
import { ask, serve } from '../../runtime/lab/agents.ts';
import type { Reply } from '../../runtime/lab/client.ts';
import { raise, type Topology, type TopologyDescription } from '../../runtime/lab/topology.ts';
import { openSession } from '../../runtime/session.ts';
import type { Session } from '../../runtime/session-port.ts';
import { privateBpffs } from '../support/bpffs.ts';
import { missing, realDatapath, testWith } from '../support/needs.ts';

const backends = ['b1', 'b2', 'b3'];
const client4 = '203.0.113.7';
const client6 = '2001:db8:7::7';
const vips = ['10.99.0.1', '10.99.0.2', '10.99.0.3', '10.99.0.4', 'fd00:99::1', 'fd00:99::2', 'fd00:99::3', 'fd00:99::4'];
const target4 = (i: number): string => `10.0.${i + 1}.11`;
const target6 = (i: number): string => `fd00:${i + 1}::11`;

const description: TopologyDescription = {
  hosts: {
    client: { routes: ['default via 203.0.113.1', 'default via 2001:db8:7::1'] },
    lb: { router: true },
    ...Object.fromEntries(backends.map((name, i) => [name, {
      loopback: vips.map((v) => `${v}/${v.includes(':') ? 128 : 32}`),
      routes: [`default via 10.0.${i + 1}.1`, `default via fd00:${i + 1}::1`],
    }])),
  },
  links: [
    { ends: [
      { host: 'client', name: 'sluice-c', addresses: [`${client4}/24`, `${client6}/64`] },
      { host: 'lb', name: 'sluice-up', addresses: ['203.0.113.1/24', '2001:db8:7::1/64'] },
    ] },
    ...backends.map((name, i) => ({ ends: [
      { host: name, name: 'sluice-b', addresses: [`${target4(i)}/24`, `${target6(i)}/64`] },
      { host: 'lb', name: `sluice-d${i}`, addresses: [`10.0.${i + 1}.1/24`, `fd00:${i + 1}::1/64`] },
    ] as const })),
  ],
};

const all4 = backends.map((_, i) => target4(i)).join(', ');
const all6 = backends.map((_, i) => target6(i)).join(', ');

/** What balancer and receivers share. */
const shared = `
service l2v4 vip 10.99.0.1:80/tcp+udp -> ${all4} mode dsr l2 hash maglev(size=16381)
service l2v6 vip [fd00:99::1]:80/tcp+udp -> ${all6} mode dsr l2 hash maglev(size=16381)
service random4 vip 10.99.0.4:80 -> ${all4} mode dsr l2 hash random
service ipip4 vip 10.99.0.2:80/tcp+udp -> ${all4} mode dsr ipip hash maglev(size=16381)
service ipip6 vip [fd00:99::2]:80/tcp+udp -> ${all6} mode dsr ipip hash maglev(size=16381)
`;
const balancer = `
attach sluice-up xdp native
service empty4 vip 10.99.0.3:80/tcp+udp -> ${target4(0)} down mode dsr ipip hash maglev(size=101)
service empty6 vip [fd00:99::3]:80/tcp+udp -> ${target6(0)} down mode dsr ipip hash maglev(size=101)
${shared}`;

let topology: Topology | undefined;
const sessions: Session[] = [];
let bpffs = '';

function apply(raised: Topology, host: string, text: string): void {
  const session = openSession({ instance: host, bpffs, ruleset: 'e2e', netns: raised.host(host).netns });
  sessions.push(session);
  const proposal = session.propose({ file: 'e2e', text });
  assert.equal(proposal.diagnostics.filter((d) => d.severity === 'error'), [], `${host}: plan`);
  const outcome = session.commit(proposal);
  assert.equal(outcome.diagnostics, [], `${host}: commit`);
}

/** One topology for all tests, with the scripts applied. */
test.before(async () => {
  if (missing(realDatapath).length > 0) return;
  bpffs = privateBpffs();
  const raised = raise(description);
  topology = raised;
  apply(raised, 'lb', balancer);
  // A veth takes XDP_TX from its peer only while it runs a program itself.
  apply(raised, 'client', 'attach sluice-c xdp native\n');
  for (const b of backends) apply(raised, b, `attach sluice-b xdp native\n${shared}`);
  await Promise.all(backends.map((b) => serve(raised.host(b), { name: b, http: [80], udp: vips.map((address) => ({ address, port: 80 })) })));
});

test.after(() => {
  for (const session of sessions) {
    session.remove();
    session.close();
  }
  topology?.remove();
});

function isFair(replies: readonly Reply[], targets: readonly string[]): void {
  const table = maglevTable(targets.map((key) => ({ key, weight: 1 })), 16381, '');
  for (const [i, name] of backends.entries()) {
    const share = table.filter((slot) => slot === i).length / table.length;
    const expected = replies.length * share;
    const sigma = Math.sqrt(replies.length * share * (1 - share));
    const got = replies.filter((r) => r.backend === name).length;
    assert.ok(Math.abs(got - expected) < 5 * sigma, `${name} answered ${got} of ${replies.length}, the table says ${expected.toFixed(0)} ± ${sigma.toFixed(0)}`);
  }
}

testWith(realDatapath, test, 'HTTP over dsr l2 and dsr ipip, IPv4 and IPv6: every request is answered, by its share, with the client address intact', async () => {
  for (const [address, client, targets] of [
    ['10.99.0.1', client4, backends.map((_, i) => target4(i))],
    ['10.99.0.2', client4, backends.map((_, i) => target4(i))],
    ['fd00:99::1', client6, backends.map((_, i) => target6(i))],
    ['fd00:99::2', client6, backends.map((_, i) => target6(i))],
  ] as const) {
    for (const protocol of ['tcp', 'udp'] as const) {
      const replies = await ask(topology!.host('client'), { protocol, address, port: 80, count: 300, timeoutMs: 2000, parallel: 4 });
      assert.equal(replies.filter((r) => !r.ok), [], `${protocol} ${address}`);
      assert.is(replies.length, 300);
      assert.equal([...new Set(replies.map((r) => r.client))], [client], `${protocol} ${address}: client as the backend saw it`);
      isFair(replies, targets);
    }
  }
});

testWith(realDatapath, test, 'hash random keeps each connection on one backend and uses all of them', async () => {
  const replies = await ask(topology!.host('client'), { protocol: 'tcp', address: '10.99.0.4', port: 80, count: 300, timeoutMs: 2000, parallel: 4 });
  assert.equal(replies.filter((r) => !r.ok), []);
  assert.equal([...new Set(replies.map((r) => r.backend))].sort(), backends);
});

testWith(realDatapath, test, 'a service with no backend refuses at once: ICMP port unreachable reaches connect()', async () => {
  for (const address of ['10.99.0.3', 'fd00:99::3']) {
    for (const protocol of ['tcp', 'udp'] as const) {
      const replies = await ask(topology!.host('client'), { protocol, address, port: 80, count: 5, timeoutMs: 2000, parallel: 1 });
      assert.equal(replies.map((r) => r.error), Array(5).fill('ECONNREFUSED'), `${protocol} ${address}`);
    }
  }
});

test.run();
