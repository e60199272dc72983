import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { codes } from '../../dsl/codes.ts';
import { DatapathError, type DatapathReason } from '../../runtime/datapath.ts';
import { diagnosticOf, isExpected, noInterface } from '../../runtime/problems.ts';
import { createKernelDatapath } from '../../runtime/kernel/datapath.ts';
import { inspect } from '../../runtime/inspect.ts';
import { objects } from '../support/bpffs.ts';

const byReason: Readonly<Record<DatapathReason, string>> = {
  'libbpf-missing': 'LB608',
  'libbpf-old': 'LB609',
  'not-bpffs': 'LB610',
  'foreign-program': 'LB504',
  locked: 'LB503',
  damaged: 'LB519',
};
const byErrno = { EPERM: 'LB601', EACCES: 'LB601', E2BIG: 'LB514', ENOSPC: 'LB514', ENOMEM: 'LB514', EINVAL: 'LB516', EOPNOTSUPP: 'LB516', EIO: 'LB505' };

test('every reason and errno of the datapath has a diagnostic that says what was tried, what to do, and has a long form', () => {
  const errors = [
    ...Object.entries(byReason).map(([reason, code]) => [new DatapathError('do that', 'EBUSY', 'this was seen', reason as DatapathReason), code] as const),
    ...Object.entries(byErrno).map(([errno, code]) => [new DatapathError('do that', errno, 'this was seen'), code] as const),
    [new DatapathError('do that', undefined, 'this was seen'), 'LB505'] as const,
  ];
  for (const [error, code] of errors) {
    const diagnostic = diagnosticOf(error);
    assert.equal([diagnostic.code, diagnostic.severity], [code, 'error']);
    if (code !== 'LB503') assert.match(diagnostic.message, /do that/);
    assert.ok(diagnostic.hint && diagnostic.hint.length > 10, code);
    assert.equal(diagnostic.related, [{ message: 'this was seen' }]);
    assert.ok(codes.has(code), code);
  }
});

test('errors of the datapath are conditions of the machine, others are not', () => {
  assert.ok(isExpected(new DatapathError('x', 'EIO')));
  assert.not.ok(isExpected(new Error('x')));
});

test('an interface that is not there is answered with the nearest that is', () => {
  assert.match(noInterface('loo').hint!, /'lo'/);
  assert.match(noInterface('zzzzzzzzzz').hint!, /has: .*lo/);
});

test('a machine without libbpf gets a diagnostic and no crash', () => {
  const datapath = createKernelDatapath({ bpffs: '/sys/fs/bpf', objects, library: 'libsluice-is-not-there.so.1' });
  assert.match(datapath.title, /no libbpf/);
  try {
    datapath.create('never', { backends: 1, services: 1, flows: 1, meta: 1 });
    assert.unreachable();
  } catch (error) {
    assert.ok(error instanceof DatapathError);
    assert.ok(['LB608', 'LB610', 'LB601'].includes(diagnosticOf(error as DatapathError).code));
  }
  assert.equal(inspect(datapath, 'never').live.services, []);
});

test.run();
