/** Collects what has a name, and says where a name is taken: variables and pools per entry file and its includes, services per ruleset. */
import type { Name } from '../../dsl/ast.ts';
import type { Compilation } from '../compilation.ts';
import { quoted } from '../compilation.ts';
import { serviceKey } from '../state.ts';

export function collectNames(c: Compilation): void {
  const services = new Map<string, Name>();
  for (const unit of c.units) {
    const scopes = [unit.scope, ...unit.sharedWith];
    for (const statement of unit.script.statements) {
      switch (statement.kind) {
        case 'let':
        case 'param':
          declare(c, 'variable', scopes.map((s) => s.variables), { statement, unit, used: false, bound: false });
          break;
        case 'pool':
          declare(c, 'pool', scopes.map((s) => s.pools), { statement, unit, used: false });
          break;
        case 'service': {
          const key = serviceKey({ ruleset: unit.ruleset, name: statement.name.text });
          const first = services.get(key);
          if (first) duplicate(c, 'service', statement.name, first);
          else services.set(key, statement.name);
          break;
        }
        default:
      }
    }
  }
}

/** Puts the one declaration into every scope that sees it. */
function declare<T extends { readonly statement: { readonly name: Name } }>(c: Compilation, kind: string, scopes: readonly Map<string, T>[], made: T): void {
  const { name } = made.statement;
  for (const scope of scopes) {
    const first = scope.get(name.text);
    if (first) duplicate(c, kind, name, first.statement.name);
    else scope.set(name.text, made);
  }
}

function duplicate(c: Compilation, kind: string, name: Name, first: Name): void {
  c.error('LB112', name.span, `there is a ${kind} ${quoted(name)} already`, {
    hint: 'give one of them another name',
    related: [{ message: 'first here', span: first.span }],
  });
}
