import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { plan, planRollback } from '../../compiler/plan.ts';
import { byKey, encodeEntries, entryMaps } from '../../compiler/entries.ts';
import { placesOf, merged } from '../../compiler/place.ts';
import { stateOf, type Live } from '../../compiler/live.ts';
import type { Plan } from '../../compiler/plan-types.ts';
import type { Attachment, Service, State } from '../../compiler/state.ts';
import { Machine } from '../support/simulate.ts';
import { pick, random, randomService, state, type Random } from './states.ts';

/** The next script of somebody who edits a few of ten services. */
function edited(r: Random, current: readonly Service[]): State {
  const services = new Map(current.map((s) => [s.name, s]));
  for (let n = 1 + Math.floor(r() * 3); n > 0; n--) {
    const service = randomService(r, Math.floor(r() * 10));
    if (r() < 0.2) services.delete(service.name);
    else services.set(service.name, service);
  }
  const attachments: Attachment[] = ['eth0', 'eth1'].filter(() => r() < 0.7).map((i) => ({ interface: i, xdp: pick(r, ['auto', 'native', 'generic'] as const), ruleset: 'shop' }));
  return state([...services.values()], { attachments });
}

function planned(machine: Machine, desired: State): Plan {
  const { plan: made, diagnostics } = plan(machine.inspect(), desired, machine.context);
  assert.equal(diagnostics, []);
  return made;
}

/** What no commit may break: nothing that is live or former shares an id, a row or a slot with anything else. */
function isDisjoint(live: Live): void {
  const ids = new Map<number, string>();
  const rows = new Map<number, string>();
  for (const s of merged(live, live.former)) {
    const owner = `${s.ruleset}/${s.name}`;
    assert.is(ids.get(s.id) ?? owner, owner, `id ${s.id}`);
    ids.set(s.id, owner);
    for (const b of s.backends) {
      const place = `${owner} ${b.address}:${b.port} ${b.birth}`;
      assert.is(rows.get(b.row) ?? place, place, `row ${b.row}`);
      assert.is.not(b.row, 0);
      rows.set(b.row, place);
    }
  }
  const places = [...new Map(merged(live, live.former).flatMap(placesOf).map((p) => [`${p.arena} ${p.base} ${p.size}`, p])).values()]
    .sort((a, b) => a.arena - b.arena || a.base - b.base);
  places.forEach((p, i) => {
    const before = places[i - 1];
    if (before && before.arena === p.arena) assert.ok(before.base + before.size <= p.base, `slots ${p.base} of arena ${p.arena} overlap`);
    assert.ok(p.base + p.size <= live.arenas.find((a) => a.index === p.arena)!.slots, 'slots lie inside their arena');
  });
}

/** Packets to VIPs of both configurations, and from backends whose replies this host translates, are looked at. */
function addressesAreKnown(machine: Machine, live: Live): void {
  for (const s of merged(live, live.former)) {
    for (const f of s.frontends) assert.ok(machine.mayBe('vip', f.address), f.address);
    for (const b of s.mode === 'dsr l2' ? [] : s.backends) assert.ok(machine.mayBe('backend', b.address), b.address);
  }
}

/** Entries beside the service map are those of both configurations and no others, the rows of backends by address those of the live one. */
function entriesAreKept(machine: Machine, live: Live, exactly: boolean): void {
  for (const map of entryMaps) {
    const found = byKey(machine.entries(map));
    const wanted = byKey(encodeEntries(map, [...live.former?.services ?? [], ...live.services]));
    for (const [key, value] of wanted) assert.ok(map === 'targets' && !exactly ? found.has(key) : found.get(key) === value, `${map} of commit ${live.serial}`);
    if (exactly) assert.is(found.size, wanted.size, `${map} after commit ${live.serial}`);
  }
}

/** A row takes no new flows of known clients while, and only while, its backend drains. */
function drainsAreMarked(live: Live): void {
  const marks = new Map(live.marks!.map((m) => [m.row, m.drainFrom]));
  for (const s of live.services) {
    for (const b of s.backends) {
      const since = marks.get(b.row) ?? 0;
      if (b.state !== 'down') assert.is(since !== 0 && since <= s.serial, b.state === 'drain' || b.weight === 0, `${s.name} ${b.address}, since ${since} in ${s.serial}`);
    }
  }
}

/** Flows may stay with the rows that are not down, and with none of those that only the former version has. */
function deathsAreMarked(live: Live): void {
  const marks = new Map(live.marks!.map((m) => [m.row, m.deadFrom]));
  const former = new Map(live.former?.services.map((s) => [s.id, s]));
  for (const s of live.services) {
    const isDead = (row: number): boolean => (marks.get(row) ?? 0) !== 0 && marks.get(row)! <= s.serial;
    const alive = new Set(s.backends.filter((b) => b.state !== 'down').map((b) => b.row));
    for (const row of alive) assert.not.ok(isDead(row), `row ${row} of ${s.name}, commit ${live.serial}`);
    const other = former.get(s.id);
    if (other?.serial === s.serial) continue;
    for (const { row } of other?.backends ?? []) assert.is(isDead(row), !alive.has(row), `row ${row} of ${s.name}, commit ${live.serial}`);
  }
}

