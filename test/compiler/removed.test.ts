import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { addressBytes } from '../../compiler/encode.ts';
import { plan, planRollback } from '../../compiler/plan.ts';
import type { Hash, Service } from '../../compiler/state.ts';
import { Machine, type Flow } from '../support/simulate.ts';
import { frontend, makeService, state, up } from './states.ts';

const nameOf = (address: string): string => `${Buffer.from(addressBytes(address)).toString('hex')}:0`;
const flows: readonly Flow[] = Array.from({ length: 60 }, (_, i) => ({ vip: '10.99.0.1', port: 80, protocol: 'tcp', client: `203.0.113.${i}`, sport: 40000 }));
const send = (machine: Machine): (string | undefined)[] => flows.map((f) => machine.send(f, true));
const other = makeService('other', { frontends: [frontend('10.99.0.9')], backends: [up('10.9.9.9')] });

function commit(machine: Machine, services: readonly Service[]): void {
  const { plan: made, diagnostics } = plan(machine.inspect(), state(services), machine.context);
  assert.equal(diagnostics, []);
  machine.apply(made);
}

const random: Hash = { kind: 'random' };
const web = makeService('web', { hash: random, backends: [up('10.0.0.1'), up('10.0.0.2'), up('10.0.0.3')] });

test('a service that is removed and comes back is free of the backends it had, though its id and rows are used again', () => {
  const machine = new Machine();
  commit(machine, [web]);
  const { id } = machine.inspect().services[0]!;
  assert.is(new Set(send(machine)).size, 3);
  commit(machine, []);
  commit(machine, [other]);
  commit(machine, [other, { ...web, backends: [up('10.0.0.8')] }]);
  assert.is(machine.inspect().services.find((s) => s.name === 'web')!.id, id, 'the id is used again');
  assert.equal([...new Set(send(machine))], [nameOf('10.0.0.8')]);
});

test('a backend that returns from down gets a row of its own: a commit that dies before its swap revives no flow', () => {
  const machine = new Machine();
  const [first, second, third] = web.backends;
  commit(machine, [web]);
  const before = machine.inspect().services[0]!.backends;
  commit(machine, [{ ...web, backends: [{ ...first!, state: 'down' }, second!, third!] }]);
  const { plan: made } = plan(machine.inspect(), state([web]), machine.context);
  assert.equal(made.steps.filter((s) => s.kind === 'mark-rows' && s.serial === 0), []);
  machine.apply(made);
  const after = machine.inspect().services[0]!.backends;
  assert.is.not(after[0]!.row, before[0]!.row);
  assert.equal([after[1]!.row, after[2]!.row], [before[1]!.row, before[2]!.row]);
});

test('undoing the removal of a service finds its flows where they were', () => {
  const machine = new Machine();
  commit(machine, [web]);
  const went = send(machine);
  commit(machine, []);
  machine.apply(planRollback(machine.inspect(), machine.context).plan);
  assert.equal(send(machine), went);
});

test.run();
