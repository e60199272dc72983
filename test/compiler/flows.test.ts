import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { plan } from '../../compiler/plan.ts';
import { addressBytes } from '../../compiler/encode.ts';
import type { Service } from '../../compiler/state.ts';
import { Machine, type Flow } from '../support/simulate.ts';
import { frontend, makeService, pick, random, randomService, state, up, type Random } from './states.ts';

const seconds = (n: number): bigint => BigInt(n) * 1_000_000_000n;
/** A flow to the VIP of `makeService`, from client number `n`. */
const flowOf = (n: number): Flow => ({ vip: '10.99.0.1', port: 80, protocol: 'tcp', client: `203.0.${n >> 8}.${n & 255}`, sport: 40000 });
const nameOf = (address: string, port = 0): string => `${Buffer.from(addressBytes(address)).toString('hex')}:${port}`;

function commit(machine: Machine, services: readonly Service[]): void {
  const { plan: made, diagnostics } = plan(machine.inspect(), state(services), machine.context);
  assert.equal(diagnostics, []);
  machine.apply(made);
}

interface Client {
  readonly flow: Flow;
  readonly service: string;
  /** Where its packets go. */
  readonly backend: string;
}

/** Backends that may keep flows, by service. */
function alive(services: readonly Service[]): Map<string, Set<string>> {
  return new Map(services.map((s) => [s.name, new Set(s.backends.filter((b) => b.state !== 'down').map((b) => nameOf(b.address, b.port)))]));
}

/** How a service keeps its flows; a change of that is not among the commits. */
type Keeping = Pick<Service, 'mode' | 'affinity'>;
const stateless: Keeping = { mode: 'dsr ipip' };
const remembering: readonly Keeping[] = [{ mode: 'snat' }, { mode: 'dsr ipip', affinity: 60 }, { mode: 'hybrid ipip' }];

function randomMaglev(r: Random, index: number, keeping: Keeping): Service {
  const { affinity: _affinity, ...service } = randomService(r, index);
  return { ...service, ...keeping, hash: { kind: 'maglev', size: pick(r, [101, 101, 101, 211]), seed: pick(r, ['', '', '', 'x']), by: 'flow' } };
}

for (const [seed, keeping] of [[1, stateless], [2, stateless], [3, undefined], [4, undefined]] as const) {
  test(`no commit moves a flow whose backend is up or draining (200 commits, ${keeping ? 'slots answer' : 'flows are remembered'}, seed ${seed})`, () => {
    const r = random(seed);
    const machine = new Machine();
    machine.showsFlows = seed % 2 === 1;
    const make = (i: number): Service => randomMaglev(r, i, keeping ?? remembering[i]!);
    let services: readonly Service[] = [0, 1, 2].map(make);
    commit(machine, services);
    let clients: Client[] = [];
    let kept = 0;
    for (let n = 0; n < 200; n++) {
      const before = alive(services);
      const index = Math.floor(r() * 3);
      const changed = { ...make(index), frontends: services[index]!.frontends };
      services = services.map((s, i) => (i === index ? changed : s));
      commit(machine, services);
      const now = alive(services);
      clients = clients.filter((c) => before.get(c.service)!.has(c.backend) && now.get(c.service)!.has(c.backend));
      for (let step = Math.floor(r() * 22); step > 0; step--) {
        for (const c of clients) {
          assert.is(machine.send(c.flow, false), c.backend, `commit ${n}: ${JSON.stringify(c.flow)}`);
          kept++;
        }
        for (let opened = 0; opened < 4; opened++) {
          const service = pick(r, services);
          const { address, port, protocol } = pick(r, service.frontends);
          const client = address.includes(':') ? `2001:db8::${(clients.length % 65535).toString(16)}` : `203.0.113.${clients.length % 256}`;
          const flow: Flow = { vip: address, port, protocol, client, sport: 1024 + Math.floor(r() * 60000) };
          const backend = machine.send(flow, protocol === 'tcp');
          if (backend !== undefined) clients.push({ flow, service: service.name, backend });
        }
        machine.now += seconds(4);
      }
    }
    assert.ok(kept > 10_000, `${kept} packets of established flows`);
  });
}

test('a flow that opens while nothing changed is not remembered, and costs no look-up', () => {
  const machine = new Machine();
  commit(machine, [makeService('web')]);
  const [service] = machine.inspect().services;
  assert.is(service!.tables[0]!.tracked, 0);
  const slots = machine.context.readTable(service!.tables[0]!);
  assert.ok(slots.every((row, i) => (i % 2 === 0 ? row !== 0 : row === 0)));
});

