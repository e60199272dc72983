/** An engine that does nothing and says so: what front ends are tested with. */
import type { Answer, Engine } from '../../../runtime/repl/desk.ts';
import { memoryHistory } from '../../../runtime/repl/history.ts';
import { paintWith } from '../../../runtime/repl/paint.ts';
import type { Session } from '../../../runtime/session-port.ts';

export interface EchoEngine extends Engine {
  readonly entered: string[];
  /** How often `interrupt` was called. */
  interrupts(): number;
  /** Lets the oldest waiting answer of a slow engine go. */
  release(): void;
}

const session: Session = {
  title: 'nothing', topics: [], source: () => '',
  propose: (source) => ({ source, diagnostics: [], sources: new Map() }),
  commit: () => ({ diagnostics: [] }), undo: () => ({ diagnostics: [] }),
  show: () => ({ text: '', diagnostics: [] }), flows: () => Promise.resolve({ text: '', diagnostics: [] }), remove: () => false, close: () => undefined,
};

export function echoEngine(options: { slow?: boolean; question?: string; fails?: (text: string) => boolean } = {}): EchoEngine {
  const entered: string[] = [];
  const waiting: (() => void)[] = [];
  let interrupted = 0;
  const history = memoryHistory();
  return {
    entered, history, candidate: [], committed: [], modified: false, paint: paintWith(false),
    options: { session, ruleset: 'repl', color: false },
    question: (text) => (text === 'commit' ? options.question : undefined),
    load: () => ({ ok: true, outputs: [] }),
    interrupt: () => { interrupted++; },
    interrupts: () => interrupted,
    release: () => waiting.shift()?.(),
    async enter(text): Promise<Answer> {
      entered.push(text);
      history.add(text);
      if (options.slow) await new Promise<void>((resolve) => waiting.push(resolve));
      if (options.fails?.(text)) return { ok: false, outputs: [{ kind: 'diagnostics', text: `error: ${text}` }] };
      return { ok: true, outputs: [{ kind: 'text', text: `did ${text}` }], ...(text === 'quit' ? { leave: true } : {}) };
    },
  };
}

/** Lets everything happen that is already under way. */
export function settled(): Promise<void> {
  return new Promise((resolve) => { setImmediate(resolve); });
}
