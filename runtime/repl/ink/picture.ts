/** What the prompt shows: the values that the controller makes and Ink draws. */
import type { Completion } from '../completion.ts';
import type { Edit } from './editor.ts';

export interface Printed {
  readonly kind: 'greeting' | 'input' | 'text' | 'diagnostics' | 'note';
  readonly text: string;
}

export interface Menu {
  readonly items: Completion['items'];
  /** -1: none is chosen yet. */
  readonly chosen: number;
}

export interface Picture {
  /** Grows only. */
  readonly printed: readonly Printed[];
  readonly edit: Edit;
  readonly busy: boolean;
  readonly question?: string;
  readonly menu?: Menu;
  readonly modified: boolean;
  /** The user has left; nothing is asked any more. */
  readonly left?: boolean;
}
