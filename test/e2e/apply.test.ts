/** Commits on the real kernel: what is live afterwards, and that whatever fails leaves it as it was. */
import { readdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addressesOf } from '../../compiler/addresses.ts';
import { byKey, encodeEntries, entryMaps } from '../../compiler/entries.ts';
import { metaKey, MetaKind, rangeKey } from '../../compiler/generated/layout.ts';
import { stateOf } from '../../compiler/live.ts';
import type { State } from '../../compiler/state.ts';
import { hasErrors } from '../../dsl/diagnostic.ts';
import { commit, propose, proposeRollback, rollback, type CommitResult } from '../../runtime/commit.ts';
import { DatapathError } from '../../runtime/datapath.ts';
import { takeDown } from '../../runtime/down.ts';
import { inspect } from '../../runtime/inspect.ts';
import { createKernelDatapath } from '../../runtime/kernel/datapath.ts';
import { inNetns } from '../../runtime/kernel/netns.ts';
import { claim } from '../../runtime/recall.ts';
import { show, topicList } from '../../runtime/show/show.ts';
import { objects } from '../support/bpffs.ts';
import { backendAt, raiseMachine, serviceAt, stateWith, type Machine } from '../support/machine.ts';
import { realDatapath, testWith } from '../support/needs.ts';

const test = suite('apply');
let machine: Machine | undefined;
let name = '';
let counter = 0;

const at = (): Machine => (machine ??= raiseMachine());
/** Each test has an instance of its own. */
function testOn(title: string, body: () => void): void {
  testWith(realDatapath, test, title, () => {
    name = `t${counter++}`;
    at().within(() => {
      try {
        body();
      } finally {
        takeDown(at().datapath, name);
      }
    });
  });
}
test.after(() => machine?.topology.remove());

const want = (state: State): { state: State; rulesets: readonly string[] } => ({ state, rulesets: state.rulesets });
const apply = (state: State): CommitResult => commit(at().datapath, name, want(state), { wait: 50 });
const live = (): State => stateOf(inspect(at().datapath, name).live);
const codes = (result: { readonly diagnostics: readonly { readonly code: string }[] }): string[] => result.diagnostics.map((d) => d.code);
function applied(state: State): CommitResult {
  const result = apply(state);
  assert.equal(result.diagnostics, []);
  assert.ok(result.serial !== undefined);
  return result;
}
/** Programs and interfaces of the instance, as the kernel has them. */
function links(): string[] {
  const instance = at().datapath.open(name);
  const all = (instance?.links() ?? []).map((l) => `${l.interface} ${l.program.variant} ${l.program.features}`);
  instance?.close();
  return all;
}

const web = serviceAt('web', '10.99.0.1', [backendAt('10.8.0.11'), backendAt('10.8.0.12')]);
const api = serviceAt('api', '10.99.0.2', [backendAt('10.8.0.13', { name: 'one', weight: 3 })], { mode: 'dsr l2', labels: { team: 'edge' } });
const one = stateWith([web]);
const two = stateWith([api, serviceAt('web', '10.99.0.1', [backendAt('10.8.0.11'), backendAt('10.8.0.14')])], ['sluice-dn', 'sluice-up']);

testOn('what was applied is read back, and a plan after an apply is empty', () => {
  applied(one);
  assert.equal(live(), one);
  applied(two);
  assert.equal(live(), two);
  const { plan, diagnostics } = propose(at().datapath, name, want(two));
  assert.equal([plan!.changes, plan!.steps, diagnostics], [[], [], []]);
  const { serial } = inspect(at().datapath, name).live;
  assert.is(applied(two).serial, serial, 'an empty plan makes no commit');
});

testOn('undo brings the former configuration back, and a second undo the later one', () => {
  applied(one);
  applied(two);
  assert.ok(proposeRollback(at().datapath, name).plan!.steps.length > 0);
  assert.equal(rollback(at().datapath, name).diagnostics, []);
  assert.equal(live(), one);
  assert.equal(links().map((l) => l.split(' ')[0]), ['sluice-up']);
  assert.equal(rollback(at().datapath, name).diagnostics, []);
  assert.equal(live(), two);
  assert.equal(links().map((l) => l.split(' ')[0]).sort(), ['sluice-dn', 'sluice-up']);
});

