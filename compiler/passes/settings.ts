/**
 * What a service's clauses say besides VIPs and targets, with the language's defaults, and which of it this build
 * cannot do.
 */
import type { AffinityClause, AllowClause, Clause, GraceClause, HashClause, HealthClause, LabelClause, ModeClause, OnEmptyClause, ScopeClause, SyncStatement } from '../../dsl/ast.ts';
import type { Compilation, Draft, Unit } from '../compilation.ts';
import { quoted } from '../compilation.ts';
import { compareText } from '../order.ts';
import type { Mode, Service } from '../state.ts';
import { hostsOf, lookUp, networksOf, textOf, variablesIn } from '../values.ts';
import { readHash } from './hash.ts';
import { checkHealth, longest } from './health.ts';

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
  return {
    labels: readLabels(c, draft),
    mode,
    from,
    hash: readHash(c, draft, find<HashClause>(draft, 'hash')),
    onEmpty: find<OnEmptyClause>(draft, 'on-empty')?.clause.action ?? 'reject',
    ...(affinity === undefined ? {} : { affinity }),
    allow: readAllow(c, draft),
    scope: readScope(c, draft),
    ...(grace === undefined ? {} : { grace }),
  };
}

function readMode(c: Compilation, draft: Draft): { mode: Mode; from: string[] } {
  const found = find<ModeClause>(draft, 'mode');
  if (!found) {
    c.require('mode snat', 'LB620', 'error', draft.statement.name.span, `the service ${quoted(draft.statement.name)} says no mode, and the default, snat, is not part of this build`, "write 'mode dsr' (ipip) or 'mode dsr l2', here or in defaults");
    return { mode: 'snat', from: [] };
  }
  const { clause, unit } = found;
  const encapsulation = clause.encapsulation?.kind ?? 'ipip';
  const mode: Mode = clause.name.text === 'dsr' || clause.name.text === 'hybrid' ? `${clause.name.text} ${encapsulation}` : clause.name.text;
  if (mode !== 'dsr l2' && mode !== 'dsr ipip') {
    c.require(`mode ${mode}`, 'LB620', 'error', clause.span, `mode ${mode} is not part of this build`, 'what it can do is dsr ipip and dsr l2');
  }
  const from = clause.from.flatMap((host) => hostsOf(c, unit.scope, host));
  const families = new Set(draft.frontends.map((f) => f.family));
  for (const host of from) {
    if (families.size > 0 && !families.has(host.family)) {
      c.error('LB205', host.span, `${host.address} is IPv${host.family}, and the service ${quoted(draft.statement.name)} has no IPv${host.family} VIP`, { hint: 'packets of a VIP leave from an address of its own family' });
    }
  }
  return { mode, from: [...new Set(from.map((h) => h.address))] };
}

function readAffinity(c: Compilation, draft: Draft): number | undefined {
  const clause = find<AffinityClause>(draft, 'affinity')?.clause;
  if (!clause || clause.timeout === 'off') return undefined;
  c.require('affinity', 'LB622', 'error', clause.span, 'affinity is not part of this build', "leave it away; 'hash maglev(by=source)' sends a client's flows to one backend");
  if (clause.timeout.ms < 1000 || clause.timeout.ms > longest || clause.timeout.ms % 1000 !== 0) {
    c.error('LB213', clause.timeout.span, 'affinity is a whole number of seconds, at least one and at most a year', { hint: 'for example 10m' });
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
  c.require('allow', 'LB623', 'error', found.clause.span, 'source ranges (allow) are not part of this build', 'filter in front of the balancer, or on the backends');
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
