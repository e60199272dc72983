/**
 * Which clauses hold for each service: its own, else those of the `defaults` of its file, else of the file that
 * includes it. Where in the file `defaults` stands is all the same.
 */
import type { Clause, DefaultsStatement } from '../../dsl/ast.ts';
import type { Compilation, Draft, Unit } from '../compilation.ts';

type Clauses = Map<Clause['kind'], { readonly clause: Clause; readonly unit: Unit }>;

export function gatherClauses(c: Compilation): void {
  const defaults = new Map<Unit, Clauses>();
  for (const unit of c.units) defaults.set(unit, defaultsOf(c, unit, unit.parent && defaults.get(unit.parent)));
  for (const unit of c.units) {
    for (const statement of unit.script.statements) {
      if (statement.kind !== 'service') continue;
      const clauses: Clauses = new Map(defaults.get(unit));
      for (const clause of statement.clauses) clauses.set(clause.kind, { clause, unit });
      const draft: Draft = { statement, unit, origin: c.origin(statement.span), clauses, frontends: [], backends: [], complete: true };
      c.drafts.push(draft);
    }
  }
}

function defaultsOf(c: Compilation, unit: Unit, inherited: Clauses | undefined): Clauses {
  const own: Clauses = new Map();
  for (const statement of unit.script.statements) {
    if (statement.kind === 'defaults') add(c, unit, statement, own);
  }
  return new Map([...(inherited ?? []), ...own]);
}

function add(c: Compilation, unit: Unit, statement: DefaultsStatement, own: Clauses): void {
  for (const clause of statement.clauses) {
    const first = own.get(clause.kind);
    if (first) {
      c.error('LB112', clause.span, `the defaults of this file say '${clause.kind}' already`, { hint: 'keep one of the two', related: [{ message: 'first here', span: first.clause.span }] });
    } else own.set(clause.kind, { clause, unit });
  }
}
