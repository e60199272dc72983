import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inNetns } from '../../runtime/kernel/netns.ts';
import { raise, type Topology } from '../../runtime/lab/topology.ts';
import { addNeighbours, findNextHops, removeNeighbours } from '../../runtime/neighbours.ts';
import { interfaceNames, networkNamespace } from '../../runtime/interfaces.ts';
import { testWith } from '../support/needs.ts';

const test = suite('neighbours');
let topology: Topology | undefined;

test.after(() => topology?.remove());

/** A host with a link to a peer, and a route over the peer to 10.9.0.0/16. */
function within<T>(body: (exec: (...args: string[]) => string) => T): T {
  topology ??= raise({
    hosts: { lb: { routes: ['10.9.0.0/16 via 10.7.0.9'] }, peer: {} },
    links: [{ ends: [
      { host: 'lb', name: 'sluice-a', addresses: ['10.7.0.1/24', 'fd07::1/64'] },
      { host: 'peer', name: 'sluice-b', addresses: ['10.7.0.9/24', 'fd07::9/64'] },
    ] }],
  });
  const host = topology.host('lb');
  return inNetns(host.netns, () => body((...args) => host.exec('ip', args)));
}
const needs = ['root', 'libbpf', 'ip', 'nsenter', 'ethtool'] as const;

testWith(needs, test, 'the next hop of a backend on a link is itself, of one behind a gateway the gateway', () => {
  const found = within(() => findNextHops(['10.7.0.5', '10.9.1.1', '10.9.2.2', 'fd07::5']));
  assert.equal(found.entries, [
    { interface: 'sluice-a', address: '10.7.0.5' },
    { interface: 'sluice-a', address: '10.7.0.9' },
    { interface: 'sluice-a', address: 'fd07::5' },
  ]);
  assert.equal(found.diagnostics, []);
});

testWith(needs, test, "an address of this host needs no neighbour", () => {
  const found = within(() => findNextHops(['10.7.0.1', '127.0.0.1']));
  assert.equal(found.entries, []);
  assert.equal(found.diagnostics, []);
});

testWith(needs, test, 'an address without a route is a warning that names it, and the others are found', () => {
  const found = within(() => findNextHops(['192.0.2.1', '10.7.0.5', 'fd99::1', '10.7.0.1']));
  assert.equal(found.entries, [{ interface: 'sluice-a', address: '10.7.0.5' }]);
  assert.equal(found.diagnostics.map((d) => [d.code, d.severity]), [['LB613', 'warning']]);
  assert.match(found.diagnostics[0]!.message, /192\.0\.2\.1, fd99::1/);
});

testWith(needs, test, 'entries are managed by the kernel, and gone after removal', () => {
  within((ip) => {
    const entries = [{ interface: 'sluice-a', address: '10.7.0.9' }, { interface: 'sluice-a', address: 'fd07::9' }];
    assert.equal(addNeighbours(entries), []);
    assert.is(ip('neigh', 'show').split('\n').filter((l) => l.includes('managed')).length, 2);
    assert.equal(removeNeighbours(entries), []);
    assert.equal(removeNeighbours(entries), [], 'a second time is no failure');
    assert.not.match(ip('neigh', 'show'), /managed/);
  });
});

testWith(needs, test, 'a permanent entry and a managed one of somebody else are left alone, our own stay ours', () => {
  within((ip) => {
    ip('neigh', 'replace', '10.7.0.7', 'lladdr', '02:00:00:00:00:07', 'dev', 'sluice-a', 'nud', 'permanent');
    ip('neigh', 'replace', '10.7.0.6', 'dev', 'sluice-a', 'managed');
    const ours = [{ interface: 'sluice-a', address: '10.7.0.8' }];
    addNeighbours(ours);
    assert.equal(findNextHops(['10.7.0.6', '10.7.0.7', '10.7.0.8']).entries, ours);
  });
});

testWith(needs, test, 'an entry that the kernel does not take is a warning', () => {
  within(() => {
    const said = addNeighbours([{ interface: 'sluice-zz', address: '10.7.0.9' }]);
    assert.equal(said.map((d) => [d.code, d.severity]), [['LB617', 'warning']]);
  });
});

testWith(needs, test, 'what the kernel refuses does not keep the rest from being done', () => {
  within((ip) => {
    const bad = { interface: 'lo', address: '10.7.0.77' };
    const good = ['10.7.0.21', '10.7.0.22', '10.7.0.23'].map((address) => ({ interface: 'sluice-a', address }));
    addNeighbours([good[0]!, bad, good[1]!, { interface: 'sluice-a', address: '224.0.0.1' }, good[2]!]);
    for (const { address } of good) assert.match(ip('neigh', 'show', address), /managed/);
    ip('neigh', 'del', '10.7.0.22', 'dev', 'sluice-a');
    assert.equal(removeNeighbours(good), []);
    for (const { address } of good) assert.not.match(ip('neigh', 'show', address), /managed/);
  });
});

testWith(needs, test, 'interfaces and namespace are those of the namespace the thread is in', () => {
  const here = networkNamespace();
  const [names, inside] = within(() => [interfaceNames(), networkNamespace()]);
  assert.equal(names, ['lo', 'sluice-a']);
  assert.is.not(inside, here);
  assert.is(networkNamespace(), here);
});

test.run();
