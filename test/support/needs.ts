/**
 * Tests that need privilege or a tool say so here. What is missing is named aloud and the test is
 * skipped; under CI=true it fails instead, because CI is where it must run.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import type { Test } from 'uvu';

export type Need = 'root' | 'bpf' | 'libbpf' | 'ip' | 'nsenter' | 'ethtool' | 'tmux' | 'clang' | 'bpftool' | 'ping' | 'traceroute';

const checks: Record<Need, () => boolean> = {
  root: () => process.getuid?.() === 0,
  bpf: () => readable('/sys/kernel/btf/vmlinux') && readable('/sys/fs/bpf'),
  libbpf: () => spawnSync('ldconfig', ['-p'], { encoding: 'utf8' }).stdout?.includes('libbpf.so.1') ?? false,
  ip: () => runs('ip', '-V'),
  nsenter: () => runs('nsenter', '--version'),
  ethtool: () => runs('ethtool', '--version'),
  tmux: () => runs('tmux', '-V'),
  clang: () => runs('clang', '--version'),
  bpftool: () => runs('bpftool', 'version'),
  ping: () => runs('ping', '-V'),
  traceroute: () => runs('traceroute', '--version'),
};

function readable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function runs(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).error === undefined;
}

export function missing(needs: readonly Need[]): Need[] {
  return needs.filter((n) => !checks[n]());
}

/** The everything that a test with real XDP in network namespaces needs. */
export const realDatapath: readonly Need[] = ['root', 'bpf', 'libbpf', 'ip', 'nsenter', 'ethtool'];

/** Registers a test that needs something; see above for what happens without. */
export function testWith(needs: readonly Need[], test: Test, name: string, body: () => Promise<void> | void): void {
  const lacking = missing(needs);
  if (lacking.length === 0) {
    test(name, body);
  } else if (process.env['CI'] === 'true') {
    test(name, () => {
      throw new Error(`in CI this test must run, but these are missing: ${lacking.join(', ')}`);
    });
  } else {
    console.log(`SKIP ${name}: missing ${lacking.join(', ')}`);
    test.skip(name, body);
  }
}
