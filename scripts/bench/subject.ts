/** Our own programs as they run: an instance with scripts applied through the runtime, and the program that the plan chose. */
import { compile } from '../../compiler/compile.ts';
import type { Diagnostic } from '../../dsl/diagnostic.ts';
import { commit, propose } from '../../runtime/commit.ts';
import type { Datapath, Instance } from '../../runtime/datapath.ts';
import { fileHost } from '../../runtime/files.ts';
import { inNetns } from '../../runtime/kernel/netns.ts';
import { KernelProgram } from '../../runtime/kernel/programs.ts';
import type { Capacity, ProgramState } from '../../compiler/live.ts';

/** Where packets arrive. */
export interface Place {
  /** Path of the network namespace. */
  readonly netns: string;
  readonly iface: string;
}

export interface Subject {
  readonly instance: Instance;
  readonly state: ProgramState;
  readonly program: KernelProgram;
}

/** What this build cannot do, by the diagnostics that say so. */
export class NotInThisBuild extends Error {}

const host = fileHost(() => ({ ok: false, message: 'no manifests' }));

function orThrow(diagnostics: readonly Diagnostic[]): void {
  const errors = diagnostics.filter((d) => d.severity === 'error');
  if (errors.length === 0) return;
  const said = errors.map((d) => d.message).join('\n');
  throw errors.some((d) => /^LB6[23]/.test(d.code)) ? new NotInThisBuild(said) : new Error(said);
}

/** Applies the scripts one after the other. Throws `NotInThisBuild` where one needs what is not there yet. */
export function applyScripts(datapath: Datapath, place: Place, name: string, scripts: readonly string[], capacity: Partial<Capacity> = {}): ProgramState {
  return inNetns(place.netns, () => {
    let state: ProgramState | undefined;
    for (const [i, script] of scripts.entries()) {
      const text = `ruleset bench\nattach ${place.iface} xdp native\n${script}\n`;
      const compiled = compile([{ file: 'bench.lb', text }], { host, params: new Map() });
      orThrow(compiled.all);
      const want = { state: compiled.state, rulesets: compiled.state.rulesets };
      const options = i === 0 ? { capacity } : {};
      orThrow(propose(datapath, name, want, options).diagnostics);
      const done = commit(datapath, name, want, options);
      orThrow(done.diagnostics);
      state = done.plan!.impact.program.after ?? state;
    }
    return state!;
  });
}

/** As `applyScripts`, with the program to be run by hand: the interface is free again. */
export function openSubject(datapath: Datapath, place: Place, name: string, scripts: readonly string[], capacity: Partial<Capacity>): Subject {
  const state = applyScripts(datapath, place, name, scripts, capacity);
  return inNetns(place.netns, () => {
    const instance = datapath.open(name)!;
    instance.detach(place.iface);
    const program = instance.load(state);
    if (!(program instanceof KernelProgram)) throw new Error('not a program of the kernel');
    return { instance, state, program };
  });
}
