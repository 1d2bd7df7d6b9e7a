/** The structures everything rests on, against the plainest model there is. */
import { expect } from 'chai';
import fc from 'fast-check';
import { ChangeList } from '../../../../server/acd/change-list.ts';
import { contactDue } from '../../../../server/acd/contact-due.ts';
import { type DeadlineKind, deadlineKinds, Deadlines } from '../../../../server/acd/deadlines.ts';
import { OrderedSet } from '../../../../server/acd/ordered-set.ts';
import { queue } from './site.ts';
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

describe('the list of changes', () => {
  it('gives each reader what came since it stopped, in order, or says that it is too late', () => {
    const changes = new ChangeList();
    const all: string[] = [];
    const readers = Array.from({ length: 40 }, (_, i) => i * 100);
    for (let i = 0; i < 6_000; i++) {
      changes.note(`a${i}`);
      all.push(`a${i}`);
      if (i % 997 !== 0) continue;
      for (const start of readers.filter((one) => one <= all.length)) {
        const since = changes.since(start);
        if (since) expect(since).to.deep.equal(all.slice(start));
        else expect(all.length - start, 'what is new is known').to.be.greaterThan(1024);
      }
    }
    expect(changes.end).to.equal(6_000);
    expect(changes.since(6_000)).to.deep.equal([]);
    expect(changes.since(0)).to.equal(undefined);
  });
});

describe('the next deadline of a contact', () => {
  const at = 1_000_000;
  const place = { contactId: 'c', priority: 0, queuedAt: at, order: 1, rank: 0, servedAs: at };
  const base = { id: 'c', channel: 'voice', queueId: 'q', arrivedAt: at, language: 'en', place } as const;
  const traits = { language: 'en', relaxedMs: 0 };
  const waiting = { ...base, state: 'waiting', traits, attempt: 0, announcedAt: at } as const;
  const rules = queue('q', { maxWaitMs: 60_000, announceEveryMs: 20_000, tierAfterMs: [40_000] });

  it('is what comes first; at the same instant the end of the wait, then a rule that loosens', () => {
    expect(contactDue(rules, waiting)).to.deep.equal({ kind: 'announce', at: at + 20_000 });
    const later = { ...waiting, announcedAt: at + 20_000 };
    expect(contactDue(rules, later)).to.deep.equal({ kind: 'relax', at: at + 40_000 });
    const relaxed = { ...waiting, traits: { ...traits, relaxedMs: 40_000 }, announcedAt: at + 40_000 };
    expect(contactDue(rules, relaxed)).to.deep.equal({ kind: 'max-wait', at: at + 60_000 });
  });

  it('is the first ring that ends, and none where nothing limits it or it talks', () => {
    const offer = { offerId: 'o', agentId: 'a', offeredAt: at, ringUntil: at + 15_000 };
    const offers = [{ ...offer, ringUntil: at + 30_000 }, offer];
    const offered = { ...waiting, state: 'offered', offers } as const;
    expect(contactDue(rules, offered)).to.deep.equal({ kind: 'ring', at: at + 15_000 });
    const free = queue('q', { maxWaitMs: 0, announceEveryMs: 0 });
    expect(contactDue(free, waiting)).to.equal(undefined);
    const { announcedAt: _, ...rest } = waiting;
    const talk = { state: 'connected', agentId: 'a', offerId: 'o', connectedAt: at, holdMs: 0 } as const;
    expect(contactDue(rules, { ...rest, ...talk })).to.equal(undefined);
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
