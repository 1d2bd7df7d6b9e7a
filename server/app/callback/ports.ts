/** What callbacks need of the database: committed when it answers. */
import type { OpenText } from '../text/ports.ts';
import type { NextTry } from './next-try.ts';

export interface CallbackStorePort {
  /** Of contacts that are not closed: their tries, by contact; of those without any, none. */
  tries(): Promise<Map<string, NextTry>>;
  /** Closes the contact, and makes the next of its thread; undefined where the thread has another open one by now. */
  again(contactId: string, at: number, next: NextTry): Promise<OpenText | undefined>;
  close(contactId: string, at: number): Promise<void>;
  /** Whether history knows that the customer picked up. */
  wasReached(contactId: string): Promise<boolean>;
  /** Requests to call a number since then, the one of that id left out. */
  requests(number: string, since: number, exceptExternalId: string): Promise<number>;
}
