/** Callbacks in routing (S13): a call of its agent's, with nobody on the line until the customer has picked up. */
import { expect } from 'chai';
import { createAcd } from '../../../../server/acd/engine.ts';
import type { AcdQueue } from '../../../../server/acd/types.ts';
import { agent, Bench, lines, queue, site } from './site.ts';

function house(changes: Partial<AcdQueue> = {}): Bench {
  const bench = new Bench(
    site(
      [queue('main', changes)],
      [agent('101', ['main'], { wrapUp: { mode: 'none' } }), agent('102', ['main'])],
      ['p1', 'p2'],
    ),
  );
  return bench;
}

function callback(bench: Bench, contactId: string): void {
  const at = { queueId: 'main', numberId: 'form:call', language: 'en' };
  bench.do({ type: 'contact.arrive', contactId, channel: 'callback', ...at });
  bench.do({ type: 'contact.enqueue', contactId });
}

describe('a callback in its queue', () => {
  it('rings the agent’s phone like a call, and takes the whole agent', () => {
    const bench = house();
    bench.seat('101', 'p1');
    callback(bench, 'c');
    const contact = bench.acd.contact('c');
    expect(contact).to.include({ state: 'offered', channel: 'callback' });
    bench.do({ type: 'offer.accepted', offerId: bench.offerOf('c') });
    expect(bench.acd.agent('101')?.state).to.equal('talking');
    bench.do({
      type: 'contact.arrive',
      contactId: 't',
      channel: 'chat',
      queueId: 'main',
      numberId: 'w',
      language: 'en',
    });
    bench.do({ type: 'contact.enqueue', contactId: 't' });
    expect(bench.acd.contact('t')?.state).to.equal('waiting');
    bench.acd.assertInvariants();
  });

  it('comes not to an agent without a phone', () => {
    const bench = house();
    bench.do({ type: 'agent.login', agentId: '101', how: 'web' });
    bench.do({ type: 'agent.ready', agentId: '101' });
    callback(bench, 'c');
    expect(bench.acd.contact('c')?.state).to.equal('waiting');
  });

  it('waits as long as it takes, and hears nothing, until the customer is on the line', () => {
    const bench = house({ maxWaitMs: 10_000, announceEveryMs: 5_000 });
    callback(bench, 'c');
    bench.pass(60_000);
    const seen = bench.log.map(({ type }) => type);
    expect(seen).to.not.include('contact.flowed-out').and.not.include('contact.announced');
    expect(bench.acd.contact('c')?.state).to.equal('waiting');
  });

  it('is a call like any other once the customer is there: also for the next agent', () => {
    const bench = house({ announceEveryMs: 5_000 });
    bench.seat('101', 'p1');
    callback(bench, 'c');
    bench.do({ type: 'offer.accepted', offerId: bench.offerOf('c') });
    expect(bench.do({ type: 'contact.reached', contactId: 'c', ringMs: 900 }).ignored).to.equal(undefined);
    expect(bench.do({ type: 'contact.reached', contactId: 'c', ringMs: 900 }).ignored).to.equal('already-so');
    expect(bench.acd.contact('c')).to.include({ state: 'connected', isReached: true });
    bench.seat('102', 'p2');
    bench.do({ type: 'agent.not-ready', agentId: '102', reason: 'break' });
    bench.do({ type: 'contact.transfer', contactId: 'c', to: { agentId: '102', waitMs: 60_000 } });
    expect(bench.acd.contact('c')).to.include({ state: 'waiting', isReached: true });
    bench.pass(5_000);
    expect(lines(bench.log.slice(-1))).to.deep.equal(['contact.announced c']);
    bench.acd.assertInvariants();
  });

  it('is reached in a talk of its own alone, and is the same after a replay', () => {
    const bench = house();
    bench.seat('101', 'p1');
    callback(bench, 'c');
    expect(bench.do({ type: 'contact.reached', contactId: 'c', ringMs: 1 }).ignored).to.equal(
      'not-allowed-in-state',
    );
    bench.do({ type: 'offer.accepted', offerId: bench.offerOf('c') });
    bench.do({ type: 'contact.reached', contactId: 'c', ringMs: 1 });
    const replayed = createAcd();
    for (const event of bench.log) replayed.apply(event);
    expect(replayed.contact('c')).to.deep.equal(bench.acd.contact('c'));
    expect(createAcd(JSON.parse(JSON.stringify(bench.acd.toSnapshot()))).contact('c')).to.deep.equal(
      bench.acd.contact('c'),
    );
    bench.do({
      type: 'contact.arrive',
      contactId: 'v',
      channel: 'voice',
      queueId: 'main',
      numberId: '5',
      language: 'en',
    });
    expect(bench.do({ type: 'contact.reached', contactId: 'v', ringMs: 1 }).ignored).to.equal(
      'not-allowed-in-state',
    );
  });
});
