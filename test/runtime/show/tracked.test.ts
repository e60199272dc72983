/** `show flows` and `show nat`, of entries that the test wrote. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LbActivity, LbLife } from '../../../compiler/generated/layout.ts';
import type { LiveService } from '../../../compiler/live.ts';
import { commit } from '../../../runtime/commit.ts';
import type { Instance } from '../../../runtime/datapath.ts';
import { takeDown } from '../../../runtime/down.ts';
import { readLive } from '../../../runtime/inspect.ts';
import { flowLife } from '../../../compiler/flow-life.ts';
import { ageOf } from '../../../runtime/show/life.ts';
import { show } from '../../../runtime/show/show.ts';
import { u32 } from '../../support/configure.ts';
import { backendAt, raiseMachine, serviceAt, stateWith, type Machine } from '../../support/machine.ts';
import { realDatapath, testWith } from '../../support/needs.ts';
import { rememberFlow, rememberNat } from '../../support/remember.ts';

const test = suite('show flows and nat');
let machine: Machine | undefined;
test.after(() => machine?.topology.remove());

interface Endpoint { readonly address: string; readonly port: number }
interface Entry {
  readonly client: Endpoint; readonly vip: Endpoint; readonly protocol: string; readonly service?: { readonly name: string };
  readonly backend: { readonly row: number; readonly address?: string; readonly name?: string; readonly stale: boolean };
  readonly state: string; readonly age: number; readonly expires: number; readonly source?: Endpoint;
}
interface Facts {
  readonly entries: number; readonly capacity: number; readonly over: number; readonly displaced: number;
  readonly services: readonly { readonly name: string; readonly entries: number }[]; readonly flows: readonly Entry[];
}

interface Scene {
  readonly instance: Instance;
  readonly web: LiveService;
  readonly dns: LiveService;
  facts(what: string, only?: string): Facts;
  text(what: string, only?: string, limit?: number): string;
}

const flows = 1000;

/** Services `web` (two backends, one named with a control character) and `dns` (one), with a commit after which 10.8.0.13 is gone from `web`. */
function withScene(name: string, body: (scene: Scene) => void): void {
  testWith(realDatapath, test, name, () => {
    machine ??= raiseMachine();
    const { datapath } = machine;
    machine.within(() => {
      const web = (ends: readonly number[]) => serviceAt('web', '10.99.0.1', ends.map((e) => backendAt(`10.8.0.${e}`, { port: 8080, name: `web-${e}\u001b[31m` })));
      const dns = serviceAt('dns', '10.99.0.2', [backendAt('10.8.0.21')], { frontends: [{ address: '10.99.0.2', family: 4, port: 53, protocol: 'udp' }] });
      try {
        for (const ends of [[11, 12, 13], [11, 12]]) {
          assert.equal(commit(datapath, 's', { state: stateWith([dns, web(ends)]), rulesets: ['t'] }, { capacity: { flows } }).diagnostics.filter((d) => d.severity === 'error'), []);
        }
        const instance = datapath.open('s')!;
        const { services } = readLive(instance).live;
        body({
          instance,
          web: services.find((s) => s.name === 'web')!,
          dns: services.find((s) => s.name === 'dns')!,
          facts: (what, only) => show(datapath, 's', what, only).facts as Facts,
          text: (what, only, limit) => show(datapath, 's', what, only, limit === undefined ? {} : { limit }).text,
        });
        instance.close();
      } finally {
        takeDown(datapath, 's');
      }
    });
  });
}