for (const seed of [1, 2, 3]) {
  test(`300 commits: what is read back is what was wanted, nothing overlaps, and a second plan is empty (seed ${seed})`, () => {
    const r = random(seed);
    const machine = new Machine();
    let desired = state([]);
    for (let n = 0; n < 300; n++) {
      machine.now += BigInt(Math.floor(r() * 90)) * 1_000_000_000n;
      desired = edited(r, desired.services);
      const made = planned(machine, desired);
      machine.apply(made);
      const live = machine.inspect();
      assert.equal(stateOf(live).services, desired.services);
      assert.equal(live.attachments, desired.attachments);
      assert.equal(live.links.map((l) => l.interface).sort(), desired.attachments.map((a) => a.interface).sort());
      isDisjoint(live);
      addressesAreKnown(machine, live);
      if (n % 5 === 0) entriesAreKept(machine, live, true);
      drainsAreMarked(live);
      deathsAreMarked(live);
      for (const [id, named] of machine.rowsNamed(live)) for (const row of named) assert.is(machine.ownerOf(row), id, `a slot of service ${id} names row ${row}`);
      assert.equal(planned(machine, desired).steps, []);
    }
  });

  test(`a writer that dies before the swap leaves the old configuration, and the next apply succeeds (seed ${seed})`, () => {
    const r = random(seed);
    const machine = new Machine();
    let desired = state([]);
    machine.apply(planned(machine, edited(r, [])));
    for (let n = 0; n < 100; n++) {
      const before = machine.inspect();
      const next = edited(r, desired.services);
      const made = planned(machine, next);
      const swap = made.steps.findIndex((s) => s.kind === 'swap');
      if (swap === -1) continue;
      machine.apply(made, Math.floor(r() * (swap + 1)));
      const after = machine.inspect();
      assert.equal(stateOf(after), stateOf(before));
      assert.is(after.serial, before.serial);
      addressesAreKnown(machine, after);
      entriesAreKept(machine, after, false);
      drainsAreMarked(after);
      machine.apply(planned(machine, next));
      assert.equal(stateOf(machine.inspect()).services, next.services);
      isDisjoint(machine.inspect());
      entriesAreKept(machine, machine.inspect(), true);
      drainsAreMarked(machine.inspect());
      desired = next;
    }
  });

  test(`a writer that dies after the swap leaves the new configuration, and the next apply finishes it, changes or not (seed ${seed})`, () => {
    const r = random(seed);
    const machine = new Machine();
    machine.apply(planned(machine, edited(r, [])));
    let desired = stateOf(machine.inspect());
    for (let n = 0; n < 100; n++) {
      desired = { ...edited(r, desired.services), attachments: [] };
      const made = planned(machine, desired);
      const swap = made.steps.findIndex((s) => s.kind === 'swap');
      if (swap === -1) continue;
      machine.apply(made, swap + 1 + Math.floor(r() * (made.steps.length - swap)));
      assert.equal(stateOf(machine.inspect()).services, desired.services);
      machine.apply(planned(machine, desired));
      drainsAreMarked(machine.inspect());
      entriesAreKept(machine, machine.inspect(), false);
      machine.apply(planned(machine, desired));
      assert.equal(planned(machine, desired).steps, []);
    }
  });

  test(`a writer that dies in an undo leaves one of the two configurations, and the next apply finishes it, changes or not (seed ${seed})`, () => {
    const r = random(seed);
    const machine = new Machine();
    machine.apply(planned(machine, edited(r, [])));
    for (let n = 0; n < 100; n++) {
      const first = stateOf(machine.inspect());
      machine.apply(planned(machine, edited(r, first.services)));
      const second = stateOf(machine.inspect());
      const undo = planRollback(machine.inspect(), machine.context).plan;
      const count = Math.floor(r() * (undo.steps.length + 1));
      machine.apply(undo, count);
      const expected = undo.steps.slice(0, count).some((s) => s.kind === 'swap-back') ? first : second;
      assert.equal(stateOf(machine.inspect()).services, expected.services);
      const { former } = machine.inspect();
      machine.apply(planned(machine, { ...expected, rulesets: ['shop'] }));
      drainsAreMarked(machine.inspect());
      deathsAreMarked({ ...machine.inspect(), former: former! });
      assert.equal(planned(machine, { ...expected, rulesets: ['shop'] }).steps, []);
    }
  });

  test(`undo brings the former configuration back, a second undo the later one (seed ${seed})`, () => {
    const r = random(seed);
    const machine = new Machine();
    machine.apply(planned(machine, edited(r, [])));
    let desired = stateOf(machine.inspect());
    for (let n = 0; n < 100; n++) {
      const before = stateOf(machine.inspect());
      desired = edited(r, desired.services);
      const made = planned(machine, desired);
      if (made.steps.length === 0) continue;
      machine.apply(made);
      for (const expected of [before, { ...desired, rulesets: stateOf(machine.inspect()).rulesets }, before]) {
        machine.apply(planRollback(machine.inspect(), machine.context).plan);
        assert.equal(stateOf(machine.inspect()).services, expected.services);
        assert.equal(machine.inspect().links.map((l) => l.interface).sort(), expected.attachments.map((a) => a.interface).sort());
        isDisjoint(machine.inspect());
        addressesAreKnown(machine, machine.inspect());
        entriesAreKept(machine, machine.inspect(), true);
        drainsAreMarked(machine.inspect());
        deathsAreMarked(machine.inspect());
      }
      desired = before;
    }
  });
}

test.run();
