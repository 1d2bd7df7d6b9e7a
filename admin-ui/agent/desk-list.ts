/**
 * The list of contacts as the agent goes through it, and what of a change deserves a sound: pure. Order: the call first,
 * since somebody holds the line; then who waits for an answer, longest on the desk first; then the rest in the same way,
 * so that nothing moves without cause.
 */
import type { DeskContact, DeskView } from '../../server/contract/desk.ts';
import { unreadOf, type DeskState } from './desk-state.ts';

export interface ListedContact {
  contact: DeskContact;
  unread: number;
}

/** What a contact is called; undefined where nothing is known of its customer. */
export function nameOf({ customer }: DeskContact): string | undefined {
  return customer.name ?? customer.address;
}

/** The open contact stays where it was found: reading it must not pull it from under the pointer. */
export interface Sticky {
  contactId: string;
  rank: number;
}

function rankOf({ contact, unread }: ListedContact): number {
  if (contact.channel === 'voice') return 0;
  return unread > 0 ? 1 : 2;
}

/** Where a contact is found now, to be kept while it is open; undefined where it is not on the desk. */
export function stickyOf(state: DeskState, contactId: string): Sticky | undefined {
  const contact = state.desk?.mine.find((one) => one.contactId === contactId);
  return contact && { contactId, rank: rankOf({ contact, unread: unreadOf(state, contact) }) };
}

export function listMine(state: DeskState, sticky?: Sticky): ListedContact[] {
  const rank = (listed: ListedContact) =>
    listed.contact.contactId === sticky?.contactId ? sticky.rank : rankOf(listed);
  return (state.desk?.mine ?? [])
    .map((contact) => ({ contact, unread: unreadOf(state, contact) }))
    .sort(
      (a, b) =>
        rank(a) - rank(b) ||
        a.contact.since - b.contact.since ||
        (a.contact.contactId < b.contact.contactId ? -1 : 1),
    );
}

export function matches(contact: DeskContact, search: string): boolean {
  const wanted = search.trim().toLocaleLowerCase();
  if (wanted === '') return true;
  const { name, address } = contact.customer;
  return [name, address, contact.subject, contact.preview, contact.queueName].some((text) =>
    text?.toLocaleLowerCase().includes(wanted),
  );
}

/** The neighbour of `now` in the list: `step` 1 or -1; the first or last where `now` is not in it. Never round the ends. */
export function neighbour(ids: readonly string[], now: string | undefined, step: 1 | -1): string | undefined {
  const at = now === undefined ? -1 : ids.indexOf(now);
  if (at < 0) return step === 1 ? ids[0] : ids.at(-1);
  return ids[Math.max(0, Math.min(ids.length - 1, at + step))];
}

export type News =
  | { kind: 'offered'; contact: DeskContact }
  /** The customer wrote. */
  | { kind: 'message'; contact: DeskContact }
  /** Offered, and gone without coming here; `isLate`: its time was over. */
  | { kind: 'offer-gone'; contact: DeskContact; isLate: boolean }
  | { kind: 'left'; contact: DeskContact };

/** The server's clock and the moment at which it takes an offer back are not one: this much before counts as late. */
const lateGraceMs = 1500;

/** `serverNow`: ms UTC. The first desk of all is no news. */
export function newsOf(before: DeskView | undefined, after: DeskView, serverNow: number): News[] {
  if (!before) return [];
  const news: News[] = [];
  const find = (list: readonly DeskContact[], contactId: string) =>
    list.find((contact) => contact.contactId === contactId);
  for (const contact of after.offers) {
    const known = find(before.offers, contact.contactId);
    if (!known || known.offerId !== contact.offerId) news.push({ kind: 'offered', contact });
  }
  for (const contact of after.mine) {
    const known = find(before.mine, contact.contactId);
    if (known && contact.unread > known.unread) news.push({ kind: 'message', contact });
  }
  for (const contact of before.offers) {
    if (find(after.offers, contact.contactId) || find(after.mine, contact.contactId)) continue;
    const isLate = contact.acceptUntil !== undefined && serverNow >= contact.acceptUntil - lateGraceMs;
    news.push({ kind: 'offer-gone', contact, isLate });
  }
  for (const contact of before.mine)
    if (!find(after.mine, contact.contactId)) news.push({ kind: 'left', contact });
  return news;
}
