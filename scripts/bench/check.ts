/** Time and memory of `sluice check` on 10,000 services, as a user runs it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manyServices } from './scripts.ts';
import { median, printTable } from './table.ts';

const bin = new URL('../../bin/sluice.mjs', import.meta.url).pathname;
/** Prints the largest resident set of the process, in kB, when it leaves. */
const meter = `data:text/javascript,${encodeURIComponent("import{writeSync}from'node:fs';process.on('exit',()=>writeSync(2,`maxrss=${process.resourceUsage().maxRSS}\\n`))")}`;

export function check(): void {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    const rows: string[][] = [];
    for (const [services, backends] of [[1_000, 3], [10_000, 3], [10_000, 10]] as const) {
      const script = join(folder, `${services}x${backends}.lb`);
      writeFileSync(script, manyServices(services, backends));
      const seconds: number[] = [];
      const megabytes: number[] = [];
      for (let round = 0; round < 5; round++) {
        const started = performance.now();
        const { status, stderr } = spawnSync(process.execPath, ['--import', meter, bin, 'check', script], { encoding: 'utf8' });
        if (status !== 0) throw new Error(stderr);
        seconds.push((performance.now() - started) / 1000);
        megabytes.push(Number(/maxrss=(\d+)/.exec(stderr)![1]) / 1024);
      }
      rows.push([`${services.toLocaleString('en')} services × ${backends} backends`, median(seconds).toFixed(2), median(megabytes).toFixed(0)]);
    }
    printTable('sluice check, median of 5 runs (reach at 10,000 services: 2 s, 500 MB)', ['script', 's', 'MB'], rows);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
