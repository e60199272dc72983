/** The machine behind the REPL: one instance of the kernel datapath, in one network namespace. */
import type { Diagnostic } from '../dsl/diagnostic.ts';
import { hasErrors } from '../dsl/diagnostic.ts';
import { commit, propose, rollback, type CommitResult } from './commit.ts';
import { compileWith } from './compile.ts';
import type { Datapath } from './datapath.ts';
import { DatapathError } from './datapath.ts';
import { takeDown } from './down.ts';
import { emptyLive, readLive } from './inspect.ts';
import { objectsFolder } from './install.ts';
import { readManifests } from './k8s/manifests.ts';
import { createKernelDatapath } from './kernel/datapath.ts';
import { libbpf } from './kernel/libbpf.ts';
import { inNetns } from './kernel/netns.ts';
import { flowLines } from './show/flow-lines.ts';
import { lackOfPrivilege } from './privilege.ts';
import { diagnosticOf } from './problems.ts';
import { planAgainst, type Planned, type Want } from './propose.ts';
import type { OpenSession, Outcome, Proposal, Session, SessionOptions, Shown } from './session-port.ts';
import { show, topicList } from './show/show.ts';
import { suggest } from '../dsl/suggest.ts';

export const openSession: OpenSession = (options) => new KernelSession(options);

class KernelSession implements Session {
  readonly topics = topicList;
  readonly title: string;
  readonly obstacle?: Diagnostic;
  private readonly datapath: Datapath;
  private readonly wants = new WeakMap<Proposal, Want>();

  constructor(private readonly options: SessionOptions) {
    this.datapath = createKernelDatapath({ bpffs: options.bpffs, objects: objectsFolder() });
    this.title = `instance ${options.instance}, ${this.datapath.title}`;
    const obstacle = findObstacle(this.datapath);
    if (obstacle) this.obstacle = obstacle;
  }

  source(): string {
    if (this.obstacle) return '';
    return this.inside(() => {
      const instance = this.datapath.open(this.options.instance);
      try {
        return (instance && readLive(instance).live.sources?.[this.options.ruleset]) ?? '';
      } finally {
        instance?.close();
      }
    });
  }

  propose(candidate: Parameters<Session['propose']>[0]): Proposal {
    return this.inside(() => {
      const compiled = compileWith([candidate], this.options.params ?? new Map(), readManifests);
      const { state, sources, all: found } = compiled;
      if (hasErrors(found)) return { source: candidate, diagnostics: found, sources };
      const want: Want = { state, rulesets: state.rulesets, sources: { [this.options.ruleset]: candidate.text } };
      const planned = this.plan(want);
      const all = [...found, ...planned.diagnostics];
      const proposal: Proposal = { source: candidate, diagnostics: all, sources, ...(planned.plan && !hasErrors(all) ? { plan: planned.plan } : {}) };
      this.wants.set(proposal, want);
      return proposal;
    });
  }

  private plan(want: Want): Planned {
    if (this.obstacle) return planAgainst(emptyLive(), want, undefined);
    return propose(this.datapath, this.options.instance, want);
  }

  commit(proposal: Proposal): Outcome {
    if (this.obstacle) return { diagnostics: [this.obstacle] };
    const want = this.wants.get(proposal);
    if (!want || !proposal.plan) return { diagnostics: proposal.diagnostics };
    const { base } = proposal.plan;
    return this.inside(() => outcome(commit(this.datapath, this.options.instance, want, { base })));
  }

  undo(): Outcome {
    if (this.obstacle) return { diagnostics: [this.obstacle] };
    return this.inside(() => outcome(rollback(this.datapath, this.options.instance)));
  }

  show(what: readonly string[]): Shown {
    const [name = '', only, ...rest] = what;
    const topic = this.topics.find((t) => t.name === name);
    if (!topic || rest.length > 0 || (only !== undefined && !topic.selects)) return { text: '', diagnostics: [unknownTopic(what)] };
    if (this.obstacle) return { text: '', diagnostics: [this.obstacle] };
    return this.inside(() => show(this.datapath, this.options.instance, name, only));
  }

  async flows(ms: number, signal: AbortSignal): Promise<Shown> {
    if (this.obstacle) return { text: '', diagnostics: [this.obstacle] };
    return flowLines(this.datapath, this.options.instance, ms, signal);
  }

  remove(): boolean {
    if (this.obstacle) return false;
    return this.inside(() => takeDown(this.datapath, this.options.instance).removed);
  }

  close(): void {
    // Every call opens what it needs and closes it again.
  }

  private inside<T>(body: () => T): T {
    return this.options.netns === undefined || this.obstacle ? body() : inNetns(this.options.netns, body);
  }
}

function outcome(result: CommitResult): Outcome {
  return { diagnostics: result.diagnostics, ...(result.serial === undefined ? {} : { serial: result.serial }) };
}

function findObstacle(datapath: Datapath): Diagnostic | undefined {
  try {
    libbpf();
    const lack = lackOfPrivilege('change the datapath');
    if (lack) return lack;
    datapath.instances();
    return undefined;
  } catch (error) {
    if (error instanceof DatapathError) return diagnosticOf(error);
    throw error;
  }
}

function unknownTopic(what: readonly string[]): Diagnostic {
  const names = topicList.map((t) => t.name);
  const near = what[0] === undefined ? undefined : suggest(what[0], names);
  const known = topicList.find((t) => t.name === what[0]);
  return {
    code: 'LB518',
    severity: 'error',
    message: what[0] === undefined ? 'show what?' : `cannot show '${what.join(' ')}'`,
    hint: near ? `did you mean 'show ${near}'?` : known ? `'show ${known.name}' takes ${known.selects ? 'one name' : 'no name'}` : `one of ${names.join(', ')}`,
  };
}
