/** Resolves what stands behind `->`: addresses, pools, and what selectors find in the cluster. */
import type { Endpoint, Name, PoolRef, Target, TargetsClause } from '../../dsl/ast.ts';
import { suggest } from '../../dsl/suggest.ts';
import type { Compilation, Draft, PlacedTarget, Pool, Unit } from '../compilation.ts';
import { didYouMean, quoted } from '../compilation.ts';
import { backendKey } from '../order.ts';
import type { Backend } from '../state.ts';
import { endpointPlaces } from '../values.ts';
import { resolveCall } from './select.ts';
import { unusable } from './vips.ts';

/** Largest weight of a backend. */
const maxWeight = 65535;

interface Resolved {
  readonly backends: readonly PlacedTarget[];
  readonly complete: boolean;
}

const nothing: Resolved = { backends: [], complete: false };

export function resolveTargets(c: Compilation): void {
  const pools = new Map<Pool, Resolved>();
  for (const scope of new Set(c.units.map((u) => u.scope))) for (const pool of scope.pools.values()) resolvePool(c, pool, pools, []);
  for (const draft of c.drafts) {
    const found = draft.clauses.get('targets');
    const resolved = found ? resolveAll(c, (found.clause as TargetsClause).targets, found.unit, pools, []) : { backends: [], complete: true };
    draft.backends = reachable(draft, distinct(c, draft.statement.name, resolved.backends));
    draft.complete = resolved.complete;
  }
}

/**
 * Pods and nodes of a dual-stack cluster have addresses of both families; those of a family that no VIP
 * has are not meant. Written addresses stay, and so do all where nothing else would be left.
 */
function reachable({ frontends }: Draft, backends: readonly PlacedTarget[]): PlacedTarget[] {
  const meant = (b: PlacedTarget): boolean => frontends.some((f) => f.family === b.family);
  return backends.filter((b) => b.literal || meant(b) || !backends.some(meant));
}

function resolvePool(c: Compilation, pool: Pool, pools: Map<Pool, Resolved>, open: readonly Pool[]): Resolved {
  const known = pools.get(pool);
  if (known) return known;
  const clause = pool.statement.clauses.find((x) => x.kind === 'targets');
  if (!clause) c.warning('LB303', pool.statement.name.span, `the pool ${quoted(pool.statement.name)} has no backend`, { hint: "name them behind '->'" });
  const { backends, complete } = clause ? resolveAll(c, clause.targets, pool.unit, pools, [...open, pool]) : { backends: [], complete: true };
  const resolved = { backends: distinct(c, pool.statement.name, backends), complete };
  pools.set(pool, resolved);
  pool.backends = resolved.backends;
  return resolved;
}

function resolveAll(c: Compilation, targets: readonly Target[], unit: Unit, pools: Map<Pool, Resolved>, open: readonly Pool[]): Resolved {
  const parts = targets.map((t) => resolve(c, t, unit, pools, open));
  return { backends: parts.flatMap((p) => p.backends), complete: parts.every((p) => p.complete) };
}

function resolve(c: Compilation, target: Target, unit: Unit, pools: Map<Pool, Resolved>, open: readonly Pool[]): Resolved {
  const factor = target.weight?.value ?? 1;
  if (factor > maxWeight) {
    c.error('LB208', target.weight!.span, `a weight is at most ${maxWeight}`, { hint: 'only proportions count: 3 to 1 is the same as 300 to 100' });
    return nothing;
  }
  const found = find(c, target, unit, pools, open);
  if (target.as && found.backends.length > 1 && target.of.kind !== 'endpoint') {
    c.error('LB215', target.as.span, `'as' names one backend, and this stands for ${found.backends.length}`, { hint: target.of.kind === 'call' ? "pods are named by the cluster; leave 'as' away" : "name them in the pool" });
  }
  const backends = found.backends.map((b) => adjust(c, b, target, factor));
  return { backends, complete: found.complete };
}

/** A weight behind a pool or a selector multiplies those inside; a state there is the least that holds for all. */
function adjust(c: Compilation, backend: PlacedTarget, target: Target, factor: number): PlacedTarget {
  const weight = backend.weight * factor;
  if (weight > maxWeight) {
    c.error('LB208', target.weight!.span, `the weight ${factor} times that of ${backend.address} is ${weight}, and a weight is at most ${maxWeight}`, { hint: 'use smaller numbers: only proportions count' });
  }
  const order = ['up', 'drain', 'down'] as const;
  const state = order[Math.max(order.indexOf(backend.state), order.indexOf(target.state?.kind ?? 'up'))]!;
  return { ...backend, ...(target.as ? { name: target.as.text } : {}), weight: Math.min(weight, maxWeight), state, span: target.span, literal: backend.literal && target.of.kind === 'endpoint' };
}

