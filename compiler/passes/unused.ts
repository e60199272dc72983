/** Variables and pools that nothing names. */
import type { Compilation } from '../compilation.ts';
import { quoted } from '../compilation.ts';

export function findUnused(c: Compilation): void {
  for (const scope of new Set(c.units.map((u) => u.scope))) {
    for (const { statement, used } of scope.variables.values()) {
      if (!used) c.warning('LB301', statement.name.span, `the ${statement.kind} ${quoted(statement.name)} is not used`, { hint: `use it as $${statement.name.text}, or remove it` });
    }
    for (const { statement, used } of scope.pools.values()) {
      if (!used) c.warning('LB301', statement.name.span, `the pool ${quoted(statement.name)} is not used`, { hint: `use it as '-> pool ${statement.name.text}', or remove it` });
    }
  }
}
