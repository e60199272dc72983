import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { completeInput } from '../../../runtime/repl/completion.ts';
import type { Engine, EngineOptions } from '../../../runtime/repl/desk.ts';
import { createEngine } from '../../../runtime/repl/engine.ts';
import type { Traffic } from '../../../runtime/repl/traffic.ts';
import { memorySession } from '../../support/memory-session.ts';

const web = 'service web vip 10.0.0.1:80 -> 10.0.1.1, 10.0.1.2 mode dsr';

function engine(options: Partial<EngineOptions> = {}): Engine {
  return createEngine({ session: memorySession(), ruleset: 'repl', color: false, ...options });
}

/** Enters lines one after another and answers what the last one said. */
async function enter(e: Engine, ...lines: string[]): Promise<{ ok: boolean; text: string; complaints: string }> {
  let last = { ok: true, text: '', complaints: '' };
  for (const line of lines) {
    const { ok, outputs } = await e.enter(line);
    const of = (kind: string): string => outputs.filter((o) => o.kind === kind).map((o) => o.text).join('\n');
    last = { ok, text: of('text'), complaints: of('diagnostics') };
  }
  return last;
}

const names = (e: Engine): string[] => e.candidate.map((c) => `${c.kind} ${c.name}`.trim());

test('a statement goes into the candidate and its plan is shown; nothing is live before the commit', async () => {
  const session = memorySession();
  const e = engine({ session });
  const { ok, text, complaints } = await enter(e, web);
  assert.ok(ok);
  assert.is(complaints, '');
  assert.match(text, '+ service web');
  assert.ok(e.modified);
  assert.equal(session.machine.inspect().services, []);
});

test('a commit makes it live, and the plan is empty then', async () => {
  const session = memorySession();
  const e = engine({ session });
  assert.match((await enter(e, web, 'commit')).text, 'committed, serial 1');
  assert.equal(session.machine.inspect().services.map((s) => s.name), ['web']);
  assert.not(e.modified);
  assert.match((await enter(e, 'plan')).text, 'No changes');
  assert.match((await enter(e, 'commit')).text, 'nothing to commit');
});

test('flows watches for a while, five seconds where none is said', async () => {
  const e = engine();
  assert.equal([(await enter(e, 'flows')).text, (await enter(e, 'flows for 200ms')).text, (await enter(e, 'flows 2m')).text],
    ['flows for 5000 ms', 'flows for 200 ms', 'flows for 120000 ms']);
  for (const wrong of ['flows for', 'flows for ever', 'flows 5', 'flows for 25h', 'flows 1s 2s']) {
    const { ok, complaints } = await enter(e, wrong);
    assert.not(ok, wrong);
    assert.match(complaints, 'LB658', wrong);
  }
});

test('a new session begins with the text of the last commit', async () => {
  const session = memorySession();
  await enter(engine({ session }), `# the front door\n${web}`, 'commit');
  const next = engine({ session });
  assert.equal(names(next), ['service web']);
  assert.match(next.candidate[0]!.text, '# the front door');
  assert.not(next.modified);
});

test('a statement with a mistake is not taken, and the candidate stays as it was', async () => {
  const e = engine();
  await enter(e, web);
  for (const wrong of ['service db vip 10.0.0.2:80 -> 10.0.1.1 mode drs', 'service db vip 10.0.0.2:80 ->', 'service db vip 10.0.0.1:80 -> 10.0.1.9 mode dsr']) {
    const { ok, complaints } = await enter(e, wrong);
    assert.not(ok, wrong);
    assert.match(complaints, /^repl:\d+:\d+: error\[LB\d{3}\]/);
    assert.equal(names(e), ['service web']);
  }
});

test('a service of the same name replaces the one in the candidate', async () => {
  const e = engine();
  const { text } = await enter(e, web, 'service web vip 10.0.0.1:80 -> 10.0.1.3 mode dsr');
  assert.match(text, 'replaces service web in the candidate');
  assert.match(text, '10.0.1.3');
  assert.not.match(text, '10.0.1.2');
  assert.equal(names(e), ['service web']);
});

test('a name may be used before it is declared: there is no plan until then', async () => {
  const e = engine();
  const { ok, text, complaints } = await enter(e, 'service web vip $vip:80 -> pool api mode dsr');
  assert.ok(ok);
  assert.is(text, '');
  assert.match(complaints, 'warning[LB11');
  assert.not((await enter(e, 'commit')).ok, 'a commit without a plan fails');
  await enter(e, 'let vip = 10.0.0.1');
  assert.match((await enter(e, 'pool api -> 10.0.1.1')).text, '+ service web');
});

