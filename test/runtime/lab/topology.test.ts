import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ask, askOn, serve } from '../../../runtime/lab/agents.ts';
import { isAbandoned, ownMark } from '../../../runtime/lab/owner.ts';
import { LabError, raise, sweepNamespaces, type TopologyDescription } from '../../../runtime/lab/topology.ts';
import { testWith } from '../../support/needs.ts';

const needs = ['root', 'ip', 'nsenter', 'ethtool'] as const;

const pair: TopologyDescription = {
  hosts: { left: {}, right: { router: true, loopback: ['10.99.0.1/32', 'fd00:99::1/128'] } },
  links: [{
    mtu: 1600,
    ends: [
      { host: 'left', name: 'sluice0', addresses: ['10.0.0.1/24', 'fd00::1/64'], mac: '02:00:00:00:00:01' },
      { host: 'right', name: 'sluice0', addresses: ['10.0.0.2/24', 'fd00::2/64'] },
    ],
  }],
};

const helper = fileURLToPath(new URL('./raise-and.ts', import.meta.url));

/** Namespaces of the process with this id. */
function namespacesOf(pid: number): string[] {
  return existsSync('/run/netns') ? readdirSync('/run/netns').filter((n) => n.startsWith(`sluice-${pid}-`)) : [];
}

/** Command lines of all processes. */
function commandLines(): string[] {
  return readdirSync('/proc').filter((n) => /^\d+$/.test(n)).map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      return '';
    }
  });
}

/** Starts a process that raises `pair` and does as it is told; resolves when the topology stands. */
async function raiser(what: string): Promise<{ pid: number; ended: Promise<number | string>; kill(signal: NodeJS.Signals): void }> {
  const child = spawn(process.execPath, ['--import', 'tsx', helper, what], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<number | string>((resolve) => child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown')));
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('close', () => reject(new Error('the helper ended before the topology stood')));
  }).catch((error: unknown) => { if (what !== 'end' && what !== 'throw' && what !== 'exit') throw error; });
  return { pid: child.pid!, ended, kill: (signal) => { child.kill(signal); } };
}

test('the mark of a living process is not abandoned, that of a process that never was is', () => {
  assert.not(isAbandoned(`sluice-${ownMark()}-0-lb`, 'sluice'));
  assert.ok(isAbandoned('sluice-4194999-abc-0-lb', 'sluice'));
  assert.ok(isAbandoned(`sluice-${process.pid}-0-0-lb`, 'sluice'), 'the same pid, started at another time');
});

test('names that are not ours are never called abandoned', () => {
  for (const name of ['sluice', 'sluice-web', 'sluice-4194999', 'other-4194999-abc-0-lb', 'sluice-x-4194999-abc-']) {
    assert.not(isAbandoned(name, 'sluice'), name);
  }
});

testWith(needs, test, 'a description becomes namespaces, links, addresses, routes and settings', () => {
  const t = raise({ ...pair, hosts: { ...pair.hosts, left: { routes: ['default via 10.0.0.2', 'default via fd00::2'], sysctls: { 'net/ipv4/tcp_syncookies': '0' } } } });
  try {
    const left = t.host('left');
    const [link] = JSON.parse(left.exec('ip', ['-json', 'address', 'show', 'dev', 'sluice0'])) as [{ mtu: number; address: string; addr_info: { local: string }[] }];
    assert.is(link.mtu, 1600);
    assert.is(link.address, '02:00:00:00:00:01');
    assert.ok(['10.0.0.1', 'fd00::1'].every((a) => link.addr_info.some((i) => i.local === a)));
    assert.match(left.exec('ip', ['route']), 'default via 10.0.0.2');
    assert.match(left.exec('ip', ['-6', 'route']), 'default via fd00::2');
    assert.is(left.exec('cat', ['/proc/sys/net/ipv4/tcp_syncookies']).trim(), '0');
    assert.is(left.exec('cat', ['/proc/sys/net/ipv4/ip_forward']).trim(), '0');
    assert.is(t.host('right').exec('cat', ['/proc/sys/net/ipv4/ip_forward']).trim(), '1');
    assert.match(t.host('right').exec('ip', ['address', 'show', 'dev', 'lo']), 'fd00:99::1/128');
    const features = left.exec('ethtool', ['-k', 'sluice0']);
    assert.match(features, /^tx-checksumming: off/m);
    assert.match(features, /^generic-receive-offload: on/m);
  } finally {
    t.remove();
  }
  assert.equal(namespacesOf(process.pid), []);
});

