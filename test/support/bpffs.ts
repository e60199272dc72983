/** A BPF file system of a test's own, gone when the process ends; and links in a namespace of its own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mountBpffs, unmountBpffs } from '../../runtime/kernel/bpffs.ts';

export const objects = new URL('../../bpf/objects', import.meta.url).pathname;

/** Mounts it on a fresh folder and returns that. Needs root. */
export function privateBpffs(): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-bpffs-'));
  mountBpffs(path);
  const remove = (): void => {
    unmountBpffs(path);
    rmdirSync(path);
  };
  process.once('exit', remove);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  return path;
}

/** Runs iproute2's `ip` in the calling thread's network namespace. */
export function ip(...args: string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
}
