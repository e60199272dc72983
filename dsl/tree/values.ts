/** Concrete tree → endpoints, networks, calls, arguments and values. */
import type { IToken } from 'chevrotain';
import type { Address, Arg, Call, Endpoint, Host, Name, Net, Ports, ProtocolNode, SetValue, SourceNode, Value } from '../ast.ts';
import type * as cst from '../generated/cst.ts';
import * as literal from './literals.ts';
import type { Report } from './report.ts';

export function word(token: IToken, report: Report): Name {
  return { kind: 'name', text: token.image, quoted: false, span: report.spanOf(token) };
}

/** A path, or a text in quotes that stands for a name. */
export function qname(node: cst.QnameCstNode | cst.KeyCstNode, report: Report): Name {
  const { path, Str } = node.children;
  if (Str) {
    const { value, span } = literal.string(Str[0]!, report);
    if (value === '') report.error('LB005', span, 'a name is not empty');
    return { kind: 'name', text: value, quoted: true, span };
  }
  return { kind: 'name', text: pathText(path![0]!), quoted: false, span: report.spanOfNode(node) };
}

function pathText(node: cst.PathCstNode): string {
  return node.children.Name.map((n) => n.image).join('/');
}

export function host(node: cst.HostCstNode, report: Report): Host {
  const { Ipv4, Ipv6, Variable } = node.children;
  if (Variable) return literal.variable(Variable[0]!, report);
  const address: Address = literal.address((Ipv4 ?? Ipv6)![0]!, report);
  return { ...address, span: report.spanOfNode(node) };
}

export function net(node: cst.NetCstNode, report: Report): Net {
  const { Cidr4, Cidr6, host: h } = node.children;
  return h ? host(h[0]!, report) : literal.cidr((Cidr4 ?? Cidr6)![0]!, report);
}

export function source(node: cst.SourceCstNode, report: Report): SourceNode {
  const { net: of, Int, Range, Variable } = node.children;
  const made = { kind: 'source', of: net(of[0]!, report), span: report.spanOfNode(node) } as const;
  if (Range) return { ...made, ports: literal.portRange(Range[0]!, report) };
  if (Int) return { ...made, ports: literal.port(Int[0]!, report) };
  return Variable ? { ...made, ports: literal.variable(Variable[0]!, report) } : made;
}

export function endpoint(node: cst.EndpointCstNode, report: Report): Endpoint {
  const { host: h, ports: p, protocol: protocols = [] } = node.children;
  return {
    kind: 'endpoint',
    span: report.spanOfNode(node),
    host: host(h[0]!, report),
    ...(p && { ports: ports(p[0]!, report) }),
    protocols: distinct(protocols.map((q) => protocol(q, report)), report),
  };
}

export function protocol(node: cst.ProtocolCstNode, report: Report): ProtocolNode {
  return { kind: 'protocol', name: node.children.Tcp ? 'tcp' : 'udp', span: report.spanOfNode(node) };
}

function distinct(protocols: ProtocolNode[], report: Report): ProtocolNode[] {
  return protocols.filter((p, i) => {
    const first = protocols.findIndex((q) => q.name === p.name);
    if (first === i) return true;
    report.error('LB017', p.span, `the protocol '${p.name}' is named twice`, { related: [{ message: 'first here', span: protocols[first]!.span }] });
    return false;
  });
}

function ports(node: cst.PortsCstNode, report: Report): Ports {
  const { Int, Range, Star, portSet, Variable } = node.children;
  if (Int) return literal.port(Int[0]!, report);
  if (Range) return literal.portRange(Range[0]!, report);
  if (Variable) return literal.variable(Variable[0]!, report);
  if (Star) return { kind: 'any-port', span: report.spanOf(Star[0]!) };
  const set = portSet![0]!;
  return { kind: 'port-set', ports: set.children.Int.map((n) => literal.port(n, report)), span: report.spanOfNode(set) };
}

export function call(node: cst.CallCstNode, report: Report): Call {
  const { CallName, args: a } = node.children;
  return { kind: 'call', name: word(CallName[0]!, report), ...(a && { args: args(a[0]!, report) }), span: report.spanOfNode(node) };
}

export function args(node: cst.ArgsCstNode, report: Report): Arg[] {
  return (node.children.arg ?? []).map((a) => arg(a, report));
}

export function arg(node: cst.ArgCstNode, report: Report): Arg {
  const { key, Not, Equals, In, value: v, members: m } = node.children;
  const base = { kind: 'arg', key: qname(key![0]!, report), span: report.spanOfNode(node) } as const;
  if (Not) return { ...base, op: 'absent' };
  if (v) return { ...base, op: Equals ? '=' : '!=', value: value(v[0]!, report) };
  if (m) return { ...base, op: In ? 'in' : 'notin', values: members(m[0]!, report) };
  return { ...base, op: 'exists' };
}

export function members(node: cst.MembersCstNode, report: Report): Value[] {
  return (node.children.value ?? []).map((v) => value(v, report));
}

export function value(node: cst.ValueCstNode, report: Report): Value {
  const c = node.children;
  if (c.path) return { kind: 'word', text: pathText(c.path[0]!), span: report.spanOfNode(node) };
  if (c.Str) return literal.string(c.Str[0]!, report);
  if (c.Int) return literal.int(c.Int[0]!, report);
  if (c.endpoint) return endpointOrVariable(c.endpoint[0]!, report);
  if (c.Duration) return literal.duration(c.Duration[0]!, report);
  if (c.Range) return literal.range(c.Range[0]!, report);
  if (c.Percent) return literal.percent(c.Percent[0]!, report);
  if (c.set) return set(c.set[0]!, report);
  return literal.cidr((c.Cidr4 ?? c.Cidr6)![0]!, report);
}

/** A variable alone is a variable, not an endpoint without a port. */
function endpointOrVariable(node: cst.EndpointCstNode, report: Report): Value {
  const made = endpoint(node, report);
  return made.host.kind === 'variable' && made.ports === undefined && made.protocols.length === 0 ? made.host : made;
}

function set(node: cst.SetCstNode, report: Report): SetValue {
  return { kind: 'set', items: (node.children.value ?? []).map((v) => value(v, report)), span: report.spanOfNode(node) };
}