test('a declaration that nothing uses yet is no matter for a complaint while typing; check says it', async () => {
  const e = engine();
  assert.is((await enter(e, 'pool api -> 10.0.1.1')).complaints, '');
  assert.match((await enter(e, 'check')).complaints, 'LB301');
});

test('undo goes back, and the candidate with it', async () => {
  const session = memorySession();
  const e = engine({ session });
  await enter(e, web, 'commit', 'service db vip 10.0.0.2:5432 -> 10.0.1.9 mode dsr', 'commit');
  assert.equal(session.machine.inspect().services.map((s) => s.name), ['db', 'web']);
  const { ok, text } = await enter(e, 'undo');
  assert.ok(ok);
  assert.match(text, 'went back');
  assert.equal(session.machine.inspect().services.map((s) => s.name), ['web']);
  assert.equal(names(e), ['service web']);
});

test('where an undo or a commit fails, the candidate stays as it was entered', async () => {
  const refusal = { diagnostics: [{ code: 'LB505', severity: 'error', message: 'on purpose' }] } as const;
  const e = engine({ session: { ...memorySession(), undo: () => refusal, commit: () => refusal } });
  for (const verb of ['undo', 'commit']) {
    const { ok, text, complaints } = await enter(e, web, verb);
    assert.not(ok);
    assert.is(text, '');
    assert.match(complaints, 'error[LB505]: on purpose');
    assert.equal(names(e), ['service web']);
    assert.ok(e.modified);
  }
});

test('delete takes out, discard brings back, diff tells the difference', async () => {
  const e = engine();
  await enter(e, web, 'commit');
  const { text } = await enter(e, 'delete service web');
  assert.match(text, '- service web');
  assert.is((await enter(e, 'diff')).text, `- ${web}`);
  await enter(e, 'discard');
  assert.equal(names(e), ['service web']);
  assert.match((await enter(e, 'diff')).text, 'nothing');
});

test('delete of what is not there suggests what is', async () => {
  const e = engine();
  await enter(e, web);
  for (const [line, hint] of [['delete service wbe', "did you mean 'web'?"], ['delete servce web', "did you mean 'service'?"]] as const) {
    const { ok, complaints } = await enter(e, line);
    assert.not(ok);
    assert.match(complaints, hint);
  }
});

test('a ruleset statement is refused: the prompt owns one of its own', async () => {
  const { ok, complaints } = await enter(engine(), 'ruleset edge');
  assert.not(ok);
  assert.match(complaints, 'LB650');
  assert.match(complaints, '1 | ruleset edge');
});

