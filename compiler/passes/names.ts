/** Collects what has a name, and says where a name is taken: variables and pools per entry file, services per ruleset. */
import type { Name } from '../../dsl/ast.ts';
import type { Compilation } from '../compilation.ts';
import { quoted } from '../compilation.ts';
import { serviceKey } from '../state.ts';

export function collectNames(c: Compilation): void {
  const services = new Map<string, Name>();
  for (const unit of c.units) {
    const { variables, pools } = unit.scope;
    for (const statement of unit.script.statements) {
      switch (statement.kind) {
        case 'let':
        case 'param': {
          const first = variables.get(statement.name.text);
          if (first) duplicate(c, 'variable', statement.name, first.statement.name);
          else variables.set(statement.name.text, { statement, unit, used: false, bound: false });
          break;
        }
        case 'pool': {
          const first = pools.get(statement.name.text);
          if (first) duplicate(c, 'pool', statement.name, first.statement.name);
          else pools.set(statement.name.text, { statement, unit, used: false });
          break;
        }
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

function duplicate(c: Compilation, kind: string, name: Name, first: Name): void {
  c.error('LB112', name.span, `there is a ${kind} ${quoted(name)} already`, {
    hint: 'give one of them another name',
    related: [{ message: 'first here', span: first.span }],
  });
}
