/** A short run of the fuzzer; `npm run fuzz` makes long ones. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openBalancer, stayOnOneCpu } from '../support/balancer.ts';
import type { Fate } from '../support/fuzz/case.ts';
import { findingText, reportText } from '../support/fuzz/report.ts';
import { fuzz } from '../support/fuzz/run.ts';
import { realDatapath, testWith } from '../support/needs.ts';

/** A run that saw nothing of these would prove nothing. */
const seen: readonly Fate[] = ['dropped', 'passed', 'moved', 'wrapped', 'translated', 'replied', 'answered', 'echoed', 'decapsulated', 'error'];
const seed = 20_260_101;

testWith(realDatapath, test, 'no random or mutated packet leaves with a wrong checksum or length, or for where it must not', () => {
  stayOnOneCpu();
  const balancer = openBalancer();
  try {
    const report = fuzz(balancer, { packets: 50_000, seconds: 60, seed }, (f) => console.log(findingText(f)));
    console.log(reportText(report, seed));
    assert.is(report.faulty, 0);
    assert.equal(seen.filter((fate) => !report.fates[fate]), []);
  } finally {
    balancer.close();
  }
});

test.run();
