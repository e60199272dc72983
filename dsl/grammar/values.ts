/** The grammar of what stands inside clauses: endpoints, networks, calls with their arguments, values. */
import { CstParser } from 'chevrotain';
import * as t from '../tokens.ts';

export class ValueParser extends CstParser {
  constructor(options: { readonly validate: boolean }) {
    super(t.allTokens, { maxLookahead: 3, recoveryEnabled: false, nodeLocationTracking: 'onlyOffset', skipValidations: !options.validate });
  }

  endpoint = this.RULE('endpoint', () => {
    this.SUBRULE(this.host);
    this.OPTION(() => {
      this.CONSUME(t.Colon);
      this.SUBRULE(this.ports);
    });
    this.OPTION1(() => {
      this.CONSUME(t.Slash);
      this.AT_LEAST_ONE_SEP({ SEP: t.Plus, DEF: () => this.SUBRULE(this.protocol) });
    });
  });

  protocol = this.RULE('protocol', () => {
    this.OR([{ ALT: () => this.CONSUME(t.Tcp) }, { ALT: () => this.CONSUME(t.Udp) }]);
  });

  host = this.RULE('host', () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Ipv4) },
      { ALT: () => { this.CONSUME(t.LSquare); this.CONSUME(t.Ipv6); this.CONSUME(t.RSquare); } },
      { ALT: () => this.CONSUME1(t.Ipv6) },
      { ALT: () => this.CONSUME(t.Variable) },
    ]);
  });

  ports = this.RULE('ports', () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Int) },
      { ALT: () => this.CONSUME(t.Range) },
      { ALT: () => this.CONSUME(t.Star) },
      { ALT: () => this.SUBRULE(this.portSet) },
      { ALT: () => this.CONSUME(t.Variable) },
    ]);
  });

  portSet = this.RULE('portSet', () => {
    this.CONSUME(t.LCurly);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.CONSUME(t.Int) });
    this.CONSUME(t.RCurly);
  });

  net = this.RULE('net', () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Cidr4) },
      { ALT: () => this.CONSUME(t.Cidr6) },
      { ALT: () => this.SUBRULE(this.host) },
    ]);
  });

  source = this.RULE('source', () => {
    this.SUBRULE(this.net);
    this.OPTION(() => {
      this.CONSUME(t.Colon);
      this.OR([
        { ALT: () => this.CONSUME(t.Range) },
        { ALT: () => this.CONSUME(t.Int) },
        { ALT: () => this.CONSUME(t.Variable) },
      ]);
    });
  });

  call = this.RULE('call', () => {
    this.CONSUME(t.CallName);
    this.OPTION(() => this.SUBRULE(this.args));
  });

  args = this.RULE('args', () => {
    this.CONSUME(t.LParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.arg) });
    this.CONSUME(t.RParen);
  });

  arg = this.RULE('arg', () => {
    this.OR([
      { ALT: () => { this.CONSUME(t.Not); this.SUBRULE(this.key); } },
      { ALT: () => {
        this.SUBRULE1(this.key);
        this.OPTION(() => this.OR1([
          { ALT: () => { this.CONSUME(t.Equals); this.SUBRULE(this.value); } },
          { ALT: () => { this.CONSUME(t.NotEquals); this.SUBRULE1(this.value); } },
          { ALT: () => { this.CONSUME(t.In); this.SUBRULE(this.members); } },
          { ALT: () => { this.CONSUME(t.Notin); this.SUBRULE1(this.members); } },
        ]));
      } },
    ]);
  });

  members = this.RULE('members', () => {
    this.CONSUME(t.LParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.value) });
    this.CONSUME(t.RParen);
  });

  key = this.RULE('key', () => {
    this.OR([{ ALT: () => this.SUBRULE(this.path) }, { ALT: () => this.CONSUME(t.Str) }]);
  });

  path = this.RULE('path', () => {
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.CONSUME(t.Slash);
      this.CONSUME1(t.Name);
    });
  });

  qname = this.RULE('qname', () => {
    this.OR([{ ALT: () => this.SUBRULE(this.path) }, { ALT: () => this.CONSUME(t.Str) }]);
  });

  value = this.RULE('value', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.set) },
      { ALT: () => this.CONSUME(t.Str) },
      { ALT: () => this.CONSUME(t.Duration) },
      { ALT: () => this.CONSUME(t.Int) },
      { ALT: () => this.CONSUME(t.Range) },
      { ALT: () => this.CONSUME(t.Percent) },
      { ALT: () => this.CONSUME(t.Cidr4) },
      { ALT: () => this.CONSUME(t.Cidr6) },
      { ALT: () => this.SUBRULE(this.endpoint) },
      { ALT: () => this.SUBRULE(this.path) },
    ]);
  });

  set = this.RULE('set', () => {
    this.CONSUME(t.LCurly);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.value) });
    this.CONSUME(t.RCurly);
  });
}
