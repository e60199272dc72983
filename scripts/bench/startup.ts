/** How long `sluice --version` and `sluice check` on one line take, beside Node doing nothing. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alternate, printTable } from './table.ts';

const bin = new URL('../../bin/sluice.mjs', import.meta.url).pathname;

function time(args: readonly string[]): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return performance.now() - started;
}

export async function startup(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    const script = join(folder, 'one.lb');
    writeFileSync(script, 'service a vip 10.99.0.1:80 -> 10.0.0.1 mode dsr hash maglev\n');
    const [floor, version, check] = await alternate(15, [
      () => time(['-e', '0']),
      () => time([bin, '--version']),
      () => time([bin, 'check', script]),
    ]);
    printTable('Startup, median of 15 alternated runs', ['what', 'ms', '× node', 'reach'], [
      ['node -e 0', floor!.toFixed(0), '1.00', ''],
      ['sluice --version', version!.toFixed(0), (version! / floor!).toFixed(2), '< 300 ms'],
      ['sluice check, one line', check!.toFixed(0), (check! / floor!).toFixed(2), '< 300 ms'],
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
