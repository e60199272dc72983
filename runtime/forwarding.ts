/**
 * Interfaces on which the kernel refuses the route look-up that the program does: forwarding is off there
 * (bpf_fib_lookup answers FWD_DISABLED). A host that only takes packets in needs none.
 */
import { networkInterfaces } from 'node:os';
import type { LiveService } from '../compiler/live.ts';
import { modeFor, type Attachment } from '../compiler/state.ts';
import type { Diagnostic } from '../dsl/diagnostic.ts';
import { forwards } from './interfaces.ts';

type Family = 4 | 6;

/**
 * Warnings for interfaces that are attached to, changed or not. `services`: all that will be live. Those with a backend
 * that is this host are none of a balancer.
 */
export function forwardingProblems(attachments: readonly Attachment[], services: readonly LiveService[]): Diagnostic[] {
  const names = new Set(attachments.map((a) => a.interface));
  const off = [...names].flatMap((name) => ([4, 6] as const).filter((family) => forwards(name, family) === false).map((family) => ({ name, family })));
  if (off.length === 0) return [];
  const local = localAddresses();
  const balanced = services.filter((s) => !s.backends.some((b) => local.has(b.address)));
  const modes = { 4: modesOf(balanced, 4), 6: modesOf(balanced, 6) };
  return off.flatMap(({ name, family }) => (modes[family].size > 0 ? [forwardingOff(name, family, modes[family])] : []));
}

function modesOf(services: readonly LiveService[], family: Family): ReadonlySet<string> {
  const concerned = services.filter((s) => s.backends.some((b) => b.family === family));
  return new Set(concerned.flatMap((s) => s.frontends.map((f) => modeFor(s.mode, f.protocol))));
}

/** Of the network namespace of the calling thread. */
function localAddresses(): ReadonlySet<string> {
  return new Set(Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map((a) => a.address)));
}

function forwardingOff(name: string, family: Family, modes: ReadonlySet<string>): Diagnostic {
  // A slash in place of the dot: that is how sysctl tells the dots of a name from its own.
  const key = `net.ipv${family}.conf.${name.replaceAll('.', '/')}.forwarding`;
  const kept = modes.has('dsr l2') ? ['packets to services of dsr l2 go no further than this host'] : [];
  const others = [...modes].filter((mode) => mode !== 'dsr l2').sort();
  const dropped = others.length > 0 ? [`packets to services of ${others.join(', ')} are dropped there (forwarding-off)`] : [];
  return {
    code: 'LB612',
    severity: 'warning',
    message: `IPv${family} forwarding is off on ${name}: ${[...kept, ...dropped].join(', ')}`,
    hint: `turn it on: sysctl -w ${key}=1`,
  };
}
