/** Samples of flows, from packets of a test run to what the command prints. */
import { spawn } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeAddresses } from '../../compiler/addresses.ts';
import { LbFeature, settings } from '../../compiler/generated/layout.ts';
import type { Diagnostic } from '../../dsl/diagnostic.ts';
import { commit } from '../../runtime/commit.ts';
import type { Datapath, Instance, ProgramHandle } from '../../runtime/datapath.ts';
import { takeDown } from '../../runtime/down.ts';
import { watchFlows, type WatchOptions, type Watched } from '../../runtime/events.ts';
import { flowLines } from '../../runtime/show/flow-lines.ts';
import { eventColumns, type FlowEvent } from '../../runtime/show/events.ts';
import { mainFile, sluice, tsxLoader } from '../support/cli.ts';
import { mapped, u32 } from '../support/configure.ts';
import { backendAt, raiseMachine, serviceAt, stateWith, type Machine } from '../support/machine.ts';
import { realDatapath, testWith } from '../support/needs.ts';
import { frame, ip, tcp } from '../support/packet.ts';

const test = suite('events');
let machine: Machine | undefined;
test.after(() => machine?.topology.remove());

const macs = { src: '02:00:00:00:07:09', dst: '02:00:00:00:07:01' };
const syn = (sport: number, dport = 80): Uint8Array => frame(macs, ip({ src: '10.7.0.9', dst: '10.99.0.1' }, tcp({ sport, dport, flags: 'S' })));
const opening = 80, unknown = 81;

interface Scene {
  readonly datapath: Datapath;
  readonly bpffs: string;
  readonly instance: Instance;
  /** Runs the program on a SYN from each of these ports. */
  send(sports: readonly number[], dport?: number, repeat?: number): void;
  rate(): number;
  watch(options?: Partial<WatchOptions>): { readonly events: FlowEvent[]; readonly notes: Diagnostic[]; readonly lost: number[]; readonly done: Promise<Watched>; end(): void };
}

/** A service with one backend on a program that takes samples. */
function withScene(name: string, body: (scene: Scene) => Promise<void>): void {
  testWith(realDatapath, test, name, async () => {
    machine ??= raiseMachine();
    const { datapath, topology, within, bpffs } = machine;
    topology.host('lb').exec('ip', ['neigh', 'replace', '10.8.0.11', 'lladdr', '02:00:00:00:08:11', 'dev', 'sluice-dn', 'nud', 'permanent']);
    try {
      within(() => {
        const state = stateWith([serviceAt('web', '10.99.0.1', [backendAt('10.8.0.11', { name: 'web-1\u001b[31m' })], { hash: { kind: 'random' } })]);
        assert.equal(commit(datapath, 'e', { state, rulesets: ['t'] }).diagnostics.filter((d) => d.severity === 'error'), []);
      });
      const instance = datapath.open('e')!;
      instance.map('addresses').writeRange(0, encodeAddresses([mapped('10.99.0.1')], []));
      const link = instance.links()[0]!;
      let program: ProgramHandle;
      within(() => { program = instance.load({ variant: link.program.variant, features: link.program.features | LbFeature.EVENTS }); });
      await body({
        datapath, bpffs, instance,
        send: (sports, dport = opening, repeat = 1) => within(() => { for (const sport of sports) program.testRun(syn(sport, dport), { ifindex: link.ifindex, repeat }); }),
        rate: () => settings.decode(instance.map('settings').lookup(u32(0))!).sample,
        watch(options = {}) {
          const [events, notes, lost] = [[] as FlowEvent[], [] as Diagnostic[], [] as number[]];
          const ending = new AbortController();
          const done = watchFlows(datapath, 'e', {
            sample: 1, signal: ending.signal, onStart: (said) => { notes.push(...said); }, onEvent: (e) => { events.push(e); }, onLost: (n) => { lost.push(n); }, ...options,
          });
          return { events, notes, lost, done, end: () => ending.abort() };
        },
      });
      instance.close();
    } finally {
      within(() => { takeDown(datapath, 'e'); });
    }
  });
}