testOn('undo after the first apply says that there is nothing to go back to', () => {
  assert.equal(codes(rollback(at().datapath, name)), ['LB517']);
  applied(one);
  const result = rollback(at().datapath, name);
  assert.equal([codes(result), result.serial], [['LB508'], undefined]);
  assert.equal(live(), one);
});

testOn('a stale plan is refused', () => {
  applied(one);
  const { plan } = propose(at().datapath, name, want(two));
  applied(stateWith([api]));
  const result = commit(at().datapath, name, want(two), { base: plan!.base });
  assert.equal([codes(result), result.serial], [['LB502'], undefined]);
  assert.equal(live(), stateWith([api]));
});

testOn('a second writer is refused while the first one is at work', () => {
  applied(one);
  const lock = at().datapath.lock(name, 0);
  const result = apply(two);
  lock.release();
  assert.equal([codes(result), live()], [['LB503'], one]);
  applied(two);
});

testOn('a foreign XDP program on an interface stays, and nothing is changed', () => {
  applied(one);
  const before = links();
  const other = `${name}x`;
  assert.equal(commit(at().datapath, other, want(stateWith([api], ['sluice-dn']))).diagnostics, []);
  try {
    const planned = propose(at().datapath, name, want(two));
    assert.equal([codes(planned), planned.plan], [['LB504'], undefined], 'a plan says it too');
    const result = apply(two);
    assert.equal(codes(result), ['LB504']);
    assert.equal(planned.diagnostics[0]!.message, result.diagnostics[0]!.message);
    assert.match(JSON.stringify(result.diagnostics[0]!.related), /program \d+ \(sluice_xdp\)/);
    assert.match(result.diagnostics[0]!.message, /sluice-dn/);
    assert.equal([live(), links()], [one, before]);
  } finally {
    takeDown(at().datapath, other);
  }
  applied(two);
});

testOn('a missing interface is said before anything is written, with the nearest name', () => {
  const result = apply(stateWith([web], ['sluice-pu']));
  assert.equal([codes(result), result.serial], [['LB501'], undefined]);
  assert.match(result.diagnostics[0]!.hint!, /sluice-up/);
  assert.is(at().datapath.open(name), undefined, 'no instance was made');
});

/** Another writer, who dies after filling the map of texts with entries that nothing refers to, until the kernel takes no more. */
function fillTexts(): void {
  const other = createKernelDatapath({ bpffs: at().bpffs, objects });
  const instance = other.open(name)!;
  claim(other, name, instance);
  const meta = instance.map('meta');
  const { count } = meta.entries();
  const room = meta.info.maxEntries - count;
  const keys = new Uint8Array(room * metaKey.size);
  for (let i = 0; i < room; i++) metaKey.encode({ kind: MetaKind.SERVICE, id: 10_000 + i, version: 1, chunk: 0 }, keys, i * metaKey.size);
  meta.updateBatch(keys, new Uint8Array(room * meta.info.valueSize), room);
  instance.close();
}

testOn('a map that is full when it is written is reported, and what was live stays live', () => {
  applied(one);
  const before = links();
  const result = commit(at().datapath, name, want(two), {
    onStep(step, _index, phase) {
      if (step.kind === 'write-meta' && phase === 'before') fillTexts();
    },
  });
  assert.equal([codes(result), result.serial], [['LB514'], undefined]);
  assert.equal([live(), links()], [one, before]);
});

testOn('texts that dead writers left make room for a commit', () => {
  applied(one);
  fillTexts();
  applied(two);
  assert.equal(live(), two);
  const instance = at().datapath.open(name)!;
  assert.ok(instance.map('meta').entries().count < 10);
  instance.close();
});