test('removing a backend disturbs its own slots only, and leaves no flow behind', () => {
  const machine = new Machine();
  const three = [up('10.0.0.1'), up('10.0.0.2'), up('10.0.0.3')];
  commit(machine, [makeService('web', { backends: three, hash: { kind: 'maglev', size: 1021, seed: '', by: 'flow' } })]);
  const before = machine.context.readTable(machine.inspect().services[0]!.tables[0]!);
  commit(machine, [makeService('web', { backends: three.slice(0, 2), hash: { kind: 'maglev', size: 1021, seed: '', by: 'flow' } })]);
  const after = machine.context.readTable(machine.inspect().services[0]!.tables[0]!);
  const gone = machine.inspect().former!.services[0]!.backends.find((b) => b.address === '10.0.0.3')!.row;
  let others = 0;
  for (let i = 0; i < 1021; i++) {
    assert.is.not(after[2 * i], gone);
    assert.is.not(after[2 * i + 1], gone);
    if (before[2 * i] !== gone && before[2 * i] !== after[2 * i]) others++;
    if (before[2 * i] === gone) assert.is(after[2 * i + 1], 0, 'flows of a backend that is gone are not kept');
  }
  assert.ok(others < 1021 * 0.05, `${others} slots of other backends moved`);
});

test('a drained backend keeps its flows, takes no new ones, and loses them when it is removed', () => {
  const machine = new Machine();
  const flows = Array.from({ length: 50 }, (_, i) => flowOf(i));
  commit(machine, [makeService('web')]);
  const mine = flows.filter((f) => machine.send(f, true) === nameOf('10.0.0.1'));
  assert.ok(mine.length > 10);
  commit(machine, [makeService('web', { backends: [up('10.0.0.1', { state: 'drain' }), up('10.0.0.2')] })]);
  for (const f of mine) assert.is(machine.send(f, false), nameOf('10.0.0.1'));
  for (const f of flows) assert.is(machine.send({ ...f, sport: 50000 }, true), nameOf('10.0.0.2'));
  commit(machine, [makeService('web', { backends: [up('10.0.0.2')] })]);
  for (const f of mine) assert.is(machine.send(f, false), nameOf('10.0.0.2'));
});

test('with every backend draining, old flows stay and new ones have no backend', () => {
  const machine = new Machine();
  const flow = flowOf(5);
  commit(machine, [makeService('web', { backends: [up('10.0.0.1')] })]);
  assert.is(machine.send(flow, true), nameOf('10.0.0.1'));
  commit(machine, [makeService('web', { backends: [up('10.0.0.1', { state: 'drain' })] })]);
  assert.is(machine.send(flow, false), nameOf('10.0.0.1'));
  assert.is(machine.send(flowOf(6), true), undefined);
});

test('a silent flow finds its backend through two commits within the window, and not after it', () => {
  const machine = new Machine();
  const backends = [1, 2, 3, 4, 5].map((i) => up(`10.0.0.${i}`));
  const flows = Array.from({ length: 200 }, (_, i) => flowOf(i));
  const drained = (n: number): Service => makeService('web', { backends: backends.map((b, i) => (i < n ? { ...b, state: 'drain' as const } : b)) });
  commit(machine, [drained(0)]);
  const went = flows.map((f) => machine.send(f, true));
  for (const n of [1, 2, 3]) {
    commit(machine, [drained(n)]);
    machine.now += seconds(5);
  }
  assert.equal(flows.slice(0, 100).map((f) => machine.send(f, false)), went.slice(0, 100));
  machine.now += seconds(120);
  const late = flows.slice(100).filter((f, i) => machine.send(f, false) !== went[100 + i]);
  assert.ok(late.length > 0, 'a flow silent for longer than the window is a new one');
});

test('slots are clean again when no flow is remembered for another backend, and not before', () => {
  const machine = new Machine();
  const tracked = (): number => machine.inspect().services[0]!.tables[0]!.tracked ?? 0;
  const two = (label: string): Service => makeService('web', { labels: { n: label }, backends: [up('10.0.0.1'), up('10.0.0.2', { weight: Number(label) })] });
  const flows = Array.from({ length: 300 }, (_, i) => flowOf(i));
  commit(machine, [two('1')]);
  const went = flows.map((f) => machine.send(f, true));
  commit(machine, [two('3')]);
  const moved = tracked();
  assert.ok(moved > 0);
  flows.forEach((f, i) => assert.is(machine.send(f, false), went[i]));
  machine.now += seconds(300);
  commit(machine, [two('4')]);
  flows.forEach((f, i) => assert.is(machine.send(f, false), went[i], 'flows of disturbed slots stay'));
  machine.forgetFlows();
  machine.now += seconds(300);
  commit(machine, [two('3')]);
  const again = tracked();
  machine.now += seconds(300);
  commit(machine, [makeService('web', { backends: [up('10.0.0.1'), up('10.0.0.2', { weight: 3 }), up('10.0.0.3', { state: 'down' })] })]);
  assert.ok(again < moved, `${again} slots of the last change are tracked`);
  assert.is(tracked(), 0);
});

