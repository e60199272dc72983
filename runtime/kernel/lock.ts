/** One writer at a time: a lock on the instance's folder that dies with the process. */
import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatapathError, type Lock } from '../datapath.ts';
import { pause } from '../pause.ts';
import { folderExists, makeFolder, removeIfEmpty, type Places } from './bpffs.ts';
import { errnoName, ifExists } from './errors.ts';
import { libc } from './libbpf.ts';

const exclusive = 2;
const nonBlocking = 4;
const pauseMs = 10;

/** Waits up to `ms`, then throws `EWOULDBLOCK`. The folder is made where it is missing. */
export function lockInstance(places: Places, name: string, ms: number): Lock {
  const doing = `lock instance ${name}`;
  const deadline = performance.now() + ms;
  for (;;) {
    makeFolder(places.root);
    const fd = ifExists(doing, () => openSync(places.root, 'r'));
    if (fd === undefined) continue;
    if (libc().flock(fd, exclusive | nonBlocking) === 0) {
      if (isStillThere(fd, places.root)) return lockOn(fd, places);
      closeSync(fd);
      continue;
    }
    const errno = errnoName(-libc().lastErrno());
    closeSync(fd);
    if (errno !== 'EWOULDBLOCK') throw new DatapathError(doing, errno);
    if (performance.now() >= deadline) throw new DatapathError(doing, errno, undefined, 'locked');
    pause(pauseMs);
  }
}

/** A holder may remove the folder, and the next one make another of that name. */
function isStillThere(fd: number, path: string): boolean {
  const held = fstatSync(fd);
  const now = ifExists(`look at ${path}`, () => statSync(path));
  return now !== undefined && now.ino === held.ino && now.dev === held.dev;
}

function lockOn(fd: number, places: Places): Lock {
  let held = true;
  return {
    release() {
      if (!held) return;
      held = false;
      if (isStillThere(fd, places.root) && !folderExists(places.maps)) removeIfEmpty(places.root);
      removeIfEmpty(dirname(places.root));
      closeSync(fd);
    },
  };
}
