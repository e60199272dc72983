import { PassThrough } from 'node:stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { hasInput, runPipe } from '../../../runtime/repl/pipe.ts';
import { echoEngine, type EchoEngine } from './echo-engine.ts';

async function piped(text: string, options: Parameters<typeof echoEngine>[0] = {}): Promise<{ status: number; out: string[]; err: string[]; engine: EchoEngine }> {
  const engine = echoEngine(options);
  const input = new PassThrough();
  const out: string[] = [];
  const err: string[] = [];
  input.end(text);
  const open = (t: string): number => [...t].reduce((n, c) => n + (c === '{' ? 1 : c === '}' ? -1 : 0), 0);
  const status = await runPipe(engine, (t) => open(t) === 0, { input, out: (t) => out.push(t), err: (t) => err.push(t) });
  return { status, out, err, engine };
}

test('each line is entered in order and its answer goes to standard output', async () => {
  const { status, out, err } = await piped('one\ntwo\n\nthree\n');
  assert.is(status, 0);
  assert.equal(out, ['did one', 'did two', 'did three']);
  assert.equal(err, []);
});

test('lines that belong together are entered together', async () => {
  const { engine } = await piped('service a {\n  mode dsr\n}\ncommit\n');
  assert.equal(engine.entered, ['service a {\n  mode dsr\n}', 'commit']);
});

test('the first mistake ends it with status 1, nothing after it is entered, and how much that is is said', async () => {
  const { status, engine, out, err } = await piped('one\n\ntwo {\n}\n\n# why\nthree\nfour\n', { fails: (t) => t.startsWith('two') });
  assert.is(status, 1);
  assert.equal(engine.entered, ['one', 'two {\n}']);
  assert.is(out.length, 1);
  assert.equal(err, ['error: two {\n}', 'stopped at line 3; 2 lines after it were not run']);
});

test('a mistake in the last line leaves nothing out, and says nothing of it', async () => {
  for (const text of ['one\ntwo\n', 'one\ntwo', 'two {\n']) {
    const { status, err } = await piped(text, { fails: (t) => t.startsWith('two') });
    assert.is(status, 1);
    assert.is(err.length, 1);
  }
});

test('while the input goes on, how much of it is not run is not known', async () => {
  const input = new PassThrough();
  const err: string[] = [];
  input.write('two\n');
  const status = await runPipe(echoEngine({ fails: () => true }), () => true, { input, out: () => undefined, err: (t) => err.push(t) });
  assert.is(status, 1);
  assert.equal(err, ['error: two', 'stopped at line 1; what follows is not run']);
});

test('quit ends it with status 0, and nothing after it is entered', async () => {
  const { status, engine } = await piped('quit\ntwo\n');
  assert.is(status, 0);
  assert.equal(engine.entered, ['quit']);
});

test('a last line without a newline is entered, and so is one that was left unfinished', async () => {
  assert.equal((await piped('one')).engine.entered, ['one']);
  const { status, engine } = await piped('service a {\n', { fails: () => true });
  assert.equal(engine.entered, ['service a {']);
  assert.is(status, 1);
});

test("node's own commands are not there", async () => {
  const { engine } = await piped('.load x\n.exit\n.help\n');
  assert.equal(engine.entered, ['.load x', '.exit', '.help']);
});

test('a defect in a command is not swallowed', async () => {
  const engine = echoEngine();
  const input = new PassThrough();
  input.end('one\n');
  let message = '';
  await runPipe({ ...engine, enter: () => Promise.reject(new Error('broken')) }, () => true, { input, out: () => undefined, err: () => undefined })
    .catch((error: Error) => { message = error.message; });
  assert.is(message, 'broken');
});

test('input is looked for without taking any of it', async () => {
  const input = new PassThrough();
  const found = hasInput(input);
  input.write('one\n');
  assert.is(await found, true);
  input.end('two\n');
  let text = '';
  for await (const chunk of input) text += String(chunk);
  assert.is(text, 'one\ntwo\n');
});

test('an input that ends at once, or says nothing for as long as one waits, has nothing', async () => {
  const ended = new PassThrough();
  ended.end();
  assert.is(await hasInput(ended), false);
  assert.is(await hasInput(new PassThrough(), 5), false);
});

test.run();
