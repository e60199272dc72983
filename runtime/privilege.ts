/** Whether this process may change the datapath at all, found without trying. */
import type { Diagnostic } from '../dsl/diagnostic.ts';
import { DatapathError } from './datapath.ts';
import { mayChangeDatapath } from './kernel/capabilities.ts';
import { diagnosticOf } from './problems.ts';

/** A diagnostic where the kernel would refuse; undefined where it may allow, or does not say. */
export function lackOfPrivilege(doing: string): Diagnostic | undefined {
  return mayChangeDatapath() === false ? diagnosticOf(new DatapathError(doing, 'EPERM')) : undefined;
}
