/**
 * Runs test files (all of them, or those whose path contains one of the arguments), each in a process
 * of its own, and ends with `N passed, N failed, N skipped` on a line of its own. Files under
 * test/e2e run alone and one after another, since they raise namespaces and load.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { cpus } from 'node:os';

interface Totals { passed: number; failed: number; skipped: number }

const wanted = process.argv.slice(2);
const files = globSync('test/**/*.test.{ts,tsx}').sort().filter((f) => wanted.length === 0 || wanted.some((w) => f.includes(w)));
const totals: Totals = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];

async function runFile(file: string): Promise<void> {
  const started = performance.now();
  const { output, code } = await new Promise<{ output: string; code: number }>((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', file], { env: { ...process.env, NODE_NO_WARNINGS: '1', FORCE_COLOR: '0' } });
    let output = '';
    child.stdout.on('data', (d: Buffer) => { output += d.toString(); });
    child.stderr.on('data', (d: Buffer) => { output += d.toString(); });
    const limit = setTimeout(() => { output += `\ntimed out after 480 s\n`; child.kill('SIGKILL'); }, 480_000);
    child.on('close', (code) => { clearTimeout(limit); resolve({ output, code: code ?? 1 }); });
  });
  const number = (label: string): number => Number(new RegExp(`^\\s+${label}:\\s+(\\d+)`, 'm').exec(output)?.[1] ?? 0);
  const total = number('Total');
  const passed = number('Passed');
  const skipped = number('Skipped');
  const failed = Math.max(total - passed, code !== 0 || total + skipped === 0 ? 1 : 0);
  totals.passed += passed;
  totals.skipped += skipped;
  totals.failed += failed;
  for (const line of output.split('\n')) if (line.startsWith('SKIP ')) console.log(line);
  console.log(`${failed > 0 ? 'FAIL' : 'ok  '} ${file}  ${passed}/${total}${skipped > 0 ? `, ${skipped} skipped` : ''}  ${((performance.now() - started) / 1000).toFixed(1)} s`);
  if (failed > 0) {
    failures.push(file);
    console.log(output);
  }
}

async function runAll(queue: string[], workers: number): Promise<void> {
  await Promise.all(Array.from({ length: workers }, async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) await runFile(file);
  }));
}

await runAll(files.filter((f) => !f.includes('test/e2e/')), Math.max(1, Math.min(4, cpus().length)));
await runAll(files.filter((f) => f.includes('test/e2e/')), 1);
if (files.length === 0) {
  console.log('no test file matches');
  totals.failed = 1;
}
if (failures.length > 0) console.log(`failed: ${failures.join(', ')}`);
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed > 0 ? 1 : 0;
