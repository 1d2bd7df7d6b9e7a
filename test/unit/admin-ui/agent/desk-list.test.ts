/** The list of contacts: order, search, neighbours; and what of a change is news. */
import { expect } from 'chai';
import fc from 'fast-check';
import { listMine, matches, neighbour, newsOf, stickyOf } from '../../../../admin-ui/agent/desk-list.ts';
import { emptyDeskState } from '../../../../admin-ui/agent/desk-state.ts';
import { contactOf, deskOf } from './world.ts';

describe('list of contacts', () => {
  it('puts the call first, then what waits for an answer, then the rest, oldest first', () => {
    const desk = deskOf([
      contactOf('new', { since: 30 }),
      contactOf('old', { since: 10 }),
      contactOf('late', { since: 25, unread: 1 }),
      contactOf('early', { since: 20, unread: 9 }),
      contactOf('call', { since: 40, channel: 'voice' }),
    ]);
    const ids = listMine({ ...emptyDeskState, desk }).map(({ contact }) => contact.contactId);
    expect(ids).to.deep.equal(['call', 'early', 'late', 'old', 'new']);
  });

  it('leaves what is open in its place when it has been read', () => {
    const unread = { ...emptyDeskState, desk: deskOf([contactOf('a'), contactOf('b', { unread: 2 })]) };
    const read = { ...emptyDeskState, desk: deskOf([contactOf('a'), contactOf('b')]) };
    const ids = (sticky: ReturnType<typeof stickyOf>) =>
      listMine(read, sticky).map(({ contact }) => contact.contactId);
    expect(ids(stickyOf(unread, 'b'))).to.deep.equal(['b', 'a']);
    expect(ids(undefined)).to.deep.equal(['a', 'b']);
    expect(stickyOf(unread, 'gone')).to.equal(undefined);
  });

  it('is the same list whatever order the server gives it in', () => {
    const contacts = fc.uniqueArray(
      fc.record({ id: fc.string({ minLength: 1, maxLength: 3 }), since: fc.nat(3), unread: fc.nat(1) }),
      { selector: ({ id }) => id, maxLength: 8 },
    );
    fc.assert(
      fc.property(contacts, fc.nat(), (list, turn) => {
        const mine = list.map(({ id, ...more }) => contactOf(id, more));
        const turned = [
          ...mine.slice(turn % (mine.length || 1)),
          ...mine.slice(0, turn % (mine.length || 1)),
        ];
        const order = (all: typeof mine) =>
          listMine({ ...emptyDeskState, desk: deskOf(all) }).map(({ contact }) => contact.contactId);
        expect(order(turned)).to.deep.equal(order(mine));
      }),
    );
  });

  it('finds by name, address, subject and text, in any case', () => {
    const contact = contactOf('c', {
      customer: { name: 'Маргарита', address: 'm@example.org' },
      subject: 'Card',
      preview: 'Hello',
    });
    expect(['маргар', 'EXAMPLE', 'card', 'hell', ' '].map((text) => matches(contact, text))).to.deep.equal([
      true,
      true,
      true,
      true,
      true,
    ]);
    expect(matches(contact, 'mortgage')).to.equal(false);
  });

  it('goes to the neighbour and stops at the ends', () => {
    const ids = ['a', 'b', 'c'];
    expect(neighbour(ids, undefined, 1)).to.equal('a');
    expect(neighbour(ids, undefined, -1)).to.equal('c');
    expect(neighbour(ids, 'b', 1)).to.equal('c');
    expect(neighbour(ids, 'c', 1)).to.equal('c');
    expect(neighbour(ids, 'a', -1)).to.equal('a');
    expect(neighbour([], 'a', 1)).to.equal(undefined);
  });
});

describe('news', () => {
  const offer = contactOf('o', { offerId: 'o1', acceptUntil: 10_000 });

  it('is nothing at first, nor where nothing changed', () => {
    const desk = deskOf([contactOf('a', { unread: 2 })], [offer]);
    expect(newsOf(undefined, desk, 0)).to.deep.equal([]);
    expect(newsOf(desk, desk, 0)).to.deep.equal([]);
  });

  it('is an offer, also the same contact offered again', () => {
    expect(newsOf(deskOf([]), deskOf([], [offer]), 0)).to.deep.equal([{ kind: 'offered', contact: offer }]);
    const again = { ...offer, offerId: 'o2' };
    expect(newsOf(deskOf([], [offer]), deskOf([], [again]), 0)).to.deep.equal([
      { kind: 'offered', contact: again },
    ]);
  });

  it('tells an offer that ran out from one that was taken back, and neither from one that was accepted', () => {
    const before = deskOf([], [offer]);
    expect(newsOf(before, deskOf([]), 9000)).to.deep.equal([
      { kind: 'offer-gone', contact: offer, isLate: true },
    ]);
    expect(newsOf(before, deskOf([]), 4000)).to.deep.equal([
      { kind: 'offer-gone', contact: offer, isLate: false },
    ]);
    expect(newsOf(before, deskOf([contactOf('o')]), 9000)).to.deep.equal([]);
  });

  it('is a message, and a contact that left', () => {
    const before = deskOf([contactOf('a'), contactOf('b')]);
    const wrote = contactOf('a', { unread: 1 });
    expect(newsOf(before, deskOf([wrote]), 0)).to.deep.equal([
      { kind: 'message', contact: wrote },
      { kind: 'left', contact: contactOf('b') },
    ]);
  });
});
