/** A frame in one line, also one that cannot be read. */
import { describe } from '../dissect.ts';

export function summary(frame: Uint8Array): string {
  try {
    return describe(frame).join(' | ');
  } catch (error) {
    return `cannot be read: ${(error as Error).message}`;
  }
}
