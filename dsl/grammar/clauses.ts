/** The grammar of clauses and of the bodies they make. */
import * as t from '../tokens.ts';
import { ValueParser } from './values.ts';

export class ClauseParser extends ValueParser {
  body = this.RULE('body', () => {
    this.MANY(() => this.SUBRULE(this.clause));
    this.OPTION(() => {
      this.CONSUME(t.LCurly);
      this.MANY_SEP({ SEP: t.Separator, DEF: () => this.SUBRULE(this.clauses) });
      this.CONSUME(t.RCurly);
    });
  });

  clauses = this.RULE('clauses', () => {
    this.AT_LEAST_ONE(() => this.SUBRULE(this.clause));
  });

  clause = this.RULE('clause', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.vipClause) },
      { ALT: () => this.SUBRULE(this.targetsClause) },
      { ALT: () => this.SUBRULE(this.modeClause) },
      { ALT: () => this.SUBRULE(this.hashClause) },
      { ALT: () => this.SUBRULE(this.affinityClause) },
      { ALT: () => this.SUBRULE(this.allowClause) },
      { ALT: () => this.SUBRULE(this.onEmptyClause) },
      { ALT: () => this.SUBRULE(this.onUnknownClause) },
      { ALT: () => this.SUBRULE(this.healthClause) },
      { ALT: () => this.SUBRULE(this.scopeClause) },
      { ALT: () => this.SUBRULE(this.graceClause) },
      { ALT: () => this.SUBRULE(this.labelClause) },
    ]);
  });

  vipClause = this.RULE('vipClause', () => {
    this.CONSUME(t.Vip);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.endpoint) });
  });

  targetsClause = this.RULE('targetsClause', () => {
    this.CONSUME(t.Arrow);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.target) });
  });

  target = this.RULE('target', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.poolReference) },
      { ALT: () => this.SUBRULE(this.call) },
      { ALT: () => this.SUBRULE(this.endpoint) },
    ]);
    this.MANY(() => this.SUBRULE(this.targetOption));
  });

  poolReference = this.RULE('poolReference', () => {
    this.CONSUME(t.Pool);
    this.SUBRULE(this.qname);
  });

  targetOption = this.RULE('targetOption', () => {
    this.OR([
      { ALT: () => { this.CONSUME(t.As); this.CONSUME(t.Name); } },
      { ALT: () => { this.CONSUME(t.Weight); this.CONSUME(t.Int); } },
      { ALT: () => this.CONSUME(t.Drain) },
      { ALT: () => this.CONSUME(t.Down) },
    ]);
  });

  modeClause = this.RULE('modeClause', () => {
    this.CONSUME(t.Mode);
    this.OR([
      { ALT: () => {
        this.CONSUME(t.Snat);
        this.OPTION(() => this.SUBRULE(this.sources));
      } },
      { ALT: () => this.CONSUME(t.Dnat) },
      { ALT: () => {
        this.OR1([{ ALT: () => this.CONSUME(t.Dsr) }, { ALT: () => this.CONSUME(t.Hybrid) }]);
        this.OPTION1(() => this.SUBRULE(this.encapsulation));
        this.OPTION2(() => this.SUBRULE1(this.sources));
      } },
    ]);
  });

  sources = this.RULE('sources', () => {
    this.CONSUME(t.From);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.source) });
  });

  encapsulation = this.RULE('encapsulation', () => {
    this.OR([
      { ALT: () => this.CONSUME(t.L2) },
      { ALT: () => this.CONSUME(t.Ipip) },
      { ALT: () => this.CONSUME(t.Geneve) },
    ]);
  });

  hashClause = this.RULE('hashClause', () => {
    this.CONSUME(t.Hash);
    this.SUBRULE(this.call);
  });

  affinityClause = this.RULE('affinityClause', () => {
    this.CONSUME(t.Affinity);
    this.OR([{ ALT: () => this.CONSUME(t.Duration) }, { ALT: () => this.CONSUME(t.Off) }]);
  });

  allowClause = this.RULE('allowClause', () => {
    this.CONSUME(t.Allow);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.net) });
  });

  onEmptyClause = this.RULE('onEmptyClause', () => {
    this.CONSUME(t.OnEmpty);
    this.OR([{ ALT: () => this.CONSUME(t.Reject) }, { ALT: () => this.CONSUME(t.Drop) }]);
  });

  onUnknownClause = this.RULE('onUnknownClause', () => {
    this.CONSUME(t.OnUnknown);
    this.OR([{ ALT: () => this.CONSUME(t.Drop) }, { ALT: () => this.CONSUME(t.Pass) }]);
  });

  healthClause = this.RULE('healthClause', () => {
    this.CONSUME(t.Health);
    this.SUBRULE(this.call);
    this.MANY(() => this.SUBRULE(this.healthSetting));
  });

  healthSetting = this.RULE('healthSetting', () => {
    this.OR([
      { ALT: () => { this.CONSUME(t.Every); this.CONSUME(t.Duration); } },
      { ALT: () => { this.CONSUME(t.Timeout); this.CONSUME1(t.Duration); } },
      { ALT: () => { this.CONSUME(t.Rise); this.CONSUME(t.Int); } },
      { ALT: () => { this.CONSUME(t.Fall); this.CONSUME1(t.Int); } },
    ]);
  });

  scopeClause = this.RULE('scopeClause', () => {
    this.CONSUME(t.Scope);
    this.OR([{ ALT: () => this.CONSUME(t.Cluster) }, { ALT: () => this.CONSUME(t.Local) }]);
  });

  graceClause = this.RULE('graceClause', () => {
    this.CONSUME(t.Grace);
    this.CONSUME(t.Duration);
  });

  labelClause = this.RULE('labelClause', () => {
    this.CONSUME(t.Label);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.arg) });
  });
}
