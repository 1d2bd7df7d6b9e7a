/** What desks and channels are told of: new and changed messages, and contacts that look different now. */
import type { EndedBy } from '../../acd/types.ts';
import type { OpenText } from './ports.ts';
import type { MessageView } from '../../contract/desk.ts';

/** Why the desk would not do something; the API's codes (contract/errors.ts). */
export type DeskFault = 'not-found' | 'conflict';

export interface DeskListener {
  /** `contactId`: on which it is to be seen; not its own where that is closed and its thread has another. */
  message?(message: MessageView, contactId: string): void;
  contactChanged?(contactId: string): void;
  /** The contact of a text is over; what was known of it. */
  ended?(text: OpenText, by: EndedBy): void;
  /** It left its queue by a rule, and not to another queue. */
  turnedAway?(text: OpenText, target: string): void;
}

export class DeskNews {
  readonly #listeners = new Set<DeskListener>();

  /** Answers how to stop listening. */
  listen(listener: DeskListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  message(message: MessageView, contactId = message.contactId): void {
    for (const listener of this.#listeners) listener.message?.(message, contactId);
  }

  ended(text: OpenText, by: EndedBy): void {
    for (const listener of this.#listeners) listener.ended?.(text, by);
  }

  turnedAway(text: OpenText, target: string): void {
    for (const listener of this.#listeners) listener.turnedAway?.(text, target);
  }

  contactChanged(contactId: string): void {
    for (const listener of this.#listeners) listener.contactChanged?.(contactId);
  }
}
