/**
 * Interfaces on which the kernel refuses the route look-up that the program does: forwarding is off there
 * (bpf_fib_lookup answers FWD_DISABLED). A host that only takes encapsulated packets in needs none.
 */
import type { Plan } from '../compiler/plan-types.ts';
import type { Diagnostic } from '../dsl/diagnostic.ts';
import { forwards } from './interfaces.ts';

/** Warnings for interfaces that a plan attaches to. `local`: backends that are addresses of this host. */
export function forwardingProblems({ steps }: Plan, local: ReadonlySet<string>): Diagnostic[] {
  const generation = steps.flatMap((s) => (s.kind === 'write-services' ? [s.generation] : []))[0];
  if (!generation || !steps.some((s) => s.kind === 'attach')) return [];
  const balanced = generation.services.filter((s) => s.backends.length > 0 && !s.backends.some((b) => local.has(b.address)));
  const families = ([4, 6] as const).filter((family) => balanced.some((s) => s.backends.some((b) => b.family === family)));
  return steps.flatMap((step) => {
    if (step.kind !== 'attach') return [];
    const { interface: name } = step.attachment;
    return families.filter((family) => forwards(name, family) === false).map((family) => forwardingOff(name, family));
  });
}

function forwardingOff(name: string, family: 4 | 6): Diagnostic {
  // A slash in place of the dot: that is how sysctl tells the dots of a name from its own.
  const key = `net.ipv${family}.conf.${name.replaceAll('.', '/')}.forwarding`;
  return {
    code: 'LB612',
    severity: 'warning',
    message: `IPv${family} forwarding is off on ${name}: packets to services are dropped there (forwarding-off)`,
    hint: `turn it on: sysctl -w ${key}=1`,
  };
}
