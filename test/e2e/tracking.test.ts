/**
 * Just enough tracking, on the real program: flows through many random commits, and two balancers that were told the
 * same. Packets go through BPF_PROG_TEST_RUN; which backend got one is read off the outer header that it leaves with.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { variants } from '../../compiler/generated/variants.ts';
import type { Backend, State } from '../../compiler/state.ts';
import { commit } from '../../runtime/commit.ts';
import type { Instance, ProgramHandle } from '../../runtime/datapath.ts';
import { takeDown } from '../../runtime/down.ts';
import { pause } from '../../runtime/pause.ts';
import { random } from '../compiler/states.ts';
import { backendAt, raiseMachine, serviceAt, stateWith, type Machine } from '../support/machine.ts';
import { realDatapath, testWith } from '../support/needs.ts';
import { frame, ip, tcp, udp } from '../support/packet.ts';

const vip = '10.99.0.1';
const graceMs = 250;
const macs = { src: '02:00:00:00:01:fe', dst: '02:00:00:00:01:01' };

interface Flow {
  readonly id: number;
  readonly client: string;
  readonly sport: number;
  readonly protocol: 'tcp' | 'udp';
}

/** One balancer: an instance and a program with everything on, which is right for every configuration. */
class Balancer {
  private instance: Instance | undefined;
  private program: ProgramHandle | undefined;

  constructor(private readonly machine: Machine, readonly name: string, private readonly ifindex: number) {}

  apply(state: State): void {
    const { diagnostics, serial } = commit(this.machine.datapath, this.name, { state, rulesets: state.rulesets });
    assert.equal(diagnostics.filter((d) => d.severity === 'error'), []);
    assert.ok(serial !== undefined);
    if (this.program) return;
    const variant = variants.find((v) => v.name === 'dsr')!;
    this.instance = this.machine.datapath.open(this.name)!;
    this.program = this.instance.load({ variant: variant.name, features: variant.features });
  }

  /** Address of the backend that a packet leaves for. */
  send(flow: Flow, opens: boolean): string {
    const ports = { sport: flow.sport, dport: 80 };
    const part = flow.protocol === 'tcp' ? tcp({ ...ports, flags: opens ? 'S' : 'A' }) : udp(ports);
    const packet = frame(macs, ip({ src: flow.client, dst: vip }, part));
    const { verdict, packet: out } = this.program!.testRun(packet, { ifindex: this.ifindex });
    assert.ok(verdict === 3 || verdict === 4, `verdict ${verdict}`);
    return out.subarray(14 + 16, 14 + 20).join('.');
  }

  remembered(): number {
    return this.instance!.map('flows').entries().count;
  }

  close(): void {
    this.program?.close();
    this.instance?.close();
    takeDown(this.machine.datapath, this.name);
  }
}

/** Backends that come, go, drain, return and change weight; two at least stay up. */
class Fleet {
  readonly states = new Map<string, Backend>();

  constructor(private readonly r: () => number) {
    for (let i = 1; i <= 6; i++) this.states.set(`10.8.1.${i}`, backendAt(`10.8.1.${i}`));
  }

  change(): void {
    const address = `10.8.1.${1 + Math.floor(this.r() * 10)}`;
    const known = this.states.get(address);
    const roll = this.r();
    if (!known) this.states.set(address, backendAt(address, { weight: 1 + Math.floor(this.r() * 3) }));
    else if (roll < 0.25) this.states.delete(address);
    else if (roll < 0.5) this.states.set(address, { ...known, state: 'drain' });
    else if (roll < 0.6) this.states.set(address, { ...known, state: 'down' });
    else if (roll < 0.8) this.states.set(address, { ...known, state: 'up' });
    else this.states.set(address, { ...known, weight: 1 + Math.floor(this.r() * 4) });
    if ([...this.states.values()].filter((b) => b.state === 'up').length < 2) {
      for (const [a, b] of [...this.states].slice(0, 3)) this.states.set(a, { ...b, state: 'up' });
      this.states.set('10.8.1.1', this.states.get('10.8.1.1') ?? backendAt('10.8.1.1'));
    }
  }

  /** Whether flows of a backend are to stay with it. */
  lives(address: string): boolean {
    const state = this.states.get(address)?.state;
    return state === 'up' || state === 'drain';
  }

