/** What can only be judged of a service as a whole: VIPs against backends, tables against their number. */
import type { Compilation, Draft, PlacedTarget } from '../compilation.ts';
import { quoted } from '../compilation.ts';
import { primeFrom } from '../maglev.ts';
import type { Span } from '../../dsl/span.ts';

export function checkServices(c: Compilation): void {
  for (const draft of c.drafts) {
    checkEmpty(c, draft);
    checkLoop(c, draft);
    const { mode, hash } = draft.settings!;
    if (mode.startsWith('dsr')) checkFamilies(c, draft, mode);
    if (mode === 'dsr l2' || mode === 'dsr ipip') checkPorts(c, draft, mode);
    if (hash.kind === 'maglev') checkSize(c, draft, hash.size);
  }
}

function checkEmpty(c: Compilation, draft: Draft): void {
  if (!draft.complete || (draft.backends.length === 0 && hasSelector(draft))) return;
  if (draft.backends.some((b) => b.state === 'up' && b.weight > 0)) return;
  const what = draft.backends.length === 0 ? 'has no backend' : 'has no backend that takes new flows';
  const answer = draft.settings!.onEmpty === 'reject' ? 'answered by ICMP port unreachable' : 'dropped';
  c.warning('LB303', draft.statement.name.span, `the service ${quoted(draft.statement.name)} ${what}: packets are ${answer}`, {
    hint: draft.backends.length === 0 ? "name backends behind '->'" : 'let at least one be up, with a weight above 0',
  });
}

/** One that finds nothing says so itself. */
function hasSelector(draft: Draft): boolean {
  const clause = draft.clauses.get('targets')?.clause;
  return clause?.kind === 'targets' && clause.targets.some((t) => t.of.kind === 'call');
}

function checkLoop(c: Compilation, draft: Draft): void {
  const vips = new Map(draft.frontends.map((f) => [f.address, f]));
  for (const b of draft.backends) {
    const vip = vips.get(b.address);
    if (vip) c.error('LB217', b.span, `${b.address} is the VIP itself, and its packets would come back here`, { hint: "name the backend's own address", related: [{ message: 'the VIP', span: vip.span }] });
  }
}

/** An IPv4 packet can travel in IPv4 or IPv6; an IPv6 one in IPv6 only; l2 changes no header. */
function checkFamilies(c: Compilation, draft: Draft, mode: string): void {
  const has = (family: 4 | 6): boolean => draft.backends.some((b) => b.family === family);
  if (draft.backends.length === 0) return;
  const modeSpan = draft.clauses.get('mode')?.clause.span;
  for (const family of [4, 6] as const) {
    const vip = draft.frontends.find((f) => f.family === family);
    if (!vip || has(family)) continue;
    if (family === 4 && mode !== 'dsr l2') continue;
    const other = draft.backends.find((b) => b.family !== family)!;
    c.error('LB205', other.span, `the VIP ${vip.address} is IPv${family}, and all backends are IPv${other.family}: ${mode} does not translate`, {
      hint: family === 4 ? 'dsr ipip carries IPv4 to IPv6 backends' : 'give it IPv6 backends',
      related: [{ message: 'the VIP', span: vip.span }, ...(modeSpan ? [{ message: 'the mode', span: modeSpan }] : [])],
    });
  }
  for (const family of [4, 6] as const) {
    const idle = draft.backends.find((b) => b.family === family);
    if (!idle || draft.frontends.length === 0 || draft.frontends.some((f) => f.family === family)) continue;
    if (!has(family === 4 ? 6 : 4)) continue;
    const count = draft.backends.filter((b) => b.family === family).length;
    c.warning('LB305', idle.span, `${count === 1 ? 'a backend has' : `${count} backends have`} an IPv${family} address, and ${quoted(draft.statement.name)} has no IPv${family} VIP: no packet goes there`, {
      hint: family === 6 ? 'add an IPv6 VIP: vip …, [2001:db8::1]:80' : 'add an IPv4 VIP, or leave them away',
    });
  }
}

/** Packets reach a backend with the VIP's port. */
function checkPorts(c: Compilation, draft: Draft, mode: 'dsr l2' | 'dsr ipip'): void {
  const said = new Set<Span>();
  for (const b of draft.backends) {
    const differing = b.port === 0 ? undefined : draft.frontends.find((f) => f.port !== b.port);
    if (!differing || said.has(b.span)) continue;
    said.add(b.span);
    if (mode === 'dsr l2') portDiffers(c, draft, b, differing.port, differing.span);
    else {
      c.require('port translation', 'LB631', 'error', b.span, `dsr ipip delivers to port ${differing.port} of the VIP, and translating to port ${b.port} on the backend's host is not part of this build`,
        'leave the port away, and let the backends listen on the VIP and its port');
    }
  }
}

function portDiffers(c: Compilation, draft: Draft, b: PlacedTarget, port: number, vip: Span): void {
  c.error('LB206', b.span, `dsr l2 changes no port: packets for port ${port} cannot reach port ${b.port}`, {
    hint: draft.frontends.every((f) => f.port === port) ? 'leave the port of the backend away' : "leave the port of the backend away, so that it is the VIP's",
    related: [{ message: 'the VIP', span: vip }],
  });
}

function checkSize(c: Compilation, draft: Draft, size: number): void {
  const count = Math.max(...([4, 6] as const).map((family) => draft.backends.filter((b) => b.family === family && b.weight > 0).length));
  if (size >= 100 * count) return;
  const hash = draft.clauses.get('hash')?.clause;
  c.warning('LB302', hash?.span ?? draft.statement.name.span, `a table of ${size} slots is small for ${count} backends: shares differ by more than 1 %`, {
    hint: `a prime of at least 100 × backends, for example ${primeFrom(100 * count)}`, context: draft.statement.span,
  });
}
