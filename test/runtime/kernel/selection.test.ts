/** What one packet cannot show: which slot a hash gives, shares, and what happens with nothing committed. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { flow, LbFeature } from '../../../compiler/generated/layout.ts';
import { variants } from '../../../compiler/generated/variants.ts';
import type { ProgramHandle } from '../../../runtime/datapath.ts';
import { client, arrives, fromClient, tcpFromClient, versions, vip } from '../../packets/hosts.ts';
import type { ServiceSpec } from '../../packets/model.ts';
import { openBalancer, type Balancer } from '../../support/balancer.ts';
import { configure } from '../../support/configure.ts';
import { flowHash, slotIn } from '../../support/hash.ts';
import { realDatapath, testWith } from '../../support/needs.ts';
import { tcp, udp } from '../../support/packet.ts';

let shared: Balancer | undefined;

function withBalancer(name: string, body: (balancer: Balancer, program: ProgramHandle) => void): void {
  testWith(realDatapath, test, name, () => {
    shared ??= openBalancer();
    body(shared, shared.program('dsr_l2'));
  });
}

/** `near` or `far`, from the verdict of a `dsr l2` service whose slots hold only these. */
function chosen(balancer: Balancer, program: ProgramHandle, packet: Uint8Array): 'near' | 'far' {
  const { verdict } = balancer.run(program, packet);
  assert.ok(verdict === 'tx' || verdict === 'redirect', verdict);
  return verdict === 'tx' ? 'near' : 'far';
}

/** A reproducible coin for every slot. */
function sides(size: number): ('near' | 'far')[] {
  let state = 12345;
  return Array.from({ length: size }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state & 0x10000 ? 'near' : 'far';
  });
}

withBalancer('nothing is ours before the first commit', (balancer, program) => {
  for (const v of versions) {
    const packet = arrives(tcpFromClient(v));
    const sent = balancer.run(program, packet);
    assert.is(sent.verdict, 'pass');
    assert.equal([...sent.packet], [...packet]);
  }
});

for (const v of versions) {
  const source = (i: number): string => (v === 4 ? `203.0.113.${i % 200}` : `2001:db8:7::${(i % 200).toString(16)}`);

  withBalancer(`IPv${v}: the slot of a flow is its hash modulo the size of the table`, (balancer, program) => {
    const size = 251;
    const table = sides(size);
    const service: ServiceSpec = { vip: vip[v], mode: 'l2', slots: table.map((s) => `${s}${v}`) };
    configure(balancer.instance, { services: [service, { ...service, proto: 'udp', id: 2 }] });
    for (let i = 0; i < 300; i++) {
      const tuple = { src: source(i), dst: vip[v], sport: 1024 + i * 211, dport: 80, proto: i % 2 ? 6 : 17 };
      const part = i % 2 ? tcp({ sport: tuple.sport, dport: 80 }) : udp({ sport: tuple.sport, dport: 80 });
      assert.is(chosen(balancer, program, arrives(fromClient(v, part, { src: tuple.src }))), table[slotIn(size, flowHash(tuple))], JSON.stringify(tuple));
    }
  });

  withBalancer(`IPv${v}: by source, a client has one slot whatever its port`, (balancer, program) => {
    const size = 101;
    const table = sides(size);
    configure(balancer.instance, { services: [{ vip: vip[v], mode: 'l2', bySource: true, slots: table.map((s) => `${s}${v}`) }] });
    for (let i = 0; i < 200; i++) {
      const src = source(i);
      const expected = table[slotIn(size, flowHash({ src, dst: vip[v], sport: 0, dport: 0, proto: 0 }, true))];
      for (const sport of [1, 40000]) assert.is(chosen(balancer, program, arrives(tcpFromClient(v, { sport }, { src }))), expected, src);
    }
  });

  withBalancer(`IPv${v}: random takes slots in proportion and keeps every flow where it began`, (balancer, program) => {
    configure(balancer.instance, { services: [{ vip: vip[v], mode: 'l2', hash: 'random', slots: ['near', 'near', 'near', 'far'].map((b) => `${b}${v}`) }] });
    let near = 0;
    for (let i = 0; i < 400; i++) {
      const packet = arrives(tcpFromClient(v, { sport: 1024 + i, flags: 'S' }));
      const first = chosen(balancer, program, packet);
      assert.is(chosen(balancer, program, packet), first);
      if (first === 'near') near++;
    }
    // Expected 300; ten standard deviations of the binomial distribution either way.
    assert.ok(near > 213 && near < 387, `${near} of 400`);
  });
}

withBalancer('a flow that is still sending is marked as seen, at most once a second', (balancer, program) => {
  const spec = { proto: 'tcp', src: client[4], sport: 40000, dst: vip[4], dport: 80, backend: 'near4' } as const;
  configure(balancer.instance, { services: [{ vip: vip[4], mode: 'l2', slots: [['near4', 'far4']], settleTcp: 60 }], flows: [spec] });
  const flows = balancer.instance.map('flows');
  const { keys, values } = flows.entries();
  const key = keys.slice();
  const now = process.hrtime.bigint();
  const seenAfter = (seen: bigint): bigint => {
    flows.update(key, flow.encode({ ...flow.decode(values), seen }));
    balancer.run(program, arrives(tcpFromClient(4)));
    return flow.decode(flows.lookup(key)!).seen;
  };
  const later = now + 3600n * 1_000_000_000n;
  const old = now - 5_000_000_000n;
  assert.ok(seenAfter(old) > old);
  assert.ok(seenAfter(later) < later, 'a time that lies ahead is put right');
});

testWith(realDatapath, test, 'every variant loads with any family, protocols and one of its other features off', () => {
  shared ??= openBalancer();
  const families = [LbFeature.IPV4, LbFeature.IPV6, LbFeature.IPV4 | LbFeature.IPV6];
  const protocols = [LbFeature.TCP, LbFeature.UDP, LbFeature.TCP | LbFeature.UDP];
  const base = families.flatMap((f) => protocols.map((p) => f | p));
  const all = LbFeature.IPV4 | LbFeature.IPV6 | LbFeature.TCP | LbFeature.UDP;
  for (const { name, features } of variants) {
    const others = Object.values(LbFeature).filter((f) => features & f & ~all);
    for (const rest of [features & ~all, ...others.map((f) => features & ~all & ~f), ...others]) {
      for (const b of rest === (features & ~all) ? base : [all]) shared.instance.load({ variant: name, features: b | rest }).close();
    }
  }
});

test.after(() => shared?.close());
test.run();
