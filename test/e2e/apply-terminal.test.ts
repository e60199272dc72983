/** What `apply` asks a person at a terminal, and what the answers do. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inspect } from '../../runtime/inspect.ts';
import { mainFile, tsxLoader } from '../support/cli.ts';
import { raiseMachine, type Machine } from '../support/machine.ts';
import { realDatapath, testWith } from '../support/needs.ts';
import { openTerminal } from '../support/terminal.ts';

const test = suite('apply on a terminal');
let machine: Machine | undefined;
let folder = '';
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-terminal-'));
  writeFileSync(join(folder, 'shop.lb'), 'ruleset shop\nattach sluice-up\nservice web vip 10.99.0.1:80 -> 10.8.0.11 mode dsr\n');
});
test.after(() => {
  rmSync(folder, { recursive: true });
  machine?.topology.remove();
});

/** Runs `apply` up to its question, answers, and tells the exit status and what is on the screen. */
async function answer(keys: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<{ status: number; text: string; colored: string }> {
  machine ??= raiseMachine();
  const terminal = openTerminal([
    'nsenter', `--net=${machine.netns}`, process.execPath, '--import', tsxLoader, mainFile, 'apply', '--bpffs', machine.bpffs, join(folder, 'shop.lb'),
  ], { env: { NODE_NO_WARNINGS: '1', ...env } });
  try {
    await terminal.until('Apply this? [y/N]');
    const colored = terminal.colored();
    terminal.press(...keys);
    const status = await terminal.ended();
    return { status, text: terminal.scrollback(), colored };
  } finally {
    terminal.close();
  }
}

const services = (): number => inspect(machine!.datapath, 'default').live.services.length;

testWith([...realDatapath, 'tmux'], test, 'the plan is shown in colours, and anything but yes applies nothing', async () => {
  for (const keys of [['Enter'], ['n', 'Enter'], ['C-d'], ['C-c']]) {
    const { status, text, colored } = await answer(keys);
    assert.is(status, 1, keys.join(' '));
    assert.match(text, /\+ service web[^]*not applied/);
    assert.match(colored, /\u001b\[/);
    assert.is(services(), 0);
  }
});

testWith([...realDatapath, 'tmux'], test, 'yes applies, without colours where NO_COLOR asks for none', async () => {
  const { status, text, colored } = await answer(['y', 'Enter'], { NO_COLOR: '1' });
  assert.is(status, 0);
  assert.match(text, /Applied as commit 1\./);
  assert.not.match(colored, /\u001b\[3\dm/);
  assert.is(services(), 1);
  machine!.datapath.remove('default');
});

test.run();
