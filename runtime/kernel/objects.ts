/** Pre-built object files: making the maps they declare, and loading their program onto existing ones. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Capacity, ProgramState } from '../../compiler/live.ts';
import { mapSpecs, rodata } from '../../compiler/generated/layout.ts';
import { variants } from '../../compiler/generated/variants.ts';
import { lengthOf, placesFor } from '../../compiler/service-table.ts';
import { DatapathError, type MapName } from '../datapath.ts';
import { check, checkLibc, errnoName, fail } from './errors.ts';
import { libc } from './libbpf.ts';
import type { Libbpf, Pointer } from './native.ts';

export const mapNames = Object.keys(mapSpecs) as MapName[];
const programName = 'sluice_xdp';
/** Of a verifier log: it says what is wrong at its end. */
const detailLines = 12;

/** Sizes that an instance fixes; the others are as declared. Row 0 and id 0 are none, so one more of each is made. */
export function sizesOf(capacity: Capacity): Partial<Record<MapName, number>> {
  return {
    backends: capacity.backends + 1,
    backend_counters: capacity.backends + 1,
    service_counters: capacity.services + 1,
    hops: capacity.backends + 1,
    targets: capacity.backends,
    turns: capacity.services + 1,
    flows: capacity.flows,
    nat: capacity.flows,
    affinities: capacity.flows,
    meta: capacity.meta,
  };
}

/** Makes fresh maps and hands each, with its fd, to `keep`; they are gone afterwards unless kept. */
export function createMaps(bpf: Libbpf, objects: string, capacity: Capacity, keep: (name: MapName, fd: number) => void): void {
  const variant = variants[0]!.name;
  withObject(bpf, objects, variant, (object) => {
    const sizes = sizesOf(capacity);
    for (const name of mapNames) {
      const size = sizes[name];
      if (size !== undefined) check(bpf.mapSetMaxEntries(mapIn(bpf, object, name), size), `set the size of map ${name}`);
    }
    const { type, keySize, valueSize, flags } = mapSpecs.root.inner;
    // libbpf takes the descriptor over.
    const table = check(bpf.mapCreate(type, 'services', keySize, valueSize, lengthOf(placesFor(capacity.services)), flags, 0), 'make a service table');
    check(bpf.mapSetInner(mapIn(bpf, object, 'root'), table), 'set the size of service tables');
    check(bpf.programSetAutoload(programIn(bpf, object), false), 'leave the program out');
    loadObject(bpf, object, 'make the maps');
    for (const name of mapNames) keep(name, bpf.mapFd(mapIn(bpf, object, name)));
  });
}

/** Loads a variant with these features on, for service tables of so many places, using the maps given; returns a program fd. */
export function loadProgram(bpf: Libbpf, objects: string, program: ProgramState, servicePlaces: number, fdOf: (name: MapName) => number): number {
  const doing = `load the program ${program.variant}`;
  const variant = variants.find((v) => v.name === program.variant);
  if (!variant) throw new DatapathError(doing, 'ENOENT', 'there is no such variant');
  if ((program.features & ~variant.features) !== 0) {
    throw new DatapathError(doing, 'EINVAL', `it lacks features 0x${(program.features & ~variant.features).toString(16)}`);
  }
  return withObject(bpf, objects, program.variant, (object) => {
    usePinned(bpf, object, fdOf);
    setRodata(bpf, object, rodata.enabledFeatures, program.features);
    setRodata(bpf, object, rodata.servicePlaces, servicePlaces);
    loadObject(bpf, object, doing);
    return checkLibc(libc().duplicate(check(bpf.programFd(programIn(bpf, object)), doing)), doing);
  });
}

/** Before the object is loaded. */
export function usePinned(bpf: Libbpf, object: Pointer, fdOf: (name: MapName) => number): void {
  for (const name of mapNames) check(bpf.mapReuseFd(mapIn(bpf, object, name), fdOf(name)), `use the pinned map ${name}`);
}

/** Opens an object file (a path in `objects` without `.o`) for as long as `body` runs. */
export function withObject<T>(bpf: Libbpf, objects: string, variant: string, body: (object: Pointer) => T): T {
  const path = join(objects, `${variant}.o`);
  const doing = `read ${variant}.o`;
  if (!existsSync(path)) throw new DatapathError(doing, 'ENOENT', `it should be in ${objects}`);
  bpf.takeLog();
  const object = bpf.objectOpen(path);
  if (object === null) throw new DatapathError(doing, errnoName(-libc().lastErrno()), tail(bpf.takeLog()));
  try {
    return body(object);
  } finally {
    bpf.objectClose(object);
  }
}

export function loadObject(bpf: Libbpf, object: Pointer, doing: string): void {
  bpf.takeLog();
  const status = bpf.objectLoad(object);
  const log = bpf.takeLog();
  if (status < 0) fail(doing, status, tail(log));
}

function setRodata(bpf: Libbpf, object: Pointer, place: { readonly offset: number }, value: number): void {
  const size = new BigUint64Array(1);
  const at = bpf.mapInitialValue(mapIn(bpf, object, '.rodata'), size);
  if (at === null || size[0] !== BigInt(rodata.size)) throw new DatapathError('set up the program', 'EINVAL', 'the object is not of this build');
  libc().copyIn(at + BigInt(place.offset), new Uint8Array(new Uint32Array([value]).buffer));
}

export function mapIn(bpf: Libbpf, object: Pointer, name: string): Pointer {
  const map = bpf.objectFindMap(object, name);
  if (map === null) throw new DatapathError(`find map ${name} in the object`, 'ENOENT', 'the object is not of this build');
  return map;
}

export function programIn(bpf: Libbpf, object: Pointer, name = programName): Pointer {
  const program = bpf.objectFindProgram(object, name);
  if (program === null) throw new DatapathError(`find program ${name} in the object`, 'ENOENT', 'the object is not of this build');
  return program;
}

/** The last lines that say something. */
export function tail(log: string): string | undefined {
  const lines = log.split('\n').map((l) => l.trimEnd()).filter((l) => l !== '' && !/^(processed \d+ insns|-- (BEGIN|END))/.test(l));
  return lines.length === 0 ? undefined : lines.slice(-detailLines).join('\n');
}
