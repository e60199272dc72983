import { render } from 'ink-testing-library';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { App } from '../../../runtime/repl/ink/app.tsx';
import { Controller } from '../../../runtime/repl/ink/controller.ts';
import { echoEngine } from './echo-engine.ts';

const escape = /\x1b\[[0-9;?]*[A-Za-z]/g;

function mounted(color = false) {
  const engine = echoEngine();
  let left = false;
  const controller = new Controller({
    engine, isComplete: (t) => !t.endsWith(','), greeting: 'hello',
    complete: (_, offset) => ({ from: offset, items: ['alpha', 'beta'].map((text) => ({ text, kind: 'x', help: `help of ${text}` })) }),
    onLeave: () => { left = true; },
    onDefect: (error) => { throw error; },
  });
  const app = render(<App controller={controller} color={color} />);
  const screen = (): string => (app.lastFrame() ?? '').replace(escape, '');
  /** Waits for a text on the screen: renders are throttled. */
  const until = async (text: string): Promise<void> => {
    for (let i = 0; i < 200 && !screen().includes(text); i++) await new Promise((r) => { setTimeout(r, 5); });
    assert.ok(screen().includes(text), `expected '${text}' in:\n${screen()}`);
  };
  return { ...app, engine, screen, until, left: () => left };
}

test('the greeting is printed once, above the prompt', async () => {
  const app = mounted();
  await app.until('sluice>');
  assert.is(app.screen().split('hello').length, 2);
  assert.ok(app.screen().indexOf('hello') < app.screen().indexOf('sluice>'));
  app.unmount();
});

test('what is typed stands behind the prompt; Enter moves it up with its answer below it', async () => {
  const app = mounted();
  await app.until('sluice>');
  app.stdin.write('commit');
  await app.until('sluice> commit');
  app.stdin.write('\r');
  await app.until('did commit');
  const lines = app.screen().split('\n').map((l) => l.trimEnd());
  const answer = lines.indexOf('did commit');
  assert.is(lines[answer - 1], 'sluice> commit');
  assert.is(lines.at(-1) || lines.at(-2), 'sluice>');
  app.unmount();
});

test('arrow keys and control keys reach the editor', async () => {
  const app = mounted();
  await app.until('sluice>');
  app.stdin.write('ommit');
  app.stdin.write('\x01');
  app.stdin.write('c');
  await app.until('sluice> commit');
  app.stdin.write('\x05');
  app.stdin.write('\x1b[D');
  app.stdin.write('\x0b');
  await app.until('sluice> commi');
  app.unmount();
});

test('a bracketed paste of several statements arrives whole and waits for Enter', async () => {
  const app = mounted();
  await app.until('sluice>');
  app.stdin.write('\x1b[200~let a = 1\nlet b = 2\x1b[201~');
  await app.until('... let b = 2');
  assert.equal(app.engine.entered, []);
  app.stdin.write('\r');
  await app.until('did let b = 2');
  assert.equal(app.engine.entered, ['let a = 1', 'let b = 2']);
  app.unmount();
});

test('an unfinished statement goes on below, under a prompt of its own', async () => {
  const app = mounted();
  await app.until('sluice>');
  app.stdin.write('service a,');
  app.stdin.write('\r');
  await app.until('    ...');
  app.stdin.write('b');
  await app.until('... b');
  app.unmount();
});

test('TAB lists what may follow with its help, and the list goes with the next key', async () => {
  const app = mounted();
  await app.until('sluice>');
  app.stdin.write('\t');
  await app.until('help of beta');
  app.stdin.write('x');
  await app.until('sluice> x');
  assert.not.match(app.screen(), 'help of beta');
  app.unmount();
});

test('without colour nothing but text and cursor movements is written', async () => {
  const app = mounted(false);
  await app.until('sluice>');
  app.stdin.write('service web vip 10.0.0.1:80 # x');
  await app.until('# x');
  assert.not.match(app.frames.join(''), /\x1b\[[0-9;]*m/);
  app.unmount();
});

test('a line longer than the terminal wraps and nothing of it is lost', async () => {
  const app = mounted();
  await app.until('sluice>');
  const long = 'x'.repeat(150);
  app.stdin.write(long);
  await app.until('xxx');
  for (let i = 0; i < 100 && app.screen().replace(/[^x]/g, '').length !== 150; i++) await new Promise((r) => { setTimeout(r, 5); });
  assert.is(app.screen().replace(/[^x]/g, '').length, 150);
  assert.ok(app.screen().split('\n').every((l) => l.length <= 100));
  app.unmount();
});

test('Ctrl-D on an empty line leaves', async () => {
  const app = mounted();
  await app.until('sluice>');
  app.stdin.write('\x04');
  for (let i = 0; i < 100 && !app.left(); i++) await new Promise((r) => { setTimeout(r, 5); });
  assert.ok(app.left());
  app.unmount();
});

test.run();
