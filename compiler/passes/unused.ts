/** Variables and pools that nothing names, a statement with an error neither. */
import type { Compilation, Scope } from '../compilation.ts';
import { quoted } from '../compilation.ts';

export function findUnused(c: Compilation): void {
  for (const scope of new Set(c.units.map((u) => u.scope))) {
    const broken = brokenIn(c, scope);
    for (const { statement, used } of scope.variables.values()) {
      if (!used && !broken.includes(`$${statement.name.text}`)) c.warning('LB301', statement.name.span, `the ${statement.kind} ${quoted(statement.name)} is not used`, { hint: `use it as $${statement.name.text}, or remove it` });
    }
    for (const { statement, used } of scope.pools.values()) {
      if (!used && !broken.includes(statement.name.text)) c.warning('LB301', statement.name.span, `the pool ${quoted(statement.name)} is not used`, { hint: `use it as '-> pool ${statement.name.text}', or remove it` });
    }
  }
}

function brokenIn(c: Compilation, scope: Scope): string {
  return c.units.filter((u) => u.scope === scope || u.sharedWith.has(scope)).map((u) => u.broken).join('\n');
}