const turn = (ms = 0): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });
const ports = (count: number): number[] => Array.from({ length: count }, (_, i) => 1024 + i);

withScene('a flow that opens and a packet that is dropped are events with names, and nothing is taken before and after', async ({ send, rate, watch }) => {
  send([1]);
  const { events, done, end } = watch();
  assert.is(rate(), 1);
  send([40_000]);
  send([40_001], unknown);
  await turn(120);
  end();
  const { events: count, lost, diagnostics } = await done;
  assert.equal([count, lost, diagnostics], [2, 0, []]);
  assert.is(rate(), 0);
  send([40_002]);
  const [opened, dropped] = events;
  assert.equal([opened!.kind, opened!.client, opened!.vip, opened!.protocol, opened!.service, opened!.mode],
    ['opened', { address: '10.7.0.9', port: 40_000 }, { address: '10.99.0.1', port: 80 }, 'tcp', { ruleset: 't', name: 'web' }, 'dsr-ipip']);
  assert.equal([opened!.backend!.address, opened!.backend!.name, opened!.length], ['10.8.0.11', 'web-1\u001b[31m', 40]);
  assert.equal([dropped!.kind, dropped!.client.port, dropped!.reason, dropped!.service], ['dropped', 40_001, 'unknown-port', undefined]);
  assert.ok(Math.abs(Date.parse(opened!.time) - Date.now()) < 10_000, opened!.time);
  const line = eventColumns();
  assert.match(line(opened!), /^\d\d:\d\d:\d\d\.\d{3}  opened  10\.7\.0\.9:40000  10\.99\.0\.1:80\/tcp  web  10\.8\.0\.11 web-1\\x1b\[31m  40 B$/);
  assert.match(line(dropped!), /  unknown-port +40 B$/);
});

withScene('one in N is about so many', async ({ send, watch }) => {
  const { events, done } = watch({ sample: 10, ms: 300 });
  send(ports(2000), unknown);
  await done;
  // Expected 200; ten standard deviations of the binomial distribution either way.
  assert.ok(events.length > 65 && events.length < 335, `${events.length} of 2000`);
});

withScene('it ends after so many events, and what was in the ring before it began is not shown', async ({ send, rate, watch, instance }) => {
  instance.map('settings').update(u32(0), settings.encode({ sample: 1 }));
  send(ports(5), unknown);
  const { events, notes, done } = watch({ count: 3 });
  send([50_000, 50_001, 50_002, 50_003], unknown);
  assert.is((await done).events, 3);
  assert.equal(events.map((e) => e.client.port), [50_000, 50_001, 50_002]);
  assert.ok(notes.some((n) => n.message.includes('1 in 1 already')));
  assert.is(rate(), 0);
});

withScene('samples for which the ring has no room are counted and said', async ({ send, watch }) => {
  const { events, lost, done } = watch({ ms: 400 });
  const many = 20_000;
  send([1], unknown, many);
  const watched = await done;
  assert.is(watched.events, events.length);
  assert.is(watched.events + watched.lost, many);
  assert.ok(watched.lost > 0);
  assert.is(lost.reduce((a, b) => a + b, 0), watched.lost);
});

withScene('a second reader is refused while the first is there, and the rate stays the first one\'s', async ({ rate, watch }) => {
  const first = watch({ sample: 7 });
  const second = await watch().done;
  assert.equal(second.diagnostics.map((d) => [d.code, d.severity]), [['LB531', 'error']]);
  assert.is(rate(), 7);
  first.end();
  await first.done;
  assert.equal((await watch({ ms: 1 }).done).diagnostics, []);
});

withScene('it ends when the instance goes away', async ({ datapath, watch }) => {
  const { done } = watch();
  machine!.within(() => { takeDown(datapath, 'e'); });
  assert.ok((await done).gone);
});

withScene('programs that take no samples are said', async ({ datapath }) => {
  const without = Object.assign(Object.create(datapath) as Datapath, {
    open: (name: string) => Object.assign(Object.create(datapath.open(name)!) as Instance, { links: () => [] }),
  });
  const notes: Diagnostic[] = [];
  await watchFlows(without, 'e', { sample: 1, ms: 1, signal: new AbortController().signal, onStart: (said) => { notes.push(...said); }, onEvent: () => undefined });
  assert.equal(notes.map((n) => [n.severity, n.message]), [['warning', 'no running program takes samples']]);
});

withScene('the prompt gets the lines of a while, and how many they were', async ({ datapath, send, rate }) => {
  const ending = new AbortController();
  const shown = flowLines(datapath, 'e', 60_000, ending.signal);
  send([1, 2], unknown);
  await turn(120);
  ending.abort();
  const { text, diagnostics } = await shown;
  assert.match(text, /^[\d:.]+  dropped  10\.7\.0\.9:1 .*\n.*10\.7\.0\.9:2 .*\n2 events in 0\.\d s$/);
  assert.equal(diagnostics.filter((d) => d.severity === 'error'), []);
  assert.is(rate(), 0);
  assert.equal((await flowLines(datapath, 'absent', 1, ending.signal)).diagnostics.map((d) => d.code), ['LB517']);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  withScene(`the command sets the rate, prints an object a line, and ends clean on ${signal}`, async ({ bpffs, send, rate }) => {
    const child = spawn(process.execPath, ['--import', tsxLoader, mainFile, 'flows', '--json', '--sample', '1', '--instance', 'e', '--bpffs', bpffs], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    child.stdout.on('data', (d: Buffer) => { out += d.toString(); });
    const ended = new Promise<number | null>((resolve) => { child.on('close', resolve); });
    for (let i = 0; i < 200 && !out.includes('\n'); i++) await turn(50);
    assert.is(rate(), 1);
    send([40_000]);
    for (let i = 0; i < 100 && out.split('\n').length < 3; i++) await turn(20);
    child.kill(signal);
    assert.is(await ended, 0);
    assert.is(rate(), 0);
    const lines = out.trim().split('\n').map((l) => JSON.parse(l) as Record<string, unknown>);
    assert.equal([lines[0]!['format'], lines[0]!['sample'], lines[1]!['kind'], lines[2]!['kind'], lines[2]!['events']], ['sluice.flows/1', 1, 'opened', 'end', 1]);
    assert.not.match(out, /\u001b/);
  });
}

withScene('the command ends when its reader goes, when its time is over, and on a wrong number', async ({ bpffs, send, rate }) => {
  const words = ['--instance', 'e', '--bpffs', bpffs];
  const ran = sluice(['flows', '--for', '100ms', ...words]);
  assert.equal([ran.status, ran.out], [0, '']);
  assert.match(ran.err, /every new flow and drop; \^C ends\n0 events in 0\.\d s/);
  assert.equal([sluice(['flows', '--for', '5', ...words]).status, sluice(['flows', '--sample', '0', ...words]).status], [2, 2]);
  assert.equal(sluice(['flows', '--instance', 'absent', '--bpffs', bpffs]).status, 1);
  const child = spawn('sh', ['-c', `"${process.execPath}" --import "${tsxLoader}" "${mainFile}" flows ${words.join(' ')} 2>/dev/null | head -1`], { stdio: ['ignore', 'ignore', 'ignore'] });
  const ended = new Promise((resolve) => { child.on('close', resolve); });
  for (let i = 0; i < 200 && rate() === 0; i++) await turn(50);
  for (let i = 0; i < 100 && rate() !== 0; i++) {
    send([1], unknown);
    await turn(100);
  }
  assert.is(rate(), 0);
  await ended;
});

test.run();
