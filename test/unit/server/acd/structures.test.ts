/** The two structures everything rests on, against the plainest model there is. */
import { expect } from 'chai';
import fc from 'fast-check';
import { type DeadlineKind, deadlineKinds, Deadlines } from '../../../../server/acd/deadlines.ts';
import { OrderedSet } from '../../../../server/acd/ordered-set.ts';
import { randomSource } from '../../../support/random-source.ts';

describe('the ordered set', () => {
  it('agrees with a sorted array in content, order, rank and count', () => {
    const step = fc.record({ isAdd: fc.boolean(), item: fc.integer({ min: 0, max: 60 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const set = new OrderedSet<number>((a, b) => a - b);
        let model: number[] = [];
        for (const { isAdd, item } of steps) {
          const had = model.includes(item);
          if (isAdd) {
            expect(set.add(item)).to.equal(!had);
            if (!had) model = [...model, item].sort((a, b) => a - b);
          } else {
            expect(set.delete(item)).to.equal(had);
            model = model.filter((other) => other !== item);
          }
          expect(set.size).to.equal(model.length);
        }
        expect([...set]).to.deep.equal(model);
        expect(set.first()).to.equal(model[0]);
        expect(set.firstFew(3)).to.deep.equal(model.slice(0, 3));
        for (let item = -1; item <= 61; item++) {
          const rank = model.indexOf(item);
          expect(set.rank(item)).to.equal(rank < 0 ? undefined : rank);
          expect(set.countBefore(item)).to.equal(model.filter((other) => other < item).length);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('keeps its nodes sound through growth, draining from any side and growth again', () => {
    const random = randomSource(11);
    const set = new OrderedSet<number>(
      (a, b) => a - b,
      (item) => 1 + (item % 3),
    );
    const model: number[] = [];
    const checkSome = () => {
      expect(set.size).to.equal(model.length);
      expect(set.first()).to.equal(model[0]);
      const index = Math.floor(random() * model.length);
      const item = model[index];
      if (item === undefined) return;
      expect(set.rank(item)).to.equal(index);
      expect(set.firstWhere((other) => other >= item)).to.equal(item);
      expect(set.firstWhere((other) => other > item)).to.equal(model[index + 1]);
      const sum = model.reduce((all, one) => all + 1 + (one % 3), 0);
      const before = model.slice(0, index).reduce((all, one) => all + 1 + (one % 3), 0);
      expect(set.draw((before + 0.5) / sum)).to.equal(item);
    };
    for (const side of ['first', 'last', 'any'] as const) {
      while (model.length < 3_000) {
        const item = Math.floor(random() * 1e6);
        const at = model.findIndex((other) => other >= item);
        if (!set.add(item)) continue;
        if (at < 0) model.push(item);
        else model.splice(at, 0, item);
      }
      expect([...set]).to.deep.equal(model);
      while (model.length > 0) {
        const index = { first: 0, last: model.length - 1, any: Math.floor(random() * model.length) }[side];
        expect(set.delete(model.splice(index, 1)[0]!)).to.equal(true);
        if (model.length % 16 === 0) checkSome();
      }
      expect([...set]).to.deep.equal([]);
    }
  });

  it('stays shallow when filled in order, as a queue is', () => {
    let compared = 0;
    const set = new OrderedSet<number>((a, b) => {
      compared += 1;
      return a - b;
    });
    for (let item = 0; item < 100_000; item++) set.add(item);
    compared = 0;
    for (let item = 0; item < 100_000; item += 100) set.rank(item);
    // log2(100,000) is 17, and each of four nodes asks once more; a list would take 50,000.
    expect(compared / 1_000).to.be.lessThan(60);
  });
});

describe('the deadlines', () => {
  it('agree with a plain list: the next is the earliest, by kind and id where times are equal', () => {
    const step = fc.record({
      kind: fc.constantFrom(...deadlineKinds),
      id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      at: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
    });
    const rank = (kind: DeadlineKind): number => deadlineKinds.indexOf(kind);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const deadlines = new Deadlines();
        const model = new Map<string, { kind: DeadlineKind; id: string; at: number }>();
        for (const { kind, id, at } of steps) {
          const owner = kind === 'wrap-up' ? 'agent' : 'contact';
          deadlines.set(owner, id, at === undefined ? undefined : { kind, at });
          if (at === undefined) model.delete(owner + id);
          else model.set(owner + id, { kind, id, at });
          const [first] = [...model.values()].sort(
            (a, b) => a.at - b.at || rank(a.kind) - rank(b.kind) || (a.id < b.id ? -1 : 1),
          );
          const next = deadlines.next();
          expect(next && { kind: next.kind, id: next.id, at: next.at }).to.deep.equal(first);
          expect(deadlines.get(owner, id)).to.deep.equal(at === undefined ? undefined : { kind, at });
          expect(deadlines.size).to.equal(model.size);
        }
        deadlines.clear();
        expect(deadlines.next()).to.equal(undefined);
      }),
      { numRuns: 300 },
    );
  });
});
