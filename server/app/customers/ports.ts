/** What the customers' cards need of the outside: a store whose changes come one after the other. */
import type { CardAddress, CustomerCard } from '../../contract/customers.ts';
import type { ContactFacts } from './customer-address.ts';
import type { UnknownContact } from './identification.ts';

export interface Standing {
  /** The card of the contact's row. */
  readonly linkedId?: string;
  /** An agent has said so. */
  readonly isChosen: boolean;
  /** The linked card, and those with one of its addresses, `cardsFound` + 1 at most. */
  readonly cards: readonly CustomerCard[];
  readonly holderIds: readonly string[];
}

export type CardRefusal =
  | 'unknown'
  | 'already-so'
  | 'already-known'
  | 'other-address'
  | 'too-many'
  /** Nothing is left of the name without what no name may hold. */
  | 'empty';
export type CardOutcome = 'done' | CardRefusal;

export interface CardLink {
  readonly contactId: string;
  readonly customerId: string;
  readonly addresses: readonly CardAddress[];
  readonly agentId: string;
}

export interface CustomerStorePort {
  /** What history has and nobody has looked at yet, oldest first. `upTo`: to be handed to `identify`. */
  unseen(limit: number): Promise<{ facts: ContactFacts[]; upTo?: number }>;
  facts(contactId: string): Promise<ContactFacts>;
  /** In one transaction: looks up, makes what is missing, links; a contact that is linked already stays as it is. */
  identify(contacts: readonly UnknownContact[], now: number, upTo?: number): Promise<void>;
  standing(contactId: string, addresses: readonly CardAddress[]): Promise<Standing>;
  /** `terms`: parts of addresses. */
  find(contactId: string, name: string, terms: readonly string[], limit: number): Promise<CustomerCard[]>;
  name(customerId: string, name: string): Promise<CardOutcome>;
  choose(link: CardLink): Promise<CardOutcome>;
  /** The contact's addresses go to that card; provisional cards lose them, and are gone when they have no other. */
  link(link: CardLink, now: number): Promise<CardOutcome>;
}
