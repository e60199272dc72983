/** Service tables: every entry is found, in few places, whatever was placed before it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { addressBytes } from '../../compiler/encode.ts';
import { LbServiceFlag, service, serviceKey } from '../../compiler/generated/layout.ts';
import { entrySize, layOut, placeHash, placesFor, readTable, slotOf } from '../../compiler/service-table.ts';
import type { Packed } from '../../compiler/metadata.ts';
import { random } from './states.ts';

const nothing = service.decode(new Uint8Array(service.size));

function pack(keys: readonly { readonly address: string; readonly port: number; readonly proto: number }[]): Packed {
  const count = keys.length + 1;
  const packed = { keys: new Uint8Array(count * serviceKey.size), values: new Uint8Array(count * service.size), count };
  keys.forEach(({ address, port, proto }, i) => {
    serviceKey.encode({ addr: addressBytes(address), port, proto }, packed.keys, i * serviceKey.size);
    service.encode({ ...nothing, id: i + 1 }, packed.values, i * service.size);
  });
  service.encode({ ...nothing, serial: 7, flags: LbServiceFlag.HEAD }, packed.values, keys.length * service.size);
  return packed;
}

/** As bpf/lb_match.h searches: the id found, and after how many places. */
function find(table: Uint8Array, places: number, key: Uint8Array): { id: number; probes: number } | undefined {
  const first = 1 + slotOf(placeHash(new DataView(key.buffer, key.byteOffset), 0), places);
  for (let probe = 0; probe < 16; probe++) {
    const at = (first + probe) * entrySize;
    if (key.every((byte, i) => table[at + i] === byte)) return { id: service.decode(table, at + serviceKey.size).id, probes: probe + 1 };
    if (table.subarray(at, at + 16).every((byte) => byte === 0)) return undefined;
  }
  return undefined;
}

const sequential = Array.from({ length: 20_000 }, (_, i) => ({ address: `10.${96 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`, port: i % 2 ? 80 : 0, proto: i % 2 ? 6 : 0 }));
const ports = Array.from({ length: 4096 }, (_, i) => ({ address: '10.99.0.1', port: 1000 + i, proto: 6 }));
const ipv6 = Array.from({ length: 5000 }, (_, i) => ({ address: `fd00:99::${(i + 1).toString(16)}`, port: 443, proto: i % 3 ? 6 : 17 }));

for (const [what, keys] of Object.entries({ 'addresses in a row': sequential, 'ports in a row': ports, 'IPv6 addresses in a row': ipv6 })) {
  test(`${what}: every entry is found, most at the first place`, () => {
    const packed = pack(keys);
    const places = placesFor(keys.length);
    const table = layOut(packed, places)!;
    let probes = 0;
    for (let i = 0; i < keys.length; i++) {
      const found = find(table, places, packed.keys.subarray(i * serviceKey.size, (i + 1) * serviceKey.size));
      assert.is(found?.id, i + 1);
      probes += found!.probes;
    }
    assert.ok(probes / keys.length < 1.5, `${probes / keys.length} places on average`);
  });
}

test('what is read back is what was laid out, in tables of any size', () => {
  const r = random(3);
  for (let size = 0; size < 40; size++) {
    const packed = pack(Array.from({ length: size }, () => ({ address: `10.0.${Math.floor(r() * 256)}.${Math.floor(r() * 256)}`, port: 1 + Math.floor(r() * 65535), proto: 6 })));
    const text = ({ keys, values, count }: Packed): string[] => Array.from({ length: count }, (_, i) =>
      `${Buffer.from(keys.subarray(i * serviceKey.size, (i + 1) * serviceKey.size)).toString('hex')} ${Buffer.from(values.subarray(i * service.size, (i + 1) * service.size)).toString('hex')}`).sort();
    assert.equal(text(readTable(layOut(packed, 128 << (size % 4))!)), text(packed));
  }
});

test('a table that is more than half full is refused', () => {
  assert.is(layOut(pack(sequential.slice(0, 33)), 64), undefined);
  assert.ok(layOut(pack(sequential.slice(0, 32)), 64));
});

test('a place in a table is the product of hash and size over 2^32, exactly', () => {
  const r = random(4);
  for (let i = 0; i < 2000; i++) {
    const [hash, size] = [Math.floor(r() * 2 ** 32), 1 + Math.floor(r() * 2 ** 26)];
    assert.is(slotOf(hash, size), Number((BigInt(hash) * BigInt(size)) >> 32n));
  }
});

test.run();
