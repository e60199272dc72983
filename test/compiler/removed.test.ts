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

test('undoing the removal of a service finds its flows where they were', () => {
  const machine = new Machine();
  commit(machine, [web]);
  const went = send(machine);
  commit(machine, []);
  machine.apply(planRollback(machine.inspect(), machine.context).plan);
  assert.equal(send(machine), went);
});

test.run();
