/**
 * A log cut between any two events, as kill -9 cuts it: after the replay one `repair` makes the state whole, says
 * in events what it did, and a second one finds nothing to do.
 */
import { expect } from 'chai';
import { createAcd } from '../../../../server/acd/engine.ts';
import type { EventDraft } from '../../../../server/contract/events.ts';
import { agent, Bench, lines, queue, site } from './site.ts';
import { World } from './world.ts';

function replay(log: EventDraft[]) {
  const acd = createAcd();
  for (const event of log) acd.apply(event);
  return acd;
}

describe('a log cut in the middle of a command', function () {
  this.timeout(60_000);

  it('is made whole wherever the cut is', () => {
    let repaired = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const world = new World(seed + 5000);
      for (let step = 0; step < 250; step++) {
        world.at += world.below(2_000);
        world.run(world.draw());
      }
      for (let cut = 1; cut < world.log.length; cut += 1 + world.below(12)) {
        const log = world.log.slice(0, cut);
        const acd = replay(log);
        const at = log.at(-1)?.at ?? 0;
        const { events } = acd.handle({ type: 'repair', at });
        try {
          acd.assertInvariants();
          expect(acd.handle({ type: 'repair', at }).events).to.deep.equal([]);
          const again = replay([...log, ...events]);
          expect(JSON.stringify(again.toSnapshot())).to.equal(JSON.stringify(acd.toSnapshot()));
        } catch (error) {
          throw new Error(`seed ${seed} cut ${cut}: ${String(error)}\n${lines(log.slice(-6)).join('\n')}`, {
            cause: error,
          });
        }
        if (events.length > 0) repaired += 1;
      }
    }
    expect(repaired).to.be.greaterThan(100);
  });

  it('finds a contact on offer whose agent was never told, and offers it anew', () => {
    const bench = new Bench(site([queue('q')], [agent('101', ['q'])], ['p1']));
    bench.seat('101', 'p1');
    bench.call('c1', 'q');
    const acd = replay(bench.log.slice(0, -1));
    expect(() => acd.assertInvariants()).to.throw('an offered contact has its agent');
    expect(lines(acd.handle({ type: 'repair', at: bench.at }).events)).to.deep.equal([
      'offer.withdrawn c1 interrupted',
      'contact.offered c1 to 101',
      '101 ready>reserved',
    ]);
    expect(acd.contact('c1')?.offerId).to.equal('c1.2');
  });

  it('does nothing to a whole state', () => {
    const bench = new Bench(site([queue('q')], [agent('101', ['q'])], ['p1']));
    bench.seat('101', 'p1');
    bench.call('c1', 'q');
    bench.call('c2', 'q');
    expect(bench.do({ type: 'repair' }).events).to.deep.equal([]);
  });
});
