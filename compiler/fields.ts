/** A service's properties as the language writes them; what a plan and `show` print. */
import { backendKey } from './order.ts';
import type { Backend, Frontend, Hash, Service } from './state.ts';

type Fields = Omit<Service, 'backends'>;

/** Fields in the order in which a script names them; text that is empty stands for an absent clause. */
export const serviceFields: readonly { readonly name: string; readonly text: (service: Fields) => string }[] = [
  { name: 'vip', text: (s) => vipText(s.frontends) },
  { name: 'mode', text: (s) => (s.from.length > 0 ? `${s.mode} from ${s.from.join(', ')}` : s.mode) },
  { name: 'hash', text: (s) => hashText(s.hash) },
  { name: 'affinity', text: (s) => (s.affinity === undefined ? '' : durationText(s.affinity * 1000)) },
  { name: 'allow', text: (s) => s.allow.join(', ') },
  { name: 'on-empty', text: (s) => s.onEmpty },
  { name: 'on-unknown', text: (s) => s.onUnknown ?? '' },
  { name: 'scope', text: (s) => s.scope },
  { name: 'grace', text: (s) => (s.grace === undefined ? '' : durationText(s.grace)) },
  { name: 'label', text: (s) => Object.keys(s.labels).sort().map((k) => `${k}=${s.labels[k]!}`).join(', ') },
  { name: 'doc', text: (s) => s.doc ?? '' },
];

/** The largest unit that divides it: `90s`, `10m`. */
export function durationText(ms: number): string {
  for (const [unit, factor] of [['h', 3_600_000], ['m', 60_000], ['s', 1000]] as const) if (ms >= factor && ms % factor === 0) return `${ms / factor}${unit}`;
  return `${ms}ms`;
}

export function hashText(hash: Hash): string {
  if (hash.kind !== 'maglev') return hash.kind;
  const args = [`size=${hash.size}`];
  if (hash.seed !== '') args.push(`seed=${JSON.stringify(hash.seed)}`);
  if (hash.by !== 'flow') args.push(`by=${hash.by}`);
  return `maglev(${args.join(', ')})`;
}

/** `10.0.0.1:80/tcp, [fd00::1]:53/udp`; a run of neighbouring ports as a range. */
function vipText(frontends: readonly Frontend[]): string {
  const ports = new Map<string, number[]>();
  for (const f of frontends) {
    const key = `${f.family === 6 ? `[${f.address}]` : f.address} ${f.protocol}`;
    const list = ports.get(key);
    if (list) list.push(f.port);
    else ports.set(key, [f.port]);
  }
  return [...ports].flatMap(([key, list]) => {
    const [host, protocol] = key.split(' ') as [string, string];
    return runs(list).map(([from, to]) => `${host}:${from === to ? from : `${from}-${to}`}/${protocol}`);
  }).join(', ');
}

function runs(numbers: readonly number[]): [number, number][] {
  const result: [number, number][] = [];
  for (const n of [...numbers].sort((a, b) => a - b)) {
    const last = result.at(-1);
    if (last && n === last[1] + 1) last[1] = n;
    else result.push([n, n]);
  }
  return result;
}

/** `10.0.1.11:80 as web-1 weight 3 drain`; the port only where it is not the VIP's. */
export function backendText(b: Backend): string {
  const address = b.port === 0 ? b.address : backendKey(b);
  return [
    address,
    ...(b.name === undefined ? [] : [`as ${b.name}`]),
    ...(b.weight === 1 ? [] : [`weight ${b.weight}`]),
    ...(b.state === 'up' ? [] : [b.state]),
  ].join(' ');
}