test('a client with affinity keeps its backend for new flows, until it drains or the time is over', () => {
  const machine = new Machine();
  const web = (first: 'up' | 'drain'): Service => makeService('web', { affinity: 60, hash: { kind: 'rr' }, backends: [up('10.0.0.1', { state: first }), up('10.0.0.2')] });
  commit(machine, [web('up')]);
  let sport = 1000;
  const next = (n: number): string | undefined => machine.send({ ...flowOf(n), sport: ++sport }, true);
  assert.equal([next(1), next(1), next(1)], Array(3).fill(nameOf('10.0.0.1')));
  assert.is(next(2), nameOf('10.0.0.2'), 'the next client has the next turn');
  const old = { ...flowOf(1), sport };
  machine.now += seconds(50);
  assert.is(next(1), nameOf('10.0.0.1'), 'each flow lets the time begin anew');
  commit(machine, [web('drain')]);
  assert.equal([next(1), next(1)], Array(2).fill(nameOf('10.0.0.2')));
  assert.is(machine.send({ ...old, sport: 1001 }, false), nameOf('10.0.0.1'), 'flows from before stay');
  commit(machine, [web('up')]);
  machine.now += seconds(61);
  assert.equal(new Set([1, 3, 4, 5].map(next)).size, 2, 'after the time, and with both up again, turns decide');
});

test('round robin gives each backend its share of turns, spread over the round', () => {
  const machine = new Machine();
  commit(machine, [makeService('web', { hash: { kind: 'rr' }, backends: [up('10.0.0.1', { weight: 3 }), up('10.0.0.2')] })]);
  const went = Array.from({ length: 8 }, (_, i) => machine.send(flowOf(i), true));
  assert.is(went.filter((w) => w === nameOf('10.0.0.1')).length, 6);
  assert.equal(went.slice(0, 4), went.slice(4));
  const alone = went.indexOf(nameOf('10.0.0.2'));
  assert.ok(alone > 0 && alone < 3, `turn ${alone} of 4`);
});

test('flows that were all remembered stay where they are when slots answer again', () => {
  const machine = new Machine();
  const web = (more: Partial<Service>): Service => makeService('web', { backends: [up('10.0.0.1'), up('10.0.0.2'), up('10.0.0.3')], ...more });
  const flows = Array.from({ length: 100 }, (_, i) => flowOf(i));
  for (const before of [{ affinity: 600 }, { hash: { kind: 'rr' } }, { hash: { kind: 'random' } }] as const) {
    commit(machine, [web(before)]);
    machine.forgetFlows();
    const went = flows.map((f) => machine.send(f, true));
    commit(machine, [web({})]);
    machine.now += seconds(300);
    assert.equal(flows.map((f) => machine.send(f, false)), went, JSON.stringify(before));
  }
});

test('a flow that is over keeps no slot disturbed, nor does one of a protocol that is remembered anyway', () => {
  const machine = new Machine();
  const tracked = (): number => machine.inspect().services[0]!.tables[0]!.tracked ?? 0;
  const frontends = [frontend('10.99.0.1'), frontend('10.99.0.1', 80, 'udp')];
  const web = (weight: number, n = 0): Service => makeService('web', { mode: 'hybrid ipip', frontends, labels: { n: String(n) }, backends: [up('10.0.0.1'), up('10.0.0.2', { weight }), ...(n > 0 ? [up('10.0.0.3', { state: 'down' })] : [])] });
  const flows = Array.from({ length: 300 }, (_, i) => flowOf(i));
  commit(machine, [web(1)]);
  const went = flows.map((f) => machine.send(f, true));
  flows.forEach((f) => machine.send({ ...f, protocol: 'udp' }, false));
  commit(machine, [web(3)]);
  flows.forEach((f, i) => assert.is(machine.send(f, false), went[i]));
  machine.now += seconds(300);
  flows.forEach((f) => machine.send({ ...f, protocol: 'udp' }, false));
  commit(machine, [web(3, 1)]);
  const watched = tracked();
  assert.ok(watched > 0, 'TCP flows are remembered for another backend');
  machine.now += seconds(8000);
  flows.forEach((f) => machine.send({ ...f, protocol: 'udp' }, false));
  commit(machine, [{ ...web(3, 2), backends: web(3).backends }]);
  assert.is(tracked(), 0, 'the TCP flows are over, and UDP is remembered in any case');
});

test('a row that was freed and given to another service is not used by flows of the first', () => {
  const machine = new Machine();
  const flow = flowOf(11);
  commit(machine, [makeService('web')]);
  commit(machine, [makeService('web', { backends: [up('10.0.0.1', { state: 'drain' }), up('10.0.0.2')] })]);
  machine.send(flow, false);
  commit(machine, [makeService('web', { backends: [up('10.0.0.2')] })]);
  commit(machine, [makeService('web', { backends: [up('10.0.0.2'), up('10.0.0.4')] })]);
  const other = makeService('other', { frontends: [frontend('10.99.0.2')], backends: [up('10.9.9.9')] });
  commit(machine, [makeService('web', { backends: [up('10.0.0.2'), up('10.0.0.4')] }), other]);
  for (let n = 0; n < 500; n++) assert.is.not(machine.send(flowOf(n), false), nameOf('10.9.9.9'));
});

test.run();
