/** Concrete tree → clauses, and what may be judged of a body without knowing any other statement. */
import type { CstNode, IToken } from 'chevrotain';
import type { Clause, Encapsulation, HealthClause, ModeClause, Target } from '../ast.ts';
import type * as cst from '../generated/cst.ts';
import { checkCall, checkLabels } from './check-call.ts';
import * as literal from './literals.ts';
import type { Report } from './report.ts';
import * as values from './values.ts';

export type BodyOwner = 'service' | 'pool' | 'defaults' | 'sync';

/** Clauses that mean nothing in a body, and why. */
const misplaced: Readonly<Record<BodyOwner, Partial<Record<Clause['kind'], string>>>> = {
  service: {},
  pool: Object.fromEntries(
    (['vip', 'mode', 'hash', 'affinity', 'allow', 'on-empty', 'on-unknown', 'scope', 'grace', 'label'] as const).map((k) => [k, 'a pool says which backends there are; this belongs to the service']),
  ),
  defaults: { vip: 'each service has its own', targets: 'each service has its own', label: 'each service has its own' },
  sync: { vip: 'it comes from the Kubernetes service', targets: 'they come from the Kubernetes service' },
};

export function body(node: cst.BodyCstNode, owner: BodyOwner, report: Report): Clause[] {
  const { clause: inline = [], clauses: lines = [] } = node.children;
  const result = inline.map((c) => clause(c, report));
  for (const line of lines) for (const c of line.children.clause) result.push(clause(c, report));
  const seen = new Map<Clause['kind'], Clause>();
  for (const c of result) {
    const word = c.kind === 'targets' ? '->' : c.kind;
    const span = { ...c.span, end: c.span.start + word.length };
    const why = misplaced[owner][c.kind];
    if (why) report.error('LB134', span, `'${word}' has no place in ${owner === 'pool' ? 'a pool' : owner}`, { hint: why });
    const first = seen.get(c.kind);
    if (first) {
      report.error('LB017', span, `'${word}' stands here for the second time`, {
        hint: c.kind === 'targets' || c.kind === 'vip' || c.kind === 'allow' || c.kind === 'label' ? "one list holds them all, separated by ','" : 'keep one of the two',
        related: [{ message: 'first here', span: { ...first.span, end: first.span.start + word.length } }],
      });
    } else seen.set(c.kind, c);
  }
  return result;
}

function clause(node: cst.ClauseCstNode, report: Report): Clause {
  const c = node.children;
  const span = report.spanOfNode(node);
  if (c.vipClause) return { kind: 'vip', endpoints: c.vipClause[0]!.children.endpoint.map((e) => values.endpoint(e, report)), span };
  if (c.targetsClause) return { kind: 'targets', targets: c.targetsClause[0]!.children.target.map((t) => target(t, report)), span };
  if (c.modeClause) return mode(c.modeClause[0]!, report);
  if (c.hashClause) {
    const call = values.call(c.hashClause[0]!.children.call[0]!, report);
    checkCall(call, 'hash', report);
    return { kind: 'hash', call, span };
  }
  if (c.affinityClause) {
    const { Duration } = c.affinityClause[0]!.children;
    return { kind: 'affinity', timeout: Duration ? literal.duration(Duration[0]!, report) : 'off', span };
  }
  if (c.allowClause) return { kind: 'allow', nets: c.allowClause[0]!.children.net.map((n) => values.net(n, report)), span };
  if (c.onEmptyClause) return { kind: 'on-empty', action: c.onEmptyClause[0]!.children.Drop ? 'drop' : 'reject', span };
  if (c.onUnknownClause) return { kind: 'on-unknown', action: c.onUnknownClause[0]!.children.Pass ? 'pass' : 'drop', span };
  if (c.healthClause) return health(c.healthClause[0]!, report);
  if (c.scopeClause) return { kind: 'scope', scope: c.scopeClause[0]!.children.Local ? 'local' : 'cluster', span };
  if (c.graceClause) return { kind: 'grace', duration: literal.duration(c.graceClause[0]!.children.Duration[0]!, report), span };
  const args = c.labelClause![0]!.children.arg.map((a) => values.arg(a, report));
  checkLabels(args, report);
  return { kind: 'label', args, span };
}

function target(node: cst.TargetCstNode, report: Report): Target {
  const { poolReference, call, endpoint, targetOption = [] } = node.children;
  const result: { -readonly [K in keyof Target]: Target[K] } = { kind: 'target', of: targetOf(), span: report.spanOfNode(node) };
  let state: IToken | undefined;
  let named: IToken | undefined;
  let weighted: IToken | undefined;
  for (const option of targetOption) {
    const { As, Name, Weight, Int, Drain, Down } = option.children;
    if (As) {
      twice(named, As[0]!, "'as'", report);
      named = As[0]!;
      result.as = values.word(Name![0]!, report);
    } else if (Weight) {
      twice(weighted, Weight[0]!, "'weight'", report);
      weighted = Weight[0]!;
      result.weight = literal.int(Int![0]!, report);
    } else {
      const token = (Drain ?? Down)![0]!;
      twice(state, token, 'a state', report);
      state = token;
      result.state = { kind: Drain ? 'drain' : 'down', span: report.spanOf(token) };
    }
  }
  return result;

  function targetOf(): Target['of'] {
    if (poolReference) return { kind: 'pool-ref', name: values.qname(poolReference[0]!.children.qname[0]!, report), span: report.spanOfNode(poolReference[0]!) };
    if (endpoint) return values.endpoint(endpoint[0]!, report);
    const made = values.call(call![0]!, report);
    checkCall(made, 'target', report);
    return made;
  }
}

function twice(first: IToken | undefined, second: IToken, what: string, report: Report): void {
  if (first) report.error('LB017', report.spanOf(second), `${what} stands here for the second time`, { hint: 'keep one of the two', related: [{ message: 'first here', span: report.spanOf(first) }] });
}

function mode(node: cst.ModeClauseCstNode, report: Report): ModeClause {
  const { Snat, Dnat, Dsr, Hybrid, encapsulation, sources } = node.children;
  const name = values.word((Snat ?? Dnat ?? Dsr ?? Hybrid)![0]!, report) as ModeClause['name'];
  const form = encapsulation?.[0];
  return {
    kind: 'mode', name, from: (sources?.[0]!.children.source ?? []).map((s) => values.source(s, report)), span: report.spanOfNode(node),
    ...(form && { encapsulation: { kind: encapsulationOf(form), span: report.spanOfNode(form) } }),
  };
}

function encapsulationOf({ children }: cst.EncapsulationCstNode): Encapsulation {
  return children.L2 ? 'l2' : children.Ipip ? 'ipip' : 'geneve';
}

function health(node: cst.HealthClauseCstNode, report: Report): HealthClause {
  const call = values.call(node.children.call[0]!, report);
  checkCall(call, 'health', report);
  const result: { -readonly [K in keyof HealthClause]: HealthClause[K] } = { kind: 'health', call, span: report.spanOfNode(node as CstNode) };
  const seen = new Map<string, IToken>();
  for (const { children: s } of node.children.healthSetting ?? []) {
    const key = (s.Every ?? s.Timeout ?? s.Rise ?? s.Fall)![0]!;
    twice(seen.get(key.image), key, `'${key.image}'`, report);
    seen.set(key.image, key);
    if (s.Every) result.every = literal.duration(s.Duration![0]!, report);
    else if (s.Timeout) result.timeout = literal.duration(s.Duration![0]!, report);
    else if (s.Rise) result.rise = literal.int(s.Int![0]!, report);
    else result.fall = literal.int(s.Int![0]!, report);
  }
  return result;
}
