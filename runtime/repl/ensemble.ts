/**
 * One script, several hosts: a balancer's session together with those of its receivers, which apply the
 * same text so that they take in what the balancer encapsulates. Receivers commit first; where anyone
 * fails, those that had committed go back.
 */
import { hasErrors, type Diagnostic } from '../../dsl/diagnostic.ts';
import type { Outcome, Session } from '../session-port.ts';

export function together(balancer: Session, receivers: readonly Session[]): Session {
  /** Those whose last commit went along with the balancer's, and that an undo has to take back with it. */
  let moved: readonly Session[] = [];
  return {
    title: balancer.title,
    ...(balancer.obstacle ? { obstacle: balancer.obstacle } : {}),
    topics: balancer.topics,
    source: () => balancer.source(),
    propose: (candidate) => balancer.propose(candidate),
    show: (what) => balancer.show(what),
    flows: (ms, signal) => balancer.flows(ms, signal),
    commit(proposal) {
      const done: Session[] = [];
      const back = (diagnostics: readonly Diagnostic[]): Outcome => {
        const troubles = done.reverse().flatMap((s) => s.undo().diagnostics);
        return { diagnostics: [...diagnostics, ...troubles] };
      };
      for (const receiver of receivers) {
        const own = receiver.propose(proposal.source);
        if (!own.plan) return back(own.diagnostics);
        if (own.plan.steps.length === 0) continue;
        const outcome = receiver.commit(own);
        if (hasErrors(outcome.diagnostics)) return back(outcome.diagnostics);
        done.push(receiver);
      }
      const outcome = balancer.commit(proposal);
      if (hasErrors(outcome.diagnostics)) return back(outcome.diagnostics);
      moved = done;
      return outcome;
    },
    undo() {
      const outcome = balancer.undo();
      if (hasErrors(outcome.diagnostics)) return outcome;
      return { ...outcome, diagnostics: [...outcome.diagnostics, ...moved.flatMap((s) => s.undo().diagnostics)] };
    },
    remove() {
      return [balancer, ...receivers].map((s) => s.remove()).some(Boolean);
    },
    close() {
      for (const session of [balancer, ...receivers]) session.close();
    },
  };
}
