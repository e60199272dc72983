/**
 * The BPF program that deletes what is over. Its timer is in a map of its own, pinned beside the others as `sweeper`: it
 * ticks while that pin is there, and a pin that takes its place ends it.
 */
import { createHash } from 'node:crypto';
import { closeSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { sweep } from '../../compiler/generated/layout.ts';
import type { MapName } from '../datapath.ts';
import { unpin, type Places } from './bpffs.ts';
import { check, checkValue, fail, files, errnoName } from './errors.ts';
import type { Libbpf, Pointer } from './native.ts';
import { loadObject, mapIn, programIn, usePinned, withObject } from './objects.ts';

const object = 'sweeper/sweeper';
const program = 'start_sweeping';
const mapName = 'sweeper';

/** Tells builds of the program apart. */
export function sweeperBuild(objects: string): bigint {
  const path = join(objects, `${object}.o`);
  return createHash('sha256').update(files(`read ${path}`, () => readFileSync(path))).digest().readBigUInt64LE();
}

/** The beginning of the map's value; undefined where nothing is pinned. */
export function sweeperState(bpf: Libbpf, places: Places): Uint8Array | undefined {
  const fd = bpf.objGet(join(places.maps, mapName));
  if (fd < 0) {
    if (errnoName(fd) === 'ENOENT') return undefined;
    fail('open the map of the sweeper', fd);
  }
  try {
    const info = checkValue(bpf.mapInfo(fd), 'ask about the map of the sweeper');
    const value = new Uint8Array(info.value_size);
    check(bpf.mapLookup(fd, new Uint8Array(4), value), 'read the map of the sweeper');
    return value.length < sweep.size ? undefined : value.slice(0, sweep.size);
  } finally {
    closeSync(fd);
  }
}

/** Loads it and no more. */
export function loadSweeper(bpf: Libbpf, objects: string, fdOf: (name: MapName) => number): void {
  withSweeper(bpf, objects, 'load the sweeper', fdOf, () => undefined);
}

function withSweeper(bpf: Libbpf, objects: string, doing: string, fdOf: (name: MapName) => number, body: (opened: Pointer) => void): void {
  withObject(bpf, objects, object, (opened) => {
    usePinned(bpf, opened, fdOf);
    loadObject(bpf, opened, doing);
    body(opened);
  });
}

/** Runs before it is pinned: what dies in between takes its timer with it. */
export function startSweeper(bpf: Libbpf, objects: string, places: Places, fdOf: (name: MapName) => number): void {
  const doing = 'start the sweeper';
  const pin = join(places.maps, mapName);
  const build = new Uint8Array(new BigUint64Array([sweeperBuild(objects)]).buffer);
  withSweeper(bpf, objects, doing, fdOf, (opened) => {
    const { returned } = checkValue(bpf.runSyscall(bpf.programFd(programIn(bpf, opened, program)), build), doing);
    check(returned, doing);
    unpin(`${pin}+new`);
    check(bpf.objPin(bpf.mapFd(mapIn(bpf, opened, mapName)), `${pin}+new`), 'pin the map of the sweeper');
    files(doing, () => renameSync(`${pin}+new`, pin));
  });
}
