/** Every mode, IPv4 and IPv6: large transfers both ways, also where the way has less room than its ends know. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withField } from '../support/field.ts';
import { cases, fieldOfModes, start } from '../support/modes.ts';
import { realDatapath, testWith } from '../support/needs.ts';

/** TCP sends a segment that never fits again after 0.2, 0.4, 0.8, 1.6 … seconds. */
const longestPauseMs = 1500;

testWith(realDatapath, test, 'transfers of 100 MB stall in no mode, though tunnels leave less room; nor do transfers over a link of 1,400 bytes before the balancer', () => withField({ ...fieldOfModes, far: true }, async (field) => {
  await start(field);
  // To `far` a router before the balancer says what is too big: to the VIP, for the backend that has the flow. Downloads go
  // first, since after an upload the client would ask for segments that fit.
  for (const [client, bytes] of [['client', 100_000_000], ['far', 10_000_000]] as const) {
    for (const { what, address } of cases) {
      for (const way of ['get', 'put'] as const) {
        const { ms, pauseMs } = await field.peer(client).move(way, { address, port: 80 }, bytes);
        assert.ok(pauseMs < longestPauseMs, `${what}, ${client}: ${way} paused for ${pauseMs} ms of ${ms}`);
      }
    }
  }
  const count = (name: string, shown: string): number => Number(new RegExp(`${name} +([\\d,]+)`).exec(shown)?.[1]?.replaceAll(',', '') ?? 0);
  console.log(field.show('lb', 'drops'), field.show('lb', 'counters'));
  const tunnels = cases.filter((c) => c.wraps).length;
  assert.ok(count('too-big-told', field.show('lb', 'drops')) >= tunnels, 'clients were told what fits in tunnels');
  assert.ok(count('icmp-forwarded', field.show('lb', 'counters')) >= cases.length, 'backends were told what fits the link');
}));

test.run();
