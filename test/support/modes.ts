/** A service for each mode and family, in a field with three backends. */
import { backend, clients, own, upTo, vip, written, type Field, type FieldOptions, type Version } from './field.ts';

export const count = 3;
export const names = upTo(count).map((n) => `b${n}`);
const pool = { 4: ['10.0.100.1', '10.0.100.2'], 6: ['fd00:100::1', 'fd00:100::2'] } as const;

type Seen = (version: Version) => readonly string[];
const itself: Seen = (version) => [clients.client[version]];
const ours: Seen = (version) => upTo(count).map((n) => own(version, n));

export interface Case {
  /** Of the mode, with the family. */
  readonly what: string;
  readonly version: Version;
  readonly address: string;
  readonly script: string;
  /** Packets reach backends in tunnels, so what fits the client's link may not fit there. */
  readonly wraps: boolean;
  /** Backends have the VIP: they answer from it themselves, TCP or UDP or both. */
  readonly direct: readonly ('tcp' | 'udp')[];
  /** Addresses that backends may see clients with. */
  readonly seen: Readonly<Record<'tcp' | 'udp', readonly string[]>>;
}

function caseOf(n: number, mode: string, version: Version, outer: Version = version): Case {
  const address = vip(version, n);
  const [kind] = mode.split(' ');
  // Translation may change the port too.
  const port = kind === 'snat' || kind === 'dnat' ? 8080 : undefined;
  const targets = upTo(count).map((b) => written(backend(outer, b), port));
  const text = mode === 'snat from' ? `snat from ${pool[version].join(', ')}` : mode;
  const tcp = kind === 'snat' ? (mode === 'snat from' ? pool[version] : ours(version)) : itself(version);
  return {
    what: `${mode}, IPv${version}${outer === version ? '' : ` in IPv${outer}`}`,
    version, address,
    script: `service s${n}-${version} vip ${written(address, 80)}/tcp+udp -> ${targets.join(', ')} mode ${text} hash maglev(size=16381)\n`,
    wraps: mode.endsWith('ipip') || mode.endsWith('geneve'),
    direct: kind === 'dsr' ? ['tcp', 'udp'] : kind === 'hybrid' ? ['tcp'] : [],
    seen: { tcp, udp: kind === 'hybrid' ? ours(version) : tcp },
  };
}

export const cases: readonly Case[] = [
  ...['dsr l2', 'dsr ipip', 'dsr geneve', 'hybrid ipip', 'snat', 'snat from', 'dnat'].flatMap((mode, i) => [caseOf(i + 1, mode, 4), caseOf(i + 1, mode, 6)]),
  caseOf(8, 'dsr ipip', 4, 6),
];

export const fieldOfModes: FieldOptions = { backends: count, vips: cases.flatMap((c) => (c.direct.length > 0 ? [c.address] : [])) };

/** Applies all services, on backends those that they take tunnels for, and starts servers. */
export async function start(field: Field): Promise<void> {
  field.apply('lb', `attach "sluice-*" xdp native\n${cases.map((c) => c.script).join('')}`);
  const received = cases.flatMap((c) => (c.wraps ? [c.script] : [])).join('');
  for (const name of names) field.apply(name, `attach sluice-b xdp native\n${received}`);
  const vips = cases.flatMap((c) => (c.direct.includes('udp') ? [c.address] : []));
  await Promise.all(names.map((name, i) => field.peer(name).serve(name, [80, 8080], [
    ...[...vips, backend(4, i + 1), backend(6, i + 1)].map((address) => ({ address, port: 80 })),
    { address: backend(4, i + 1), port: 8080 }, { address: backend(6, i + 1), port: 8080 },
  ])));
}
