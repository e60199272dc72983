/**
 * `npm run fuzz -- [--packets N] [--seconds S] [--seed X]`: random and mutated packets at the loaded programs, in random
 * configurations; ends with 1 where something came out wrong. A seed repeats its configurations and packets, as far as
 * no packet depends on what the program chose by chance or by the time.
 */
import { parseArgs } from 'node:util';
import { openBalancer, stayOnOneCpu } from '../test/support/balancer.ts';
import { findingText, reportText } from '../test/support/fuzz/report.ts';
import { fuzz } from '../test/support/fuzz/run.ts';

const { values } = parseArgs({
  options: { packets: { type: 'string', default: '1000000' }, seconds: { type: 'string', default: '600' }, seed: { type: 'string', default: String(Date.now() % 1e9) } },
});
const number = (name: keyof typeof values): number => {
  const n = Number(values[name]);
  if (!Number.isSafeInteger(n) || n < 0) throw new Error(`--${name} takes a number, not '${values[name]}'`);
  return n;
};
const options = { packets: number('packets'), seconds: number('seconds'), seed: number('seed') };
stayOnOneCpu();
const balancer = openBalancer();
try {
  const report = fuzz(balancer, options, (f) => console.log(findingText(f)));
  console.log(reportText(report, options.seed));
  process.exitCode = report.faulty > 0 ? 1 : 0;
} finally {
  balancer.close();
}
