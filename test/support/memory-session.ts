/** A session over the datapath in memory: the real compiler and planner, no kernel. */
import { compile } from '../../compiler/compile.ts';
import type { CompileHost } from '../../compiler/host.ts';
import { plan, planRollback } from '../../compiler/plan.ts';
import type { State } from '../../compiler/state.ts';
import { hasErrors } from '../../dsl/diagnostic.ts';
import { sanitize } from '../../dsl/sanitize.ts';
import type { Proposal, Session } from '../../runtime/session-port.ts';
import { Machine } from './simulate.ts';

const host: CompileHost = {
  glob: () => [],
  readText: (file) => ({ ok: false, message: `there is no file '${file}'` }),
  manifests: (file) => ({ ok: false, message: `there is no file '${file}'` }),
};

export function memorySession(ruleset = 'repl'): Session & { readonly machine: Machine } {
  const machine = new Machine();
  const states = new WeakMap<Proposal, State>();
  return {
    machine,
    title: 'memory',
    topics: [{ name: 'services', help: 'their names' }],
    source: () => machine.inspect().sources?.[ruleset] ?? '',
    propose(source) {
      const { state, sources, all } = compile([source], { host, params: new Map(), interfaces: ['eth0', 'eth1'] });
      if (hasErrors(all)) return { source, sources, diagnostics: all };
      const made = plan(machine.inspect(), state, { ...machine.context, sources: { [ruleset]: source.text } });
      const proposal: Proposal = { source, sources, diagnostics: [...all, ...made.diagnostics], ...(hasErrors(made.diagnostics) ? {} : { plan: made.plan }) };
      states.set(proposal, state);
      return proposal;
    },
    commit(proposal) {
      machine.apply(proposal.plan!);
      return { diagnostics: [], serial: machine.inspect().serial };
    },
    undo() {
      const { plan: back, diagnostics } = planRollback(machine.inspect(), machine.context);
      if (!hasErrors(diagnostics)) machine.apply(back);
      return { diagnostics, ...(hasErrors(diagnostics) ? {} : { serial: machine.inspect().serial }) };
    },
    show: (what) => ({ text: sanitize(`shown: ${what.join(' ')}; ${machine.inspect().services.map((s) => s.name).join(', ')}`), diagnostics: [] }),
    flows: (ms) => Promise.resolve({ text: `flows for ${ms} ms`, diagnostics: [] }),
    remove: () => false,
    close: () => undefined,
  };
}
