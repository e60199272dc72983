/** States for tests: short to write, and random ones from a seed. */
import type { Backend, Frontend, Service, State } from '../../compiler/state.ts';
import { sortBackends, sortServices } from '../../compiler/order.ts';

export type Random = () => number;

/** Mulberry32: numbers in [0, 1) from a seed. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function pick<T>(r: Random, from: readonly T[]): T {
  return from[Math.floor(r() * from.length)]!;
}

export function frontend(address: string, port = 80, protocol: 'tcp' | 'udp' = 'tcp'): Frontend {
  return { address, family: address.includes(':') ? 6 : 4, port, protocol };
}

export function up(address: string, more: Partial<Backend> = {}): Backend {
  return { address, family: address.includes(':') ? 6 : 4, port: 0, weight: 1, state: 'up', ...more };
}

export function makeService(name: string, more: Partial<Service> = {}): Service {
  return {
    ruleset: 'shop', name, labels: {}, origin: { file: 'shop.lb', line: 1 }, frontends: [frontend('10.99.0.1')], mode: 'dsr ipip', from: [],
    hash: { kind: 'maglev', size: 251, seed: '', by: 'flow' }, onEmpty: 'reject', allow: [], scope: 'cluster',
    ...more, backends: sortBackends(more.backends ?? [up('10.0.0.1'), up('10.0.0.2')]),
  };
}

export function state(services: readonly Service[], more: Partial<State> = {}): State {
  return { rulesets: [...new Set(['shop', ...services.map((s) => s.ruleset)])].sort(), services: sortServices(services), attachments: [], ...more };
}

/** A service whose VIP follows from its name, with backends out of a few addresses. */
export function randomService(r: Random, index: number, ruleset = 'shop'): Service {
  const backends = Array.from({ length: 8 }, (_, i) => i).filter(() => r() < 0.5).map((i) => up(r() < 0.8 ? `10.0.${index}.${i + 1}` : `fd00:${index}::${i + 1}`, {
    weight: pick(r, [1, 1, 1, 2, 5, 0]), state: pick(r, ['up', 'up', 'up', 'up', 'drain', 'down'] as const), port: pick(r, [0, 0, 0, 8080]),
  }));
  const unique = [...new Map(backends.map((b) => [`${b.address} ${b.port}`, b])).values()];
  return makeService(`s${index}`, {
    ruleset,
    frontends: [frontend(`10.99.0.${index + 1}`), ...(r() < 0.4 ? [frontend(`10.99.0.${index + 1}`, 80, 'udp')] : []), ...(r() < 0.4 ? [frontend(`fd00:99::${index + 1}`)] : [])],
    mode: pick(r, ['dsr l2', 'dsr ipip', 'dsr ipip', 'dsr geneve', 'snat', 'dnat', 'hybrid l2', 'hybrid ipip'] as const),
    from: r() < 0.3 ? pick(r, [['10.0.0.5'], ['10.0.0.5:20000-29999', 'fd00::5'], ['10.200.0.0/16']]) : [],
    ...(r() < 0.2 ? { affinity: pick(r, [60, 3600]) } : {}),
    allow: r() < 0.3 ? pick(r, [['10.0.0.0/8'], ['10.0.0.0/8', '2001:db8::/32'], ['0.0.0.0/0']]) : [],
    ...(r() < 0.2 ? { onUnknown: pick(r, ['drop', 'pass'] as const) } : {}),
    hash: r() < 0.2 ? { kind: pick(r, ['random', 'rr'] as const) } : { kind: 'maglev', size: pick(r, [101, 101, 101, 251]), seed: pick(r, ['', '', 'x']), by: pick(r, ['flow', 'flow', 'flow', 'source'] as const) },
    labels: r() < 0.3 ? { team: pick(r, ['a', 'b']) } : {},
    backends: unique,
  });
}