testOn('more backends than the instance holds are refused before anything is written, with the number that would fit', () => {
  assert.equal(commit(at().datapath, name, want(one), { capacity: { backends: 4, services: 1 } }).diagnostics, []);
  const shown = show(at().datapath, name, 'instance').text;
  assert.match(shown, /services +1 of 1\b/);
  assert.match(shown, /backends +2 of 4\b/);
  const before = links();
  const many = stateWith([serviceAt('many', '10.99.0.7', Array.from({ length: 20 }, (_, i) => backendAt(`10.8.1.${i + 10}`)))]);
  const result = apply(many);
  assert.equal(codes(result), ['LB510']);
  assert.match(result.diagnostics[0]!.message, /\b[02] of [14] are free/);
  assert.equal([live(), links()], [one, before]);
  applied(stateWith([serviceAt('web', '10.99.0.1', [backendAt('10.8.0.11'), backendAt('10.8.0.12'), backendAt('10.8.0.13'), backendAt('10.8.0.14')])]));
});

testOn('a step that fails before the swap leaves state, links and programs as they were, whichever it is', () => {
  applied(one);
  const before = links();
  const { plan } = propose(at().datapath, name, want(two));
  const swap = plan!.steps.findIndex((s) => s.kind === 'swap');
  assert.ok(swap > 2, 'the plan has steps before its swap');
  for (const phase of ['before', 'after'] as const) {
    for (let failing = 0; failing <= (phase === 'after' ? swap - 1 : swap); failing++) {
      const result = commit(at().datapath, name, want(two), {
        onStep(_step, index, now) {
          if (index === failing && now === phase) throw new DatapathError('do this', 'EIO');
        },
      });
      assert.equal([codes(result), result.serial, result.unfinished], [['LB505'], undefined, false], `${plan!.steps[failing]!.kind}`);
      assert.equal([live(), links()], [one, before], `${phase} ${plan!.steps[failing]!.kind}`);
    }
  }
  applied(two);
  assert.equal(live(), two);
});

/** Translated, to few clients, and tunnelled to a backend that a later state empties and gives another port. */
const rich = stateWith([
  serviceAt('nat', '10.99.0.5', [backendAt('10.8.0.11')], { mode: 'snat', from: ['10.8.0.1:20000-29999', '10.8.0.2'], allow: ['10.7.0.0/16', '192.0.2.0/24'], affinity: 60 }),
  serviceAt('web', '10.99.0.1', [backendAt('10.8.0.11'), backendAt('10.8.0.12')], { from: ['10.200.0.0/16'] }),
]);
const richer = stateWith([
  serviceAt('nat', '10.99.0.6', [backendAt('10.8.0.14')], { mode: 'hybrid ipip', hash: { kind: 'rr' }, allow: ['10.0.0.0/8'], onUnknown: 'pass' }),
  serviceAt('web', '10.99.0.1', [backendAt('10.8.0.11', { state: 'drain' }), backendAt('10.8.0.12', { port: 8080 })], { mode: 'dsr geneve' }),
]);

/** What is beside the service map, as the kernel has it. */
function beside(): Record<string, string[]> {
  const instance = at().datapath.open(name)!;
  try {
    const maps = entryMaps.map((map) => [map, [...byKey(instance.map(map).entries())].map((e) => e.join()).sort()] as const);
    const addresses = instance.map('addresses');
    return { ...Object.fromEntries(maps), addresses: [Buffer.from(addresses.readRange(0, addresses.info.maxEntries)).toString('base64')] };
  } finally {
    instance.close();
  }
}

/** What should be there: that of both configurations, the live one's where they differ. */
function expectedBeside(): Record<string, string[]> {
  const found = inspect(at().datapath, name).live;
  const both = [...found.former?.services ?? [], ...found.services];
  const maps = entryMaps.map((map) => [map, [...byKey(encodeEntries(map, both))].map((e) => e.join()).sort()] as const);
  return { ...Object.fromEntries(maps), addresses: [Buffer.from(addressesOf([found, found.former])).toString('base64')] };
}

