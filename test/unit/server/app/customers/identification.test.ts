/** Which card a contact belongs to: a lookup, and a provisional card for who is unknown. */
import { expect } from 'chai';
import fc from 'fast-check';
import { viewOf } from '../../../../../server/app/customers/customers.ts';
import {
  cardAddressKey,
  planOf,
  type UnknownContact,
} from '../../../../../server/app/customers/identification.ts';
import type { CardAddress, CustomerCard } from '../../../../../server/contract/customers.ts';

const mail: CardAddress = { kind: 'mail', value: 'a@example.org' };
const phone: CardAddress = { kind: 'phone', value: '+390612345678' };
const contact = (contactId: string, addresses: CardAddress[], name?: string): UnknownContact => ({
  contactId,
  addresses,
  ...(name !== undefined && { name }),
});
const ids = () => {
  let count = 0;
  return () => `new${(count += 1)}`;
};
const plan = (contacts: UnknownContact[], known: [CardAddress, string[]][] = []) =>
  planOf(contacts, new Map(known.map(([address, cards]) => [cardAddressKey(address), cards])), ids());

describe('identification', () => {
  it('makes a provisional card of all that is known, and finds it again within the same batch', () => {
    const { cards, links } = plan([contact('c1', [mail, phone], 'Carla'), contact('c2', [phone])]);
    expect(cards).to.deep.equal([{ customerId: 'new1', name: 'Carla', addresses: [mail, phone] }]);
    expect(links).to.deep.equal([
      { contactId: 'c1', customerId: 'new1' },
      { contactId: 'c2', customerId: 'new1' },
    ]);
  });

  it('links to the one card that has an address, which gains no address by that', () => {
    const made = plan([contact('c1', [mail, phone], 'Carla')], [[mail, ['A']]]);
    expect(made).to.deep.equal({
      cards: [],
      links: [{ contactId: 'c1', customerId: 'A' }],
      names: [{ customerId: 'A', name: 'Carla' }],
    });
  });

  it('does not choose among several, whether by one address or by two', () => {
    const none = { cards: [], links: [], names: [] };
    expect(plan([contact('c1', [phone])], [[phone, ['A', 'B']]])).to.deep.equal(none);
    const each: [CardAddress, string[]][] = [
      [mail, ['A']],
      [phone, ['B']],
    ];
    expect(plan([contact('c1', [mail, phone], 'Carla')], each)).to.deep.equal(none);
  });

  it('has no card for who is withheld', () => {
    expect(plan([contact('c1', [], 'Carla')])).to.deep.equal({ cards: [], links: [], names: [] });
  });

  it('makes as many cards of many contacts at once as of the same one after the other', () => {
    const address = fc.constantFrom<CardAddress>(
      mail,
      phone,
      { kind: 'chat', value: 's1' },
      { kind: 'phone', value: '1009' },
    );
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(address, { maxLength: 2 }), { maxLength: 12 }), (all) => {
        const contacts = all.map((addresses, index) => contact(`c${index}`, addresses));
        const atOnce = plan(contacts);
        const known = new Map<string, string[]>();
        const newId = ids();
        const links = contacts.flatMap((one) => {
          const { cards, links: own } = planOf([one], known, newId);
          for (const card of cards)
            for (const own of card.addresses) known.set(cardAddressKey(own), [card.customerId]);
          return own;
        });
        expect(atOnce.links).to.deep.equal(links);
        // No address has two cards unless an agent says so.
        const held = atOnce.cards.flatMap(({ addresses }) => addresses.map(cardAddressKey));
        expect(new Set(held).size).to.equal(held.length);
      }),
    );
  });

  it('shows what an agent has said, else what the addresses say now', () => {
    const card = (customerId: string): CustomerCard => ({
      customerId,
      isProvisional: false,
      addresses: [],
      earlier: { byChannel: {} },
    });
    const of = (holderIds: string[], linkedId?: string, isChosen = false) => {
      const seen = [...new Set([...(linkedId === undefined ? [] : [linkedId]), ...holderIds])];
      const found = { holderIds, isChosen, cards: seen.map(card) };
      const view = viewOf([phone], { ...found, ...(linkedId !== undefined && { linkedId }) });
      return [view.state, view.customer?.customerId, view.others.map(({ customerId }) => customerId)];
    };
    expect(of([])).to.deep.equal(['none', undefined, []]);
    expect(of(['A'])).to.deep.equal(['one', 'A', []]);
    expect(of(['A', 'B'], 'A'), 'found once, and not the only one now').to.deep.equal([
      'several',
      undefined,
      ['A', 'B'],
    ]);
    expect(of(['A', 'B'], 'B', true)).to.deep.equal(['one', 'B', ['A']]);
    expect(of(['A'], 'C', true), 'said, without an address').to.deep.equal(['one', 'C', ['A']]);
  });
});
