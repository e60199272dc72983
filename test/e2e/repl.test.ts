/** The prompt as a user has it: a process of its own, at the end of a pipe. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { raise } from '../../runtime/lab/topology.ts';
import { openSession } from '../../runtime/session.ts';
import { realDatapath, testWith } from '../support/needs.ts';

const main = fileURLToPath(new URL('../../runtime/cli/main.ts', import.meta.url));
const sentence = 'service nginx vip 10.99.38.155:80 -> pods(app=nginx) mode dsr hash maglev';

interface Run { readonly status: number | string; readonly out: string; readonly err: string; readonly pid: number }

interface RunOptions {
  readonly args?: readonly string[];
  /** Absent: standard input is empty. */
  readonly input?: string;
  readonly unprivileged?: boolean;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with what was printed so far. */
  readonly watch?: (out: string, kill: (signal: NodeJS.Signals) => void) => void;
}

function sluice(options: RunOptions = {}): Promise<Run> {
  const words = ['--import', import.meta.resolve('tsx'), main, ...(options.args ?? [])];
  const [command, args] = options.unprivileged
    ? ['setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, ...words]]
    : [process.execPath, words];
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd: options.cwd, env: { ...process.env, NODE_NO_WARNINGS: '1', FORCE_COLOR: '0', ...options.env } });
    let out = '';
    let err = '';
    child.stdout.on('data', (d: Buffer) => {
      out += d.toString();
      options.watch?.(out, (signal) => { child.kill(signal); });
    });
    child.stderr.on('data', (d: Buffer) => { err += d.toString(); });
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ status: code ?? signal ?? '?', out, err, pid: child.pid! }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** Whatever a playground of this process would leave. */
function remains(pid: number): string[] {
  const list = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
  return [
    ...list('/run/netns').filter((n) => n.startsWith(`sluice-${pid}-`)),
    ...list('/sys/fs/bpf/sluice').filter((n) => n.startsWith(`pg-${pid}-`)),
    ...list(tmpdir()).filter((n) => n.startsWith(`sluice-playground-${pid}-`)),
  ];
}

testWith(realDatapath, test, 'with nothing to read, the playground shows itself: the sentence, its plan, the commit, 30 requests answered', async () => {
  const run = await sluice();
  assert.is(run.err, '');
  assert.is(run.status, 0);
  assert.match(run.out, `sluice> ${sentence}\n`);
  assert.match(run.out, '+ service nginx');
  assert.match(run.out, /^committed, serial 1$/m);
  assert.match(run.out, /^30 requests to 10\.99\.38\.155:80: all answered/m);
  assert.match(run.out, "the backends saw the client's own address, 203.0.113.7");
  const answered = [...run.out.matchAll(/^ {2}nginx-\S+ +10\.217\.0\.1\d +(\d+)/gm)].map((m) => Number(m[1]));
  assert.is(answered.length, 3);
  assert.is(answered.reduce((a, b) => a + b, 0), 30);
  assert.equal(remains(run.pid), []);
});

testWith(realDatapath, test, 'in the playground a service without a backend is refused at once, over IPv4 and IPv6', async () => {
  const run = await sluice({
    input: 'service empty vip 10.99.38.9:80, [fd00:99:38::9]:80 -> 10.217.0.11 down, [fd00:10:217::11] down mode dsr\ncommit\nsend 3 10.99.38.9:80\n',
  });
  assert.match(run.out, 'ECONNREFUSED');
  assert.not.match(run.out, 'TIMEOUT');
  const six = await sluice({
    input: 'service empty vip [fd00:99:38::9]:80 -> [fd00:10:217::11] down mode dsr\ncommit\nsend 3 [fd00:99:38::9]:80\n',
  });
  assert.match(six.out, 'ECONNREFUSED');
  assert.equal([...remains(run.pid), ...remains(six.pid)], []);
});

testWith(realDatapath, test, 'commands on a pipe are carried out in order, over IPv6 and UDP too', async () => {
  const run = await sluice({ input: `${sentence}
service six vip [fd00:99:38::155]:80 -> pods(app=nginx) mode dsr
service echo vip 10.99.38.155:7/udp, [fd00:99:38::155]:7/udp -> pods(app=nginx) mode dsr hash random
commit
send 5
send 5 [fd00:99:38::155]:80
send 5 10.99.38.155:7/udp
send 5 [fd00:99:38::155]:7/udp
plan
` });
  assert.is(run.err, '');
  assert.is(run.status, 0);
  assert.is(run.out.match(/all answered/g)?.length, 4);
  assert.match(run.out, 'No changes');
  assert.equal(remains(run.pid), []);
});

testWith(realDatapath, test, 'undo goes back to the commit before, and the datapath with it', async () => {
  const run = await sluice({ input: `${sentence}
commit
delete service nginx
commit
undo
send 3
show candidate
` });
  assert.is(run.err, '');
  assert.is(run.status, 0);
  assert.match(run.out, '3 requests to 10.99.38.155:80: all answered');
  assert.match(run.out.slice(run.out.indexOf('all answered')), sentence);
});

testWith(realDatapath, test, 'undo before anything was committed is refused', async () => {
  const run = await sluice({ input: 'undo\n' });
  assert.is(run.status, 1);
  assert.match(run.err, /^error\[LB5\d\d\]/);
});

