/** Types of the concrete syntax tree, generated from the grammar into dsl/generated/cst.ts. */
import { generateCstDts } from 'chevrotain';
import { StatementParser } from '../dsl/parser.ts';

/** Text of dsl/generated/cst.ts; the same for the same grammar. */
export function generateCst(): string {
  const types = generateCstDts(new StatementParser({ validate: true }).getGAstProductions(), { includeVisitorInterface: false });
  const used = types.replace('CstNode, ICstVisitor, IToken', 'CstNode, IToken');
  return `/** Generated from dsl/parser.ts by scripts/generate-cst.ts. */\n${used.trimEnd()}\n`;
}
