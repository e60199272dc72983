/** Who may come, where clients come back to, and what happens when a backend is its own client. */
import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { backend, clients, own, upTo, vip, withField, written, type Field, type Version } from '../support/field.ts';
import { realDatapath, testWith } from '../support/needs.ts';

const count = 3;
const versions = [4, 6] as const;
const modes = ['dsr l2', 'dsr ipip', 'snat', 'dnat'] as const;
const affinitySeconds = 2;

/** VIPs on the backends' loopbacks. */
const direct = versions.flatMap((v) => upTo(20).map((n) => vip(v, n)));
const targets = (v: Version, port?: number, which = upTo(count)): string => which.map((n) => written(backend(v, n), port)).join(', ');
const isDirect = (mode: string): boolean => mode.startsWith('dsr');
const at = (v: Version, n: number, mode: string): { address: string; port: number } => ({ address: vip(v, isDirect(mode) ? n : n + 50), port: 80 });
const line = (name: string, v: Version, n: number, mode: string, more: string): string =>
  `service ${name}-${mode.replace(' ', '-')}-${v} vip ${written(at(v, n, mode).address, 80)}/tcp+udp -> ${targets(v, isDirect(mode) ? undefined : 8080)} mode ${mode} ${more}\n`;

const script = versions.flatMap((v) => modes.flatMap((mode, i) => [
  line('allow', v, i + 1, mode, `allow ${clients.client[v]}/${v === 4 ? 24 : 64}`),
  line('sticky', v, i + 5, mode, `affinity ${affinitySeconds}s hash random`),
  line('plain', v, i + 9, mode, 'hash random'),
  // A second VIP in front of the same backends.
  line('second', v, i + 13, mode, ''),
])).join('');

async function start(field: Field): Promise<void> {
  field.apply('lb', `attach "sluice-*" xdp native\n${script}`);
  const received = script.split('\n').filter((l) => l.includes(' dsr ipip ')).join('\n');
  for (const n of upTo(count)) field.apply(`b${n}`, `attach sluice-b xdp native\n${received}\n`);
  const udp = versions.flatMap((v) => modes.flatMap((mode, i) => (isDirect(mode) ? [1, 5, 9, 13].map((n) => at(v, i + n, mode)) : [])));
  await Promise.all(upTo(count).map((n) => field.peer(`b${n}`).serve(`b${n}`, [80, 8080], [...udp, ...versions.map((v) => ({ address: backend(v, n), port: 8080 }))])));
}

testWith(realDatapath, test, 'source ranges, affinity, two VIPs in front of a backend, and backends that call their own VIP', () => withField({ backends: count, far: true, vips: direct }, async (field) => {
  await start(field);
  const { client, far } = { client: field.peer('client'), far: field.peer('far') };
  for (const v of versions) {
    for (const [i, mode] of modes.entries()) {
      const what = `${mode}, IPv${v}`;

      const allow = at(v, i + 1, mode);
      assert.equal((await client.open(allow, { as: `${what} allow`, count: 20 })).errors, [], `${what}: from an allowed range`);
      assert.equal((await client.datagrams(allow, { bytes: 100, count: 5 })).errors, [], `${what}: from an allowed range`);
      const [connections, datagrams] = await Promise.all([
        far.open(allow, { as: what, count: 3, timeoutMs: 700 }), far.datagrams(allow, { bytes: 100, count: 3, timeoutMs: 700 }),
      ]);
      assert.equal(connections.errors, Array(3).fill('TIMEOUT'), `${what}: from outside the range`);
      assert.equal(datagrams.errors, Array(3).fill('TIMEOUT'), `${what}: from outside the range`);

      const sticky = at(v, i + 5, mode);
      const first = await client.open(sticky, { as: what, count: 60, parallel: 1 });
      assert.equal(first.errors, [], what);
      assert.is(Object.keys(first.backends).length, 1, `${what}: one client, one backend: ${JSON.stringify(first.backends)}`);
      assert.equal(Object.keys((await client.datagrams(sticky, { bytes: 10, count: 10 })).backends), Object.keys(first.backends), `${what}: UDP as TCP`);

      const plain = at(v, i + 9, mode);
      const spread = await client.open(plain, { as: what, count: 60 });
      assert.is(Object.keys(spread.backends).length, count, `${what}: without affinity`);
      await client.close(what);

      // The same client and port at two VIPs of the same backends.
      const second = at(v, i + 13, mode);
      for (const localPort of [20001, 20002, 20003, 20004, 20005]) {
        for (const to of [plain, second]) assert.equal((await client.open(to, { as: `${what} two`, count: 1, localPort })).errors, [], `${what}: from port ${localPort} to ${to.address}`);
      }
      assert.equal((await client.talk(`${what} two`)).broken, {}, `${what}: two VIPs`);
      await client.close(`${what} two`);

      if (isDirect(mode)) continue;
      const hairpin = await field.peer('b1').open(plain, { as: what, count: 60 });
      assert.equal(hairpin.errors, [], `${what}: a backend calls its own VIP`);
      assert.is(Object.keys(hairpin.backends).length, count, what);
      assert.equal((await field.peer('b1').talk(what)).broken, {}, what);
      await field.peer('b1').close(what);
      const { errors, clients: seen } = await field.peer('b1').datagrams(plain, { bytes: 2000, count: 30 });
      assert.equal(errors, [], `${what}: a backend calls its own VIP over UDP`);
      const ours = mode === 'snat' ? upTo(count).map((n) => own(v, n)) : [own(v, 1), backend(v, 1)];
      assert.equal(seen.filter((s) => !ours.includes(s)), [], what);
    }
  }

  // Affinity ends: clients are spread anew, one at a time.
  const sticky = at(4, 5, 'dsr l2');
  const places = new Set<string>();
  for (let i = 0; i < 8 && places.size < 2; i++) {
    await pause(affinitySeconds * 1000 + 200);
    const { backends } = await client.open(sticky, { as: 'again', count: 3, parallel: 1 });
    assert.is(Object.keys(backends).length, 1);
    places.add(Object.keys(backends)[0]!);
  }
  assert.ok(places.size > 1, 'affinity that ended is no affinity');
}));

test.run();