testWith(realDatapath, test, 'without a service nobody answers, and the status says that the pipe ended there', async () => {
  const run = await sluice({ input: 'send 1\nshow candidate\n' });
  assert.is(run.status, 1);
  assert.match(run.out, 'none answered');
  assert.not.match(run.out, 'manifests');
});

testWith(realDatapath, test, 'the first mistake on a pipe ends it with status 1 and nothing is committed', async () => {
  const run = await sluice({ input: `service nginx vip 10.99.38.155:80 -> pods(app=nginx) mode drs\ncommit\nsend 1\n` });
  assert.is(run.status, 1);
  assert.match(run.err, /repl:1:\d+: error\[LB\d{3}\]/);
  assert.match(run.err, "did you mean 'dsr'?");
  assert.is(run.out, '');
  assert.equal(remains(run.pid), []);
});

for (const [signal, status] of [['SIGTERM', 143], ['SIGINT', 130], ['SIGHUP', 129]] as const) {
  testWith(realDatapath, test, `a playground that gets ${signal} after its commit leaves nothing behind`, async () => {
    let sent = false;
    const run = await sluice({
      input: `${sentence}\ncommit\nsend 10000\n`,
      watch: (out, kill) => {
        if (sent || !out.includes('committed')) return;
        sent = true;
        kill(signal);
      },
    });
    assert.is(run.status, status);
    assert.equal(remains(run.pid), []);
  });
}

testWith(realDatapath, test, 'what a playground killed by SIGKILL leaves is swept by the next one', async () => {
  const killed = await sluice({ input: `${sentence}\ncommit\nsend 10000\n`, watch: (out, kill) => { if (out.includes('committed')) kill('SIGKILL'); } });
  assert.is(killed.status, 'SIGKILL');
  assert.ok(remains(killed.pid).length >= 3);
  const next = await sluice({ input: 'show candidate\n' });
  assert.is(next.status, 0);
  assert.equal(remains(killed.pid), []);
});

testWith(realDatapath, test, 'where a tool is missing, it is named, and nothing is left of the attempt', async () => {
  const tools = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  try {
    for (const tool of ['ip', 'nsenter', 'sh']) symlinkSync(execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim(), join(tools, tool));
    const run = await sluice({ input: 'show\n', env: { PATH: tools } });
    assert.is(run.status, 1);
    assert.match(run.err, 'error[LB657]');
    assert.match(run.err, 'ethtool');
    assert.equal(remains(run.pid), []);
  } finally {
    rmSync(tools, { recursive: true });
  }
});

testWith(realDatapath, test, 'on a machine of its own, the next session begins with what the last one committed', async () => {
  const t = raise({ hosts: { box: {}, peer: {} }, links: [{ ends: [{ host: 'box', name: 'sluice0', addresses: ['10.0.1.254/24'] }, { host: 'peer', name: 'sluice0', addresses: ['10.0.1.1/24'] }] }] });
  const instance = `test-${process.pid}`;
  const inside = (input: string): string => t.host('box').exec(process.execPath, ['--import', import.meta.resolve('tsx'), main, 'repl', '--instance', instance], input);
  try {
    const statement = 'service web vip 10.99.0.1:80 -> 10.0.1.1 mode dsr  # by hand';
    assert.match(inside(`attach sluice0\n${statement}\ncommit\n`), 'committed, serial 1');
    assert.is(inside('show\nplan\n'), `attach sluice0\n${statement}\nNo changes. What runs is what the scripts say.\n`);
    assert.match(inside('delete service web\ncommit\nundo\nshow\n'), statement);
  } finally {
    const session = openSession({ instance, bpffs: '/sys/fs/bpf', ruleset: 'repl', netns: t.host('box').netns });
    session.remove();
    t.remove();
  }
  assert.not(existsSync(join('/sys/fs/bpf/sluice', instance)));
});

testWith(['root'], test, 'without privilege it says what it can and cannot do, and its status is 0', async () => {
  const run = await sluice({ unprivileged: true });
  assert.is(run.status, 0);
  assert.match(run.out, 'Here you can ');
  assert.match(run.out, 'Here you cannot ');
  assert.equal(remains(run.pid), []);
});

testWith(['root'], test, 'without privilege statements are checked and planned, and a commit says why not', async () => {
  const statement = 'service web vip 10.0.0.1:80 -> 10.0.0.2:80 mode dsr\n';
  const plan = await sluice({ unprivileged: true, input: `${statement}plan\n` });
  assert.is(plan.status, 0);
  assert.match(plan.out, '+ service web');
  const commit = await sluice({ unprivileged: true, input: `${statement}commit\n` });
  assert.is(commit.status, 1);
  assert.match(commit.err, 'error[LB601]');
});

testWith(['root'], test, 'save writes the formatted script, and a session that begins with it has its statements', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  try {
    writeFileSync(join(folder, 'in.lb'), 'service   web vip 10.0.0.1:80 -> 10.0.0.2:80   mode dsr # why\n');
    const first = await sluice({ args: ['repl', 'in.lb'], input: 'save out.lb\n', cwd: folder });
    assert.is(first.err, '');
    assert.is(first.status, 0);
    assert.is(readFileSync(join(folder, 'out.lb'), 'utf8'), 'service web vip 10.0.0.1:80 -> 10.0.0.2:80 mode dsr  # why\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
