/** Every mode, IPv4 and IPv6: a thousand connections at once, and datagrams in fragments. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withField } from '../support/field.ts';
import { cases, count, fieldOfModes, names, start } from '../support/modes.ts';
import { realDatapath, testWith } from '../support/needs.ts';
import type { Opened } from '../support/peer.ts';

const connections = 1000;
const total = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);

function isWhole({ errors, clients }: Opened, seen: readonly string[], what: string): void {
  assert.equal(errors, [], what);
  assert.equal(clients.filter((c) => !seen.includes(c)), [], `${what}: clients as backends saw them`);
}

/** A third each, within what hashing a thousand flows varies by. */
function isShared({ backends }: Opened, what: string): void {
  const share = 1 / count;
  const sigma = Math.sqrt(connections * share * (1 - share));
  for (const name of names) {
    const got = backends[name] ?? 0;
    assert.ok(Math.abs(got - connections * share) < 5 * sigma, `${what}: ${name} got ${got} of ${connections}`);
  }
}

testWith(realDatapath, test, 'in every mode a thousand connections are open at once, shared by all backends, and datagrams of up to 8,192 bytes come and go whole', () => withField(fieldOfModes, async (field) => {
  await start(field);
  const client = field.peer('client');
  for (const { what, address, seen, wraps } of cases) {
    const to = { address, port: 80 };
    const opened = await client.open(to, { as: what, count: connections });
    isWhole(opened, seen.tcp, what);
    isShared(opened, what);
    const { alive, broken } = await client.talk(what);
    assert.equal(broken, {}, what);
    assert.is(total(alive), connections, what);
    await client.close(what);
    for (const bytes of [1, 1400, 1472, 1473, 4000, 8192]) {
      // Of what does not fit a tunnel the sender hears by ICMP, and makes smaller fragments from then on.
      const answered = await client.datagrams(to, { bytes, count: 30, tries: wraps ? 3 : 1 });
      isWhole(answered, seen.udp, `${what}: datagrams of ${bytes} bytes`);
      assert.is(total(answered.backends), 30);
      assert.equal(Object.keys(answered.backends).sort(), names, `${what}: backends of datagrams of ${bytes} bytes`);
    }
  }
}));

test.run();
