/**
 * Carries out one step of a plan. Each answers how it is undone, where there is anything to undo: what a
 * step before the swap writes is reachable by nobody, so most need nothing.
 */
import type { Capacity, NeighbourEntry, ProgramState } from '../compiler/live.ts';
import type { RowWrite, Step, TableWrite } from '../compiler/plan-types.ts';
import { encodeMeta, encodeRows, encodeServices } from '../compiler/encode.ts';
import { encodeEntries } from '../compiler/entries.ts';
import { backend } from '../compiler/generated/layout.ts';
import type { Diagnostic } from '../dsl/diagnostic.ts';
import { bug } from '../dsl/diagnostic.ts';
import { retireCounters } from './counters.ts';
import type { Datapath, Instance, MapHandle, ProgramHandle } from './datapath.ts';
import { addNeighbours, removeNeighbours } from './neighbours.ts';
import { stageServices } from './service-map.ts';
import { withoutOthers } from './sweep.ts';
import { writeVlans, type VlanInterface } from './vlans.ts';

/** Up to here a look-up for each costs less than to ask whether a map is empty. */
const fewEntries = 1000;

export type Undo = () => void;

/** What the steps of one plan work on. */
export interface Scene {
  readonly datapath: Datapath;
  readonly name: string;
  readonly capacity: Capacity;
  /** For a new instance. */
  readonly vlans: readonly VlanInterface[];
  /** Absent until `create-instance`. */
  instance?: Instance;
  /** The service map that the swap will put in. */
  staged?: MapHandle;
  /** The swap is done: from here on nothing refers to what the plan leaves behind. */
  swapped: boolean;
  /** Deletes text that nothing refers to, after the swap; answers neighbours that only it named. */
  readonly sweepText: (instance: Instance) => readonly NeighbourEntry[];
  readonly programs: Map<string, ProgramHandle>;
  /** Warnings that steps had. */
  readonly diagnostics: Diagnostic[];
}

/** Frees what the steps kept open, but for the instance. */
export function closeScene(scene: Scene): void {
  scene.staged?.close();
  for (const program of scene.programs.values()) program.close();
  scene.programs.clear();
}

/** Throws `DatapathError` where the step fails; it then has changed nothing that counts. */
export function perform(step: Step, scene: Scene): Undo | undefined {
  switch (step.kind) {
    case 'create-instance': return createInstance(scene);
    case 'create-arena': return createArena(scene, step.arena);
    case 'add-neighbours': return installNeighbours(scene, step.neighbours);
    case 'write-rows': return writeRows(scene, step.rows);
    case 'write-tables': return writeTables(scene, step.tables);
    case 'write-meta': return writeMeta(scene, step);
    case 'write-services': return writeServices(scene, step);
    case 'write-addresses': return writeAddresses(scene, step.bits);
    case 'replace-program': return replaceProgram(scene, step.program);
    case 'attach': return attach(scene, step);
    case 'write-entries': return writeEntries(scene, step);
    case 'mark-rows': return markRows(scene, step);
    case 'swap': return swap(scene);
    case 'swap-back': return swapBack(scene);
    case 'detach': return detach(scene, step);
    case 'remove-neighbours': return giveBack(scene, step.neighbours);
    case 'sweep': return sweep(scene, step);
  }
}

function opened(scene: Scene): Instance {
  return scene.instance ?? bug(`a step needs the instance '${scene.name}', which is not there`);
}

function createInstance(scene: Scene): Undo {
  scene.instance = scene.datapath.create(scene.name, scene.capacity);
  writeVlans(scene.instance, scene.vlans);
  return () => {
    scene.instance?.close();
    delete scene.instance;
    scene.datapath.remove(scene.name);
  };
}

function createArena(scene: Scene, index: number): Undo {
  const instance = opened(scene);
  const arena = instance.createArena();
  try {
    instance.setInner('arenas', index, arena);
  } finally {
    arena.close();
  }
  return () => instance.clearInner('arenas', index);
}

function installNeighbours(scene: Scene, entries: readonly NeighbourEntry[]): Undo {
  scene.diagnostics.push(...addNeighbours(entries));
  return () => giveBack(scene, entries);
}

function giveBack(scene: Scene, entries: readonly NeighbourEntry[]): undefined {
  scene.diagnostics.push(...removeNeighbours(withoutOthers(scene.datapath, scene.name, entries)));
}

function writeRows(scene: Scene, rows: readonly RowWrite[]): undefined {
  const { keys, values, count } = encodeRows(rows);
  opened(scene).map('backends').updateBatch(keys, values, count);
}

function writeTables(scene: Scene, tables: readonly TableWrite[]): undefined {
  const instance = opened(scene);
  const arenas = new Map<number, MapHandle>();
  try {
    for (const table of tables) {
      const arena = arenas.get(table.arena) ?? instance.inner('arenas', table.arena) ?? bug(`arena ${table.arena} is not there`);
      arenas.set(table.arena, arena);
      arena.writeRange(table.base, new Uint8Array(table.slots.buffer, table.slots.byteOffset, table.slots.byteLength));
    }
  } finally {
    for (const arena of arenas.values()) arena.close();
  }
}

