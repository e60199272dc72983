import { readFileSync } from 'node:fs';
import { Lexer } from 'chevrotain';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { StatementParser } from '../../dsl/parser.ts';
import { signatures } from '../../dsl/signatures.ts';
import { allTokens, tokenize } from '../../dsl/tokens.ts';
import { generateCst } from '../../scripts/generate-cst.ts';

test('chevrotain finds no ambiguity in the grammar and no mistake in the tokens', () => {
  assert.not.throws(() => new StatementParser({ validate: true }));
  const lexer = new Lexer(allTokens, { positionTracking: 'onlyOffset', ensureOptimizations: true });
  assert.equal(lexer.lexerDefinitionErrors, []);
});

test('the generated types are those of the grammar', () => {
  assert.is(readFileSync('dsl/generated/cst.ts', 'utf8'), generateCst());
});

test('every token of every keyword comes back from the lexer', () => {
  const words = ['in', 'int', 'include', 'in-x', 'on-empty', 'on-emptyx', 'k8s', 'l2', 'port', 'ports'];
  const { tokens } = tokenize(words.join(' '));
  assert.equal(tokens.map((token) => token.image), words);
  assert.equal(tokens.map((token) => token.tokenType.name), ['In', 'IntType', 'Include', 'Identifier', 'OnEmpty', 'Identifier', 'K8s', 'L2', 'PortType', 'Identifier']);
});

test('no two rows of the table of signatures have the same name and place', () => {
  const keys = signatures.map((s) => `${s.role} ${s.name}`);
  assert.is(new Set(keys).size, keys.length);
});

test.run();
