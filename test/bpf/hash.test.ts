import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { flowHash, slotIn, type Tuple } from '../support/hash.ts';

/** Pearson's statistic of how far the slots are from equally full, per degree of freedom: near 1 for a good hash. */
function unevenness(tuples: Iterable<Tuple>, size: number, bySource = false): number {
  const counts = new Uint32Array(size);
  let total = 0;
  for (const t of tuples) {
    counts[slotIn(size, flowHash(t, bySource))]!++;
    total++;
  }
  const expected = total / size;
  return counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0) / (size - 1);
}

function* ports(src: string, dst: string, proto: number): Iterable<Tuple> {
  for (let sport = 1024; sport < 11024; sport++) yield { src, dst, sport, dport: 80, proto };
}

function* clients(six: boolean): Iterable<Tuple> {
  for (let i = 0; i < 10000; i++) {
    const src = six ? `2001:db8::${(i >> 4).toString(16)}:${(i & 15).toString(16)}` : `10.${i >> 12}.${(i >> 6) & 63}.${i & 63}`;
    yield { src, dst: six ? 'fd00:99::1' : '10.99.0.1', sport: 40000, dport: 443, proto: 6 };
  }
}

for (const size of [101, 251, 1024]) {
  test(`consecutive ports and addresses fill ${size} slots evenly`, () => {
    const cases: [string, number][] = [
      ['IPv4 ports', unevenness(ports('203.0.113.7', '10.99.0.1', 6), size)],
      ['IPv6 ports', unevenness(ports('2001:db8:7::7', 'fd00:99::1', 17), size)],
      ['IPv4 clients', unevenness(clients(false), size)],
      ['IPv6 clients', unevenness(clients(true), size)],
      ['IPv4 clients by source', unevenness(clients(false), size, true)],
      ['IPv6 clients by source', unevenness(clients(true), size, true)],
    ];
    for (const [what, value] of cases) assert.ok(value < 1.5 && value > 0.6, `${what}: ${value}`);
  });
}

test('each part of the flow matters', () => {
  const flow = { src: '203.0.113.7', dst: '10.99.0.1', sport: 40000, dport: 80, proto: 6 };
  const changed = [{ src: '203.0.113.8' }, { dst: '10.99.0.2' }, { sport: 40001 }, { dport: 81 }, { proto: 17 }, { sport: 80, dport: 40000 }].map((c) => flowHash({ ...flow, ...c }));
  assert.is(new Set([flowHash(flow), ...changed]).size, changed.length + 1);
});

test.run();