testOn('source ranges, sources, backends by address and address bits are those of the live and the former configuration', () => {
  for (const state of [rich, richer, one, rich]) {
    applied(state);
    assert.equal(live(), state);
    assert.equal(beside(), expectedBeside());
    assert.equal(propose(at().datapath, name, want(state)).plan!.steps, []);
  }
  applied(richer);
  for (const state of [rich, richer]) {
    assert.equal(rollback(at().datapath, name).diagnostics, []);
    assert.equal(live(), state);
    assert.equal(beside(), expectedBeside());
  }
});

testOn('a source range that somebody else added is found by the next process, and gone after its apply', () => {
  applied(rich);
  const other = createKernelDatapath({ bpffs: at().bpffs, objects });
  const instance = other.open(name)!;
  const ranges = instance.map('ranges');
  const [first] = [rangeKey.decode(ranges.entries().keys)];
  ranges.update(rangeKey.encode({ ...first, prefix: 64 }), new Uint8Array(4));
  instance.close();
  assert.equal(inspect(other, name).problems.map((p) => p.message), ["the source ranges (allow) of the live service 'nat' are not what was committed"]);
  assert.equal(commit(other, name, want(rich)).diagnostics, []);
  assert.equal(beside(), expectedBeside());
  assert.equal(inspect(other, name).problems, []);
});

testOn('a step that fails before the swap takes back what stands beside the service map', () => {
  applied(rich);
  const before = beside();
  const { plan } = propose(at().datapath, name, want(richer));
  const swap = plan!.steps.findIndex((s) => s.kind === 'swap');
  assert.ok(plan!.steps.slice(0, swap).filter((s) => s.kind === 'write-entries').length >= 2);
  for (let failing = 0; failing <= swap; failing++) {
    const result = commit(at().datapath, name, want(richer), {
      onStep(_step, index, phase) {
        if (index === failing && phase === 'before') throw new DatapathError('do this', 'EIO');
      },
    });
    assert.equal([codes(result), live()], [['LB505'], rich]);
    assert.equal(beside(), before, plan!.steps[failing]!.kind);
  }
  applied(richer);
  assert.equal(beside(), expectedBeside());
});

testOn('a step that fails in the very first apply leaves no instance', () => {
  const { plan } = propose(at().datapath, name, want(one));
  const swap = plan!.steps.findIndex((s) => s.kind === 'swap');
  for (let failing = 0; failing <= swap; failing++) {
    commit(at().datapath, name, want(one), {
      onStep(_step, index, phase) {
        if (index === failing && phase === 'before') throw new DatapathError('do this', 'EIO');
      },
    });
    assert.is(at().datapath.open(name), undefined, plan!.steps[failing]!.kind);
  }
  applied(one);
});

testOn('what fails after the swap is reported as left to do, and the next apply does it', () => {
  for (let after = 1; ; after++) {
    applied(two);
    const { plan } = propose(at().datapath, name, want(one));
    const failing = plan!.steps.findIndex((s) => s.kind === 'swap') + after;
    if (failing >= plan!.steps.length) {
      assert.ok(after > 2, 'the plan has steps after its swap');
      break;
    }
    const result = commit(at().datapath, name, want(one), {
      onStep(_step, index, phase) {
        if (index === failing && phase === 'before') throw new DatapathError('do this', 'EIO');
      },
    });
    assert.equal([codes(result), result.unfinished], [['LB506'], true]);
    assert.not.ok(hasErrors(result.diagnostics));
    assert.equal(live(), one);
    applied(one);
    assert.equal(links().map((l) => l.split(' ')[0]), ['sluice-up'], `${plan!.steps[failing]!.kind} was made up for`);
  }
});

testOn('another ruleset is left alone, and may not claim a VIP that is taken', () => {
  applied(one);
  const other: State = { rulesets: ['u'], services: [{ ...api, ruleset: 'u' }], attachments: [] };
  assert.equal(apply(other).diagnostics, []);
  assert.equal(live().services.map((s) => `${s.ruleset}/${s.name}`), ['t/web', 'u/api']);
  const thief: State = { rulesets: ['u'], services: [{ ...web, ruleset: 'u', name: 'mine' }], attachments: [] };
  const result = apply(thief);
  assert.ok(hasErrors(result.diagnostics));
  assert.equal(live().services.map((s) => `${s.ruleset}/${s.name}`), ['t/web', 'u/api']);
});

