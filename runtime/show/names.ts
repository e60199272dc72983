/** From what packets and maps have (addresses, numbers) to what the configuration calls it. */
import type { LiveService, PlacedBackend } from '../../compiler/live.ts';
import { formatAddress } from '../../dsl/ip.ts';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

const protocols: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp' };

/** 16 bytes, IPv4 mapped. */
export function endpoint(address: Uint8Array, port: number): Endpoint {
  return { address: formatAddress(address), port };
}

/** `tcp`, `udp`, or the number. */
export function protocolOf(number: number): string {
  return protocols[number] ?? String(number);
}

export interface Directory {
  /** The service with this front end. */
  at(vip: Endpoint, protocol: string): LiveService | undefined;
  of(id: number): LiveService | undefined;
  backend(row: number): PlacedBackend | undefined;
}

export function directory(services: readonly LiveService[]): Directory {
  const byVip = new Map<string, LiveService>(services.flatMap((s) => s.frontends.map((f) => [`${f.address} ${f.port}/${f.protocol}`, s] as const)));
  const byId = new Map(services.map((s) => [s.id, s]));
  const byRow = new Map(services.flatMap((s) => s.backends.map((b) => [b.row, b] as const)));
  return {
    at: (vip, protocol) => byVip.get(`${vip.address} ${vip.port}/${protocol}`),
    of: (id) => byId.get(id),
    backend: (row) => byRow.get(row),
  };
}
