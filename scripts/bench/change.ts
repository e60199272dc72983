/** Applies one script with the time that each part takes; in a process of its own, prints them as JSON. */
import { pathToFileURL } from 'node:url';
import { readFileSync } from 'node:fs';
import { compile } from '../../compiler/compile.ts';
import { hasErrors, type Diagnostic } from '../../dsl/diagnostic.ts';
import { commit, propose } from '../../runtime/commit.ts';
import type { Datapath } from '../../runtime/datapath.ts';
import { fileHost } from '../../runtime/files.ts';
import { objectsFolder } from '../../runtime/install.ts';
import { createKernelDatapath } from '../../runtime/kernel/datapath.ts';

/** Milliseconds. */
export interface Times {
  /** Until the first line of this file ran. */
  readonly load: number;
  readonly compile: number;
  /** Reads back what is live, and plans. */
  readonly propose: number;
  /** What comes after the user's yes: lock, look whether anything changed, plan, all steps. */
  readonly work: number;
  /** CPU time of the process during that, in the kernel too; on a busy machine less than `work`. */
  readonly cpu: number;
  readonly steps: Readonly<Record<string, number>>;
}

function orThrow(diagnostics: readonly Diagnostic[]): void {
  if (hasErrors(diagnostics)) throw new Error(diagnostics.map((d) => d.message).join('\n'));
}

export function change(datapath: Datapath, name: string, text: string, load = 0): Times {
  const t0 = performance.now();
  const { state, diagnostics } = compile([{ file: 'bench.lb', text }], { host: fileHost(() => ({ ok: false, message: 'no manifests' })), params: new Map() });
  orThrow(diagnostics);
  const want = { state, rulesets: state.rulesets };
  const t1 = performance.now();
  const { plan, diagnostics: found } = propose(datapath, name, want);
  orThrow(found);
  const t2 = performance.now();
  const steps: Record<string, number> = {};
  let began = 0;
  const used = process.cpuUsage();
  const result = commit(datapath, name, want, {
    base: plan!.base,
    onStep: (step, _, phase) => {
      if (phase === 'before') began = performance.now();
      else steps[step.kind] = (steps[step.kind] ?? 0) + performance.now() - began;
    },
  });
  const t3 = performance.now();
  const { user, system } = process.cpuUsage(used);
  orThrow(result.diagnostics);
  return { load, compile: t1 - t0, propose: t2 - t1, work: t3 - t2, cpu: (user + system) / 1000, steps };
}

const [script, self] = [process.argv[1], import.meta.url];
if (script !== undefined && pathToFileURL(script).href === self) {
  const load = performance.now();
  const [bpffs, name, file] = process.argv.slice(2);
  const datapath = createKernelDatapath({ bpffs: bpffs!, objects: objectsFolder() });
  console.log(JSON.stringify(change(datapath, name!, readFileSync(file!, 'utf8'), load)));
}
