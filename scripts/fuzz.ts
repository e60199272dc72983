/**
 * `npm run fuzz -- [--packets N] [--seconds S] [--seed X] [--keep FOLDER]`: random and mutated packets at the loaded
 * programs, in random configurations; ends with 1 where something came out wrong, and keeps that as a file which
 * `--replay FILE` does again. A seed repeats its configurations, and its packets as far as none depends on what the program
 * chose by chance or by the time.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openBalancer, stayOnOneCpu } from '../test/support/balancer.ts';
import { findingText, readActs, reportText, writeActs } from '../test/support/fuzz/report.ts';
import { fuzz, replay, type Finding } from '../test/support/fuzz/run.ts';

const { values } = parseArgs({
  options: {
    packets: { type: 'string', default: '1000000' }, seconds: { type: 'string', default: '600' }, seed: { type: 'string', default: String(Date.now() % 1e9) },
    keep: { type: 'string' }, replay: { type: 'string' },
  },
});

function number(name: 'packets' | 'seconds' | 'seed'): number {
  const n = Number(values[name]);
  if (!Number.isSafeInteger(n) || n < 0) throw new Error(`--${name} takes a number, not '${values[name]}'`);
  return n;
}

function found(finding: Finding, count: number): void {
  console.log(findingText(finding));
  if (values.keep === undefined) return;
  mkdirSync(values.keep, { recursive: true });
  writeFileSync(join(values.keep, `${finding.seed}-${count}.json`), writeActs(finding.acts));
}

const options = { packets: number('packets'), seconds: number('seconds'), seed: number('seed') };
stayOnOneCpu();
const balancer = openBalancer();
try {
  if (values.replay !== undefined) {
    const faults = replay(balancer, readActs(readFileSync(values.replay, 'utf8')), (line) => console.log(line));
    process.exitCode = faults.length > 0 ? 1 : 0;
  } else {
    let count = 0;
    const report = fuzz(balancer, options, (f) => found(f, ++count));
    console.log(reportText(report, options.seed));
    process.exitCode = report.faulty > 0 ? 1 : 0;
  }
} finally {
  balancer.close();
}