  get state(): State {
    return stateWith([serviceAt('web', vip, [...this.states.values()].sort((a, b) => (a.address < b.address ? -1 : 1)), {
      frontends: [{ address: vip, family: 4, port: 80, protocol: 'tcp' }, { address: vip, family: 4, port: 80, protocol: 'udp' }],
      hash: { kind: 'maglev', size: 1021, seed: '', by: 'flow' }, grace: graceMs,
    })], []);
  }
}

function withMachine(body: (machine: Machine, ifindex: number) => void): void {
  const machine = raiseMachine();
  try {
    const { exec } = machine.topology.host('lb');
    exec('ip', ['-batch', '-'], Array.from({ length: 10 }, (_, i) => `neigh replace 10.8.1.${i + 1} lladdr 02:00:00:00:02:0b dev sluice-dn nud permanent\n`).join(''));
    const links = JSON.parse(exec('ip', ['-json', 'link'])) as { ifname: string; ifindex: number }[];
    machine.within(() => body(machine, links.find((l) => l.ifname === 'sluice-up')!.ifindex));
  } finally {
    machine.topology.remove();
  }
}

const flowAt = (id: number): Flow => ({ id, client: `203.0.113.${1 + (id % 250)}`, sport: 10_000 + id, protocol: id % 4 === 3 ? 'udp' : 'tcp' });

testWith(realDatapath, test, 'flows that keep sending lose no living backend through 200 random commits, and the flow table empties at rest', () => withMachine((machine, ifindex) => {
  const r = random(11);
  const fleet = new Fleet(r);
  const balancer = new Balancer(machine, 'track', ifindex);
  try {
    balancer.apply(fleet.state);
    const places = new Map<number, { flow: Flow; backend: string }>();
    let next = 0;
    const open = (count: number): void => {
      for (let i = 0; i < count; i++) {
        const flow = flowAt(next++);
        places.set(flow.id, { flow, backend: balancer.send(flow, true) });
      }
    };
    open(300);
    for (let round = 0; round < 200; round++) {
      fleet.change();
      balancer.apply(fleet.state);
      for (const [id, { flow, backend }] of places) {
        const got = balancer.send(flow, false);
        if (fleet.lives(backend)) assert.is(got, backend, `commit ${round}: flow ${id} (${flow.protocol})`);
        else places.set(id, { flow, backend: got });
      }
      open(3);
      if (round % 20 === 19) pause(graceMs + 50);
    }
    assert.ok(balancer.remembered() > 0, 'something was remembered on the way');
    const before = balancer.remembered();
    // Every flow ends; after the window a commit finds nothing that differs, and a flood of new flows leaves nothing behind.
    for (const { flow } of places.values()) if (flow.protocol === 'tcp') balancer.send({ ...flow }, false);
    pause(graceMs + 50);
    for (let i = 0; i < 20_000; i++) balancer.send({ id: 0, client: `198.51.${i >> 8 & 255}.${i & 255}`, sport: 1024 + (i % 60_000), protocol: 'tcp' }, true);
    assert.is(balancer.remembered(), before, 'a SYN of a settled slot is not remembered');
  } finally {
    balancer.close();
  }
}));

testWith(realDatapath, test, 'two balancers that were told the same agree on every packet of flows that switch between them outside settling windows', () => withMachine((machine, ifindex) => {
  const r = random(23);
  const fleet = new Fleet(r);
  const pair = [new Balancer(machine, 'left', ifindex), new Balancer(machine, 'right', ifindex)] as const;
  try {
    for (const b of pair) b.apply(fleet.state);
    let inside = 0;
    let differed = 0;
    for (let round = 0; round < 25; round++) {
      fleet.change();
      for (const b of pair) b.apply(fleet.state);
      // Inside the window flows of before the commit are known to the one that they came by.
      const old = Array.from({ length: 40 }, (_, i) => flowAt(round * 1000 + i));
      for (const flow of old) {
        inside++;
        pair[0].send(flow, true);
        if (pair[0].send(flow, false) !== pair[1].send(flow, false)) differed++;
      }
      pause(graceMs + 50);
      for (let i = 0; i < 200; i++) {
        const flow = flowAt(round * 1000 + 500 + i);
        const first = pair[i % 2]!.send(flow, true);
        for (let n = 0; n < 4; n++) assert.is(pair[n % 2]!.send(flow, false), first, `round ${round}: flow ${flow.id}, packet ${n}`);
      }
    }
    console.log(`inside settling windows ${differed} of ${inside} flows that switched met another backend`);
    assert.ok(differed < inside, 'most agree inside too');
  } finally {
    for (const b of pair) b.close();
  }
}));

test.run();
