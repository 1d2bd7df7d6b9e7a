import { expect } from 'chai';
import { RecentCallers } from '../../../../server/app/recent-callers.ts';
import { agent, Bench, queue, site } from '../acd/site.ts';

/** A house whose log is folded as it grows. */
class Callers {
  readonly bench = new Bench(
    site(
      [queue('q', { maxWaitMs: 0, announceEveryMs: 0 })],
      [agent('101', ['q'], { wrapUp: { mode: 'none' } })],
      ['p1'],
    ),
  );
  recent = new RecentCallers();
  private folded = 0;

  fold(): RecentCallers {
    for (const event of this.bench.log.slice(this.folded)) this.recent.apply(event);
    this.folded = this.bench.log.length;
    return this.recent;
  }
  call(contactId: string, from: string, headStartMs?: number): void {
    const contact = {
      channel: 'voice',
      queueId: 'q',
      numberId: '700',
      language: 'en',
      pii: { from },
    } as const;
    this.bench.do({ type: 'contact.arrive', contactId, ...contact });
    this.bench.do({
      type: 'contact.enqueue',
      contactId,
      ...(headStartMs === undefined ? {} : { headStartMs }),
    });
  }
  leave(contactId: string): void {
    this.bench.do({ type: 'contact.leave', contactId, reason: 'bye' });
  }
}

describe('recent callers', () => {
  it('have their old place while they are back in time, and in that queue alone', () => {
    const house = new Callers();
    const begunAt = house.bench.at;
    house.call('c1', '+39061');
    house.bench.pass(40_000);
    house.leave('c1');
    house.bench.pass(60_000);
    const recent = house.fold();
    const now = house.bench.at;
    expect(recent.returning('+39061', 'q', 60_000, now)).to.equal(begunAt);
    expect(recent.returning('+39061', 'q', 59_999, now)).to.equal(undefined);
    expect(recent.returning('+39061', 'other', 60_000, now)).to.equal(undefined);
    expect(recent.returning('+39062', 'q', 60_000, now)).to.equal(undefined);
    // Back with the old place, and lost again: the place is still the first one.
    house.call('c2', '+39061', now - begunAt);
    expect(house.fold().returning('+39061', 'q', 60_000, house.bench.at), 'used up').to.equal(undefined);
    house.leave('c2');
    expect(house.fold().returning('+39061', 'q', 60_000, house.bench.at)).to.equal(begunAt);
  });

  it('are remembered with who helped them, and no longer as lost', () => {
    const house = new Callers();
    house.call('c1', '5551');
    house.leave('c1');
    house.bench.seat('101', 'p1');
    house.call('c2', '5551');
    house.bench.answer('c2');
    house.leave('c2');
    const recent = house.fold();
    expect(recent.lastAgent('5551', 1_000, house.bench.at)).to.equal('101');
    expect(recent.lastAgent('5551', 1_000, house.bench.at + 1_001)).to.equal(undefined);
    expect(recent.returning('5551', 'q', 60_000, house.bench.at)).to.equal(undefined);
  });

  it('are known by the queue of their last call, whatever came of it, over a restart', () => {
    const house = new Callers();
    house.call('c1', '5551');
    expect(house.fold().lastQueue('5551', 1_000, house.bench.at), 'still in it').to.equal(undefined);
    house.leave('c1');
    house.recent = new RecentCallers(JSON.parse(JSON.stringify(house.fold().toSnapshot(house.bench.at))));
    expect(house.recent.lastQueue('5551', 1_000, house.bench.at + 1_000)).to.equal('q');
    expect(house.recent.lastQueue('5551', 1_000, house.bench.at + 1_001)).to.equal(undefined);
    expect(house.recent.lastQueue('5552', 1_000, house.bench.at)).to.equal(undefined);
  });

  it('who hide their number are strangers', () => {
    const house = new Callers();
    for (const from of ['anonymous', '', 'unknown']) {
      house.call(`c-${from}`, from);
      house.leave(`c-${from}`);
      expect(house.fold().returning(from, 'q', 60_000, house.bench.at)).to.equal(undefined);
    }
  });

  it('go through a snapshot as they are, in the middle of a call too', () => {
    const house = new Callers();
    house.call('c1', '5551');
    house.bench.pass(5_000);
    house.recent = new RecentCallers(
      JSON.parse(JSON.stringify(house.fold().toSnapshot(house.bench.at))) as ReturnType<
        RecentCallers['toSnapshot']
      >,
    );
    house.leave('c1');
    expect(house.fold().returning('5551', 'q', 60_000, house.bench.at)).to.equal(house.bench.at - 5_000);
    expect(house.recent.toSnapshot(house.bench.at + 4_000_000).left).to.deep.equal([]);
  });
});
