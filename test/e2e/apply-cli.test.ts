/** The command line from the first plan to down, as processes of their own, in a namespace and on a bpffs of the test's own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inNetns } from '../../runtime/kernel/netns.ts';
import { sluice, type Ran } from '../support/cli.ts';
import { raiseMachine, type Machine } from '../support/machine.ts';
import { realDatapath, testWith } from '../support/needs.ts';

const test = suite('command line');
let machine: Machine | undefined;
let folder = '';
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
});
test.after(() => {
  rmSync(folder, { recursive: true });
  machine?.topology.remove();
});

const at = (): Machine => (machine ??= raiseMachine());
const run = (...args: string[]): Ran => sluice([...args, '--bpffs', at().bpffs], { cwd: folder, netns: at().netns });
function done(...args: string[]): string {
  const { status, out, err } = run(...args);
  assert.is(status, 0, `${args.join(' ')}: ${err}`);
  return out;
}
function failed(...args: string[]): string {
  const { status, err } = run(...args);
  assert.is(status, 1, `${args.join(' ')}: ${err}`);
  return err;
}
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const shop = (backends: string): string => `ruleset shop
attach sluice-up
service web vip 10.99.0.1:80 -> ${backends} mode dsr hash maglev(size=1021)
`;

function testOn(title: string, body: () => void | Promise<void>): void {
  testWith(realDatapath, test, title, async () => {
    try {
      await body();
    } finally {
      run('down', '--all', '--yes');
    }
  });
}

testOn('plan, apply, plan again, change, undo, show, down', () => {
  write('shop.lb', shop('10.8.0.11, 10.8.0.12'));
  assert.match(done('plan', 'shop.lb'), /\+ service web[^]*Plan: 2 to add, 0 to change, 0 to remove\./);
  assert.is(run('plan', '--detailed-exitcode', 'shop.lb').status, 2);
  assert.equal(readdirSync(at().bpffs).filter((n) => n === 'sluice'), [], 'a plan writes nothing');
  assert.match(done('apply', '--yes', 'shop.lb'), /Applied as commit 1\./);
  assert.match(done('plan', '--detailed-exitcode', 'shop.lb'), /No changes/);
  assert.match(done('apply', 'shop.lb'), /No changes/, 'nothing to do needs no yes');

  write('shop.lb', shop('10.8.0.11 weight 3, 10.8.0.13'));
  assert.match(done('apply', '--yes', 'shop.lb'), /~ service web[^]*Applied as commit 2\./);
  assert.match(done('show', 'backends', 'web'), /10\.8\.0\.11 .* 75\.\d%/);
  assert.match(done('undo', '--yes'), /Commit 1 is live again\./);
  assert.match(done('show', 'backends', 'web'), /10\.8\.0\.12 .* 50\.0%|10\.8\.0\.12 .* 49\.\d%/);

  const facts = JSON.parse(done('show', '--json', 'services')) as { format: string; services: { name: string; backends: object }[] };
  assert.equal([facts.format, facts.services.map((s) => s.name), facts.services[0]!.backends], ['sluice.show/1', ['web'], { total: 2, up: 2 }]);
  assert.match(done('down', '--yes'), /removed default/);
  assert.match(done('down', '--yes'), /there is no instance 'default'/);
  assert.match(failed('show', 'services'), /LB517/);
});

testOn('a saved plan is applied once, and refused when something else was applied since', () => {
  write('shop.lb', shop('10.8.0.11'));
  done('plan', '--out', 'p.json', 'shop.lb');
  assert.ok(readFileSync(join(folder, 'p.json'), 'utf8').includes('"sluice.plan/1"'));
  assert.match(done('apply', '--yes', '--plan', 'p.json'), /Applied as commit 1/);
  assert.match(failed('apply', '--yes', '--plan', 'p.json'), /LB502/);
  done('plan', '--json', 'shop.lb');
  write('half.json', done('plan', '--json', 'shop.lb'));
  assert.match(failed('apply', '--yes', '--plan', 'half.json'), /LB512/);
  const saved = readFileSync(join(folder, 'p.json'), 'utf8');
  write('changed.json', saved.replaceAll('10.8.0.11', '10.8.0.12'));
  assert.match(failed('apply', '--yes', '--plan', 'changed.json'), /LB512[^]*not as --out wrote it/);
  write('broken.json', saved.replaceAll('"frontends"', '"ends"'));
  assert.match(failed('apply', '--yes', '--plan', 'broken.json'), /LB512/);
  write('no.json', '{');
  assert.match(failed('apply', '--yes', '--plan', 'no.json'), /LB512[^]*not JSON/);
});

testOn('without --yes and without a terminal an apply, an undo and a down are refused, and nothing changes', () => {
  const refused = (...args: string[]): void => {
    const { status, err } = run(...args);
    assert.is(status, 2);
    assert.match(err, /--yes/);
  };
  write('shop.lb', shop('10.8.0.11'));
  refused('apply', 'shop.lb');
  assert.match(done('show', 'instances'), /no instances/);
  done('apply', '--yes', 'shop.lb');
  write('shop.lb', shop('10.8.0.12'));
  done('apply', '--yes', 'shop.lb');
  const before = done('show', 'services');
  refused('undo');
  refused('down');
  assert.is(done('show', 'services'), before);
  done('down', '--yes');
});

testOn('down where there is nothing asks nothing and says so', () => {
  assert.match(done('down'), /there is no instance/);
});

testOn('down --all also takes what a killed down left', () => {
  write('shop.lb', shop('10.8.0.11'));
  done('apply', '--yes', 'shop.lb');
  const folderOf = join(at().bpffs, 'sluice', 'default');
  renameSync(join(folderOf, 'maps'), join(folderOf, 'maps+old'));
  assert.match(done('show', 'instances'), /no instances/);
  assert.match(done('down', '--all', '--yes'), /removed default/);
  assert.equal(readdirSync(at().bpffs).filter((n) => n === 'sluice'), []);
  assert.match(done('down', '--all', '--yes'), /there is no instance/);
});

testOn('instances of different names live side by side', () => {
  write('a.lb', shop('10.8.0.11'));
  write('b.lb', shop('10.8.0.12').replace('sluice-up', 'sluice-dn'));
  done('apply', '--yes', '--instance', 'a', 'a.lb');
  done('apply', '--yes', '--instance', 'b', 'b.lb');
  assert.equal((JSON.parse(done('show', '--json', 'instances')) as { instances: string[] }).instances, ['a', 'b']);
  assert.match(done('show', '--instance', 'b', 'backends', 'web'), /10\.8\.0\.12/);
  assert.match(failed('apply', '--yes', '--instance', 'c', 'a.lb'), /LB504[^]*sluice-up[^]*bpftool net/);
  done('down', '--yes', '--instance', 'a');
  assert.match(done('show', '--instance', 'b', 'attachments'), /sluice-dn/);
});

testOn('an interface that is not there, and a script that this build cannot carry out, leave what runs as it was', () => {
  write('shop.lb', shop('10.8.0.11'));
  done('apply', '--yes', 'shop.lb');
  const before = done('show', '--json', 'services');
  write('shop.lb', shop('10.8.0.12').replace('sluice-up', 'sluice-pu'));
  assert.match(failed('apply', '--yes', 'shop.lb'), /LB501[^]*did you mean 'sluice-up'/);
  write('shop.lb', shop('10.8.0.12').replace('mode dsr', 'mode dsr scope local'));
  assert.match(failed('apply', '--yes', 'shop.lb'), /LB624/);
  assert.is(done('show', '--json', 'services'), before);
});

testOn('of many that apply at once each one is applied whole, or refused', async () => {
  for (let i = 0; i < 4; i++) write(`r${i}.lb`, `ruleset r${i}\nservice s${i} vip 10.99.1.${i + 1}:80 -> 10.8.0.${i + 20} mode dsr\n`);
  const main = new URL('../../runtime/cli/main.ts', import.meta.url).pathname;
  const children = [0, 1, 2, 3].map((i) => inNetns(at().netns, () =>
    spawn(process.execPath, ['--import', 'tsx', main, 'apply', '--yes', join(folder, `r${i}.lb`), '--bpffs', at().bpffs], {
      stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, NODE_NO_WARNINGS: '1' },
    })));
  const ends = await Promise.all(children.map(async (child) => {
    let err = '';
    child.stderr.on('data', (d: Buffer) => { err += d.toString(); });
    const [code] = await once(child, 'close') as [number];
    return { code, err };
  }));
  const live = (JSON.parse(done('show', '--json', 'rulesets')) as { rulesets: { name: string }[] }).rulesets.map((r) => r.name);
  for (const [i, { code, err }] of ends.entries()) {
    if (code === 0) assert.ok(live.includes(`r${i}`), `r${i} said it was applied`);
    else assert.match(err, /LB50[23]/, `r${i}`);
    assert.is(live.includes(`r${i}`), code === 0);
  }
  assert.ok(live.length > 0);
});

testOn('names from manifests reach the terminal, and JSON on it, without control characters', () => {
  write('cluster.yaml', `apiVersion: v1
kind: Pod
metadata: { name: "web\\e[2J\\u202e\\u009b", labels: { app: web } }
status: { podIP: 10.8.0.11, phase: Running, conditions: [{ type: Ready, status: "True" }] }
`);
  write('k.lb', 'k8s(manifests="cluster.yaml")\nruleset k\nservice web vip 10.99.0.1:80 -> pods(app=web) mode dsr\n');
  for (const args of [['plan', 'k.lb'], ['apply', '--yes', 'k.lb'], ['show', 'backends'], ['show', '--json', 'backends'], ['plan', '--json', 'k.lb'], ['check', '--json', 'k.lb']]) {
    const { status, out, err } = run(...args);
    assert.is(status, 0, `${args.join(' ')}: ${err}`);
    assert.not.match(out + err, /[\u001b\u009b\u202e]/, args.join(' '));
  }
  const { services } = JSON.parse(done('show', '--json', 'backends')) as { services: { backends: { name: string }[] }[] };
  assert.is(services[0]!.backends[0]!.name, 'web\u001b[2J\u202e\u009b', 'JSON has the name as it is');
});

testOn('doctor says what this machine can do', () => {
  const { status, out } = run('doctor');
  assert.is(status, 0, out);
  for (const line of ['libbpf', 'bpffs', 'xdp-link', 'managed-neighbours']) assert.match(out, new RegExp(`^yes +${line}`, 'm'));
  const facts = JSON.parse(run('doctor', '--json').out) as { format: string; ok: boolean; checks: { name: string }[] };
  assert.equal([facts.format, facts.ok], ['sluice.doctor/1', true]);
});

test.run();
