/** Network namespaces of the calling thread. */
import { closeSync, openSync } from 'node:fs';
import { checkLibc, files } from './errors.ts';
import { libc } from './libbpf.ts';

const newNet = 0x40000000;
const current = '/proc/thread-self/ns/net';

/**
 * Runs `body` with this thread in the network namespace at `path` (`/run/netns/NAME`, `/proc/PID/ns/net`)
 * and comes back, whatever happens. Synchronous on purpose: what `body` leaves for later runs outside.
 * Child processes started synchronously in it are inside.
 */
export function inNetns<T>(path: string, body: () => T): T {
  const target = files(`open the network namespace ${path}`, () => openSync(path, 'r'));
  try {
    return away(() => checkLibc(libc().setns(target, newNet), `enter the network namespace ${path}`), body);
  } finally {
    closeSync(target);
  }
}

/** Runs `body` in a fresh network namespace that has no name and ends with it. */
export function inFreshNetns<T>(body: () => T): T {
  return away(() => checkLibc(libc().unshare(newNet), 'make a network namespace'), body);
}

function away<T>(leave: () => void, body: () => T): T {
  const home = files('open the present network namespace', () => openSync(current, 'r'));
  try {
    leave();
    try {
      return body();
    } finally {
      checkLibc(libc().setns(home, newNet), 'come back to the former network namespace');
    }
  } finally {
    closeSync(home);
  }
}
