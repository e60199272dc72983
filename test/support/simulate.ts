/**
 * A datapath in memory, at the level of maps: carries out the steps of plans with the compiler's own encoding, is read
 * back through `decodeLive`, and answers packets by the rules of bpf/lb_select.h, so that a property over many commits
 * needs no kernel.
 */
import { addressBit, addressBits } from '../../compiler/addresses.ts';
import { encodeEntries, entryMaps, leftOver, type EntryMap } from '../../compiler/entries.ts';
import { decodeLive, encodeMeta, encodeRows, encodeServices, type RawMaps } from '../../compiler/encode.ts';
import { backend, flow as flowValue, flowKey, LbFlowState, LbHash, LbMode, LbServiceFlag, MetaKind, metaKey, service, serviceKey } from '../../compiler/generated/layout.ts';
import type { Capacity, Live, LiveAttachment, NeighbourEntry, ProgramState } from '../../compiler/live.ts';
import type { Packed } from '../../compiler/metadata.ts';
import type { PlanContext } from '../../compiler/plan.ts';
import type { Plan, Step } from '../../compiler/plan-types.ts';
import { addressBytes } from '../../compiler/encode.ts';
import { isOver } from '../../compiler/flow-life.ts';
import { flowHash, slotIn } from './hash.ts';

export interface Flow {
  readonly vip: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  readonly client: string;
  readonly sport: number;
}

function protocolNumber(flow: Flow): number {
  return flow.protocol === 'tcp' ? 6 : 17;
}

interface Remembered {
  readonly flow: Flow;
  readonly row: number;
  readonly birth: number;
  readonly seen: bigint;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const bits = new Map<string, number>();

function bitOf(address: string): number {
  let bit = bits.get(address);
  if (bit === undefined) bits.set(address, (bit = addressBit(addressBytes(address))));
  return bit;
}

export class Machine {
  exists = false;
  now = 1_000_000_000_000n;
  /** Whether plans may read the flow table. */
  showsFlows = true;
  readonly neighbours = new Map<string, NeighbourEntry>();
  #live: Packed | undefined;
  #former: Packed | undefined;
  #staged: Packed | undefined;
  #addresses = new Uint8Array(addressBits / 4);
  readonly #meta = new Map<string, { key: Uint8Array; value: Uint8Array }>();
  readonly #rows: Uint8Array;
  readonly #arenas = new Map<number, Uint32Array>();
  readonly #links = new Map<string, LiveAttachment>();
  readonly #flows = new Map<string, Remembered>();
  readonly #entries: Readonly<Record<EntryMap, Map<string, { key: Uint8Array; value: Uint8Array }>>> = { ranges: new Map(), sources: new Map(), targets: new Map() };
  /** By client and service. */
  readonly #clients = new Map<string, { readonly row: number; readonly birth: number; readonly seen: bigint }>();
  readonly #turns = new Map<number, number>();
  /** The last writer did all it had to. */
  #settled = true;

  constructor(readonly capacity: Capacity = { backends: 4096, services: 512, flows: 1024, meta: 8192 }) {
    this.#rows = new Uint8Array((capacity.backends + 1) * backend.size);
  }

