/**
 * Applying 10,000 services × 10 backends (Maglev tables of 1,021 slots) on the real kernel, then changing one service: in a
 * process that stays up, as the shell is, and in a fresh process for each change. Work is what comes after the user's yes.
 * Needs root; works in a network namespace of its own, where a router has all backends behind it, and removes its instance.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { objectsFolder } from '../../runtime/install.ts';
import { createKernelDatapath } from '../../runtime/kernel/datapath.ts';
import { inFreshNetns } from '../../runtime/kernel/netns.ts';
import { change, type Times } from './change.ts';
import { manyServices, service } from './scripts.ts';
import { median, printTable } from './table.ts';

const services = 10_000;
const backends = 10;
const rounds = 9;
const bin = new URL('../../bin/sluice.mjs', import.meta.url).pathname;
const child = new URL('./change.ts', import.meta.url).pathname;
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

function run(command: string, args: readonly string[]): { readonly stdout: string; readonly ms: number } {
  const started = performance.now();
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, NODE_NO_WARNINGS: '1' } });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
  return { stdout, ms: performance.now() - started };
}

function raiseRouter(): void {
  for (const line of ['link set lo up', 'link add sluice-bench type veth peer name sluice-router', 'addr add 192.0.2.1/24 dev sluice-bench',
    'link set sluice-bench up', 'link set sluice-router up', 'route add default via 192.0.2.2']) run('ip', line.split(' '));
}

interface Whole extends Times { readonly whole: number }

export function scale(bpffs = '/sys/fs/bpf'): void {
  const datapath = createKernelDatapath({ bpffs, objects: objectsFolder() });
  const name = `bench-${process.pid}`;
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const script = join(folder, 'bench.lb');
  let text = manyServices(services, backends);
  let changed = 5000;
  const another = (): string => {
    changed++;
    return (text = text.replace(service(changed, backends), service(changed, backends, 500_000)));
  };
  const times = (body: () => Whole): Whole[] => Array.from({ length: rounds }, body);
  const timed = (body: () => Times): Whole => {
    const started = performance.now();
    const result = body();
    return { ...result, whole: performance.now() - started };
  };
  inFreshNetns(() => {
    try {
      raiseRouter();
      const first = timed(() => change(datapath, name, text));
      const staying = times(() => timed(() => change(datapath, name, another())));
      const fresh = times(() => {
        writeFileSync(script, another());
        const { stdout, ms } = run(process.execPath, ['--import', tsx, child, bpffs, name, script]);
        return { ...JSON.parse(stdout) as Times, whole: ms };
      });
      const command = Array.from({ length: rounds }, () => {
        writeFileSync(script, another());
        return run(process.execPath, [bin, 'apply', '--yes', '--bpffs', bpffs, '--instance', name, script]).ms;
      });
      print(first, staying, fresh, command);
    } finally {
      datapath.remove(name);
      rmSync(folder, { recursive: true });
    }
  });
}

function print(first: Whole, staying: readonly Whole[], fresh: readonly Whole[], command: readonly number[]): void {
  const row = (label: string, pick: (t: Whole) => number): string[] =>
    [label, pick(first).toFixed(0), median(staying.map(pick)).toFixed(0), median(fresh.map(pick)).toFixed(0)];
  const most = (pick: (t: Whole) => number): string[] =>
    ['  the slowest of them', '', Math.max(...staying.map(pick)).toFixed(0), Math.max(...fresh.map(pick)).toFixed(0)];
  const kinds = [...new Set([first, ...staying, ...fresh].flatMap((t) => Object.keys(t.steps)))];
  printTable(
    `${services.toLocaleString('en')} services × ${backends} backends: first apply, then one service changed (median of ${rounds}), ms`,
    ['part', 'first', 'change, process stays up', 'change, fresh process'],
    [
      row('startup: load the program', (t) => t.load),
      row('startup: parse and compile the whole script', (t) => t.compile),
      row('startup: read back what is live, plan', (t) => t.propose),
      row('work: lock, compare, plan, apply (a change: < 100)', (t) => t.work),
      most((t) => t.work),
      row('  CPU time of it, helper threads included', (t) => t.cpu),
      ...kinds.map((kind) => row(`  of which ${kind}`, (t) => t.steps[kind] ?? 0)),
      row('whole', (t) => t.whole),
      ['whole command: sluice apply --yes', '', '', median(command).toFixed(0)],
    ],
  );
}
