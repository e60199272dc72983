/** Reading values where they are used: variables replaced, sets spread, kinds checked at the place of use. */
import type { Endpoint, Host, IntValue, Net, Ports, Protocol, Value, Variable as VariableNode } from '../dsl/ast.ts';
import { formatAddress, maskAddress, parseAddress } from '../dsl/ip.ts';
import type { Span } from '../dsl/span.ts';
import { suggest } from '../dsl/suggest.ts';
import type { Compilation, Scope } from './compilation.ts';
import { didYouMean, quoted } from './compilation.ts';

export interface HostAddress {
  readonly address: string;
  readonly family: 4 | 6;
  readonly span: Span;
}

export interface PortAt {
  readonly port: number;
  readonly span: Span;
}

/** One address with what stands behind it, variables replaced. */
export interface Place extends HostAddress {
  /** `any`: `:*`. Absent: no port was written. */
  readonly ports?: readonly PortAt[] | 'any';
  readonly protocols: readonly Protocol[];
}

/** Value of a variable; undefined after an error was said (here, or where it is declared). */
export function lookUp(c: Compilation, scope: Scope, node: VariableNode): Value | undefined {
  const variable = scope.variables.get(node.name);
  if (!variable) return undefinedVariable(c, scope, node.name, node.span);
  variable.used = true;
  return variable.value;
}

/** Always undefined; says what is missing. */
export function undefinedVariable(c: Compilation, scope: Scope, name: string, span: Span): undefined {
  const near = suggest(name, scope.variables.keys());
  c.error('LB110', span, `there is no variable ${quoted(name)}`, {
    hint: didYouMean(near === undefined ? undefined : `$${near}`) ?? `declare it: let ${/^[A-Za-z_][\w-]*$/.test(name) ? name : 'name'} = …`,
    ...(near === undefined ? {} : { fix: { span, text: `$${near}` } }),
  });
  return undefined;
}

/** The value itself, or that of the variable. */
export function valueOf(c: Compilation, scope: Scope, value: Value): Value | undefined {
  return value.kind === 'variable' ? lookUp(c, scope, value) : value;
}

/** Variables anywhere below a node of the syntax tree. */
export function variablesIn(node: unknown): VariableNode[] {
  if (typeof node !== 'object' || node === null) return [];
  if ((node as { readonly kind?: unknown }).kind === 'variable') return [node as VariableNode];
  return Object.values(node).flatMap(variablesIn);
}

/** Says that what a variable holds does not fit where it is used. */
export function wrongKind(c: Compilation, scope: Scope, node: VariableNode, wanted: string): void {
  const declared = scope.variables.get(node.name)!.statement;
  c.error('LB119', node.span, `${quoted(`$${node.name}`)} is not ${wanted}`, { related: [{ message: 'it is declared here', span: declared.span }] });
}

function itemsOf(value: Value): readonly Value[] {
  return value.kind === 'set' ? value.items : [value];
}

function placesOfHost(c: Compilation, scope: Scope, host: Host): Place[] {
  if (host.kind === 'address') return [{ address: host.address, family: host.family, span: host.span, protocols: [] }];
  const value = lookUp(c, scope, host);
  if (!value) return [];
  const places: Place[] = [];
  for (const item of itemsOf(value)) {
    if (item.kind !== 'endpoint' || item.host.kind !== 'address') {
      wrongKind(c, scope, host, value.kind === 'set' ? 'a set of addresses' : 'an address');
      return [];
    }
    const ports = item.ports && portsOf(c, scope, item.ports);
    places.push({
      address: item.host.address, family: item.host.family, span: host.span,
      ...(ports ? { ports: ports === 'any' ? 'any' : ports.map((p) => ({ ...p, span: host.span })) } : {}), protocols: item.protocols.map((p) => p.name),
    });
  }
  return places;
}

