/** Backends that leave while connections are open: ten of them, in the modes that take flows there in different ways. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { backend, upTo, vip, withField, written, type Field } from '../support/field.ts';
import { realDatapath, testWith } from '../support/needs.ts';

const count = 10;
const connections = 400;
const services = (['dsr l2', 'snat', 'dnat'] as const).flatMap((mode, i) => ([4, 6] as const).map((version) => ({
  what: `${mode}, IPv${version}`, mode, version, address: vip(version, i + 1), local: mode === 'dsr l2',
})));

/** `states` by number of a backend; `gone` leaves it out. */
function configure(field: Field, states: Readonly<Record<number, 'drain' | 'gone'>>): void {
  const script = services.map(({ mode, version, address }, i) => {
    const targets = upTo(count).filter((n) => states[n] !== 'gone').map((n) => `${written(backend(version, n))}${states[n] === 'drain' ? ' drain' : ''}`);
    return `service s${i} vip ${written(address, 80)} -> ${targets.join(', ')} mode ${mode} hash maglev(size=4093)\n`;
  });
  field.apply('lb', `attach "sluice-*" xdp native\n${script.join('')}`);
}

testWith(realDatapath, test, 'drain under load breaks no connection and gives no new ones; removing one of ten backends breaks none of the other nine', () => withField({
  backends: count, vips: services.flatMap((s) => (s.local ? [s.address] : [])),
}, async (field) => {
  configure(field, {});
  await Promise.all(upTo(count).map((n) => field.peer(`b${n}`).serve(`b${n}`, [80], [])));
  const client = field.peer('client');
  const before = new Map<string, Record<string, number>>();
  for (const { what, address } of services) {
    const { backends, errors } = await client.open({ address, port: 80 }, { as: what, count: connections });
    assert.equal(errors, [], what);
    assert.is(Object.keys(backends).length, count, `${what}: all backends have connections`);
    before.set(what, backends);
  }
  /** Talks on all connections while commits run. */
  const under = async (change: () => Promise<void>): Promise<Map<string, { alive: Record<string, number>; broken: Record<string, number> }>> => {
    const talks = services.map(({ what }) => client.talk(what, 2000));
    await change();
    const results = await Promise.all(talks);
    return new Map(services.map(({ what }, i) => [what, results[i]!]));
  };

  const drained = await under(async () => configure(field, { 3: 'drain' }));
  for (const { what, address } of services) {
    const { broken, alive } = drained.get(what)!;
    assert.equal(broken, {}, `${what}: drain`);
    assert.equal(alive, before.get(what), `${what}: drain`);
    const { backends, errors } = await client.open({ address, port: 80 }, { as: `${what}, late`, count: 200 });
    assert.equal(errors, [], what);
    assert.is(backends['b3'], undefined, `${what}: a draining backend got new connections`);
    assert.is(Object.keys(backends).length, count - 1, what);
  }

  const removed = await under(async () => configure(field, { 3: 'drain', 7: 'gone' }));
  for (const { what } of services) {
    const { b7, ...others } = before.get(what)!;
    const { broken, alive } = removed.get(what)!;
    assert.equal(alive, others, `${what}: connections of the other nine`);
    assert.equal(broken, { b7 }, `${what}: connections of the one that was removed`);
  }

  // And it comes back: what it takes over are new connections only.
  const returned = await under(async () => configure(field, {}));
  for (const { what } of services) {
    const { b7: _, ...others } = before.get(what)!;
    assert.equal(returned.get(what)!.alive, others, `${what}: the ones that returned`);
    const late = await client.talk(`${what}, late`);
    assert.equal(Object.keys(late.broken).filter((b) => b !== 'b7'), [], `${what}: opened while another drained`);
  }
}));

test.run();
