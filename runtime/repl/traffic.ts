/** `send`: requests through the datapath, and who answered them. */
import type { Diagnostic } from '../../dsl/diagnostic.ts';
import { parseAddress } from '../../dsl/ip.ts';
import { sanitize } from '../../dsl/sanitize.ts';
import type { Reply } from '../lab/client.ts';
import type { Playground, Target } from '../lab/playground.ts';
import type { Paint } from './paint.ts';

/** The part of a playground that sends. */
export type Traffic = Pick<Playground, 'request' | 'target' | 'pods' | 'client'>;

export interface Order {
  readonly count: number;
  readonly target: Target;
}

const most = 10_000;

/** Reads `[N] [ADDRESS:PORT[/udp]]`, in either order. */
export function readOrder(args: readonly string[], standard: Target): Order | Diagnostic {
  let count = 10;
  let target = standard;
  for (const arg of args) {
    const number = /^\d+$/.test(arg) ? Number(arg) : undefined;
    const endpoint = number === undefined ? readTarget(arg) : undefined;
    if (number !== undefined && number >= 1 && number <= most) count = number;
    else if (endpoint) target = endpoint;
    else {
      return {
        code: 'LB653', severity: 'error', message: `cannot send '${sanitize(arg)}'`,
        hint: `say how many (1–${most}) and where to, e.g. 'send 30' or 'send 5 10.99.38.155:7/udp'`,
      };
    }
  }
  return { count, target };
}

function readTarget(text: string): Target | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+)):(\d{1,5})(?:\/(tcp|udp))?$/i.exec(text);
  const address = parseAddress(match?.[1] ?? match?.[2] ?? '');
  const port = Number(match?.[3]);
  if (!address || !(port >= 1 && port <= 65535)) return undefined;
  return { protocol: match?.[4]?.toLowerCase() === 'udp' ? 'udp' : 'tcp', address: address.text, port };
}

function targetText(t: Target): string {
  const host = t.address.includes(':') ? `[${t.address}]` : t.address;
  return `${host}:${t.port}${t.protocol === 'udp' ? '/udp' : ''}`;
}

/** What a report has to know of the datapath. */
export interface Known {
  /** Nothing was committed: every timeout is for want of a service. */
  readonly nothingLive: boolean;
  /** What to do where no service has the address. */
  readonly advice: string;
}

/** Who answered how often, as bars; what failed, by cause; what the backends saw. */
export function report(replies: readonly Reply[], order: Order, traffic: Traffic, paint: Paint, known: Known): string {
  const good = replies.filter((r) => r.ok);
  const lines = [headline(replies.length, good, order.target, paint)];
  const byBackend = tally(good.map((r) => r.backend ?? '?'));
  const pods = traffic.pods.map((p) => p.name);
  const names = good.length === 0 ? [] : [...pods, ...[...byBackend.keys()].filter((b) => !pods.includes(b)).sort()];
  const width = Math.max(0, ...names.map((n) => n.length));
  const largest = Math.max(1, ...byBackend.values());
  const digits = String(largest).length;
  for (const name of names) {
    const count = byBackend.get(name) ?? 0;
    const pod = traffic.pods.find((p) => p.name === name);
    const address = pod?.ips[order.target.address.includes(':') ? 1 : 0] ?? '';
    lines.push(`  ${sanitize(name).padEnd(width)}  ${paint.dim(address)}  ${String(count).padStart(digits)}  ${paint.accent(bar(count, largest))}`.trimEnd());
  }
  const clients = [...tally(good.map((r) => r.client ?? '?')).keys()];
  if (clients.length > 0) {
    const own = clients.every((c) => traffic.client.includes(c));
    lines.push(paint.dim(`  the backends saw ${own ? "the client's own address" : 'as client'}, ${clients.map(sanitize).join(', ')}`));
  }
  const failed = replies.filter((r) => !r.ok).map((r) => r.error ?? '?');
  const homeless = failed.filter(hasNoService(good.length > 0, failed, known));
  if (homeless.length > 0) {
    const errors = [...tally(homeless).keys()].map(sanitize).join(', ');
    lines.push(`  ${paint.bad(`${homeless.length} × no route`)}${paint.dim(`  no service has ${order.target.address} yet: ${known.advice} (${errors})`)}`);
  }
  for (const [error, count] of tally(failed.filter((e) => !homeless.includes(e)))) {
    lines.push(`  ${paint.bad(`${count} × ${sanitize(error)}`)}${meaning[error] ? paint.dim(`  ${meaning[error]}`) : ''}`);
  }
  return lines.join('\n');
}

const unreachable: readonly string[] = ['ENETUNREACH', 'EHOSTUNREACH'];

/**
 * Which errors mean that the address is nobody's. The kernel limits how often it says unreachable, so
 * that some requests of a series time out for the very same cause.
 */
function hasNoService(answered: boolean, failed: readonly string[], { nothingLive }: Known): (error: string) => boolean {
  const timeoutToo = !answered && (nothingLive || failed.some((e) => unreachable.includes(e)));
  return (error) => unreachable.includes(error) || (timeoutToo && error === 'TIMEOUT');
}

const meaning: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused: nothing listens there, or the service has no usable backend',
  TIMEOUT: 'no answer: see show drops',
};

function headline(total: number, good: readonly Reply[], target: Target, paint: Paint): string {
  const what = `${total} ${target.protocol === 'udp' ? 'datagram' : 'request'}${total === 1 ? '' : 's'} to ${targetText(target)}`;
  if (good.length === 0) return `${what}: ${paint.bad('none answered')}`;
  const times = good.map((r) => r.ms).sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)]!;
  const answered = good.length === total ? paint.good(total === 1 ? 'answered' : 'all answered') : paint.bad(`${good.length} answered`);
  return `${what}: ${answered}${paint.dim(`, ${median.toFixed(1)} ms in the median`)}`;
}

function tally(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

function bar(count: number, largest: number): string {
  const cells = (count / largest) * 24;
  const rest = Math.round((cells % 1) * 8);
  return '█'.repeat(Math.floor(cells)) + (rest > 0 ? String.fromCharCode(0x2590 - rest) : '');
}
