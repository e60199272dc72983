/** Concrete tree of one statement → its node, with everything checked that needs no other statement. */
import type { GivenStatement, ExpectStatement, Outcome, ParamType, Statement, TestStatement } from './ast.ts';
import type * as cst from './generated/cst.ts';
import { signature } from './signatures.ts';
import { checkArguments, checkCall } from './tree/check-call.ts';
import { body } from './tree/clauses.ts';
import * as literal from './tree/literals.ts';
import type { Report } from './tree/report.ts';
import * as values from './tree/values.ts';

/** The node of a statement. After an error in `report` it is not to be used. `doc`: text of the comment above it. */
export function toAst(node: cst.StatementCstNode, doc: string | undefined, report: Report): Statement {
  const c = node.children;
  const base = { span: report.spanOfNode(node), ...(doc !== undefined && { doc }) };
  if (c.serviceStatement) {
    const s = c.serviceStatement[0]!.children;
    return { kind: 'service', name: values.qname(s.qname[0]!, report), clauses: body(s.body[0]!, 'service', report), ...base };
  }
  if (c.poolStatement) {
    const s = c.poolStatement[0]!.children;
    return { kind: 'pool', name: values.qname(s.qname[0]!, report), clauses: body(s.body[0]!, 'pool', report), ...base };
  }
  if (c.rulesetStatement) return { kind: 'ruleset', name: values.qname(c.rulesetStatement[0]!.children.qname[0]!, report), ...base };
  if (c.defaultsStatement) return { kind: 'defaults', clauses: body(c.defaultsStatement[0]!.children.body[0]!, 'defaults', report), ...base };
  if (c.syncStatement) {
    const s = c.syncStatement[0]!.children;
    const call = values.call(s.call[0]!, report);
    checkCall(call, 'sync', report);
    return { kind: 'sync', call, clauses: body(s.body[0]!, 'sync', report), ...base };
  }
  if (c.letStatement) {
    const s = c.letStatement[0]!.children;
    return { kind: 'let', name: values.word(s.Name[0]!, report), value: values.value(s.value[0]!, report), ...base };
  }
  if (c.paramStatement) {
    const s = c.paramStatement[0]!.children;
    const type = s.paramType[0]!;
    return {
      kind: 'param',
      name: values.word(s.Name[0]!, report),
      type: { kind: 'type', name: Object.values(type.children)[0]![0]!.image as ParamType, span: report.spanOfNode(type) },
      ...(s.value && { default: values.value(s.value[0]!, report) }),
      ...base,
    };
  }
  if (c.includeStatement) return { kind: 'include', pattern: literal.string(c.includeStatement[0]!.children.Str[0]!, report), ...base };
  if (c.attachStatement) return attach(c.attachStatement[0]!, base, report);
  if (c.k8sStatement) {
    const s = c.k8sStatement[0]!.children;
    const args = values.args(s.args[0]!, report);
    checkArguments(signature('cluster', 'k8s')!, args, report.spanOf(s.K8s[0]!), report);
    return { kind: 'k8s', args, ...base };
  }
  if (c.testStatement) {
    const s = c.testStatement[0]!.children;
    return { kind: 'test', title: literal.string(s.Str[0]!, report), body: (s.testLine ?? []).map((l) => testLine(l, report)), ...base };
  }
  return { ...expect(c.expectStatement![0]!, report), ...base };
}

function attach(node: cst.AttachStatementCstNode, base: Pick<Statement, 'span'>, report: Report): Statement {
  const { iface, Xdp, Native, Generic, Auto } = node.children;
  const mode = (Native ?? Generic ?? Auto)?.[0];
  return {
    kind: 'attach',
    interfaces: iface.map(({ children: { Name, Str } }) => {
      if (Name) return values.word(Name[0]!, report);
      const { value, span } = literal.string(Str![0]!, report);
      return { kind: 'name', text: value, quoted: true, span };
    }),
    ...(Xdp && { xdp: { mode: mode!.image as 'auto' | 'native' | 'generic', span: report.spanOf(mode!) } }),
    ...base,
  };
}

function testLine(node: cst.TestLineCstNode, report: Report): TestStatement['body'][number] {
  const { given: g, expectStatement } = node.children;
  return g ? given(g[0]!, report) : expect(expectStatement![0]!, report);
}

function given(node: cst.GivenCstNode, report: Report): GivenStatement {
  const { Name, Up, Down } = node.children;
  return { kind: 'given', name: values.word(Name[0]!, report), state: Up ? 'up' : Down ? 'down' : 'drain', span: report.spanOfNode(node) };
}

function expect(node: cst.ExpectStatementCstNode, report: Report): ExpectStatement {
  const span = report.spanOfNode(node);
  const { expectFlow, expectBalance } = node.children;
  if (expectFlow) {
    const { protocol, endpoint, outcome: o } = expectFlow[0]!.children;
    return {
      kind: 'expect-flow',
      ...(protocol && { protocol: values.protocol(protocol[0]!, report) }),
      from: values.endpoint(endpoint[0]!, report),
      to: values.endpoint(endpoint[1]!, report),
      outcome: outcome(o[0]!, report),
      span,
    };
  }
  const { qname, Percent, Int } = expectBalance![0]!.children;
  return {
    kind: 'expect-balance',
    service: values.qname(qname[0]!, report),
    within: literal.percent(Percent[0]!, report),
    ...(Int && { flows: literal.int(Int[0]!, report) }),
    span,
  };
}

function outcome(node: cst.OutcomeCstNode, report: Report): Outcome {
  const { Backend, Name, endpoint, Oneof, members, Drop, Reject } = node.children;
  const span = report.spanOfNode(node);
  if (Backend) return { kind: 'backend', backend: Name ? values.word(Name[0]!, report) : values.endpoint(endpoint![0]!, report), span };
  if (Oneof) return { kind: 'oneof', backends: values.members(members![0]!, report), span };
  return { kind: Drop ? 'drop' : Reject ? 'reject' : 'pass', span };
}