test('a file with a ruleset of its own is refused with its line and what to do with it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  try {
    const path = join(folder, 'edge.lb');
    writeFileSync(path, `# the edge\nruleset edge\n${web}\n`);
    const { ok, outputs } = engine().load(path);
    assert.not(ok);
    assert.match(outputs[0]!.text, `${path}:2:1: error[LB650]: the ruleset 'edge' cannot be entered here: the prompt commits as 'repl'`);
    assert.match(outputs[0]!.text, `'sluice apply ${path}' in a shell`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('several statements in one paste are judged together, whatever their order', async () => {
  const e = engine();
  const { ok, complaints } = await enter(e, 'service web vip 10.0.0.1:80 -> pool api mode dsr\npool api -> 10.0.1.1\n');
  assert.ok(ok);
  assert.is(complaints, '');
  assert.equal(names(e), ['service web', 'pool api']);
});

test('save writes the formatted candidate, load reads it back, each is a whole or nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  try {
    const path = join(folder, 'shop.lb');
    const e = engine();
    assert.match((await enter(e, `${web.replace(' mode', '    mode')} # why`, `save ${path}`)).text, '1 statement saved');
    assert.match(readFileSync(path, 'utf8'), /10\.0\.1\.2 mode dsr {2}# why\n/);
    const other = engine();
    assert.match((await enter(other, `load ${path}`)).text, '+ service web');
    writeFileSync(path, `${web}\nservice db vip 10.0.0.2:1 -> 10.0.1.1 mode drs\n`);
    const third = engine();
    const { ok, complaints } = await enter(third, `load ${path}`);
    assert.not(ok);
    assert.match(complaints, `${path}:2:`);
    assert.equal(names(third), []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('save and load say what is wrong with a path', async () => {
  const e = engine();
  assert.match((await enter(e, 'save /no/such/folder/x.lb')).complaints, 'LB656');
  assert.match((await enter(e, 'load /no/such/file.lb')).complaints, 'LB602');
  assert.match((await enter(e, 'load /tmp')).complaints, 'LB603');
});

test('only a commit that removes something has a question', async () => {
  const e = engine();
  await enter(e, web);
  assert.is(e.question('commit'), undefined);
  await enter(e, 'commit', 'delete service web');
  assert.match(e.question('commit')!, 'This removes service web');
  assert.is(e.question('plan'), undefined);
});

test('what the session has against commits is said, plans go on', async () => {
  const obstacle = { code: 'LB601', severity: 'error', message: 'no privilege to do it', hint: 'run it as root' } as const;
  const e = engine({ session: { ...memorySession(), obstacle } });
  assert.match((await enter(e, web)).text, '+ service web');
  for (const verb of ['commit', 'undo']) {
    const { ok, complaints } = await enter(e, verb);
    assert.not(ok);
    assert.match(complaints, 'error[LB601]');
  }
});

test('a prelude stands in the candidate until something was committed', async () => {
  const session = memorySession();
  const e = engine({ session, prelude: 'attach eth0 xdp native\n' });
  assert.equal(names(e), ['attach eth0']);
  await enter(e, web, 'commit');
  assert.equal(names(engine({ session, prelude: 'attach eth1\n' })), ['service web', 'attach eth0']);
});

test('what the user entered first is line 1, whatever the prelude says, also after a commit', async () => {
  const session = memorySession();
  const options = { session, prelude: 'attach eth0 xdp native\nlet own = 10.0.9.9\n' };
  const e = engine(options);
  const double = 'service db vip 10.0.0.1:80 -> 10.0.1.9 mode dsr';
  assert.match((await enter(e, 'service own vip 10.0.0.5:80 -> 10.0.1.9 mode dsr hash x')).complaints, /^repl:1:/);
  await enter(e, web);
  assert.match((await enter(e, double)).complaints, /^repl:2:/);
  await enter(e, 'commit');
  const next = engine(options);
  await enter(next, 'service third vip 10.0.0.3:80 -> 10.0.1.1 mode dsr', 'commit');
  assert.equal(session.machine.inspect().services.map((s) => `${s.name} ${s.origin.line}`), ['third 2', 'web 1']);
  assert.not(engine(options).modified);
});

test('a statement of the prelude that was entered anew, or deleted, is the user\'s', async () => {
  const e = engine({ prelude: 'attach eth0 xdp native\n' });
  await enter(e, web, 'attach eth0 xdp generic');
  assert.equal(names(e), ['service web', 'attach eth0']);
  assert.match((await enter(e, 'show')).text, 'generic');
  await enter(e, 'delete attach eth0');
  assert.equal(names(e), ['service web']);
});

const none = { code: 'LB517', severity: 'error', message: "there is no instance 'x'", hint: "'sluice show instances' lists them" } as const;

test('show before the first commit says that nothing is committed, and what to do about it', async () => {
  const e = engine({ session: { ...memorySession(), show: () => ({ text: '', diagnostics: [none] }) } });
  const empty = await enter(e, 'show drops');
  assert.ok(empty.ok);
  assert.is(empty.complaints, '');
  assert.is(empty.text, "nothing is committed yet: enter a service, then 'commit'");
  assert.is((await enter(e, web, 'show drops')).text, "nothing is committed yet: 'commit' makes the candidate live");
});

test('a send that found no route says whether there is something to commit', async () => {
  const target = { protocol: 'tcp', address: '10.0.0.1', port: 80 } as const;
  const traffic: Traffic = {
    target, client: ['203.0.113.7', '2001:db8::7'], pods: [],
    request: () => Promise.resolve([{ n: 1, ok: false, ms: 1, error: 'ENETUNREACH' }, { n: 2, ok: false, ms: 2000, error: 'TIMEOUT' }]),
  };
  const e = engine({ traffic });
  assert.match((await enter(e, 'send 2')).text, "no service has 10.0.0.1 yet: enter a service, then 'commit'");
  assert.match((await enter(e, web, 'send 2')).text, "no service has 10.0.0.1 yet: 'commit' makes the candidate live");
});

test('help says what leaving means here', async () => {
  const traffic: Traffic = { target: { protocol: 'tcp', address: '10.0.0.1', port: 80 }, client: ['203.0.113.7', '2001:db8::7'], pods: [], request: () => Promise.resolve([]) };
  for (const line of ['help', 'help quit']) {
    assert.match((await enter(engine(), line)).text, 'what is live stays');
    const inPlayground = (await enter(engine({ traffic }), line)).text;
    assert.not.match(inPlayground, 'what is live stays');
    assert.match(inPlayground, 'leave; the playground is removed');
  }
});

test('send outside a playground, an unknown code and an unknown verb are told as such', async () => {
  const e = engine();
  for (const [line, code] of [['send 3', 'LB654'], ['explain LB999', 'LB655'], ['comit', 'LB100']] as const) {
    const { ok, complaints } = await enter(e, line);
    assert.not(ok, line);
    assert.match(complaints, code);
  }
});

test('show without a word prints the candidate as it would be formatted, with a word asks the session', async () => {
  const e = engine();
  assert.is((await enter(e, web.replace(' mode', '   mode'), 'show')).text, web);
  assert.is((await enter(e, 'show services')).text, 'shown: services; ');
});

test('help lists what this prompt can do, and one verb alone', async () => {
  const { text } = await enter(engine(), 'help');
  assert.match(text, 'commit');
  assert.match(text, 'services');
  assert.not.match(text, /^ {2}send/m, 'outside a playground there is nothing to send in');
  assert.match((await enter(engine(), 'help undo')).text, 'undo');
  assert.match((await enter(engine(), 'help exit')).text, 'quit');
});

test('help for what this prompt cannot do says so, and what was perhaps meant', async () => {
  for (const [line, hint] of [['help comit', "did you mean 'commit'?"], ['help send', "'help' lists"], ['help \x1b[2J', "'help' lists"]] as const) {
    const { ok, text, complaints } = await enter(engine(), line);
    assert.not(ok, line);
    assert.is(text, '');
    assert.match(complaints, 'error[LB651]');
    assert.match(complaints, hint);
  }
});

test('a name with an escape in it reaches no note and no question as it is', async () => {
  const session = memorySession();
  const e = engine({ session });
  const named = (port: number): string => `service "a\\nb" vip 10.0.0.1:${port} -> 10.0.1.1 mode dsr`;
  assert.match((await enter(e, named(80), named(81))).text, 'replaces service a\\nb in the candidate');
  await enter(e, 'commit');
  assert.match(engine({ session: { ...session, source: () => '' } }).question('commit')!, 'This removes service a\\nb. ');
});

test('history numbers what was entered', async () => {
  assert.is((await enter(engine(), 'plan', 'history')).text, '1  plan\n2  history');
});

test('nothing that was typed reaches the terminal as a control character', async () => {
  const e = engine();
  for (const line of ['\x1b[2J', 'show \x1b[2J', 'delete service \x1b]0;x\x07', 'send \x9b1m', 'service "\x1b[1m" vip 10.0.0.1:80 -> 10.0.1.1 mode dsr', 'history', 'show', 'explain \x1b[2J']) {
    const { text, complaints } = await enter(e, line);
    assert.not.match(text + complaints, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/, line);
  }
});

test('quit leaves', async () => {
  assert.ok((await engine().enter('quit')).leave);
  assert.ok((await engine().enter('exit')).leave);
});

function completed(e: Engine, text: string): string[] {
  return completeInput(e, text, text.length).items.map((i) => i.text);
}

test('completion does not offer names that cannot be typed as they are', async () => {
  const e = engine();
  await enter(e, 'pool "two words" -> 10.0.1.1', 'pool "a\\nb" -> 10.0.1.1', 'pool plain -> 10.0.1.1');
  const offered = (text: string): string[] => completeInput(e, text, text.length).items.map((i) => i.text);
  assert.equal(offered('service web vip 10.0.0.1:80 -> pool '), ['plain']);
  assert.equal(offered('delete pool '), ['two words', 'plain']);
});

test('completion offers verbs and statements first, then what belongs to them', async () => {
  const e = engine();
  await enter(e, web, 'pool api -> 10.0.1.1');
  assert.ok(['show', 'service', 'save'].every((w) => completed(e, 's').includes(w)));
  assert.equal(completed(e, 'show '), ['candidate', 'services']);
  assert.equal(completed(e, 'delete '), ['service', 'pool']);
  assert.equal(completed(e, 'delete pool '), ['api']);
  assert.ok(completed(e, 'explain LB10').includes('LB104'));
  assert.equal(completed(e, 'service x vip 10.0.0.9:80 -> pool '), ['api']);
  assert.equal(completed(e, 'commit '), []);
});

test.run();