  get context(): PlanContext {
    return {
      exists: this.exists,
      now: this.now,
      readTable: ({ arena, base, size }) => this.#arenas.get(arena)!.slice(2 * base, 2 * (base + size)),
      ...(this.showsFlows ? { flows: () => this.#flowTable() } : {}),
    };
  }

  /** As if every flow had been evicted. */
  forgetFlows(): void {
    this.#flows.clear();
  }

  #flowTable(): Packed {
    const all = [...this.#flows.values()];
    const packed = { keys: new Uint8Array(all.length * flowKey.size), values: new Uint8Array(all.length * flowValue.size), count: all.length };
    all.forEach(({ flow, row, birth, seen }, i) => {
      flowKey.encode({
        saddr: addressBytes(flow.client), daddr: addressBytes(flow.vip), sport: flow.sport, dport: flow.port, proto: protocolNumber(flow),
      }, packed.keys, i * flowKey.size);
      flowValue.encode({ seen, backend: row, birth, natAddr: new Uint8Array(16), natPort: 0, natFamily: 0, state: LbFlowState.OPEN }, packed.values, i * flowValue.size);
    });
    return packed;
  }

  raw(): RawMaps {
    const meta = [...this.#meta.values()];
    return {
      ...(this.#live ? { live: this.#live } : {}),
      ...(this.#former ? { former: this.#former } : {}),
      meta: { keys: Buffer.concat(meta.map((m) => m.key)), values: Buffer.concat(meta.map((m) => m.value)), count: meta.length },
      rows: { keys: new Uint8Array(0), values: this.#rows, count: this.capacity.backends + 1 },
      arenas: [...this.#arenas].map(([index, slots]) => ({ index, slots: slots.length / 2 })),
      links: [...this.#links.values()],
      capacity: this.capacity,
      beside: { ranges: this.entries('ranges'), sources: this.entries('sources'), addresses: this.#addresses },
      ...(this.#settled ? {} : { unsettled: { targets: this.entries('targets') } }),
    };
  }

  entries(map: EntryMap): Packed {
    const all = [...this.#entries[map].values()];
    return { keys: Buffer.concat(all.map((e) => e.key)), values: Buffer.concat(all.map((e) => e.value)), count: all.length };
  }

  inspect(): Live {
    const { live, problems } = decodeLive(this.raw());
    if (problems.length > 0) throw new Error(problems.map((p) => p.message).join('\n'));
    return live;
  }

  /** Carries out the first `count` steps; all of them if absent. */
  apply(plan: Plan, count = plan.steps.length): void {
    this.#settled = count >= plan.steps.length;
    for (const step of plan.steps.slice(0, count)) this.#step(step);
  }

  #step(step: Step): void {
    switch (step.kind) {
      case 'create-instance': this.exists = true; return;
      case 'create-arena':
        if (this.#arenas.has(step.arena)) throw new Error(`arena ${step.arena} is there already`);
        this.#arenas.set(step.arena, new Uint32Array(2 * step.slots));
        return;
      case 'add-neighbours': for (const n of step.neighbours) this.neighbours.set(`${n.interface} ${n.address}`, n); return;
      case 'remove-neighbours': for (const n of step.neighbours) this.neighbours.delete(`${n.interface} ${n.address}`); return;
      case 'write-rows': {
        const { values } = encodeRows(step.rows);
        step.rows.forEach((r, i) => this.#rows.set(values.subarray(i * backend.size, (i + 1) * backend.size), r.row * backend.size));
        return;
      }
      case 'write-tables': for (const t of step.tables) this.#arenas.get(t.arena)!.set(t.slots, 2 * t.base); return;
      case 'write-meta': {
        const { keys, values, count } = encodeMeta(step.services, step.generation);
        for (let i = 0; i < count; i++) {
          const key = keys.slice(i * metaKey.size, (i + 1) * metaKey.size);
          this.#meta.set(hex(key), { key, value: values.slice(i * 1024, (i + 1) * 1024) });
        }
        return;
      }
      case 'write-services': this.#staged = encodeServices(step.generation); return;
      case 'write-entries': {
        const { keys, values, count } = encodeEntries(step.map, step.services);
        for (let i = 0; i < count; i++) {
          const part = (bytes: Uint8Array): Uint8Array => bytes.slice((i * bytes.length) / count, ((i + 1) * bytes.length) / count);
          this.#entries[step.map].set(hex(part(keys)), { key: part(keys), value: part(values) });
        }
        return;
      }
      case 'write-addresses': this.#addresses = step.bits.slice(); return;
      case 'replace-program': for (const [name, link] of this.#links) this.#links.set(name, { ...link, program: step.program }); return;
      case 'attach': this.#attach(step.attachment.interface, step.attachment.xdp === 'generic' ? 'generic' : 'native', step.program); return;
      case 'detach': this.#links.delete(step.interface); return;
      case 'mark-rows': for (const row of step.rows) new DataView(this.#rows.buffer).setUint32(row * backend.size + backend.at[step.field], step.serial, true); return;
      case 'swap': this.#former = this.#live; this.#live = this.#staged; this.#staged = undefined; return;
      case 'swap-back': [this.#live, this.#former] = [this.#former, this.#live]; return;
      case 'sweep': this.#sweep(step.arenas); return;
    }
  }

  #attach(iface: string, actual: 'native' | 'generic', program: ProgramState): void {
    if (this.#links.has(iface)) throw new Error(`${iface} is attached already`);
    this.#links.set(iface, { interface: iface, xdp: actual, ruleset: '', ifindex: this.#links.size + 1, actual, program });
  }

  #sweep(arenas: readonly number[]): void {
    const kept = new Set<string>();
    for (const map of [this.#live, this.#former]) {
      for (let i = 0; map && i < map.count; i++) {
        const { id, serial, flags } = service.decode(map.values, i * service.size);
        kept.add(flags & LbServiceFlag.HEAD ? `${MetaKind.GLOBAL} 0 ${serial}` : `${MetaKind.SERVICE} ${id} ${serial}`);
      }
    }
    for (const [name, { key }] of this.#meta) {
      const { kind, id, version } = metaKey.decode(key);
      if (!kept.has(`${kind} ${id} ${version}`)) this.#meta.delete(name);
    }
    for (const index of arenas) this.#arenas.delete(index);
    const live = decodeLive(this.raw()).live;
    for (const map of entryMaps) for (const key of leftOver(map, this.entries(map), live.former ? [live, live.former] : [live])) this.#entries[map].delete(hex(key));
  }

  /** Address that a packet goes to; undefined: no backend. */
  send(flow: Flow, opens: boolean): string | undefined {
    const row = this.#choose(flow, opens);
    if (row === 0 || row === undefined) return undefined;
    const { addr, port } = backend.decode(this.#rows, row * backend.size);
    return `${hex(addr)}:${port}`;
  }

  #choose(flow: Flow, opens: boolean): number | undefined {
    const entry = this.#lookup(flow);
    if (!entry) return undefined;
    const key = `${flow.vip} ${flow.port} ${flow.protocol} ${flow.client} ${flow.sport}`;
    const hash = flowHash({ src: flow.client, dst: flow.vip, sport: flow.sport, dport: flow.port, proto: protocolNumber(flow) }, (entry.flags & LbServiceFlag.BY_SOURCE) !== 0);
    const alive = (row: number): boolean => {
      const { deadFrom } = backend.decode(this.#rows, row * backend.size);
      return deadFrom === 0 || entry.serial < deadFrom;
    };
    const recall = (): number => {
      const known = this.#flows.get(key);
      if (!known || isOver(known.seen, protocolNumber(flow), LbFlowState.OPEN, this.now)) return 0;
      const row = backend.decode(this.#rows, known.row * backend.size);
      if (row.birth !== known.birth || row.service !== entry.id || !alive(known.row)) return 0;
      this.#flows.set(key, { ...known, seen: this.now });
      return known.row;
    };
    const remember = (row: number): boolean => {
      if (row === 0 || !alive(row)) return false;
      this.#flows.set(key, { flow, row, birth: backend.decode(this.#rows, row * backend.size).birth, seen: this.now });
      return true;
    };
    const slot = (arena: number, index: number): readonly [number, number] => [this.#arenas.get(arena)![2 * index]!, this.#arenas.get(arena)![2 * index + 1]!];
    if (entry.hash !== LbHash.MAGLEV || entry.affinity > 0 || entry.mode === LbMode.SNAT || entry.mode === LbMode.DNAT) {
      const known = recall();
      if (known) return known;
      const row = this.#clientRow(flow, entry, alive) ?? (entry.tableSize === 0 ? 0 : slot(entry.arena, entry.tableBase + this.#turn(entry, hash))[0]);
      if (entry.affinity > 0 && row !== 0) this.#clients.set(`${flow.client} ${entry.id}`, { row, birth: backend.decode(this.#rows, row * backend.size).birth, seen: this.now });
      return remember(row) ? row : 0;
    }
    let [current, previous] = entry.tableSize > 0 ? slot(entry.arena, entry.tableBase + slotIn(entry.tableSize, hash)) : [0, 0];
    if (entry.flags & LbServiceFlag.PREV_TABLE && entry.prevSize > 0) {
      const [before] = slot(entry.prevArena, entry.prevBase + slotIn(entry.prevSize, hash));
      if (before !== 0 && before !== current) previous = before;
    }
    if (previous === 0) return current;
    const known = recall();
    if (known) return known;
    if (this.now < (flow.protocol === 'tcp' ? entry.settleTcp : entry.settleUdp)) {
      if (opens) remember(current);
      else if (remember(previous)) current = previous;
    }
    return current;
  }

  /** Where a client's last new flow went, if new ones may go there. */
  #clientRow(flow: Flow, entry: ReturnType<typeof service.decode>, alive: (row: number) => boolean): number | undefined {
    const known = this.#clients.get(`${flow.client} ${entry.id}`);
    if (entry.affinity === 0 || !known || this.now - known.seen > BigInt(entry.affinity) * 1_000_000_000n) return undefined;
    const { birth, service: owner, drainFrom } = backend.decode(this.#rows, known.row * backend.size);
    const takesNew = drainFrom === 0 || entry.serial < drainFrom;
    return birth === known.birth && owner === entry.id && alive(known.row) && takesNew ? known.row : undefined;
  }

  #turn(entry: ReturnType<typeof service.decode>, hash: number): number {
    if (entry.hash !== LbHash.RR) return slotIn(entry.tableSize, hash);
    const turn = this.#turns.get(entry.id) ?? 0;
    this.#turns.set(entry.id, turn + 1);
    return turn % entry.tableSize;
  }

  /** Whether a packet to this address is looked at (`vip`), or one from it (`backend`). */
  mayBe(what: 'vip' | 'backend', address: string): boolean {
    const bit = (what === 'vip' ? 0 : addressBits) + bitOf(address);
    return (this.#addresses[bit >> 3]! & (1 << (bit & 7))) !== 0;
  }

  #lookup(flow: Flow): ReturnType<typeof service.decode> | undefined {
    if (!this.mayBe('vip', flow.vip)) return undefined;
    const wanted = hex(serviceKey.encode({ addr: addressBytes(flow.vip), port: flow.port, proto: protocolNumber(flow) }));
    for (let i = 0; this.#live && i < this.#live.count; i++) {
      if (hex(this.#live.keys.subarray(i * serviceKey.size, (i + 1) * serviceKey.size)) === wanted) return service.decode(this.#live.values, i * service.size);
    }
    return undefined;
  }

  /** Rows that tables of the live configuration name, by service id. */
  rowsNamed(live: Live): Map<number, Set<number>> {
    return new Map(live.services.map((s) => [s.id, new Set(s.tables.flatMap((t) => [
      ...(t.size > 0 ? this.context.readTable(t) : []), ...(t.previous ? this.context.readTable(t.previous) : [])]).filter((r) => r !== 0))]));
  }

  /** Owner (service id) of a row. */
  ownerOf(row: number): number {
    return backend.decode(this.#rows, row * backend.size).service;
  }
}
