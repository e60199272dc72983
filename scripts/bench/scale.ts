/**
 * Applying 10,000 services × 10 backends (Maglev tables of 1,021 slots) on the real kernel, then changing one: the phases of
 * both, in one process, as a shell that stays up goes through them. Needs root; writes an instance of its own and removes it.
 */
import { compile } from '../../compiler/compile.ts';
import { hasErrors } from '../../dsl/diagnostic.ts';
import { fileHost } from '../../runtime/files.ts';
import { commit } from '../../runtime/commit.ts';
import { inspect } from '../../runtime/inspect.ts';
import { objectsFolder } from '../../runtime/install.ts';
import { createKernelDatapath } from '../../runtime/kernel/datapath.ts';
import { inFreshNetns } from '../../runtime/kernel/netns.ts';
import type { Datapath } from '../../runtime/datapath.ts';
import { manyServices, service } from './scripts.ts';
import { median, printTable } from './table.ts';

const services = 10_000;
const backends = 10;

interface Times { parseAndCompile: number; inspect: number; planAndApply: number; steps: Map<string, number> }

function run(datapath: Datapath, name: string, text: string): Times {
  const t0 = performance.now();
  const compiled = compile([{ file: 'bench.lb', text }], { host: fileHost(() => ({ ok: false, message: 'no manifests' })), params: new Map() });
  if (hasErrors(compiled.diagnostics)) throw new Error(compiled.diagnostics[0]!.message);
  const t1 = performance.now();
  inspect(datapath, name);
  const t2 = performance.now();
  const steps = new Map<string, number>();
  let began = 0;
  const result = commit(datapath, name, { state: compiled.state, rulesets: compiled.state.rulesets }, {
    onStep: (step, _, phase) => {
      if (phase === 'before') began = performance.now();
      else steps.set(step.kind, (steps.get(step.kind) ?? 0) + performance.now() - began);
    },
  });
  if (result.serial === undefined) throw new Error(result.diagnostics.map((d) => d.message).join('\n'));
  return { parseAndCompile: t1 - t0, inspect: t2 - t1, planAndApply: performance.now() - t2, steps };
}

export function scale(bpffs = '/sys/fs/bpf'): void {
  const datapath = createKernelDatapath({ bpffs, objects: objectsFolder() });
  const name = `bench-${process.pid}`;
  const text = manyServices(services, backends);
  inFreshNetns(() => {
    try {
      const first = run(datapath, name, text);
      const changes: Times[] = [];
      for (let round = 1; round <= 9; round++) {
        const n = 5000 + round;
        changes.push(run(datapath, name, text.replace(service(n, backends), service(n, backends, 500_000 + round))));
      }
      const ms = (pick: (t: Times) => number): string[] => [pick(first).toFixed(0), median(changes.map(pick)).toFixed(0)];
      const kinds = [...new Set([first, ...changes].flatMap((t) => [...t.steps.keys()]))];
      printTable(
        `${services.toLocaleString('en')} services × ${backends} backends: first apply, and two services changed (median of 9), ms`,
        ['phase', 'first', 'change'],
        [
          ['parse and compile the whole script', ...ms((t) => t.parseAndCompile)],
          ['read back what is live', ...ms((t) => t.inspect)],
          ['lock, read back, plan, apply', ...ms((t) => t.planAndApply)],
          ...kinds.map((kind) => [`  of which ${kind}`, ...ms((t) => t.steps.get(kind) ?? 0)]),
        ],
      );
    } finally {
      datapath.remove(name);
    }
  });
}
