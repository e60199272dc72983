import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeServices } from '../../compiler/encode.ts';
import type { Generation, LiveService } from '../../compiler/live.ts';

/** A linear congruential generator (Numerical Recipes): the same sequence each time. */
function numbers(seed: number): (below: number) => number {
  return (below) => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) % below;
}

const generationOf = (serial: number, services: readonly LiveService[]): Generation => ({ serial, rulesets: ['t'], services, attachments: [], neighbours: [] });

test('what is encoded after another configuration is what is encoded by itself', () => {
  const below = numbers(7);
  const make = (id: number): LiveService => ({
    ruleset: 't', name: `s${id}`, labels: {}, origin: { file: 't.lb', line: 1, column: 1 } as LiveService['origin'],
    frontends: Array.from({ length: below(3) }, (_, n) => ({ address: `10.0.0.${below(9)}`, family: 4, port: 100 * id + n + 1, protocol: 'tcp' })),
    mode: 'dsr ipip', from: [], hash: { kind: 'random' }, onEmpty: 'reject', allow: [], scope: 'cluster', backends: [], id, serial: below(99) + 1, tables: [],
  });
  let services: LiveService[] = [];
  let longest = 0;
  for (let serial = 1; serial <= 1000; serial++) {
    services = below(50) === 0 ? [] : [...services];
    for (let edits = below(5); edits > 0; edits--) {
      const at = below(services.length + 1);
      const replaced = below(3) === 0 ? 0 : 1;
      services.splice(at, replaced, ...(below(3) === 0 ? [] : [make(serial % 60)]));
      if (below(4) === 0) services.reverse();
    }
    longest = Math.max(longest, services.length);
    const after = encodeServices(generationOf(serial, services));
    encodeServices(generationOf(0, []));
    assert.equal(after, encodeServices(generationOf(serial, services)), `configuration ${serial}`);
  }
  assert.ok(longest > 5);
});

test('bytes that somebody changed do not come back', () => {
  const empty = generationOf(1, []);
  const first = encodeServices(empty);
  first.values.fill(255);
  first.keys.fill(255);
  assert.not.equal(encodeServices(empty), first);
});

test.run();
