import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { canonicalOrder, isPrime, maglevTable, primeFrom, primeUpTo, randomTable, type Weighted } from '../../compiler/maglev.ts';
import { random } from './states.ts';

function named(count: number, weight = (_i: number): number => 1): Weighted[] {
  return Array.from({ length: count }, (_, i) => ({ key: `10.0.${i >> 8}.${i & 255}:80`, weight: weight(i) }));
}

function counts(table: Uint32Array, backends: number): number[] {
  const result = new Array<number>(backends).fill(0);
  for (const i of table) result[i]!++;
  return result;
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const r = random(seed);
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(r() * (i + 1));
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}

test('the table is the same for any order of the backends', () => {
  const backends = named(20, (i) => 1 + (i % 4));
  const table = maglevTable(backends, 1021, 'edge');
  for (let seed = 1; seed < 20; seed++) {
    assert.equal(maglevTable(shuffled(backends, seed), 1021, 'edge'), table);
    assert.equal(canonicalOrder(shuffled(backends, seed)), canonicalOrder(backends));
  }
});

test('the table of three known backends is what other nodes compute', () => {
  const backends = [{ key: '10.0.0.1:80', weight: 1 }, { key: '10.0.0.2:80', weight: 1 }, { key: '10.0.0.3:80', weight: 2 }];
  assert.is(maglevTable(backends, 31, 'a').join(''), '1022211200211111020220220202222');
  assert.is(maglevTable(backends, 31, 'b').join(''), '2220212122202010222100122102101');
});

test('every slot is filled, and equal backends share to within two slots', () => {
  for (const [size, count] of [[1021, 10], [65537, 100], [251, 7], [2, 2], [3, 2]] as const) {
    const shares = counts(maglevTable(named(count), size, ''), count);
    assert.is(shares.reduce((a, b) => a + b), size);
    assert.ok(Math.max(...shares) - Math.min(...shares) <= 1, `${size} slots: ${shares}`);
  }
});

test('two pairs weighted 70 and 30 share 1021 slots as 358, 357, 153, 153', () => {
  const pairs = [{ key: 'a1', weight: 70 }, { key: 'a2', weight: 70 }, { key: 'b1', weight: 30 }, { key: 'b2', weight: 30 }];
  assert.equal(counts(maglevTable(pairs, 1021, ''), 4), [358, 357, 153, 153]);
});

test('shares follow the weights to within two slots', () => {
  const r = random(7);
  for (let n = 0; n < 200; n++) {
    const backends = named(2 + Math.floor(r() * 20), () => 1 + Math.floor(r() * 100));
    const ordered = canonicalOrder(backends);
    const total = ordered.reduce((sum, b) => sum + b.weight, 0);
    counts(maglevTable(backends, 4093, `${n}`), ordered.length).forEach((got, i) => {
      const wanted = (4093 * ordered[i]!.weight) / total;
      assert.ok(Math.abs(got - wanted) <= 2, `weight ${ordered[i]!.weight} of ${total}: ${got} slots, ${wanted.toFixed(1)} wanted`);
    });
  }
});

test('a backend of weight 0 takes no slot, and without any weight the table is empty', () => {
  assert.is(counts(maglevTable([{ key: 'a', weight: 0 }, { key: 'b', weight: 1 }], 101, ''), 2)[0], 0);
  assert.is(maglevTable([{ key: 'a', weight: 0 }], 101, '').length, 0);
  assert.is(maglevTable([], 101, '').length, 0);
});

test('removing one of twenty backends moves few slots of the others, and all of its own', () => {
  const backends = named(20);
  const table = maglevTable(backends, 16381, '');
  for (const removed of [0, 7, 19]) {
    const rest = backends.filter((_, i) => i !== removed);
    const after = maglevTable(rest, 16381, '');
    const before = canonicalOrder(backends);
    const now = canonicalOrder(rest);
    let others = 0;
    for (let i = 0; i < table.length; i++) {
      const [x, y] = [before[table[i]!]!.key, now[after[i]!]!.key];
      if (x !== backends[removed]!.key && x !== y) others++;
    }
    assert.ok(others / 16381 < 0.02, `${others} slots of others moved`);
  }
});

test('another seed gives another table with the same shares', () => {
  const a = maglevTable(named(5), 1021, 'a');
  const b = maglevTable(named(5), 1021, 'b');
  assert.not.equal(a, b);
  assert.equal(counts(a, 5), counts(b, 5));
});

test('random slots hold the exact proportion in as few slots as possible', () => {
  assert.equal(counts(randomTable([{ key: 'a', weight: 300 }, { key: 'b', weight: 100 }]), 2), [3, 1]);
  assert.equal(counts(randomTable(named(3)), 3), [1, 1, 1]);
  assert.is(randomTable([{ key: 'a', weight: 0 }]).length, 0);
});

test('random slots of huge weights are bounded, and nobody with a weight goes without', () => {
  const table = randomTable([{ key: 'a', weight: 65535 }, { key: 'b', weight: 1 }, { key: 'c', weight: 0 }, { key: 'd', weight: 30001 }]);
  const [a, b, c, d] = counts(table, 4);
  assert.ok(table.length <= 4097);
  assert.ok(b === 1 && c === 0);
  assert.ok(Math.abs(a! / d! - 65535 / 30001) < 0.01);
});

test('primes are found, and their neighbours', () => {
  assert.equal([0, 1, 2, 3, 4, 9, 1021, 16381, 16383, 65537, 65536, 1.5, -7].filter(isPrime), [2, 3, 1021, 16381, 65537]);
  assert.equal([primeFrom(1000), primeUpTo(1000), primeFrom(2), primeUpTo(1)], [1009, 997, 2, 2]);
});

test.run();
