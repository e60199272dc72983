/** The benchmarks' method: what a program gets behind the wrapper, and what the generator sends. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withRig } from '../../scripts/bench/datapath/bench.ts';
import { floorServices, packet } from '../../scripts/bench/datapath/network.ts';
import { openFloors } from '../../scripts/bench/floors.ts';
import { BenchObject } from '../../scripts/bench/objects.ts';
import { frameLength, writeTemplate } from '../../scripts/bench/template.ts';
import { packetTo } from '../../scripts/bench/wire/network.ts';
import { faults } from '../support/dissect.ts';
import { realDatapath, testWith } from '../support/needs.ts';

const needs = [...realDatapath, 'clang'] as const;
const outer = { 4: 20, 6: 40 } as const;

/** Client's address and port, in a frame without a tunnel. */
function client(frame: Uint8Array): string {
  const family = frame[12] === 0x86 ? 6 : 4;
  return Buffer.from(family === 4 ? [...frame.subarray(26, 30), ...frame.subarray(34, 36)] : [...frame.subarray(22, 38), ...frame.subarray(54, 56)]).toString('hex');
}

testWith(needs, test, 'behind the wrapper a program that encapsulates leaves the same packet after a thousand runs as after one', async () => {
  await withRig(async (rig) => {
    const floors = openFloors(floorServices);
    try {
      for (const [family, name] of [[4, 'floor_ring'], [6, 'floor_ring_ipv6']] as const) {
        const program = floors.program(name);
        const traffic = { frame: packet('ack', family), flows: 1 } as const;
        const first = rig.run(program, traffic, 1);
        const last = rig.run(program, traffic, 1000);
        assert.is(first.verdict, 'tx');
        assert.equal(last, { ...first, ns: last.ns });
        assert.is(first.packet.length, frameLength[family] + outer[family]);
      }
    } finally {
      floors.close();
    }
  });
});

testWith(needs, test, 'the wrapper gives a program as many flows as are asked for, in order each of them once', async () => {
  await withRig(async (rig) => {
    const floors = openFloors(floorServices);
    try {
      for (const family of [4, 6] as const) {
        const traffic = { frame: packet('ack', family), flows: 64 };
        const seen = (inOrder: boolean, runs: number): Set<string> =>
          new Set(Array.from({ length: runs }, () => client(rig.run(floors.program('floor_pass'), { ...traffic, inOrder }, 1).packet)));
        assert.is(seen(true, 64).size, 64);
        const drawn = seen(false, 512);
        assert.ok(drawn.size > 48 && drawn.size <= 64, `${drawn.size} of 64 flows drawn`);
        const fresh = Array.from({ length: 200 }, () => client(rig.run(floors.program('floor_pass'), { ...traffic, flows: 'new' }, 1).packet));
        assert.is(new Set(fresh).size, 200);
      }
    } finally {
      floors.close();
    }
  });
});

testWith(needs, test, 'floor programs leave packets without a fault', async () => {
  await withRig(async (rig) => {
    const floors = openFloors(floorServices);
    try {
      // The wrapper changes the source and leaves the checksums of the template, which is of its first flow: 16.0.0.0:1024.
      for (const [name, family] of [['floor_swap', 4], ['floor_ring', 4], ['floor_ring_l2', 4], ['floor_lru', 4], ['floor_ring_ipv6', 6]] as const) {
        const { packet: out, verdict } = rig.run(floors.program(name), { frame: packet('ack', family), flows: 1 }, 1);
        assert.is(verdict, 'tx', name);
        assert.equal(faults(out), [], name);
      }
      for (const kind of ['ack', 'udp'] as const) {
        for (const state of ['a new', 'a known']) {
          const { packet: out, verdict } = rig.run(floors.program('floor_nat'), { frame: packet(kind), flows: 1 }, 1);
          assert.is(verdict, 'tx');
          assert.equal(faults(out), [], `${kind}, ${state} flow translated`);
        }
      }
    } finally {
      floors.close();
    }
  });
});

testWith(needs, test, 'the generator sends packets without a fault', () => {
  const object = new BenchObject('wire');
  try {
    writeTemplate(object.map('.data.template'), { frame: packetTo('10.100.0.1'), flows: 'new' });
    for (let i = 0; i < 300; i++) {
      const { packet: sent, verdict } = object.program('wire_generate').testRun(new Uint8Array(frameLength[4]));
      assert.is(verdict, 3);
      assert.equal(faults(sent), []);
    }
  } finally {
    object.close();
  }
});

test.run();