function writeMeta(scene: Scene, step: Extract<Step, { kind: 'write-meta' }>): Undo {
  const meta = opened(scene).map('meta');
  const { keys, values, count } = encodeMeta(step.services, step.generation);
  meta.updateBatch(keys, values, count);
  return () => {
    const size = meta.info.keySize;
    for (let i = 0; i < count; i++) meta.delete(keys.subarray(i * size, (i + 1) * size));
  };
}

function writeServices(scene: Scene, step: Extract<Step, { kind: 'write-services' }>): Undo {
  const staged = stageServices(opened(scene), encodeServices(step.generation));
  scene.staged = staged;
  return () => {
    delete scene.staged;
    staged.close();
  };
}

/** An undo puts back what a key had: nothing, in an empty map. */
function writeEntries(scene: Scene, step: Extract<Step, { kind: 'write-entries' }>): Undo {
  const map = opened(scene).map(step.map);
  const { keys, values, count } = encodeEntries(step.map, step.services);
  const size = map.info.keySize;
  const written = Array.from({ length: count }, (_, i) => keys.subarray(i * size, (i + 1) * size));
  const isNew = count > fewEntries && map.entries().count === 0;
  const before = written.map((key) => ({ key, value: isNew ? undefined : map.lookup(key) }));
  const undo = (): void => {
    for (const { key, value } of before) value ? map.update(key, value) : map.delete(key);
  };
  try {
    map.updateBatch(keys, values, count);
  } catch (error) {
    undo();
    throw error;
  }
  return undo;
}

/** A packet that reads while this writes finds each bit set that is set before and after. */
function writeAddresses(scene: Scene, bits: Uint8Array): Undo {
  const map = opened(scene).map('addresses');
  const before = map.readRange(0, map.info.maxEntries);
  map.writeRange(0, bits);
  return () => map.writeRange(0, before);
}

/** Loads a program once per plan, however many links take it. */
function programOf(scene: Scene, program: ProgramState): ProgramHandle {
  const key = `${program.variant} ${program.features}`;
  const loaded = scene.programs.get(key) ?? opened(scene).load(program);
  scene.programs.set(key, loaded);
  return loaded;
}

function replaceProgram(scene: Scene, program: ProgramState): Undo {
  const instance = opened(scene);
  const loaded = programOf(scene, program);
  const replaced: { readonly iface: string; readonly before: ProgramState }[] = [];
  const undo = (): void => {
    for (const { iface, before } of replaced.reverse()) instance.replace(iface, programOf(scene, before));
  };
  try {
    for (const link of instance.links()) {
      if (link.ifindex === 0) continue;
      const { variant, features } = link.program;
      instance.replace(link.interface, loaded);
      replaced.push({ iface: link.interface, before: { variant, features } });
    }
  } catch (error) {
    undo();
    throw error;
  }
  return undo;
}

function attach(scene: Scene, step: Extract<Step, { kind: 'attach' }>): Undo {
  const instance = opened(scene);
  instance.attach(step.attachment.interface, step.attachment.xdp, programOf(scene, step.program));
  return () => instance.detach(step.attachment.interface);
}

function detach(scene: Scene, { interface: name, was }: Extract<Step, { kind: 'detach' }>): Undo | undefined {
  const instance = opened(scene);
  instance.detach(name);
  return was && (() => instance.attach(name, was.attachment.xdp, programOf(scene, was.program)));
}

function markRows(scene: Scene, { rows, field, serial }: Extract<Step, { kind: 'mark-rows' }>): Undo {
  const map = opened(scene).map('backends');
  const before: { readonly key: Uint8Array; readonly value: Uint8Array }[] = [];
  for (const row of rows) {
    const key = rowKey(row);
    const value = map.lookup(key) ?? bug(`row ${row} is beyond the map`);
    before.push({ key, value });
    map.update(key, backend.encode({ ...backend.decode(value), [field]: serial }));
  }
  return () => {
    for (const { key, value } of before) map.update(key, value);
  };
}

function rowKey(row: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(row).buffer);
}

/** First the former place, then the live one: dying between the two leaves the old configuration live. */
function swap(scene: Scene): undefined {
  const instance = opened(scene);
  const staged = scene.staged ?? bug('a swap without a service map');
  const live = instance.inner('root', 0);
  try {
    if (!live) instance.clearInner('root', 1);
    instance.setInners('root', [...(live ? [{ index: 1, inner: live }] : []), { index: 0, inner: staged }]);
    scene.swapped = true;
  } finally {
    live?.close();
  }
}

/** The former goes live first: dying between the two leaves it live in both places. */
function swapBack(scene: Scene): undefined {
  const instance = opened(scene);
  const live = instance.inner('root', 0);
  const former = instance.inner('root', 1);
  try {
    if (!live || !former) bug('there is no former configuration to go back to');
    instance.setInners('root', [{ index: 0, inner: former }, { index: 1, inner: live }]);
  } finally {
    live?.close();
    former?.close();
  }
}

function sweep(scene: Scene, step: Extract<Step, { kind: 'sweep' }>): undefined {
  const instance = opened(scene);
  retireCounters(instance, step.counters);
  if (scene.swapped) giveBack(scene, scene.sweepText(instance));
  for (const arena of step.arenas) instance.clearInner('arenas', arena);
}