testWith(needs, test, 'servers answer over IPv4, IPv6, TCP and UDP, from the first packet on', async () => {
  const t = raise(pair);
  try {
    await serve(t.host('right'), { name: 'web-1', http: [80], udp: [{ address: '10.0.0.2', port: 7 }, { address: 'fd00::2', port: 7 }] });
    for (const [protocol, address, port, client] of [
      ['tcp', '10.0.0.2', 80, '10.0.0.1'], ['tcp', 'fd00::2', 80, 'fd00::1'],
      ['udp', '10.0.0.2', 7, '10.0.0.1'], ['udp', 'fd00::2', 7, 'fd00::1'],
    ] as const) {
      const [reply] = await ask(t.host('left'), { protocol, address, port, count: 1, timeoutMs: 900, parallel: 1 });
      assert.is(reply?.error, undefined);
      assert.is(reply?.backend, 'web-1');
      assert.is(reply?.client, client);
      assert.is(reply?.asked, address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);
    }
  } finally {
    t.remove();
  }
});

testWith(needs, test, 'a refused connection and an unreachable address are told apart', async () => {
  const t = raise(pair);
  try {
    const to = { count: 1, timeoutMs: 900, parallel: 1 } as const;
    assert.is((await ask(t.host('left'), { ...to, protocol: 'tcp', address: '10.0.0.2', port: 81 }))[0]?.error, 'ECONNREFUSED');
    assert.is((await ask(t.host('left'), { ...to, protocol: 'udp', address: '10.0.0.2', port: 81 }))[0]?.error, 'ECONNREFUSED');
    assert.is((await ask(t.host('left'), { ...to, protocol: 'tcp', address: '192.0.2.1', port: 80 }))[0]?.error, 'ENETUNREACH');
  } finally {
    t.remove();
  }
});

testWith(needs, test, 'a load runs until it is stopped and loses no reply', async () => {
  const t = raise(pair);
  try {
    await serve(t.host('right'), { name: 'web-1', http: [80], udp: [] });
    let seen = 0;
    const load = askOn(t.host('left'), { protocol: 'tcp', address: '10.0.0.2', port: 80, count: 0, timeoutMs: 900, parallel: 2 }, () => {
      if (++seen === 20) load.stop();
    });
    const replies = await load.done;
    assert.ok(replies.length >= 20);
    assert.equal(replies.map((r) => r.n), replies.map((_, i) => i + 1));
    assert.ok(replies.every((r) => r.ok));
  } finally {
    t.remove();
  }
});

testWith(needs, test, 'a step that fails removes what was made before it and says what was refused', () => {
  const wrong = { ...pair, hosts: { ...pair.hosts, left: { routes: ['default via 10.77.0.1'] } } };
  assert.throws(() => raise(wrong), (error: unknown) => error instanceof LabError && /10\.77\.0\.1|gateway|unreachable/i.test(error.message));
  assert.equal(namespacesOf(process.pid), []);
});

testWith(needs, test, 'names that could not be swept, or be mistaken for the machine\'s own, are refused', () => {
  const named = (name: string): TopologyDescription => ({ ...pair, links: [{ ends: [{ host: 'left', name }, { host: 'right', name: 'sluice0' }] }] });
  assert.throws(() => raise(named('eth0')), /eth0/);
  assert.throws(() => raise(named('sluice-much-too-long')), /sluice-much-too-long/);
  assert.throws(() => raise({ hosts: { 'a b': {} }, links: [] }), /'a b'/);
  assert.throws(() => raise({ hosts: { a: {} }, links: pair.links }), /left/);
});

for (const how of ['end', 'throw', 'exit'] as const) {
  testWith(needs, test, `nothing is left of a process that leaves by: ${how}`, async () => {
    const process = await raiser(how);
    await process.ended;
    assert.equal(namespacesOf(process.pid), []);
  });
}

for (const [signal, status] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]] as const) {
  testWith(needs, test, `nothing is left of a process that gets ${signal}, and its status says so`, async () => {
    const process = await raiser('wait');
    assert.is(namespacesOf(process.pid).length, 2);
    process.kill(signal);
    assert.is(await process.ended, status);
    assert.equal(namespacesOf(process.pid), []);
  });
}

testWith(needs, test, 'what a process killed by SIGKILL left is swept, with the servers that ran in it', async () => {
  const process = await raiser('serve');
  process.kill('SIGKILL');
  await process.ended;
  const left = namespacesOf(process.pid);
  assert.is(left.length, 2);
  assert.equal(sweepNamespaces().filter((n) => left.includes(n)).sort(), left.sort());
  assert.equal(namespacesOf(process.pid), []);
  assert.not(commandLines().some((l) => l.includes(`"name":"of-${process.pid}"`)));
});

test.run();
