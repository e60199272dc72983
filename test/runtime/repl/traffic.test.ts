import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Reply } from '../../../runtime/lab/client.ts';
import { paintWith } from '../../../runtime/repl/paint.ts';
import { readOrder, report, type Traffic } from '../../../runtime/repl/traffic.ts';

const target = { protocol: 'tcp', address: '10.99.38.155', port: 80 } as const;
const traffic: Traffic = {
  target,
  client: ['203.0.113.7', '2001:db8::7'],
  pods: ['web-1', 'web-2'].map((name, i) => ({ name, node: name, labels: {}, ips: [`10.217.0.${11 + i}`, `fd00::${11 + i}`], ports: [] })),
  request: () => Promise.resolve([]),
};
const plain = paintWith(false);
const live = { nothingLive: false, advice: "'commit'" };

function replies(...backends: (string | undefined)[]): Reply[] {
  return backends.map((backend, i) => (backend === undefined
    ? { n: i + 1, ok: false, ms: 2000, error: 'TIMEOUT' }
    : { n: i + 1, ok: true, ms: i + 1, backend, client: '203.0.113.7' }));
}

test('send takes a count, an address, both in either order, or neither', () => {
  assert.equal(readOrder([], target), { count: 10, target });
  assert.equal(readOrder(['30'], target), { count: 30, target });
  const udp = { protocol: 'udp', address: 'fd00::1', port: 7 };
  assert.equal(readOrder(['[FD00:0::1]:7/udp', '5'], target), { count: 5, target: udp });
  assert.equal(readOrder(['5', '[fd00::1]:7/udp'], target), { count: 5, target: udp });
});

test('what is neither is refused by name, and so are none and too many', () => {
  for (const wrong of ['0', '10001', 'many', '10.0.0.999:80', '10.0.0.1', '10.0.0.1:70000', '10.0.0.1:80/sctp', '\x1b[2J']) {
    const order = readOrder([wrong], target);
    assert.ok('code' in order && order.code === 'LB653', wrong);
    assert.not.match(JSON.stringify(order), /\\u001b/);
  }
});

test('the report counts every pod, also one that answered nothing, and says what failed', () => {
  const text = report(replies('web-1', 'web-1', 'web-1', undefined), { count: 4, target }, traffic, plain, live);
  assert.is(text, [
    '4 requests to 10.99.38.155:80: 3 answered, 2.0 ms in the median',
    `  web-1  10.217.0.11  3  ${'█'.repeat(24)}`,
    '  web-2  10.217.0.12  0',
    "  the backends saw the client's own address, 203.0.113.7",
    '  1 × TIMEOUT  no answer: see show drops',
  ].join('\n'));
});

test('with no answer at all there is no table', () => {
  assert.is(report(replies(undefined), { count: 1, target }, traffic, plain, live), '1 request to 10.99.38.155:80: none answered\n  1 × TIMEOUT  no answer: see show drops');
});

function failed(...errors: string[]): Reply[] {
  return errors.map((error, i) => ({ n: i + 1, ok: false, ms: 1, error }));
}

test('what fails for one cause is one line: an address that no service has', () => {
  const text = report(failed('ENETUNREACH', 'TIMEOUT', 'EHOSTUNREACH'), { count: 3, target }, traffic, plain, live);
  assert.is(text, "3 requests to 10.99.38.155:80: none answered\n  3 × no route  no service has 10.99.38.155 yet: 'commit' (ENETUNREACH, TIMEOUT, EHOSTUNREACH)");
});

test('a timeout after an answer, or a refusal, is no missing address', () => {
  const text = report([...replies('web-1'), ...failed('TIMEOUT', 'ECONNREFUSED')], { count: 3, target }, traffic, plain, live);
  assert.not.match(text, 'no service has');
  assert.match(text, '1 × TIMEOUT  no answer: see show drops');
  assert.match(text, '1 × ECONNREFUSED  refused');
});

test('where nothing is committed, a timeout alone is for want of a service too', () => {
  assert.match(report(failed('TIMEOUT'), { count: 1, target }, traffic, plain, { ...live, nothingLive: true }), '1 × no route');
});

test('a foreign backend is listed too, its name made safe', () => {
  const text = report(replies('web-1', 'x\x1b[2J'), { count: 2, target }, traffic, plain, live);
  assert.match(text, 'x\\x1b[2J');
  assert.not.match(text, /\x1b/);
});

test('a client address that is not the client\'s is not called so', () => {
  const seen = [{ n: 1, ok: true, ms: 1, backend: 'web-1', client: '10.217.0.1' }];
  assert.match(report(seen, { count: 1, target }, traffic, plain, live), 'the backends saw as client, 10.217.0.1');
});

test.run();
