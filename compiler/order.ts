/** Canonical order of what a state holds, and keys to compare by. */
import { parseAddress } from '../dsl/ip.ts';
import type { Backend, Frontend } from './state.ts';

/** Text that sorts addresses by family, then by value. */
function addressSortKey(address: string): string {
  if (!address.includes(':')) {
    let value = 0;
    for (const part of address.split('.')) value = value * 256 + Number(part);
    return `4${value.toString(16).padStart(8, '0')}`;
  }
  let key = '6';
  for (const byte of parseAddress(address)?.bytes ?? []) key += byte.toString(16).padStart(2, '0');
  return key;
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Identity of a backend within a service. */
export function backendKey(b: Pick<Backend, 'address' | 'port'>): string {
  return b.address.includes(':') ? `[${b.address}]:${b.port}` : `${b.address}:${b.port}`;
}

/** By address, then port. */
export function sortBackends<T extends Pick<Backend, 'address' | 'port'>>(backends: readonly T[]): T[] {
  if (backends.length < 2) return [...backends];
  return backends
    .map((b) => ({ b, key: addressSortKey(b.address) }))
    .sort((x, y) => compareText(x.key, y.key) || x.b.port - y.b.port)
    .map(({ b }) => b);
}

/** By address, then port, then protocol. */
export function sortFrontends(frontends: readonly Frontend[]): Frontend[] {
  if (frontends.length < 2) return [...frontends];
  return frontends
    .map((f) => ({ f, key: addressSortKey(f.address) }))
    .sort((x, y) => compareText(x.key, y.key) || x.f.port - y.f.port || compareText(x.f.protocol, y.f.protocol))
    .map(({ f }) => f);
}

/** Services by ruleset and name. */
export function sortServices<T extends { readonly ruleset: string; readonly name: string }>(services: readonly T[]): T[] {
  return [...services].sort((a, b) => compareText(a.ruleset, b.ruleset) || compareText(a.name, b.name));
}