testOn('next hops of backends are kept by the kernel while they are needed', () => {
  const managed = (): string[] => at().topology.host('lb').exec('ip', ['neigh', 'show']).split('\n')
    .filter((l) => l.includes('managed')).map((l) => l.split(' ')[0]!).sort();
  applied(one);
  assert.equal(managed(), ['10.8.0.11', '10.8.0.12']);
  applied(stateWith([serviceAt('web', '10.99.0.1', [backendAt('10.8.0.12'), backendAt('10.8.0.13')])]));
  applied(stateWith([serviceAt('web', '10.99.0.1', [backendAt('10.8.0.13')])]));
  assert.ok(managed().includes('10.8.0.13') && !managed().includes('10.8.0.11'), managed().join());
  takeDown(at().datapath, name);
  assert.equal(managed(), []);
});

testOn('a next hop that another instance needs too stays', () => {
  const { exec } = at().topology.host('lb');
  applied(one);
  const other = `${name}x`;
  assert.equal(commit(at().datapath, other, want(stateWith([web], ['sluice-dn']))).diagnostics, []);
  takeDown(at().datapath, name);
  assert.match(exec('ip', ['neigh', 'show']), /10\.8\.0\.11 .*managed/);
  takeDown(at().datapath, other);
  assert.not.match(exec('ip', ['neigh', 'show']), /managed/);
});

testOn('next hops that the kernel forgot are said, and put back by an apply that changes nothing', () => {
  const { exec } = at().topology.host('lb');
  const managed = (): number => exec('ip', ['neigh', 'show']).split('\n').filter((l) => l.includes('managed')).length;
  applied(one);
  exec('ip', ['link', 'set', 'sluice-dn', 'down']);
  exec('ip', ['link', 'set', 'sluice-dn', 'up']);
  assert.is(managed(), 0);
  const { plan, diagnostics } = propose(at().datapath, name, want(one));
  assert.equal([plan!.steps, codes({ diagnostics })], [[], ['LB618']]);
  applied(one);
  assert.is(managed(), 2);
  assert.equal(propose(at().datapath, name, want(one)).diagnostics, []);
});

testOn('an interface that went and came back is attached anew by the next apply', () => {
  const { exec } = at().topology.host('lb');
  exec('ip', ['link', 'add', 'sluice-tmp', 'type', 'veth', 'peer', 'name', 'sluice-tmq']);
  const state = stateWith([web], ['sluice-tmp', 'sluice-up']);
  applied(state);
  exec('ip', ['link', 'del', 'sluice-tmp']);
  assert.equal(codes(apply(stateWith([api], ['sluice-tmp', 'sluice-up']))), ['LB501'], 'who names it is told');
  applied({ rulesets: ['u'], services: [{ ...api, ruleset: 'u' }], attachments: [] });
  assert.match(show(at().datapath, name, 'attachments').text, /sluice-tmp +gone/);
  exec('ip', ['link', 'add', 'sluice-tmp', 'type', 'veth', 'peer', 'name', 'sluice-tmq']);
  try {
    applied(state);
    assert.match(exec('ip', ['link', 'show', 'sluice-tmp']), /xdp/);
    assert.match(show(at().datapath, name, 'attachments').text, /sluice-tmp +\d+ +native/);
  } finally {
    exec('ip', ['link', 'del', 'sluice-tmp']);
  }
  applied(one);
  assert.equal(inspect(at().datapath, name).live.links.map((l) => l.interface), ['sluice-up']);
});

testOn('an instance is refused in another network namespace', () => {
  applied(one);
  const result = inNetns(at().topology.host('client').netns, () => apply(two));
  assert.equal(codes(result), ['LB511']);
  assert.equal(live(), one);
});

