/** Reading the ring of samples: by one process at a time, since whoever reads takes out. */
import { closeSync, openSync } from 'node:fs';
import { DatapathError, type EventReader } from '../datapath.ts';
import type { Places } from './bpffs.ts';
import { check, checkValue, errnoName, files } from './errors.ts';
import { libc } from './libbpf.ts';
import type { Libbpf } from './native.ts';

const exclusive = 2;
const nonBlocking = 4;

/** `fd` is that of the map `events`, and stays the caller's. */
export function readEvents(bpf: Libbpf, places: Places, fd: number): EventReader {
  const doing = 'read events';
  const lock = files(doing, () => openSync(places.maps, 'r'));
  if (libc().flock(lock, exclusive | nonBlocking) !== 0) {
    const errno = errnoName(-libc().lastErrno());
    closeSync(lock);
    throw new DatapathError(doing, errno, undefined, errno === 'EWOULDBLOCK' ? 'locked' : undefined);
  }
  try {
    return openRing(bpf, fd, doing, lock);
  } catch (error) {
    closeSync(lock);
    throw error;
  }
}

function openRing(bpf: Libbpf, fd: number, doing: string, lock: number): EventReader {
  let taken: Uint8Array[] = [];
  let room = 0;
  const ring = checkValue(bpf.ringOpen(fd, (data, size) => {
    const bytes = new Uint8Array(size);
    libc().copyOut(bytes, data);
    taken.push(bytes);
    return taken.length < room;
  }), doing);
  return {
    take(most) {
      taken = [];
      room = most;
      if (most > 0) check(ring.consume(), doing);
      return taken;
    },
    close() {
      ring.close();
      closeSync(lock);
    },
  };
}
