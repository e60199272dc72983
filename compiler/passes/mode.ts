/** The `mode` of a service, and the sources that packets to its backends have. */
import type { IntValue, ModeClause, RangeValue, SourceNode, Value } from '../../dsl/ast.ts';
import type { Span } from '../../dsl/span.ts';
import type { Compilation, Draft, Scope, Unit } from '../compilation.ts';
import { quoted } from '../compilation.ts';
import { compareText } from '../order.ts';
import { fewestPorts } from '../source-ports.ts';
import { bitsOf, mostSources, sourcePorts, sourceText, type Source } from '../sources.ts';
import type { Mode } from '../state.ts';
import { lookUp, network, wrongKind } from '../values.ts';
import { unusable } from './vips.ts';

interface Placed extends Source {
  readonly span: Span;
  readonly ported: boolean;
}

/** The language's default is snat: it needs nothing of the backends. */
export function readMode(c: Compilation, draft: Draft): { mode: Mode; from: string[] } {
  const found = draft.clauses.get('mode') as { readonly clause: ModeClause; readonly unit: Unit } | undefined;
  if (!found) return { mode: 'snat', from: [] };
  const { clause, unit } = found;
  const { text } = clause.name;
  const mode: Mode = text === 'dsr' || text === 'hybrid' ? `${text} ${clause.encapsulation?.kind ?? 'ipip'}` : text;
  const sources = clause.from.flatMap((node) => sourcesOf(c, unit.scope, node)).filter((s) => fits(c, s, mode));
  const meant = ofFamilies(c, draft, clause, mode, sources);
  checkNumber(c, mode, meant);
  return { mode, from: [...new Set(meant.map(sourceText))].sort(compareText) };
}

function sourcesOf(c: Compilation, scope: Scope, node: SourceNode): Placed[] {
  const ports = node.ports && portsOf(c, scope, node.ports);
  if (node.ports && !ports) return [];
  const value = node.of.kind === 'variable' ? lookUp(c, scope, node.of) : node.of;
  if (!value) return [];
  const items: readonly (Value | Exclude<SourceNode['of'], { kind: 'variable' }>)[] = value.kind === 'set' ? value.items : [value];
  const sources: Placed[] = [];
  for (const item of items) {
    const source = sourceOf(c, scope, item, node, ports);
    if (source) sources.push(source);
    else if (node.of.kind === 'variable') {
      wrongKind(c, scope, node.of, 'an address, a network, or a set of them');
      return [];
    }
  }
  return sources;
}

type Ports = Pick<Source, 'low' | 'high'>;

function sourceOf(c: Compilation, scope: Scope, item: Value | Exclude<SourceNode['of'], { kind: 'variable' }>, node: SourceNode, ports: Ports | undefined): Placed | undefined {
  const { span } = node;
  if (item.kind === 'cidr') {
    const [address, bits] = network(c, item.address, item.prefix, node.of.kind === 'variable' ? item.span : node.of.span, span).text.split('/') as [string, string];
    return { address, family: item.family, prefix: Number(bits), ...(ports ?? sourcePorts), span, ported: ports !== undefined };
  }
  const host = item.kind === 'endpoint' ? item.host : item;
  if (host.kind !== 'address' || (item.kind === 'endpoint' && item.protocols.length > 0)) return undefined;
  const own = item.kind === 'endpoint' && item.ports ? (item.ports.kind === 'int' || item.ports.kind === 'range' ? portsOf(c, scope, item.ports) : undefined) : undefined;
  if (item.kind === 'endpoint' && item.ports && (!own || ports)) return undefined;
  return { address: host.address, family: host.family, prefix: bitsOf(host.family), ...(ports ?? own ?? sourcePorts), span, ported: (ports ?? own) !== undefined };
}

/** Undefined after an error was said. */
function portsOf(c: Compilation, scope: Scope, ports: IntValue | RangeValue | NonNullable<SourceNode['ports']>): Ports | undefined {
  const value = ports.kind === 'variable' ? lookUp(c, scope, ports) : ports;
  if (!value) return undefined;
  const [low, high] = value.kind === 'int' ? [value.value, value.value] : value.kind === 'range' ? [value.from, value.to] : [0, 0];
  if (low < 1 || high > 65535 || low > high) {
    if (ports.kind === 'variable') wrongKind(c, scope, ports, 'a range of ports');
    return undefined;
  }
  if (high - low + 1 >= fewestPorts) return { low, high };
  c.error('LB218', ports.span, `${low === high ? 'one port is' : `${high - low + 1} ports are`} too few to translate to`, {
    hint: `each flow to a backend needs a port of its own; give at least ${fewestPorts}, for example 20000-29999`,
  });
  return undefined;
}

/** Whether a mode can have such a source. */
function fits(c: Compilation, source: Placed, mode: Mode): boolean {
  const why = unusable(source.address);
  if (why) {
    c.error('LB204', source.span, `${source.address} cannot be a source: it is ${why}`, { hint: 'a source is an address that backends have a route to' });
    return false;
  }
  const translates = mode === 'snat' || mode.startsWith('hybrid');
  const isNetwork = source.prefix < bitsOf(source.family);
  if (mode === 'dsr l2') c.error('LB216', source.span, 'dsr l2 changes no address: packets to backends have that of the client', { hint: "leave 'from' away" });
  else if (translates && isNetwork) c.error('LB216', source.span, `${sourceText(source)} is a network, and ${mode} translates to addresses`, { hint: 'name addresses of this host, or such as are routed to it: from 10.0.0.5, 10.0.0.6' });
  else if (!translates && source.ported) c.error('LB216', source.span, `${mode} has no source ports to choose`, { hint: "leave them away: what 'from' says is the address of the outer header" });
  else return true;
  return false;
}

/**
 * Translated packets leave from an address of the VIP's family; what a tunnel's outer header has is judged where the
 * backends are known. Sources out of `defaults` may be for other services.
 */
function ofFamilies(c: Compilation, draft: Draft, clause: ModeClause, mode: Mode, sources: readonly Placed[]): readonly Placed[] {
  if (mode.startsWith('dsr') || draft.frontends.length === 0) return sources;
  return sources.filter((s) => {
    if (draft.frontends.some((f) => f.family === s.family)) return true;
    if (draft.statement.clauses.includes(clause)) {
      c.error('LB205', s.span, `${s.address} is IPv${s.family}, and the service ${quoted(draft.statement.name)} has no IPv${s.family} VIP`, { hint: 'packets of a VIP leave from an address of its own family' });
    }
    return false;
  });
}

function checkNumber(c: Compilation, mode: Mode, sources: readonly Placed[]): void {
  for (const family of [4, 6] as const) {
    const [first, second, ...others] = [...new Map(sources.filter((s) => s.family === family).map((s) => [sourceText(s), s])).values()];
    if (!second) continue;
    if (mode.startsWith('dsr')) {
      c.error('LB219', second.span, `${mode} has one source for IPv${family}, and this is another`, { hint: 'a network gives each flow an address of its own', related: [{ message: 'first here', span: first!.span }] });
    } else if (others.length + 2 > mostSources) {
      c.error('LB219', others.at(-1)!.span, `a service has at most ${mostSources} sources for IPv${family}, and here are ${others.length + 2}`, { hint: 'each has up to 64,512 ports for every backend; a few are enough' });
    }
  }
}