testOn('the sizes of an instance are set by its first apply', () => {
  const sized = commit(at().datapath, name, want(one), { capacity: { backends: 300, flows: 1000 } });
  assert.equal(sized.diagnostics, []);
  const { capacity } = inspect(at().datapath, name).live;
  assert.equal([capacity.backends, capacity.flows], [300, 1000]);
  assert.equal(codes(commit(at().datapath, name, want(two), { capacity: { backends: 400 } })), ['LB515']);
  assert.equal(commit(at().datapath, name, want(two), { capacity: { backends: 300 } }).diagnostics, []);
});

testOn('an interface that does not forward is a warning with the command that mends it, also once it is applied', () => {
  const { exec } = at().topology.host('lb');
  exec('sysctl', ['-qw', 'net.ipv4.conf.sluice-up.forwarding=0']);
  const warned = (state: State, says: RegExp): number => {
    const { diagnostics, plan } = propose(at().datapath, name, want(state));
    assert.equal(diagnostics.map((d) => [d.code, d.severity]), [['LB612', 'warning']]);
    assert.match(diagnostics[0]!.message, says);
    assert.match(diagnostics[0]!.hint!, /sysctl -w net\.ipv4\.conf\.sluice-up\.forwarding=1/);
    return plan!.steps.length;
  };
  try {
    const dropped = /^IPv4 forwarding is off on sluice-up: packets to services of dsr ipip are dropped there/;
    assert.ok(warned(one, dropped) > 0);
    applied(one);
    assert.is(warned(one, dropped), 0);
    warned(stateWith([api]), /^IPv4 forwarding is off on sluice-up: packets to services of dsr l2 go no further than this host$/);
    const here = stateWith([serviceAt('here', '10.99.0.9', [backendAt('10.7.0.1')])]);
    assert.equal(propose(at().datapath, name, want(here)).diagnostics, [], 'a backend that is this host');
  } finally {
    exec('sysctl', ['-qw', 'net.ipv4.conf.sluice-up.forwarding=1']);
  }
});

testOn('a backend without a route is a warning', () => {
  const { diagnostics, plan } = propose(at().datapath, name, want(stateWith([serviceAt('far', '10.99.0.9', [backendAt('192.0.2.77')])])));
  assert.equal(diagnostics.map((d) => [d.code, d.severity]), [['LB613', 'warning']]);
  assert.ok(plan);
});

testOn('everything can be shown, before packets came', () => {
  applied(two);
  for (const topic of topicList) {
    const shown = show(at().datapath, name, topic.name);
    assert.equal(shown.diagnostics, [], topic.name);
    assert.ok(shown.facts && shown.text.length > 0, topic.name);
    assert.not.match(shown.text, / $|undefined|NaN|\[object/m, topic.name);
  }
  const backends = show(at().datapath, name, 'backends', 'web').facts as { services: { backends: { share: number }[] }[] };
  const shares = backends.services[0]!.backends.map((b) => b.share);
  assert.ok(Math.abs(shares.reduce((a, b) => a + b, 0) - 1) < 1e-9, 'the shares of a table sum up to all of it');
  assert.equal(codes(show(at().datapath, name, 'backends', 'wbe')), ['LB518']);
  assert.equal(codes(show(at().datapath, 'nothing', 'services')), ['LB517']);
});

testOn('down leaves nothing behind, and a second time finds nothing', () => {
  applied(one);
  applied(two);
  const down = takeDown(at().datapath, name);
  assert.equal([down.removed, down.diagnostics], [true, []]);
  assert.not.ok(readdirSync(at().bpffs).includes('sluice'));
  assert.not.match(at().topology.host('lb').exec('ip', ['link', 'show']), /xdp/);
  assert.not.match(at().topology.host('lb').exec('ip', ['neigh', 'show']), /managed/);
  assert.is(takeDown(at().datapath, name).removed, false);
  assert.not.ok(readdirSync(at().bpffs).includes('sluice'));
});

test.run();
