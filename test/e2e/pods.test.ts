/** Pods that have no VIP: their nodes run the balancer's script, take tunnels in and translate, there and back. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { clients, pod, upTo, vip, withField, written, type Version } from '../support/field.ts';
import { realDatapath, testWith } from '../support/needs.ts';

const count = 2;
const services = (['dsr ipip', 'dsr geneve', 'hybrid geneve'] as const).flatMap((mode, i) => ([4, 6] as const).map((version) => ({
  what: `${mode}, IPv${version}`, mode, version, address: vip(version, i + 1), name: `s${i}-${version}`,
})));
const script = services.map(({ name, mode, version, address }) => {
  const targets = upTo(count).map((n) => `${written(pod(version, n), 8080)} as pod-${n}`);
  return `service ${name} vip ${written(address, 80)}/tcp+udp -> ${targets.join(', ')} mode ${mode} hash maglev(size=1021)\n`;
}).join('');

testWith(realDatapath, test, 'pods answer with the VIP though none has it: connections, transfers both ways and fragments, by IP-in-IP and Geneve, and from afar', () => withField({ pods: count, far: true }, async (field) => {
  field.apply('lb', `attach "sluice-*" xdp native\n${script}`);
  for (const n of upTo(count)) field.apply(`n${n}`, `attach "sluice-*" xdp native\n${script}`);
  await Promise.all(upTo(count).map((n) => field.peer(`p${n}`).serve(`p${n}`, [8080], ([4, 6] as const).map((v) => ({ address: pod(v, n), port: 8080 })))));
  const { client, far } = { client: field.peer('client'), far: field.peer('far') };
  for (const { what, mode, version, address } of services) {
    const to = { address, port: 80 };
    const { errors, backends, clients: seen } = await client.open(to, { as: what, count: 300 });
    assert.equal(errors, [], what);
    assert.equal(Object.keys(backends).sort(), ['p1', 'p2'], what);
    assert.equal(seen, [clients.client[version]], `${what}: client as the pod saw it`);
    assert.equal((await client.talk(what)).broken, {}, what);
    await client.close(what);
    // From afar, where a router before the balancer has less room than the pod and the client know.
    for (const [where, peer] of [['client', client], ['far', far]] as const) {
      for (const way of ['get', 'put'] as const) {
        const { pauseMs } = await peer.move(way, to, 10_000_000).catch((error: Error) => assert.unreachable(`${what}: ${error.message}`) as never);
        assert.ok(pauseMs < 1500, `${what}, ${where}: ${way} paused for ${pauseMs} ms`);
      }
    }
    for (const bytes of [1, 1400, 1473, 8192]) {
      const answered = await client.datagrams(to, { bytes, count: 20, tries: 3 });
      assert.equal(answered.errors, [], `${what}: datagrams of ${bytes} bytes`);
      assert.equal(Object.keys(answered.backends).sort(), ['p1', 'p2'], what);
      if (!mode.startsWith('hybrid')) assert.equal(answered.clients, [clients.client[version as Version]], what);
    }
  }
}));

test.run();
