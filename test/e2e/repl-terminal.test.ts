/** The prompt on a real terminal, in the playground. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { realDatapath, testWith } from '../support/needs.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';

const main = fileURLToPath(new URL('../../runtime/cli/main.ts', import.meta.url));
const sentence = 'service nginx vip 10.99.38.155:80 -> pods(app=nginx) mode dsr hash maglev';

async function onTerminal(options: { args?: string[]; columns?: number; rows?: number; env?: Readonly<Record<string, string>> }, body: (t: Terminal, state: string) => Promise<void>): Promise<void> {
  const state = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  const terminal = openTerminal([process.execPath, '--import', 'tsx', main, ...(options.args ?? [])], {
    ...options, env: { XDG_STATE_HOME: state, NODE_NO_WARNINGS: '1', TERM: 'tmux-256color', ...options.env },
  });
  try {
    await terminal.until(/^sluice>/m);
    await body(terminal, state);
  } finally {
    terminal.close();
    rmSync(state, { recursive: true, force: true });
  }
}

testWith([...realDatapath, 'tmux'], test, 'the sentence is typed, committed and answers requests; the scrollback keeps it all', async () => {
  await onTerminal({ columns: 110, rows: 24 }, async (t, state) => {
    t.type(sentence);
    t.press('Enter');
    await t.until('+ service nginx');
    await t.until('sluice*>');
    t.type('commit');
    t.press('Enter');
    await t.until('committed, serial 1');
    t.type('send 30');
    t.press('Enter');
    await t.until('all answered');
    t.type('quit');
    t.press('Enter');
    assert.is(await t.ended(), 0);
    const all = t.scrollback();
    for (const text of ['a playground on', `sluice> ${sentence}`, '+ service nginx', 'sluice> commit', 'sluice> send 30']) assert.match(all, text);
    assert.is(all.split('a playground on').length, 2, 'nothing was printed twice');
    assert.equal(readFileSync(join(state, 'sluice', 'history'), 'utf8').trim().split('\n').map((l) => JSON.parse(l) as string), [sentence, 'commit', 'send 30', 'quit']);
  });
});

testWith([...realDatapath, 'tmux'], test, 'a mistake is marked under the statement, and Up brings it back to be mended', async () => {
  await onTerminal({}, async (t) => {
    t.type(sentence.replace('dsr', 'drs'));
    t.press('Enter');
    await t.until("did you mean 'dsr'?");
    t.press('Up');
    for (let i = 0; i < ' hash maglev'.length + 1; i++) t.press('Left');
    t.press('BSpace');
    t.press('Right');
    t.type('r');
    await t.until('mode dsr hash maglev');
    t.press('Enter');
    await t.until('+ service nginx');
    t.press('C-d');
    assert.is(await t.ended(), 0);
    assert.match(t.scrollback(), 'the candidate was not committed');
  });
});

testWith([...realDatapath, 'tmux'], test, 'TAB completes words of the prompt and of the language', async () => {
  await onTerminal({}, async (t) => {
    t.type('serv');
    t.press('Tab');
    await t.until('sluice> service');
    t.type('x mode d');
    t.press('Tab');
    await t.until(/^ +dsr /m);
    t.press('C-u');
    t.type('comm');
    t.press('Tab');
    await t.until('sluice> commit');
  });
});

testWith([...realDatapath, 'tmux'], test, 'a pasted script arrives whole, and the prompt lives through resizing', async () => {
  await onTerminal({ columns: 100, rows: 20 }, async (t) => {
    t.paste('let vip = 10.99.38.155\nservice web {\n  vip $vip:80\n  -> pods(app=nginx)\n  mode dsr\n}\n');
    await t.until('... }');
    t.resize(60, 12);
    t.resize(120, 30);
    t.press('Enter');
    await t.until('+ service web');
    t.type('quit');
    t.press('Enter');
    assert.is(await t.ended(), 0);
  });
});

testWith([...realDatapath, 'tmux'], test, 'a pasted transcript with statements and verbs is run line by line, up to the first mistake', async () => {
  await onTerminal({ columns: 110, rows: 40 }, async (t) => {
    t.paste(`sluice> ${sentence}\ncommit\nsend 3\nservice web {\n  vip 10.99.38.156:80\n  mode drs\n}\nplan\nquit\n`);
    await t.until('... quit');
    t.press('Enter');
    await t.until('3 requests to 10.99.38.155:80: all answered');
    await t.until('stopped there: 2 lines after it were not run');
    t.type('quit');
    t.press('Enter');
    assert.is(await t.ended(), 0);
  });
});

testWith([...realDatapath, 'tmux'], test, 'a commit that removes a service asks first', async () => {
  await onTerminal({ columns: 110 }, async (t) => {
    for (const line of [sentence, 'commit', 'delete service nginx']) {
      t.type(line);
      t.press('Enter');
    }
    await t.until('- service nginx');
    t.type('commit');
    t.press('Enter');
    await t.until('This removes service nginx. Commit? [y/N]');
    t.press('n');
    await t.until('Commit? no');
    t.type('commit');
    t.press('Enter');
    await t.until(/Commit\? \[y\/N\]/);
    t.press('y');
    await t.until('committed, serial 2');
  });
});

testWith([...realDatapath, 'tmux'], test, 'Ctrl-C ends requests under way and reports those that were sent', async () => {
  await onTerminal({}, async (t) => {
    for (const line of [sentence, 'commit', 'send 10000']) {
      t.type(line);
      t.press('Enter');
    }
    await t.until('Ctrl-C stops requests');
    t.press('C-c');
    await t.until(/^\d+ requests? to 10\.99\.38\.155:80/m);
    assert.not.match(t.scrollback(), '10000 requests');
    t.type('quit');
    t.press('Enter');
    assert.is(await t.ended(), 0);
  });
});

testWith([...realDatapath, 'tmux'], test, 'a terminal is usable after SIGTERM, and nothing is left of the playground', async () => {
  await onTerminal({}, async (t) => {
    const pid = t.pid();
    const own = (): string[] => readdirSync('/run/netns').filter((n) => n.startsWith(`sluice-${pid}-`));
    assert.is(own().length, 5);
    process.kill(pid, 'SIGTERM');
    assert.is(await t.ended(), 143);
    t.type('echoed');
    await t.until('echoed');
    assert.equal(own(), []);
  });
});

testWith([...realDatapath, 'tmux'], test, 'statements are coloured as they are typed, unless NO_COLOR is set', async () => {
  for (const [env, colored] of [[{}, true], [{ NO_COLOR: '1' }, false]] as const) {
    await onTerminal({ env }, async (t) => {
      t.type('service web vip 10.0.0.1:80');
      await t.until('sluice> service web');
      assert.is(/\x1b\[/.test(t.colored()), colored);
    });
  }
});

test.run();
