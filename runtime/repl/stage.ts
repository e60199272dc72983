/**
 * What the REPL works on: a playground, the machine itself, or, without privilege, nothing but texts.
 * Whatever was raised goes again when the process leaves, also by a signal.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { hasErrors, type Diagnostic } from '../../dsl/diagnostic.ts';
import { whenLeaving } from '../lab/leaving.ts';
import { abandonedInstances, clientScript, raisePlayground, type Playground, type Seat } from '../lab/playground.ts';
import { LabError } from '../lab/topology.ts';
import { together } from './ensemble.ts';
import type { ReplOptions } from './options.ts';
import type { OpenSession, Session } from '../session-port.ts';

/** The ruleset that the REPL's commits own. */
export const ruleset = 'repl';

export interface Stage {
  readonly session: Session;
  readonly playground?: Playground;
  /** Worth saying before anything else. */
  readonly diagnostics: readonly Diagnostic[];
  remove(): void;
}

/** Raises a playground where none of files and instance was named and the machine can; see `ReplOptions`. */
export async function setStage(options: ReplOptions, open: OpenSession): Promise<Stage> {
  const own = (): Session => open({ instance: options.instance ?? 'default', bpffs: options.bpffs, ruleset, params: options.params });
  const wantsPlayground = options.instance === undefined && options.files.length === 0;
  if (!wantsPlayground) return onMachine(own(), []);
  const machine = own();
  if (machine.obstacle) return onMachine(machine, []);
  machine.close();
  try {
    return await inPlayground(options, open);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    return onMachine(own(), [{
      code: 'LB657', severity: 'error', message: `the playground could not be raised: ${error.message}`,
      hint: "it needs root, iproute2, ethtool and nsenter; 'sluice doctor' says what is missing",
    }]);
  }
}

function onMachine(session: Session, diagnostics: readonly Diagnostic[]): Stage {
  return { session, diagnostics, remove: () => session.close() };
}

async function inPlayground(options: ReplOptions, open: OpenSession): Promise<Stage> {
  sweepInstances(options.bpffs, open);
  const playground = await raisePlayground();
  const opened: Session[] = [];
  // After the namespaces were raised, so that it runs before they go.
  const remove = (): void => {
    forget();
    for (const session of opened) {
      session.remove();
      session.close();
    }
    playground.remove();
  };
  const forget = whenLeaving(remove);
  const seat = ({ instance, netns }: Seat): Session => {
    const session = open({ instance, netns, bpffs: options.bpffs, ruleset, params: options.params });
    opened.push(session);
    return session;
  };
  try {
    const client = seat(playground.requester);
    const { diagnostics } = client.commit(client.propose({ file: 'client', text: clientScript }));
    if (hasErrors(diagnostics)) throw new LabError(diagnostics.map((d) => d.message).join('; '));
    return { session: together(seat(playground.balancer), playground.receivers.map(seat)), playground, diagnostics: [], remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Instances whose playground was killed. */
function sweepInstances(bpffs: string, open: OpenSession): void {
  let names: string[];
  try {
    names = readdirSync(join(bpffs, 'sluice'));
  } catch {
    return;
  }
  for (const instance of abandonedInstances(names)) {
    const session = open({ instance, bpffs, ruleset });
    session.remove();
    session.close();
  }
}
