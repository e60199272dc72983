/** What `show` says after packets of known number and size went through the live maps. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { commit } from '../../../runtime/commit.ts';
import { takeDown } from '../../../runtime/down.ts';
import { show } from '../../../runtime/show/show.ts';
import { backendAt, raiseMachine, serviceAt, stateWith, type Machine } from '../../support/machine.ts';
import { realDatapath, testWith } from '../../support/needs.ts';
import { frame, ip, payload, tcp, udp } from '../../support/packet.ts';

const test = suite('show, with packets');
let machine: Machine | undefined;
test.after(() => machine?.topology.remove());

const macs = { src: '02:00:00:00:07:09', dst: '02:00:00:00:07:01' };
const syn = (vip: string, port: number, sport: number): Uint8Array =>
  frame(macs, ip({ src: '10.7.0.9', dst: vip }, tcp({ sport, dport: port, flags: 'S' }, payload(40))));

interface Sums { readonly packets: number; readonly bytes: number; readonly flows: number }

testWith(realDatapath, test, 'packets, bytes and flows are summed over CPUs, per service, per backend, in all, and drops by reason', () => {
  machine = raiseMachine();
  const { datapath, topology } = machine;
  for (const end of [11, 12]) topology.host('lb').exec('ip', ['neigh', 'replace', `10.8.0.${end}`, 'lladdr', `02:00:00:00:08:${end}`, 'dev', 'sluice-dn', 'nud', 'permanent']);
  const state = stateWith([
    serviceAt('idle', '10.99.0.2', [backendAt('10.8.0.12')]),
    serviceAt('shut', '10.99.0.3', [], { onEmpty: 'drop' }),
    serviceAt('web', '10.99.0.1', [backendAt('10.8.0.11'), backendAt('10.8.0.12')]),
  ]);
  machine.within(() => {
    try {
      assert.equal(commit(datapath, 'c', { state, rulesets: ['t'] }).diagnostics, []);
      const instance = datapath.open('c')!;
      const link = instance.links()[0]!;
      const program = instance.load(link.program);
      let size = 0;
      for (let i = 0; i < 50; i++) {
        const packet = syn('10.99.0.1', 80, 40_000 + i);
        size += packet.length;
        assert.is(program.testRun(packet, { ifindex: link.ifindex }).verdict, 4);
      }
      for (let i = 0; i < 7; i++) program.testRun(syn('10.99.0.1', 81, 40_000 + i), { ifindex: link.ifindex });
      for (let i = 0; i < 3; i++) program.testRun(syn('10.99.0.3', 80, 40_000 + i), { ifindex: link.ifindex });
      program.testRun(frame(macs, ip({ src: '10.7.0.9', dst: '10.99.0.77' }, udp({ sport: 1, dport: 2 }))), { ifindex: link.ifindex });
      instance.close();

      const facts = <T>(what: string, only?: string): T => show(datapath, 'c', what, only).facts as T;
      const { services } = facts<{ services: (Sums & { name: string })[] }>('services');
      const web = services.find((s) => s.name === 'web')!;
      assert.equal([web.packets, web.flows], [50, 50]);
      assert.ok(web.bytes > 0 && web.bytes <= size, `${web.bytes} bytes of ${size} on the wire`);
      assert.equal(services.filter((s) => s.name === 'idle').map(({ packets, bytes, flows }) => ({ packets, bytes, flows })), [{ packets: 0, bytes: 0, flows: 0 }]);

      const [pair] = facts<{ services: { backends: (Sums & { share: number })[] }[] }>('backends', 'web').services;
      assert.is(pair!.backends.reduce((n, b) => n + b.packets, 0), 50);
      assert.is(pair!.backends.reduce((n, b) => n + b.bytes, 0), web.bytes);
      assert.ok(pair!.backends.every((b) => b.packets > 0 && b.share > 0.4));

      const { drops } = facts<{ drops: { reason: string; packets: number }[] }>('drops');
      assert.equal(drops.filter((d) => d.packets > 0).map((d) => [d.reason, d.packets]), [['no-backend', 3], ['unknown-port', 7]]);
      const totals = facts<{ forwarded: Sums; dropped: number }>('counters');
      assert.is(totals.dropped, 10);
      assert.ok(totals.forwarded.packets >= 50);
      assert.match(show(datapath, 'c', 'drops').text, /unknown-port +7 +a VIP of ours/);
    } finally {
      takeDown(datapath, 'c');
    }
  });
});

testWith(realDatapath, test, 'a service that takes the place of a removed one begins at zero', () => {
  machine ??= raiseMachine();
  const { datapath } = machine;
  machine.within(() => {
    try {
      const apply = (name: string, vip: string): void => {
        const result = commit(datapath, 'z', { state: stateWith([serviceAt(name, vip, [backendAt('10.8.0.11')])]), rulesets: ['t'] });
        assert.equal(result.diagnostics, []);
      };
      apply('first', '10.99.0.1');
      const instance = datapath.open('z')!;
      const link = instance.links()[0]!;
      instance.load(link.program).testRun(syn('10.99.0.1', 80, 1), { ifindex: link.ifindex });
      instance.close();
      const seen: number[] = [];
      for (let i = 0; i < 6; i++) {
        apply(`next${i}`, `10.99.0.${i + 2}`);
        const { services } = show(datapath, 'z', 'services').facts as { services: (Sums & { id: number })[] };
        seen.push(services[0]!.id);
        assert.is(services[0]!.packets, 0, `service id ${services[0]!.id}`);
      }
      assert.ok(seen.includes(1), `the first id comes round again: ${seen.join()}`);
    } finally {
      takeDown(datapath, 'z');
    }
  });
});

test.run();