withScene('a flow is shown with its client, VIP, backend by name, state, age and rest of life, the latest first', ({ instance, web, dns, facts, text }) => {
  const [first, second] = web.backends;
  rememberFlow(instance, { client: ['203.0.113.7', 40_000], vip: ['10.99.0.1', 80], row: first!.row, birth: first!.birth, age: 100.5 });
  rememberFlow(instance, { client: ['203.0.113.8', 40_001], vip: ['10.99.0.1', 80], row: second!.row, birth: second!.birth, state: 'OPENING', age: 3.5, source: ['192.0.2.1', 20_001] });
  rememberFlow(instance, { client: ['203.0.113.9', 5353], vip: ['10.99.0.2', 53], protocol: 'udp', row: dns.backends[0]!.row, birth: dns.backends[0]!.birth, age: LbLife.UDP_OPEN + 1 });
  const seen = facts('flows');
  assert.equal([seen.entries, seen.capacity, seen.over], [3, instance.map('flows').info.maxEntries, 1]);
  assert.equal(seen.services.map((s) => [s.name, s.entries]), [['web', 2], ['dns', 1]]);
  assert.equal(seen.flows.map((f) => [f.client.address, f.service!.name, f.backend.address, f.backend.stale, f.state, f.age, f.expires]), [
    ['203.0.113.8', 'web', second!.address, false, 'opening', 3, LbLife.TCP_OPENING - 3],
    ['203.0.113.7', 'web', first!.address, false, 'open', 100, LbLife.TCP_OPEN - 100],
    ['203.0.113.9', 'dns', '10.8.0.21', false, 'open', LbLife.UDP_OPEN + 1, 0],
  ]);
  assert.equal(seen.flows.map((f) => f.source), [{ address: '192.0.2.1', port: 20_001 }, undefined, undefined]);
  const shown = text('flows');
  assert.match(shown, /^flow table: 3 of [\d,]+ entries \([\d.]+%\): web 2, dns 1\n/);
  assert.match(shown, /1 over: they count as none/);
  assert.match(shown, /203\.0\.113\.7:40000 +10\.99\.0\.1:80\/tcp +web +10\.8\.0\.\d+:8080 +web-\d+\\x1b\[31m +open +1m40s +2h3m/);
  assert.match(shown, /203\.0\.113\.9:5353 +10\.99\.0\.2:53\/udp +dns .* over/);
  for (const line of shown.split('\n')) assert.not.match(line, /[\u0000-\u001f]/);
});

withScene('one service selects, and a name that no service has is an error with a suggestion', ({ instance, web, dns, facts }) => {
  const of = (s: LiveService) => ({ row: s.backends[0]!.row, birth: s.backends[0]!.birth });
  rememberFlow(instance, { client: ['203.0.113.7', 1], vip: ['10.99.0.1', 80], ...of(web) });
  rememberFlow(instance, { client: ['203.0.113.7', 2], vip: ['10.99.0.2', 53], protocol: 'udp', ...of(dns) });
  const seen = facts('flows', 'dns');
  assert.equal([seen.entries, seen.flows.map((f) => f.client.port)], [2, [2]]);
  const { diagnostics } = show(machine!.datapath, 's', 'flows', 'dms');
  assert.match(diagnostics[0]!.hint!, /did you mean 'dns'/);
});

withScene('a flow whose backend left the service, or whose row has another birth, is stale', ({ instance, web, facts, text }) => {
  const rows = instance.map('backends');
  const gone = readLive(instance).live.former!.services.find((s) => s.name === 'web')!.backends.find((b) => b.address === '10.8.0.13')!;
  assert.ok(rows.lookup(u32(gone.row)));
  const [first] = web.backends;
  rememberFlow(instance, { client: ['203.0.113.7', 1], vip: ['10.99.0.1', 80], row: gone.row, birth: gone.birth });
  rememberFlow(instance, { client: ['203.0.113.7', 2], vip: ['10.99.0.1', 80], row: first!.row, birth: first!.birth + 1 });
  rememberFlow(instance, { client: ['203.0.113.7', 3], vip: ['10.99.0.1', 81], row: first!.row, birth: first!.birth });
  assert.equal(facts('flows').flows.map((f) => [f.client.port, f.backend.address, f.backend.stale, f.service?.name]), [
    [1, '10.8.0.13', true, 'web'], [2, undefined, true, 'web'], [3, first!.address, true, undefined],
  ]);
  assert.match(text('flows'), /10\.8\.0\.13:8080 \(stale\) +web-13/);
  assert.match(text('flows'), new RegExp(`row ${first!.row} \\(stale\\)`));
});

withScene('a translation is shown with the source that its packets have, by id of its service', ({ instance, web, facts, text }) => {
  const [first] = web.backends;
  rememberNat(instance, {
    client: ['2001:db8::7', 40_000], vip: ['10.99.0.1', 80], row: first!.row, birth: first!.birth, service: web.id, state: 'CLOSING', age: 1.5,
    from: [first!.address, 8080], source: ['192.0.2.1', 20_000],
  });
  const [entry] = facts('nat').flows;
  assert.equal([entry!.client, entry!.source, entry!.service!.name, entry!.backend.stale, entry!.state, entry!.expires],
    [{ address: '2001:db8::7', port: 40_000 }, { address: '192.0.2.1', port: 20_000 }, 'web', false, 'closing', LbLife.TCP_CLOSING - 1]);
  assert.match(text('nat'), /^NAT table: 1 of /);
  assert.match(text('nat'), /\[2001:db8::7\]:40000 .* 192\.0\.2\.1:20000$/);
});

withScene('a long table is cut for people and whole for machines, and a full one is said with what gave way', ({ instance, web, facts, text }) => {
  const [first] = web.backends;
  assert.match(text('flows'), /^flow table: 0 of [\d,]+ entries/);
  const written = flows + 200;
  for (let i = 0; i < written; i++) rememberFlow(instance, { client: ['203.0.113.7', 1 + i], vip: ['10.99.0.1', 80], row: first!.row, birth: first!.birth });
  const counters = instance.map('activity').lookup(u32(LbActivity.FLOW_OPENED))!;
  new DataView(counters.buffer).setBigUint64(0, BigInt(written), true);
  instance.map('activity').update(u32(LbActivity.FLOW_OPENED), counters);
  const seen = facts('flows');
  assert.is(seen.flows.length, seen.entries);
  assert.is(seen.displaced, written - seen.entries);
  assert.ok(seen.entries > 0.5 * flows && seen.displaced >= 200, `${seen.entries} entries`);
  assert.match(text('flows'), /at most [\d,]+ (so far|gave way)/);
  assert.match(text('flows'), new RegExp(`\n… and ${(seen.entries - 50).toLocaleString('en-US')} more$`));
  assert.is(text('flows', undefined, 3).split('\n').filter((l) => l.startsWith('203.')).length, 3);
});

test('life is by protocol and state, and what is over has none left', () => {
  assert.equal([[6, 0], [6, 1], [6, 2], [6, 3], [17, 0], [17, 1]].map(([p, s]) => flowLife(p!, s!)), [60, 7500, 240, 10, 120, 300]);
  assert.equal(ageOf(10_000_000_000n, 12_900_000_000n, 10), { age: 2, expires: 8 });
  assert.equal(ageOf(10_000_000_000n, 20_000_000_000n, 10), { age: 10, expires: 0 });
  assert.equal(ageOf(10_000_000_000n, 9_000_000_000n, 10), { age: 0, expires: 10 });
});

test.run();
