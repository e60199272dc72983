/** What holds for all that the balancer answers itself: limits, VLAN tags, and checksums that were wrong before. */
import { availableParallelism } from 'node:os';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LbDrop, vlan, vlanKey } from '../../../compiler/generated/layout.ts';
import type { ProgramHandle } from '../../../runtime/datapath.ts';
import { arrives, fromClient, tcpFromClient, versions, vip } from '../../packets/hosts.ts';
import type { ServiceSpec } from '../../packets/model.ts';
import { openBalancer, type Balancer } from '../../support/balancer.ts';
import { configure, readCount } from '../../support/configure.ts';
import { faults } from '../../support/dissect.ts';
import { realDatapath, testWith } from '../../support/needs.ts';
import { icmp, join, payload } from '../../support/packet.ts';

let shared: Balancer | undefined;

function withBalancer(name: string, body: (balancer: Balancer, program: ProgramHandle) => void): void {
  testWith(realDatapath, test, name, () => {
    shared ??= openBalancer();
    body(shared, shared.program('full'));
  });
}

interface Answer {
  readonly service: Pick<ServiceSpec, 'mode' | 'slots' | 'reject'>;
  readonly packet: (v: 4 | 6) => Uint8Array;
}

const rejected: Answer = { service: { mode: 'l2', slots: [], reject: true }, packet: (v) => arrives(tcpFromClient(v, { flags: 'S' })) };
const tooBig: Answer = { service: { mode: 'ipip', slots: ['far4'] }, packet: (v) => arrives(tcpFromClient(v, {}, {}, payload(1441))) };
const echo: Answer = { service: { mode: 'l2', slots: ['near4'] }, packet: (v) => arrives(fromClient(v, icmp(v, v === 4 ? 8 : 128, 0, payload(33)))) };

for (const [says, answer, told, limited] of [
  ['rejected packets', rejected, LbDrop.REJECTED, LbDrop.REJECT_LIMITED],
  ['packets that are too big', tooBig, LbDrop.TOO_BIG_TOLD, LbDrop.TOO_BIG],
] as const) {
  withBalancer(`answers to ${says} are limited, and the rest is counted`, (balancer, program) => {
    configure(balancer.instance, { services: [{ vip: vip[4], ...answer.service }] });
    const started = process.hrtime.bigint();
    const total = 4000;
    let answered = 0;
    for (let i = 0; i < total; i++) if (balancer.run(program, answer.packet(4)).verdict === 'tx') answered++;
    const milliseconds = Number((process.hrtime.bigint() - started) / 1_000_000n) + 1;
    const tick = 10;
    assert.ok(answered >= 100, `${answered} answered`);
    assert.ok(answered <= availableParallelism() * (100 + milliseconds + tick), `${answered} answered in ${milliseconds} ms`);
    assert.is(readCount(balancer.instance, 'drops', told), answered);
    assert.is(readCount(balancer.instance, 'drops', limited), total - answered);
  });
}

/** Priority 5 and VLAN 7 in front of the type. */
function tagged(frame: Uint8Array): Uint8Array {
  return join(frame.subarray(0, 12), Uint8Array.of(0x81, 0, 0xa0, 7), frame.subarray(12));
}

for (const [says, answer] of [['a rejected packet', rejected], ['a packet that is too big', tooBig], ['an echo request', echo]] as const) {
  for (const v of versions) {
    withBalancer(`IPv${v}: ${says} with a VLAN tag is answered with that tag, and the same otherwise`, (balancer, program) => {
      configure(balancer.instance, { services: [{ vip: vip[v], ...answer.service }] });
      const ifindex = balancer.ifindex.in;
      balancer.instance.map('vlans').update(vlanKey.encode({ ifindex, vid: 7 }), vlan.encode({ ifindex, vid: 7 }));
      const plain = balancer.run(program, answer.packet(v));
      const sent = balancer.run(program, tagged(answer.packet(v)));
      assert.equal([plain.verdict, sent.verdict], ['tx', 'tx']);
      assert.equal([...sent.packet], [...tagged(plain.packet)]);
    });
  }
}

for (const v of versions) {
  withBalancer(`IPv${v}: an echo request with a wrong checksum gets a reply with a wrong one`, (balancer, program) => {
    configure(balancer.instance, { services: [{ vip: vip[v], ...echo.service }] });
    const packet = echo.packet(v);
    packet[packet.length - 1]! ^= 1;
    const sent = balancer.run(program, packet);
    assert.is(sent.verdict, 'tx');
    assert.equal(faults(sent.packet), [`${v === 4 ? 'ICMP' : 'ICMPv6'}: wrong checksum`]);
  });
}

test.after(() => shared?.close());
test.run();
