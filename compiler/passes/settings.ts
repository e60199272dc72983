/** What a service's clauses say besides VIPs and targets, with the language's defaults. */
import type { AffinityClause, AllowClause, Clause, GraceClause, HashClause, HealthClause, LabelClause, OnEmptyClause, OnUnknownClause, ScopeClause, SyncStatement } from '../../dsl/ast.ts';
import type { Compilation, Draft, Unit } from '../compilation.ts';
import { LbLife } from '../generated/layout.ts';
import { compareText } from '../order.ts';
import type { Service } from '../state.ts';
import { lookUp, networksOf, textOf, variablesIn } from '../values.ts';
import { readHash } from './hash.ts';
import { checkHealth } from './health.ts';
import { readMode } from './mode.ts';

/** In ms: no program remembers a client for longer. */
const longestAffinity = LbLife.AFFINITY * 1000;

/** A clause of a kind and the file that wrote it. */
function find<T extends Clause>(draft: Draft, kind: T['kind']): { readonly clause: T; readonly unit: Unit } | undefined {
  return draft.clauses.get(kind) as { readonly clause: T; readonly unit: Unit } | undefined;
}

export function readSettings(c: Compilation): void {
  for (const unit of c.units) {
    for (const statement of unit.script.statements) {
      if (statement.kind === 'pool') for (const clause of statement.clauses) if (clause.kind === 'health') checkHealth(c, clause, unit.scope);
      if (statement.kind === 'sync') checkSync(c, statement, unit);
    }
  }
  for (const draft of c.drafts) draft.settings = settingsOf(c, draft);
}

function checkSync(c: Compilation, statement: SyncStatement, unit: Unit): void {
  c.usesCluster = true;
  for (const variable of variablesIn(statement)) lookUp(c, unit.scope, variable);
  c.require('sync', 'LB625', 'error', statement.span, 'importing Kubernetes services is not part of this build', 'write the services out: service NAME vip … -> endpoints(NAMESPACE/NAME)');
}

function settingsOf(c: Compilation, draft: Draft): NonNullable<Draft['settings']> {
  const health = find<HealthClause>(draft, 'health');
  if (health) checkHealth(c, health.clause, health.unit.scope);
  const { mode, from } = readMode(c, draft);
  const affinity = readAffinity(c, draft);
  const grace = readGrace(c, draft);
  const onUnknown = find<OnUnknownClause>(draft, 'on-unknown')?.clause.action;
  return {
    labels: readLabels(c, draft),
    mode,
    from,
    hash: readHash(c, draft, find<HashClause>(draft, 'hash')),
    onEmpty: find<OnEmptyClause>(draft, 'on-empty')?.clause.action ?? 'reject',
    ...(onUnknown === undefined ? {} : { onUnknown }),
    ...(affinity === undefined ? {} : { affinity }),
    allow: readAllow(c, draft),
    scope: readScope(c, draft),
    ...(grace === undefined ? {} : { grace }),
  };
}

function readAffinity(c: Compilation, draft: Draft): number | undefined {
  const clause = find<AffinityClause>(draft, 'affinity')?.clause;
  if (!clause || clause.timeout === 'off') return undefined;
  if (clause.timeout.ms < 1000 || clause.timeout.ms > longestAffinity || clause.timeout.ms % 1000 !== 0) {
    c.error('LB213', clause.timeout.span, 'affinity is a whole number of seconds, at least one and at most a day', { hint: 'for example 10m' });
    return undefined;
  }
  return clause.timeout.ms / 1000;
}

function readGrace(c: Compilation, draft: Draft): number | undefined {
  const clause = find<GraceClause>(draft, 'grace')?.clause;
  if (!clause) return undefined;
  if (clause.duration.ms <= 24 * 3_600_000) return clause.duration.ms;
  c.error('LB213', clause.duration.span, 'grace is at most a day', { hint: 'it is the time in which a flow that was silent still finds its former backend; 60s is usual' });
  return undefined;
}

function readAllow(c: Compilation, draft: Draft): string[] {
  const found = find<AllowClause>(draft, 'allow');
  if (!found) return [];
  const texts = found.clause.nets.flatMap((net) => networksOf(c, found.unit.scope, net)).map((n) => n.text);
  return [...new Set(texts)].sort(compareText);
}

function readScope(c: Compilation, draft: Draft): 'cluster' | 'local' {
  const clause = find<ScopeClause>(draft, 'scope')?.clause;
  if (clause?.scope === 'local') c.require('scope local', 'LB624', 'error', clause.span, 'scope local is not part of this build', "leave it away: 'scope cluster' uses the backends of every node");
  return clause?.scope ?? 'cluster';
}

function readLabels(c: Compilation, draft: Draft): Record<string, string> {
  const found = find<LabelClause>(draft, 'label');
  if (!found) return {};
  const pairs = found.clause.args.flatMap((arg) => {
    const value = arg.value && textOf(c, found.unit.scope, arg.value);
    return value ? [[arg.key.text, value.text] as const] : [];
  });
  return Object.fromEntries([...pairs].sort(([a], [b]) => compareText(a, b))) as Service['labels'];
}
