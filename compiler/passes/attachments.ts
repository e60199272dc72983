/** Interfaces that packets are taken from: globs are matched, claims on one interface compared. */
import type { AttachStatement, Name } from '../../dsl/ast.ts';
import type { Span } from '../../dsl/span.ts';
import type { Compilation } from '../compilation.ts';
import { quoted } from '../compilation.ts';
import { compareText } from '../order.ts';
import type { Attachment } from '../state.ts';

interface Claim extends Attachment {
  readonly span: Span;
}

export function resolveAttachments(c: Compilation): void {
  const named: Claim[] = [];
  const matched: Claim[] = [];
  for (const unit of c.units) {
    for (const statement of unit.script.statements) {
      if (statement.kind !== 'attach') continue;
      for (const name of statement.interfaces) {
        if (isGlob(name)) matched.push(...matches(c, name, statement, unit.ruleset));
        else if (isInterfaceName(name.text)) named.push(claim(name.text, name.span, statement, unit.ruleset));
        else c.error('LB214', name.span, `${quoted(name)} cannot be the name of an interface`, { hint: 'up to 15 characters, without spaces, slashes and colons' });
      }
    }
  }
  c.attachments = agreed(c, named, matched);
}

function isGlob(name: Name): boolean {
  return name.quoted && /[*?[]/.test(name.text);
}

/** After dev_valid_name() of the kernel. */
function isInterfaceName(text: string): boolean {
  return /^[^\s/:\u0000-\u001f\u007f]{1,15}$/.test(text) && text !== '.' && text !== '..';
}

function claim(iface: string, span: Span, statement: AttachStatement, ruleset: string): Claim {
  return { interface: iface, xdp: statement.xdp?.mode ?? 'auto', ruleset, span };
}

function matches(c: Compilation, glob: Name, statement: AttachStatement, ruleset: string): Claim[] {
  const { interfaces } = c.options;
  if (!interfaces) {
    c.info('LB308', glob.span, `which interfaces ${quoted(glob)} matches is decided where it is applied`);
    return [];
  }
  const pattern = globPattern(glob.text);
  const found = interfaces.filter((i) => i !== 'lo' && pattern.test(i));
  if (found.length === 0) {
    const here = interfaces.slice(0, 12).map(quoted).join(', ');
    c.warning('LB309', glob.span, `no interface matches ${quoted(glob)}`, { hint: `here are ${here || 'none'}` });
  }
  return found.map((i) => claim(i, glob.span, statement, ruleset));
}

/** `*`, `?` and `[…]` as in a shell. */
function globPattern(glob: string): RegExp {
  let source = '';
  for (let i = 0; i < glob.length; i++) {
    const close = glob[i] === '[' ? glob.indexOf(']', i + 2) : -1;
    if (close !== -1) {
      const inner = glob.slice(i + 1, close).replace(/[\\\]^]/g, '\\$&').replace(/^!/, '^');
      source += `[${inner}]`;
      i = close;
    } else if (glob[i] === '*') source += '.*';
    else if (glob[i] === '?') source += '.';
    else source += glob[i]!.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  }
  try {
    return new RegExp(`^${source}$`, 'u');
  } catch {
    return /^(?!)/;
  }
}

/** One claim per interface and ruleset; a name wins over a glob of the same ruleset. */
function agreed(c: Compilation, named: readonly Claim[], matched: readonly Claim[]): Attachment[] {
  const byRuleset = new Map<string, Claim>();
  const byInterface = new Map<string, Claim>();
  for (const [i, wanted] of [...named, ...matched].entries()) {
    const key = `${wanted.ruleset}\0${wanted.interface}`;
    const same = byRuleset.get(key);
    if (same && (i >= named.length || same.xdp === wanted.xdp)) continue;
    const other = same ?? byInterface.get(wanted.interface);
    if (other && other.xdp !== wanted.xdp && (same || (other.xdp !== 'auto' && wanted.xdp !== 'auto'))) {
      c.error('LB214', wanted.span, `${quoted(wanted.interface)} is attached as xdp ${other.xdp} already, and here as xdp ${wanted.xdp}`, { hint: 'an interface is attached in one way', related: [{ message: 'first here', span: other.span }] });
      continue;
    }
    byRuleset.set(key, wanted);
    byInterface.set(wanted.interface, wanted);
  }
  return [...byRuleset.values()]
    .map(({ span: _span, ...attachment }) => attachment)
    .sort((a, b) => compareText(a.interface, b.interface) || compareText(a.ruleset, b.ruleset));
}
