/**
 * Which ruleset owns what a file says: its own `ruleset`, else that of the file that includes it, else the one named
 * after the file. An included file without a name belongs to its includer, so that deleting the file removes its services.
 */
import type { Compilation, Unit } from '../compilation.ts';
import { quoted } from '../compilation.ts';

export function assignRulesets(c: Compilation): void {
  for (const unit of c.units) unit.ruleset = own(c, unit) ?? unit.parent?.ruleset ?? baseName(unit.source.file);
}

function own(c: Compilation, unit: Unit): string | undefined {
  const [first, ...others] = unit.script.statements.filter((s) => s.kind === 'ruleset');
  for (const other of others) {
    c.error('LB112', other.span, `this file belongs to the ruleset ${quoted(first!.name)} already`, {
      hint: 'a file has one ruleset; put the rest into a file of its own',
      related: [{ message: 'first here', span: first!.span }],
    });
  }
  return first?.name.text;
}

/** `shop` of `/etc/sluice/shop.lb`. */
function baseName(file: string): string {
  const name = file.slice(file.lastIndexOf('/') + 1);
  return name.endsWith('.lb') && name.length > 3 ? name.slice(0, -3) : name;
}
