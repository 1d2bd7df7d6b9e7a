/**
 * Who a contact is from (S25), for whatever channel it came by and for calls that we make: history is looked through, little by
 * little, and each contact gets the card of its address (identification.ts). Nobody who calls or writes waits for that: routing
 * and channels do not know of it. An agent's page asks for one contact, and then it is looked up at once.
 *
 * Through any crash: how far history was looked through is written in the transaction of the cards. What is linked stays
 * linked when it is looked at again. Postgres away: cards come when it is back.
 */
import {
  type CardAddress,
  cardsFound,
  type ContactCustomer,
  type CustomerCard,
  type FoundCustomers,
} from '../../contract/customers.ts';
import type { SiteCallbacks } from '../../contract/site-callbacks.ts';
import type { ClockPort, LoggerPort } from '../ports.ts';
import {
  addressesOf,
  type ContactFacts,
  customerName,
  foldedText,
  mailForm,
  phoneForm,
} from './customer-address.ts';
import type { UnknownContact } from './identification.ts';
import type { CardLink, CardOutcome, CardRefusal, CustomerStorePort, Standing } from './ports.ts';

const lookEveryMs = 1000;
/** In one transaction. */
export const lookedAtOnce = 100;
/** After each, while there is more: a long history must not be in the way of those who wait. */
export const pauseMs = 200;
const shortestTerm = 3;

export interface CustomersParts {
  store: CustomerStorePort;
  /** Country of numbers without one. */
  site: () => { callbacks?: Pick<SiteCallbacks, 'country'> | undefined };
  clock: ClockPort;
  logger: LoggerPort;
}

/** Who calls, as the call itself says: history may not have it yet. */
export interface CallerHint {
  from: string;
  fromName?: string | undefined;
}

export type CardAnswer = ContactCustomer | { refused: CardRefusal };

export class Customers {
  readonly #parts: CustomersParts;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #isWarned = false;

  constructor(parts: CustomersParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#sleep(lookEveryMs);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** One batch of history; answers whether there may be more. */
  async look(): Promise<boolean> {
    const { store, clock } = this.#parts;
    const { facts, upTo } = await store.unseen(lookedAtOnce);
    if (upTo === undefined) return false;
    await store.identify(
      facts.map((one) => this.#unknown(one)),
      clock.now(),
      upTo,
    );
    return facts.length === lookedAtOnce;
  }

  /** The card, or cards, of a contact; an unknown address has one from now on. */
  async of(contactId: string, hint?: CallerHint): Promise<ContactCustomer> {
    return this.#view(await this.#contact(contactId, hint));
  }

  async find(contactId: string, text: string): Promise<FoundCustomers> {
    const { store } = this.#parts;
    const digits = /^[+\d\s()./-]+$/.test(text) ? text.replace(/\D/g, '') : '';
    const terms = [text.toLowerCase(), digits, phoneForm(text, this.#country()), mailForm(text)];
    const fit = terms.filter((term): term is string => term !== undefined && term.length >= shortestTerm);
    const customers = await store.find(contactId, foldedText(text), [...new Set(fit)], cardsFound + 1);
    return { customers: customers.slice(0, cardsFound), isCut: customers.length > cardsFound };
  }

  async name(contactId: string, customerId: string, name: string, hint?: CallerHint): Promise<CardAnswer> {
    const contact = await this.#contact(contactId, hint);
    const { customer, others } = await this.#view(contact);
    // Whoever it is that is named, it is a card of this contact.
    if (![customer, ...others].some((card) => card?.customerId === customerId)) return { refused: 'unknown' };
    const clean = customerName(name);
    return clean === undefined
      ? { refused: 'empty' }
      : this.#answer(contact, await this.#parts.store.name(customerId, clean));
  }

  choose(contactId: string, customerId: string, agentId: string, hint?: CallerHint): Promise<CardAnswer> {
    return this.#say({ contactId, customerId, agentId }, hint, (link) => this.#parts.store.choose(link));
  }

  link(contactId: string, customerId: string, agentId: string, hint?: CallerHint): Promise<CardAnswer> {
    return this.#say({ contactId, customerId, agentId }, hint, (link) =>
      this.#parts.store.link(link, this.#parts.clock.now()),
    );
  }

  async #say(
    said: Omit<CardLink, 'addresses'>,
    hint: CallerHint | undefined,
    write: (link: CardLink) => Promise<CardOutcome>,
  ): Promise<CardAnswer> {
    const contact = await this.#contact(said.contactId, hint);
    return this.#answer(contact, await write({ ...said, addresses: contact.addresses }));
  }

  async #answer(contact: UnknownContact, outcome: CardOutcome): Promise<CardAnswer> {
    return outcome === 'done' ? this.#view(contact) : { refused: outcome };
  }

  #country(): string | undefined {
    return this.#parts.site().callbacks?.country;
  }

  #unknown(facts: ContactFacts): UnknownContact {
    const name = facts.name === undefined ? undefined : customerName(facts.name);
    const addresses = addressesOf(facts, this.#country());
    return { contactId: facts.contactId, addresses, ...(name !== undefined && { name }) };
  }

  async #contact(contactId: string, hint: CallerHint | undefined): Promise<UnknownContact> {
    const facts = await this.#parts.store.facts(contactId);
    const isKnown = facts.text !== undefined || facts.from !== undefined || !hint;
    return this.#unknown(
      isKnown
        ? facts
        : { ...facts, from: hint.from, ...(hint.fromName !== undefined && { name: hint.fromName }) },
    );
  }

  async #view(contact: UnknownContact): Promise<ContactCustomer> {
    const { store, clock } = this.#parts;
    const { contactId, addresses } = contact;
    const found = await store.standing(contactId, addresses);
    const isSettled = found.linkedId !== undefined || found.holderIds.length > 1 || addresses.length === 0;
    if (isSettled) return viewOf(addresses, found);
    await store.identify([contact], clock.now());
    return viewOf(addresses, await store.standing(contactId, addresses));
  }

  #sleep(ms: number): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.#turn(), ms);
    this.#timer.unref();
  }

  async #turn(): Promise<void> {
    try {
      const hasMore = await this.look();
      this.#isWarned = false;
      this.#sleep(hasMore ? pauseMs : lookEveryMs);
    } catch (err) {
      // Once, and not each second for as long as the database is away.
      if (!this.#isWarned)
        this.#parts.logger.warn({ err }, 'customers of new contacts could not be looked up');
      this.#isWarned = true;
      this.#sleep(lookEveryMs);
    }
  }
}

/** What an agent has said stands; else what the addresses say now. */
export function viewOf(
  addresses: readonly CardAddress[],
  { linkedId, isChosen, cards, holderIds }: Standing,
): ContactCustomer {
  const shownId = isChosen ? linkedId : holderIds.length === 1 ? holderIds[0] : undefined;
  const customer = cards.find(({ customerId }) => customerId === shownId);
  const isHolder = ({ customerId }: CustomerCard) => holderIds.includes(customerId) && customerId !== shownId;
  return {
    state: customer ? 'one' : holderIds.length > 1 ? 'several' : 'none',
    addresses: [...addresses],
    ...(customer && { customer }),
    isChosen: isChosen && customer !== undefined,
    others: cards.filter(isHolder).slice(0, cardsFound),
  };
}
