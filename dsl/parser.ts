/**
 * The grammar, rule by rule as in the language's description, with no meaning in it; clauses and values
 * stand in `grammar/`. One statement is parsed at a time (`statements.ts` finds where each begins and
 * ends), so `statement` is the start rule.
 */
import type { IToken } from 'chevrotain';
import type { StatementCstNode } from './generated/cst.ts';
import { ClauseParser } from './grammar/clauses.ts';
import * as t from './tokens.ts';

export class StatementParser extends ClauseParser {
  /** `validate` has chevrotain examine the grammar for ambiguities, which costs time at every start. */
  constructor(options: { readonly validate: boolean } = { validate: false }) {
    super(options);
    this.performSelfAnalysis();
  }

  statement = this.RULE('statement', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.rulesetStatement) },
      { ALT: () => this.SUBRULE(this.serviceStatement) },
      { ALT: () => this.SUBRULE(this.poolStatement) },
      { ALT: () => this.SUBRULE(this.defaultsStatement) },
      { ALT: () => this.SUBRULE(this.syncStatement) },
      { ALT: () => this.SUBRULE(this.letStatement) },
      { ALT: () => this.SUBRULE(this.paramStatement) },
      { ALT: () => this.SUBRULE(this.includeStatement) },
      { ALT: () => this.SUBRULE(this.attachStatement) },
      { ALT: () => this.SUBRULE(this.k8sStatement) },
      { ALT: () => this.SUBRULE(this.testStatement) },
      { ALT: () => this.SUBRULE(this.expectStatement) },
    ]);
  });

  rulesetStatement = this.RULE('rulesetStatement', () => {
    this.CONSUME(t.Ruleset);
    this.SUBRULE(this.qname);
  });

  serviceStatement = this.RULE('serviceStatement', () => {
    this.CONSUME(t.Service);
    this.SUBRULE(this.qname);
    this.SUBRULE(this.body);
  });

  poolStatement = this.RULE('poolStatement', () => {
    this.CONSUME(t.Pool);
    this.SUBRULE(this.qname);
    this.SUBRULE(this.body);
  });

  defaultsStatement = this.RULE('defaultsStatement', () => {
    this.CONSUME(t.Defaults);
    this.SUBRULE(this.body);
  });

  syncStatement = this.RULE('syncStatement', () => {
    this.CONSUME(t.Sync);
    this.SUBRULE(this.call);
    this.SUBRULE(this.body);
  });

  letStatement = this.RULE('letStatement', () => {
    this.CONSUME(t.Let);
    this.CONSUME(t.Name);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.value);
  });

  paramStatement = this.RULE('paramStatement', () => {
    this.CONSUME(t.Param);
    this.CONSUME(t.Name);
    this.CONSUME(t.Colon);
    this.SUBRULE(this.paramType);
    this.OPTION(() => {
      this.CONSUME(t.Equals);
      this.SUBRULE(this.value);
    });
  });

  paramType = this.RULE('paramType', () => {
    this.OR([
      { ALT: () => this.CONSUME(t.AddrType) },
      { ALT: () => this.CONSUME(t.PortType) },
      { ALT: () => this.CONSUME(t.CidrType) },
      { ALT: () => this.CONSUME(t.NameType) },
      { ALT: () => this.CONSUME(t.IntType) },
      { ALT: () => this.CONSUME(t.DurType) },
      { ALT: () => this.CONSUME(t.StringType) },
    ]);
  });

  includeStatement = this.RULE('includeStatement', () => {
    this.CONSUME(t.Include);
    this.CONSUME(t.Str);
  });

  attachStatement = this.RULE('attachStatement', () => {
    this.CONSUME(t.Attach);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.iface) });
    this.OPTION(() => {
      this.CONSUME(t.Xdp);
      this.OR([
        { ALT: () => this.CONSUME(t.Auto) },
        { ALT: () => this.CONSUME(t.Native) },
        { ALT: () => this.CONSUME(t.Generic) },
      ]);
    });
  });

  iface = this.RULE('iface', () => {
    this.OR([{ ALT: () => this.CONSUME(t.Name) }, { ALT: () => this.CONSUME(t.Str) }]);
  });

  k8sStatement = this.RULE('k8sStatement', () => {
    this.CONSUME(t.K8s);
    this.SUBRULE(this.args);
  });

  testStatement = this.RULE('testStatement', () => {
    this.CONSUME(t.Test);
    this.CONSUME(t.Str);
    this.CONSUME(t.LCurly);
    this.MANY_SEP({ SEP: t.Separator, DEF: () => this.SUBRULE(this.testLine) });
    this.CONSUME(t.RCurly);
  });

  testLine = this.RULE('testLine', () => {
    this.OR([{ ALT: () => this.SUBRULE(this.given) }, { ALT: () => this.SUBRULE(this.expectStatement) }]);
  });

  given = this.RULE('given', () => {
    this.CONSUME(t.Given);
    this.CONSUME(t.Name);
    this.OR([{ ALT: () => this.CONSUME(t.Up) }, { ALT: () => this.CONSUME(t.Down) }, { ALT: () => this.CONSUME(t.Drain) }]);
  });

  expectStatement = this.RULE('expectStatement', () => {
    this.CONSUME(t.Expect);
    this.OR([{ ALT: () => this.SUBRULE(this.expectFlow) }, { ALT: () => this.SUBRULE(this.expectBalance) }]);
  });

  expectFlow = this.RULE('expectFlow', () => {
    this.OPTION(() => this.SUBRULE(this.protocol));
    this.SUBRULE(this.endpoint);
    this.CONSUME(t.Arrow);
    this.SUBRULE1(this.endpoint);
    this.CONSUME(t.FatArrow);
    this.SUBRULE(this.outcome);
  });

  outcome = this.RULE('outcome', () => {
    this.OR([
      { ALT: () => {
        this.CONSUME(t.Backend);
        this.OR1([{ ALT: () => this.CONSUME(t.Name) }, { ALT: () => this.SUBRULE(this.endpoint) }]);
      } },
      { ALT: () => { this.CONSUME(t.Oneof); this.SUBRULE(this.members); } },
      { ALT: () => this.CONSUME(t.Drop) },
      { ALT: () => this.CONSUME(t.Reject) },
      { ALT: () => this.CONSUME(t.Pass) },
    ]);
  });

  expectBalance = this.RULE('expectBalance', () => {
    this.CONSUME(t.Balance);
    this.SUBRULE(this.qname);
    this.CONSUME(t.Within);
    this.CONSUME(t.Percent);
    this.OPTION(() => {
      this.CONSUME(t.Over);
      this.CONSUME(t.Int);
      this.CONSUME(t.Flows);
    });
  });
}

let parser: StatementParser | undefined;

/** The one parser; made when first needed. */
export function statementParser(): StatementParser {
  parser ??= new StatementParser();
  return parser;
}

/** The tree of one statement's tokens, or undefined where they do not make a statement. Tokens carry `endOffset`. */
export function parseTokens(tokens: IToken[]): StatementCstNode | undefined {
  const p = statementParser();
  p.input = tokens;
  const tree = p.statement();
  return p.errors.length === 0 ? (tree as StatementCstNode) : undefined;
}