function find(c: Compilation, target: Target, unit: Unit, pools: Map<Pool, Resolved>, open: readonly Pool[]): Resolved {
  switch (target.of.kind) {
    case 'endpoint': return literal(c, target.of, unit, target);
    case 'pool-ref': return fromPool(c, target.of, unit, pools, open);
    case 'call': {
      const resolved = resolveCall(c, target.of, unit.scope);
      return resolved ? { backends: resolved.map((b) => placed(b, target, false)), complete: true } : nothing;
    }
  }
}

function placed(backend: Backend, target: Target, isLiteral: boolean): PlacedTarget {
  return { ...backend, span: target.span, literal: isLiteral };
}

function fromPool(c: Compilation, { name }: PoolRef, unit: Unit, pools: Map<Pool, Resolved>, open: readonly Pool[]): Resolved {
  const pool = unit.scope.pools.get(name.text);
  if (!pool) {
    const near = suggest(name.text, unit.scope.pools.keys());
    c.error('LB111', name.span, `there is no pool ${quoted(name)}`, {
      hint: didYouMean(near) ?? 'declare it: pool NAME -> 10.0.0.1, 10.0.0.2', ...(near && !name.quoted ? { fix: { span: name.span, text: near } } : {}),
    });
    return nothing;
  }
  pool.used = true;
  if (open.includes(pool)) {
    c.error('LB113', name.span, `the pool ${quoted(name)} contains itself`, { related: [{ message: 'it is declared here', span: pool.statement.name.span }] });
    return nothing;
  }
  return resolvePool(c, pool, pools, open);
}

function literal(c: Compilation, endpoint: Endpoint, unit: Unit, target: Target): Resolved {
  const places = endpointPlaces(c, unit.scope, endpoint);
  if (target.as && places.length > 1) {
    c.error('LB215', target.as.span, `'as' names one backend, and this stands for ${places.length}`, { hint: 'give each address a target of its own' });
  }
  if (endpoint.protocols.length > 0) {
    c.error('LB209', endpoint.protocols[0]!.span, 'a backend has no protocol of its own', { hint: 'it answers the protocols of the VIP; leave this away' });
  }
  const backends = places.flatMap((place) => {
    const why = unusable(place.address);
    if (why) {
      c.error('LB204', endpoint.host.span, `${place.address} cannot be a backend: it is ${why}`, { hint: 'a backend is an address that this machine has a route to' });
      return [];
    }
    if (place.ports === 'any' || (place.ports && place.ports.length !== 1)) {
      c.error('LB209', endpoint.ports?.span ?? endpoint.span, 'a backend has one port', { hint: "without one, the VIP's port is used, which is right for a VIP of several ports" });
      return [];
    }
    return [placed({ address: place.address, family: place.family, port: place.ports?.[0]?.port ?? 0, weight: 1, state: 'up' }, target, true)];
  });
  return { backends, complete: places.length > 0 ? backends.length === places.length : isEmptySet(unit, endpoint) };
}

function isEmptySet({ scope }: Unit, { host }: Endpoint): boolean {
  const value = host.kind === 'variable' ? scope.variables.get(host.name)?.value : undefined;
  return value?.kind === 'set' && value.items.length === 0;
}

/**
 * Each address and port once: written twice it is a mistake, found twice by selectors the first one holds. A written
 * name stands for one backend of a family; a backend of both families has it twice.
 */
function distinct(c: Compilation, owner: Name, backends: readonly PlacedTarget[]): PlacedTarget[] {
  const first = new Map<string, PlacedTarget>();
  const names = new Map<string, PlacedTarget>();
  for (const b of backends) {
    const other = first.get(backendKey(b));
    if (!other) {
      first.set(backendKey(b), b);
      if (b.name === undefined || !b.literal) continue;
      const namesake = names.get(`${b.family} ${b.name}`);
      if (namesake && namesake.span !== b.span) c.error('LB112', b.span, `${quoted(owner)} has an IPv${b.family} backend ${quoted(b.name)} already`, { hint: 'give one of them another name', related: [{ message: 'first here', span: namesake.span }] });
      else names.set(`${b.family} ${b.name}`, b);
      continue;
    }
    const what = `${b.port === 0 ? b.address : backendKey(b)} is a backend of ${quoted(owner)} already`;
    const related = [{ message: 'first here', span: other.span }];
    if (b.literal && other.literal) c.error('LB210', b.span, what, { hint: 'name it once; a weight gives it a larger share', related });
    else c.warning('LB307', b.span, `${what}; the first one holds`, { hint: 'make the targets exclude each other', related });
  }
  return [...first.values()];
}
