/**
 * Which card a contact belongs to (docs/adr/0011): a lookup, never a guess. One card has its addresses: that one. None has: a
 * provisional card, with what is known. Several have: none, until an agent says which. Pure: what is to be written is
 * answered, and the store writes it under a lock, so that ten contacts of one unknown address at once make one card.
 */
import type { CardAddress } from '../../contract/customers.ts';

export interface UnknownContact {
  readonly contactId: string;
  readonly addresses: readonly CardAddress[];
  readonly name?: string;
}

export interface NewCard {
  readonly customerId: string;
  readonly name?: string;
  readonly addresses: readonly CardAddress[];
}

export interface Plan {
  readonly cards: readonly NewCard[];
  readonly links: readonly { readonly contactId: string; readonly customerId: string }[];
  /** For provisional cards that have none yet. */
  readonly names: readonly { readonly customerId: string; readonly name: string }[];
}

export const cardAddressKey = ({ kind, value }: CardAddress): string => `${kind} ${value}`;

/** `holders`: the cards that have an address, by its key; of addresses that none has, nothing. */
export function planOf(
  contacts: readonly UnknownContact[],
  holders: ReadonlyMap<string, readonly string[]>,
  newId: () => string,
): Plan {
  const known = new Map<string, readonly string[]>(holders);
  const cards: NewCard[] = [];
  const links: Plan['links'][number][] = [];
  const names: Plan['names'][number][] = [];
  for (const { contactId, addresses, name } of contacts) {
    if (addresses.length === 0) continue;
    const found = new Set(addresses.flatMap((address) => known.get(cardAddressKey(address)) ?? []));
    if (found.size > 1) continue;
    let [customerId] = found;
    if (customerId === undefined) {
      customerId = newId();
      cards.push({ customerId, addresses, ...(name !== undefined && { name }) });
      for (const address of addresses) known.set(cardAddressKey(address), [customerId]);
    } else if (name !== undefined) names.push({ customerId, name });
    links.push({ contactId, customerId });
  }
  return { cards, links, names };
}
