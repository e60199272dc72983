import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fileHistory, historyPath, memoryHistory } from '../../../runtime/repl/history.ts';

function inFolder(body: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  try {
    body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('what was typed is there in the next session, statements of several lines whole', () => {
  inFolder((folder) => {
    const path = join(folder, 'state', 'sluice', 'history');
    const first = fileHistory(path);
    first.add('plan');
    first.add('service a {\n  mode dsr\n}');
    assert.equal(fileHistory(path).entries, ['plan', 'service a {\n  mode dsr\n}']);
    assert.is(statSync(path).mode & 0o777, 0o600);
  });
});

test('blank lines and repetitions are not kept', () => {
  const history = memoryHistory();
  for (const text of ['plan', 'plan', '  ', 'show', 'plan']) history.add(text);
  assert.equal(history.entries, ['plan', 'show', 'plan']);
});

test('a long history is cut to its latest thousand, a damaged line is left out', () => {
  inFolder((folder) => {
    const path = join(folder, 'history');
    writeFileSync(path, `not json\n${Array.from({ length: 1500 }, (_, i) => `${JSON.stringify(`line ${i}`)}\n`).join('')}`);
    const { entries } = fileHistory(path);
    assert.is(entries.length, 1000);
    assert.is(entries[0], 'line 500');
    assert.is(readFileSync(path, 'utf8').trimEnd().split('\n').length, 1000);
  });
});

test('a history that can neither be read nor written is used all the same', () => {
  inFolder((folder) => {
    writeFileSync(join(folder, 'file'), '');
    const history = fileHistory(join(folder, 'file', 'history'));
    history.add('plan');
    assert.equal(history.entries, ['plan']);
  });
});

test('XDG_STATE_HOME decides where it is, unless it is not absolute', () => {
  assert.is(historyPath({ XDG_STATE_HOME: '/var/state' }), '/var/state/sluice/history');
  assert.match(historyPath({ XDG_STATE_HOME: 'state' }), /\/\.local\/state\/sluice\/history$/);
});

test.run();
