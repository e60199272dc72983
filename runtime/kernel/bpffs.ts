/**
 * Places in the BPF file system. An instance is a folder with `maps/` (its pinned maps) and `links/`
 * (one pin per interface, `<interface>+<native|generic>`). bpffs allows no dots in names, so those are
 * written `%2e`.
 */
import { mkdirSync, readdirSync, rmdirSync, statfsSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { DatapathError } from '../datapath.ts';
import { instanceNameRule, isInstanceName } from '../instance-name.ts';
import { checkLibc, files, ifExists } from './errors.ts';
import { libc } from './libbpf.ts';

const bpffsMagic = 0xcafe4a11;

/** Where the parts of one instance are. */
export interface Places {
  readonly root: string;
  readonly maps: string;
  /** Maps that are being pinned; renamed to `maps` when all of them are. */
  readonly fresh: string;
  /** `maps` of an instance that is being removed. */
  readonly former: string;
  readonly links: string;
}

export function isBpffs(path: string): boolean {
  return ifExists(`look at ${path}`, () => statfsSync(path).type) === bpffsMagic;
}

/** The system's own place for pins. */
const systemBpffs = '/sys/fs/bpf';

/** Whether this is the system's place on a machine where nothing has mounted it yet: nothing is pinned there. */
export function isUnmounted(path: string): boolean {
  return path === systemBpffs && folderExists(path) && !isBpffs(path);
}

/** Like `requireBpffs`, but mounts the system's own, as bpftool and iproute2 do before they pin. */
export function ensureBpffs(path: string): void {
  if (isUnmounted(path)) mountBpffs(path);
  requireBpffs(path);
}

/** Throws with reason `not-bpffs` unless `path` is a mounted BPF file system, or a folder in one. */
export function requireBpffs(path: string): void {
  const hint = `mount one with: mount -t bpf bpf ${path}`;
  const stats = ifExists(`look at ${path}`, () => statSync(path));
  if (!stats) throw new DatapathError(`use ${path}`, 'ENOENT', `make the directory and ${hint}`, 'not-bpffs');
  if (!stats.isDirectory()) throw new DatapathError(`use ${path}`, 'ENOTDIR', 'it has to be a directory with a BPF file system', 'not-bpffs');
  if (!isBpffs(path)) throw new DatapathError(`use ${path}`, undefined, `it is not a BPF file system; ${hint}`, 'not-bpffs');
}

/** Throws `EINVAL` for a name that could not be a folder of bpffs. */
export function placesOf(bpffs: string, instance: string): Places {
  if (!isInstanceName(instance)) throw new DatapathError(`use ${JSON.stringify(instance)} as an instance name`, 'EINVAL', instanceNameRule);
  const root = join(bpffs, 'sluice', instance);
  return { root, maps: join(root, 'maps'), fresh: join(root, 'maps+new'), former: join(root, 'maps+old'), links: join(root, 'links') };
}

export function folderExists(path: string): boolean {
  return ifExists(`look at ${path}`, () => statSync(path).isDirectory()) ?? false;
}

/** Names in a folder, sorted; none where there is no such folder. */
export function list(path: string): string[] {
  return (ifExists(`list ${path}`, () => readdirSync(path)) ?? []).sort();
}

export function makeFolder(path: string): void {
  files(`make ${path}`, () => mkdirSync(path, { recursive: true, mode: 0o700 }));
}

export function unpin(path: string): void {
  ifExists(`unpin ${path}`, () => unlinkSync(path));
}

/** Removes a folder and all in it; nothing where there is none. */
export function removeFolder(path: string): void {
  for (const entry of ifExists(`list ${path}`, () => readdirSync(path, { withFileTypes: true })) ?? []) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) removeFolder(inner);
    else unpin(inner);
  }
  ifExists(`remove ${path}`, () => rmdirSync(path));
}

/** Removes a folder if it is empty. */
export function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch { /* Somebody still needs it. */ }
}

export function escapeName(name: string): string {
  return name.replace(/[%.]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

export function unescapeName(name: string): string {
  return name.replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/** Mounts a BPF file system of its own on an existing folder. */
export function mountBpffs(path: string): void {
  checkLibc(libc().mount('bpf', path, 'bpf', 0), `mount a BPF file system on ${path}`);
}

export function unmountBpffs(path: string): void {
  const detach = 2;
  checkLibc(libc().unmount(path, detach), `unmount ${path}`);
}
