/** The closed set of differences between what runs and what is wanted, in the user's words. */
import type { LiveAttachment, LiveService } from './live.ts';
import type { Attachment, Backend, Service } from './state.ts';

/** One changed field of a service, both sides as the language would write them. */
export interface FieldChange {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

export interface BackendChange {
  readonly kind: 'add' | 'remove' | 'change';
  readonly backend: Backend;
  /** For `change`: how it was. */
  readonly before?: Backend;
}

export type Change =
  | { readonly kind: 'add-service'; readonly service: Service }
  | { readonly kind: 'remove-service'; readonly service: LiveService }
  | {
      readonly kind: 'change-service';
      readonly before: LiveService;
      readonly after: Service;
      readonly fields: readonly FieldChange[];
      readonly backends: readonly BackendChange[];
    }
  | { readonly kind: 'add-attachment'; readonly attachment: Attachment }
  | { readonly kind: 'remove-attachment'; readonly attachment: LiveAttachment | Attachment }
  | { readonly kind: 'change-attachment'; readonly before: LiveAttachment; readonly after: Attachment };
