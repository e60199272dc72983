import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { flowHash } from '../../compiler/flow-hash.ts';
import { addressBytes } from '../../compiler/encode.ts';
import { flowHash as secondHash } from '../support/hash.ts';
import { random } from './states.ts';

test('the hash of a flow key is that of the packet, for both families and both ways of hashing', () => {
  const r = random(1);
  const n = (below: number): number => Math.floor(r() * below);
  for (let i = 0; i < 2000; i++) {
    const v6 = r() < 0.5;
    const address = (): string => (v6 ? `2001:db8:${n(65536).toString(16)}::${(1 + n(65535)).toString(16)}` : `${1 + n(220)}.${n(256)}.${n(256)}.${n(256)}`);
    const tuple = { src: address(), dst: address(), sport: n(65536), dport: n(65536), proto: r() < 0.5 ? 6 : 17 };
    for (const bySource of [false, true]) {
      const key = { saddr: addressBytes(tuple.src), daddr: addressBytes(tuple.dst), sport: tuple.sport, dport: tuple.dport, proto: tuple.proto };
      assert.is(flowHash(key, v6 ? 6 : 4, bySource), secondHash(tuple, bySource), JSON.stringify(tuple));
    }
  }
});

test.run();
