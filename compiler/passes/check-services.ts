/** What can only be judged of a service as a whole: VIPs against backends, tables against their number. */
import type { Clause, OnUnknownClause } from '../../dsl/ast.ts';
import type { Span } from '../../dsl/span.ts';
import type { Compilation, Draft, PlacedTarget } from '../compilation.ts';
import { quoted } from '../compilation.ts';
import { primeFrom } from '../maglev.ts';
import { readSource } from '../sources.ts';
import { modeFor, wraps, type Mode } from '../state.ts';

export function checkServices(c: Compilation): void {
  for (const draft of c.drafts) {
    checkEmpty(c, draft);
    checkLoop(c, draft);
    const { mode, hash } = draft.settings!;
    checkFamilies(c, draft, mode);
    checkSources(c, draft, mode);
    checkPorts(c, draft, mode);
    if (wraps(modeFor(mode, 'tcp'))) checkAddresses(c, draft, mode);
    if (hash.kind === 'maglev') checkSize(c, draft, hash.size);
  }
  checkUnknown(c);
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

/** An IPv4 packet can travel in IPv4 or IPv6, an IPv6 one in IPv6 only; nothing else leads from one family to the other. */
function checkFamilies(c: Compilation, draft: Draft, mode: Mode): void {
  const has = (family: 4 | 6): boolean => draft.backends.some((b) => b.family === family);
  if (draft.backends.length === 0) return;
  const modeSpan = draft.clauses.get('mode')?.clause.span;
  for (const family of [4, 6] as const) {
    const vip = draft.frontends.find((f) => f.family === family);
    if (!vip || has(family)) continue;
    if (family === 4 && wraps(mode)) continue;
    const other = draft.backends.find((b) => b.family !== family)!;
    c.error('LB205', other.span, `the VIP ${vip.address} is IPv${family}, and all backends are IPv${other.family}: ${mode} does not translate between them`, {
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

/** Sources that no packet will have. */
function checkSources(c: Compilation, draft: Draft, mode: Mode): void {
  const clause = draft.clauses.get('mode')?.clause;
  const { from } = draft.settings!;
  if (clause?.kind !== 'mode' || from.length === 0) return;
  const name = quoted(draft.statement.name);
  const span = clause.from[0]!.span;
  if (mode.startsWith('hybrid') && draft.frontends.length > 0 && draft.frontends.every((f) => f.protocol === 'tcp')) {
    c.warning('LB311', span, `${mode} translates UDP only, and ${name} has no UDP`, { hint: "leave 'from' away, or add /udp to a VIP" });
  }
  if (!wraps(mode) || !draft.complete || draft.backends.length === 0) return;
  const idle = from.map(readSource).find((s) => !draft.backends.some((b) => b.family === s.family));
  if (idle) c.warning('LB311', span, `${idle.address} is IPv${idle.family}, and no backend of ${name} is: no outer header has it`, { hint: 'an outer header has the family of the backend' });
}

/** Where nothing translates, packets reach a backend with the VIP's port; a pod's host can do that. */
function checkPorts(c: Compilation, draft: Draft, mode: Mode): void {
  const said = new Set<Span>();
  for (const b of draft.backends) {
    const differing = b.port === 0 ? undefined : draft.frontends.find((f) => f.port !== b.port && modeFor(mode, f.protocol).startsWith('dsr'));
    if (!differing || said.has(b.span)) continue;
    said.add(b.span);
    if (modeFor(mode, differing.protocol) === 'dsr l2') portDiffers(c, draft, b, differing.port, differing.span);
    else {
      c.info('LB310', b.span, `packets for port ${differing.port} travel to ${b.address} as they are: its host has to translate them to port ${b.port}`, {
        hint: 'apply this script on that host too; a backend without a host of that kind listens on the VIP and its port',
      });
    }
  }
}

/** A pod's host knows a backend by its address. */
function checkAddresses(c: Compilation, draft: Draft, mode: Mode): void {
  const first = new Map<string, PlacedTarget>();
  for (const b of draft.backends) {
    const other = first.get(b.address);
    if (!other) first.set(b.address, b);
    else if (other.port !== b.port) {
      c.error('LB222', b.span, `${b.address} stands here with two ports, and ${mode} tells backends apart by their address`, {
        hint: 'give each port a service of its own, or use mode snat', related: [{ message: 'first here', span: other.span }],
      });
    }
  }
}

/** A VIP has one answer for what none of its services is for. */
function checkUnknown(c: Compilation): void {
  const said = new Map<string, { readonly draft: Draft; readonly clause: OnUnknownClause }>();
  for (const draft of c.drafts) {
    const clause: Clause | undefined = draft.clauses.get('on-unknown')?.clause;
    if (clause?.kind !== 'on-unknown') continue;
    for (const address of new Set(draft.frontends.map((f) => f.address))) {
      const first = said.get(address);
      if (!first) said.set(address, { draft, clause });
      else if (first.clause.action !== clause.action) {
        c.error('LB223', clause.span, `the VIP ${address} says on-unknown ${clause.action} here, and ${first.clause.action} for the service ${quoted(first.draft.statement.name)}`, {
          hint: 'a port that no service has belongs to no service: say the same in both, or in one', context: draft.statement.span, related: [{ message: 'first here', span: first.clause.span }],
        });
        break;
      }
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