/** What an endpoint stands for. */
export function endpointPlaces(c: Compilation, scope: Scope, endpoint: Endpoint): Place[] {
  const ports = endpoint.ports && portsOf(c, scope, endpoint.ports);
  if (endpoint.ports && !ports) return [];
  return placesOfHost(c, scope, endpoint.host).flatMap((place) => {
    if (place.ports && ports) {
      c.error('LB119', endpoint.span, 'the variable has a port already', { hint: 'leave the port away here, or in the variable' });
      return [];
    }
    const both = ports ?? place.ports;
    return [{
      ...place, span: endpoint.span, ...(both ? { ports: both } : {}),
      protocols: endpoint.protocols.length > 0 ? endpoint.protocols.map((p) => p.name) : place.protocols,
    }];
  });
}

/** Ports in the order written; undefined after an error was said. */
function portsOf(c: Compilation, scope: Scope, ports: Ports): PortAt[] | 'any' | undefined {
  switch (ports.kind) {
    case 'any-port': return 'any';
    case 'int': return [at(ports)];
    case 'range': return range(ports.from, ports.to, ports.span);
    case 'port-set': return ports.ports.map(at);
    case 'variable': {
      const value = lookUp(c, scope, ports);
      if (!value) return undefined;
      const result: PortAt[] = [];
      for (const item of itemsOf(value)) {
        const [from, to] = item.kind === 'int' ? [item.value, item.value] : item.kind === 'range' ? [item.from, item.to] : [0, 0];
        if (from < 1 || to > 65535 || from > to) {
          wrongKind(c, scope, ports, 'a port');
          return undefined;
        }
        result.push(...range(from, to, ports.span));
      }
      return result;
    }
  }
}

function at({ value, span }: IntValue): PortAt {
  return { port: value, span };
}

function range(from: number, to: number, span: Span): PortAt[] {
  return Array.from({ length: to - from + 1 }, (_, i) => ({ port: from + i, span }));
}

export interface Network {
  /** Canonical, bits behind the prefix cleared: `10.0.0.0/8`. */
  readonly text: string;
  readonly span: Span;
}

/** Networks in canonical text; a single address is one of full length. */
export function networksOf(c: Compilation, scope: Scope, net: Net): Network[] {
  const value = net.kind === 'variable' ? lookUp(c, scope, net) : net;
  if (!value) return [];
  const items = value.kind === 'set' ? value.items : [value];
  const networks: Network[] = [];
  for (const item of items) {
    if (item.kind === 'cidr') networks.push(network(c, item.address, item.prefix, net.kind === 'variable' ? item.span : net.span, net.span));
    else if (item.kind === 'address') networks.push(network(c, item.address, item.family === 4 ? 32 : 128, net.span, net.span));
    else if (item.kind === 'endpoint' && item.host.kind === 'address' && !item.ports) networks.push(network(c, item.host.address, item.host.family === 4 ? 32 : 128, net.span, net.span));
    else {
      if (net.kind === 'variable') wrongKind(c, scope, net, 'a network');
      return [];
    }
  }
  return networks;
}

/** Bits behind the prefix are cleared, and said to be. `written`: where the network stands; `span`: where it is used. */
export function network(c: Compilation, address: string, prefix: number, written: Span, span: Span): Network {
  const parsed = parseAddress(address)!;
  const base = formatAddress(maskAddress(parsed.bytes, parsed.family, prefix));
  if (base !== address) {
    c.warning('LB306', written, `${address}/${prefix} has bits set behind its prefix, which count for nothing`, {
      hint: `did you mean ${base}/${prefix}?`, ...(written === span ? { fix: { span: written, text: `${base}/${prefix}` } } : {}),
    });
  }
  return { text: `${base}/${prefix}`, span };
}

/** Text of a value where a label or a name is meant; undefined for what has none. */
export function textOf(c: Compilation, scope: Scope, written: Value): { readonly text: string; readonly span: Span } | undefined {
  const value = valueOf(c, scope, written);
  if (!value) return undefined;
  const text = plainText(value);
  if (text !== undefined) return { text, span: written.span };
  if (written.kind === 'variable') wrongKind(c, scope, written, 'a name or a text');
  return undefined;
}

function plainText(value: Value): string | undefined {
  switch (value.kind) {
    case 'word': return value.text;
    case 'string': return value.value;
    case 'int': return String(value.value);
    case 'duration': return value.text;
    case 'range': return `${value.from}-${value.to}`;
    default: return undefined;
  }
}
