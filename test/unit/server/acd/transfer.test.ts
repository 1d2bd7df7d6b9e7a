/** Contacts that their agents pass on (S48): one contact with its history and its wait, and never back to who gave it away. */
import { expect } from 'chai';
import { AcdState } from '../../../../server/acd/acd-state.ts';
import { createAcd } from '../../../../server/acd/engine.ts';
import type { AcdAgent, AcdQueue } from '../../../../server/acd/types.ts';
import { decisionSchema } from '../../../../server/contract/decision.ts';
import type { Channel, DraftOf, EventDraft } from '../../../../server/contract/events.ts';
import { agent, Bench, lines, queue, site } from './site.ts';

const noWrapUp = { wrapUp: { mode: 'none' } } as const;

/** Three agents of two lines: 101 of the first, 102 and 103 of both. */
function house(changes: Partial<AcdQueue> = {}, of: Partial<AcdAgent> = {}): Bench {
  const bench = new Bench(
    site(
      [queue('first'), queue('second', changes)],
      [
        agent('101', ['first', 'second'], of),
        agent('102', ['second'], of),
        agent('103', ['second'], { ...of, ...noWrapUp }),
      ],
      ['p1', 'p2', 'p3'],
    ),
  );
  bench.seat('101', 'p1');
  return bench;
}

function call(bench: Bench, contactId: string, queueId = 'first', channel: Channel = 'voice'): void {
  const at = { queueId, numberId: '5000', language: 'en' };
  bench.do({ type: 'contact.arrive', contactId, channel, ...at });
  bench.do({ type: 'contact.enqueue', contactId });
}
const accept = (bench: Bench, contactId: string) =>
  bench.do({ type: 'offer.accepted', offerId: bench.offerOf(contactId) });
const toSecond = { type: 'contact.transfer', contactId: 'c', to: { queueId: 'second' } } as const;
const last = <T extends EventDraft['type']>(log: EventDraft[], type: T): DraftOf<T> =>
  log.findLast((event) => event.type === type) as DraftOf<T>;

describe('a contact that is passed on', () => {
  it('waits in the other queue as long as it waited before, and its agent goes into wrap-up', () => {
    const bench = house();
    bench.do({ type: 'agent.not-ready', agentId: '101', reason: 'break' });
    call(bench, 'c');
    bench.pass(7_000);
    bench.do({ type: 'agent.ready', agentId: '101' });
    accept(bench, 'c');
    bench.pass(60_000);
    bench.do({ type: 'contact.hold', contactId: 'c' });
    bench.pass(5_000);
    const { events } = bench.do(toSecond);
    expect(lines(events)).to.deep.equal(['contact.transferred c', 'contact.queued c', '101 hold>wrap-up']);
    const { data, queueId } = last(events, 'contact.transferred');
    expect([queueId, data]).to.deep.equal([
      'first',
      { offerId: 'c.1', target: 'queue:second', talkMs: 60_000, holdMs: 5_000 },
    ]);
    expect(last(events, 'contact.queued').data).to.deep.equal({
      channel: 'voice',
      priority: 0,
      position: 1,
      headStartMs: 7_000,
      giver: { agentId: '101', waitMs: 60_000 },
    });
    bench.seat('102', 'p2');
    expect(bench.offerOf('c')).to.equal('c.2');
    accept(bench, 'c');
    bench.pass(3_000);
    const { data: ended } = last(
      bench.do({ type: 'contact.leave', contactId: 'c', reason: 'bye' }).events,
      'contact.ended',
    );
    expect(ended).to.include({ outcome: 'answered', talkMs: 3_000, holdMs: 0 });
  });

  it('goes to nobody but others for a minute, then to whoever is there', () => {
    const bench = house({}, noWrapUp);
    call(bench, 'c');
    accept(bench, 'c');
    bench.do(toSecond);
    expect(bench.acd.agent('101')?.state).to.equal('ready');
    expect(bench.acd.contact('c')?.state).to.equal('waiting');
    bench.pass(59_999);
    expect(bench.acd.contact('c')?.state).to.equal('waiting');
    const events = bench.pass(1);
    expect(last(events, 'contact.relaxed').data).to.deep.include({ rules: ['giver'], afterMs: 60_000 });
    expect(bench.acd.contact('c')?.agentId).to.equal('101');
  });

  it('says in the record of the decision who was left out, and why', () => {
    const bench = house({}, noWrapUp);
    call(bench, 'c');
    accept(bench, 'c');
    bench.seat('102', 'p2');
    bench.do(toSecond);
    const decision = decisionSchema.parse(last(bench.log, 'contact.offered').data.decision);
    expect(decision.chosen).to.equal('102');
    expect(decision.demand).to.deep.equal({ maxTier: 1, notAgentId: '101' });
    expect(decision.ruledOut).to.deep.equal({ 'logged-out': 1, 'passed-it-on': 1 });
    expect(decision.ruledOutAgents?.['passed-it-on']).to.deep.equal(['101']);
  });

  it('may be for one agent, who is waited for; then anybody of the queue will do', () => {
    const bench = house();
    call(bench, 'c');
    accept(bench, 'c');
    bench.seat('102', 'p2');
    call(bench, 'other', 'second');
    accept(bench, 'other');
    bench.do({ type: 'contact.transfer', contactId: 'c', to: { agentId: '102', waitMs: 20_000 } });
    expect(last(bench.log, 'contact.queued')).to.deep.include({ queueId: 'first' });
    expect(last(bench.log, 'contact.queued').data).to.deep.include({
      preferred: { agentId: '102', waitMs: 20_000 },
    });
    bench.do({ type: 'agent.end-wrap-up', agentId: '101' });
    bench.pass(10_000);
    expect(bench.acd.contact('c')?.state).to.equal('waiting');
    bench.do({ type: 'contact.leave', contactId: 'other', reason: 'bye' });
    bench.do({ type: 'agent.end-wrap-up', agentId: '102' });
    expect(bench.acd.contact('c')?.agentId).to.equal('102');
  });

  it('is refused, and the talk goes on, where nobody could take it', () => {
    const bench = house({
      maxLength: 1,
      overflow: [{ when: 'no-agents', to: { kind: 'message', prompt: 'x' } }],
    });
    call(bench, 'c');
    expect(bench.do(toSecond).ignored).to.equal('not-allowed-in-state');
    accept(bench, 'c');
    const to = (target: object) =>
      bench.do({ type: 'contact.transfer', contactId: 'c', to: target as { queueId: string } }).ignored;
    expect(to({ queueId: 'first' })).to.equal('already-so');
    expect(to({ queueId: 'none' })).to.equal('unknown-queue');
    expect(to({ agentId: 'none', waitMs: 1 })).to.equal('unknown-agent');
    expect(to({ agentId: '101', waitMs: 1 })).to.equal('already-so');
    expect(to({ agentId: '102', waitMs: 1 })).to.equal('agent-away');
    bench.seat('102', 'p2');
    call(bench, 'full', 'second');
    expect(to({ queueId: 'second' })).to.equal('queue-closed');
    bench.do({ type: 'contact.leave', contactId: 'full', reason: 'bye' });
    bench.do({ type: 'emergency.switch', isOn: true, queueId: 'second', by: 'test' });
    expect(to({ queueId: 'second' })).to.equal('queue-closed');
    expect(bench.acd.contact('c')).to.include({ state: 'connected', agentId: '101' });
  });

  it('leaves the hands of an agent who works on text, and makes room for the next', () => {
    const bench = house({}, { capacity: { chat: 1 } });
    call(bench, 'c', 'first', 'chat');
    accept(bench, 'c');
    call(bench, 'next', 'first', 'chat');
    expect(bench.acd.contact('next')?.state).to.equal('waiting');
    bench.do(toSecond);
    expect(bench.acd.agent('101')?.inHand?.map(({ contactId }) => contactId)).to.deep.equal(['next']);
    expect(bench.acd.contact('c')?.state).to.equal('waiting');
  });

  it('is queued all the same where the log was cut in between', () => {
    const bench = house();
    call(bench, 'c');
    accept(bench, 'c');
    bench.do(toSecond);
    const cut = bench.log.slice(0, bench.log.findIndex(({ type }) => type === 'contact.transferred') + 1);
    const again = createAcd();
    for (const event of cut) again.apply(event);
    again.handle({ type: 'repair', at: bench.at });
    again.assertInvariants();
    expect(again.contact('c')).to.include({ state: 'waiting', queueId: 'second' });
    expect(again.agent('101')?.state).to.equal('wrap-up');
  });

  it('keeps no list of agents for a contact that has gone', () => {
    const bench = house({}, noWrapUp);
    for (let i = 0; i < 3; i++) {
      call(bench, 'c');
      accept(bench, 'c');
      bench.do(toSecond);
      bench.do({ type: 'contact.leave', contactId: 'c', reason: 'bye' });
    }
    const state = new AcdState();
    const poolsOf = (agentId: string) => state.queues.get('second')?.poolsOf(agentId).length;
    const seen = bench.log.map((event) => {
      state.apply(event);
      return poolsOf('102');
    });
    expect(Math.max(...seen.map((count) => count ?? 0))).to.equal(1);
    expect(poolsOf('102')).to.equal(0);
  });
});

describe('a chat or mail that is given back to its queue', () => {
  const back = { type: 'contact.transfer', contactId: 'c', to: { back: true } } as const;

  /** Two agents of one line; a chat that has waited for seven seconds and is written with for a minute. */
  function written(channel: Channel = 'chat', changes: Partial<AcdQueue> = {}): Bench {
    const bench = new Bench(
      site([queue('first', changes)], [agent('101', ['first']), agent('102', ['first'])], ['p1', 'p2']),
    );
    bench.seat('101', 'p1');
    bench.do({ type: 'agent.not-ready', agentId: '101', reason: 'break' });
    call(bench, 'c', 'first', channel);
    bench.pass(7_000);
    bench.do({ type: 'agent.ready', agentId: '101' });
    accept(bench, 'c');
    bench.pass(60_000);
    return bench;
  }

  it('waits there as long as it waited before, and goes to another agent', () => {
    for (const channel of ['chat', 'mail'] as const) {
      const bench = written(channel);
      const { events, ignored } = bench.do(back);
      expect(ignored).to.equal(undefined);
      expect(lines(events)).to.deep.equal(['contact.transferred c', 'contact.queued c']);
      const { data, queueId, agentId } = last(events, 'contact.transferred');
      expect([queueId, agentId, data]).to.deep.equal([
        'first',
        '101',
        { offerId: 'c.1', target: 'queue:first', talkMs: 60_000, holdMs: 0 },
      ]);
      expect(last(events, 'contact.queued').data).to.deep.equal({
        channel,
        priority: 0,
        position: 1,
        headStartMs: 7_000,
        giver: { agentId: '101', waitMs: 60_000 },
      });
      expect(bench.acd.agent('101')?.inHand).to.equal(undefined);
      // Before whoever came later, and has waited less.
      call(bench, 'later', 'first', channel);
      bench.do({ type: 'offer.failed', offerId: bench.offerOf('later'), reason: 'interrupted' });
      bench.pass(6_999);
      bench.seat('102', 'p2');
      expect(bench.acd.contact('c')).to.include({ state: 'offered', agentId: '102', offerId: 'c.2' });
      accept(bench, 'c');
      expect(last(bench.log, 'contact.answered').agentId).to.equal('102');
    }
  });

  it('is not asked of the same agent for a minute, then of whoever is there', () => {
    const bench = written();
    bench.do(back);
    bench.pass(59_999);
    expect(bench.acd.contact('c')?.state).to.equal('waiting');
    bench.pass(1);
    expect(bench.acd.contact('c')).to.include({ state: 'offered', agentId: '101' });
  });

  it('leaves the hands of an agent who is away, and who wanted to log out does so', () => {
    const bench = written();
    bench.do({ type: 'agent.logout', agentId: '101', reason: 'asked' });
    expect(bench.agentState('101')).to.not.match(/^logged-out/);
    expect(lines(bench.do(back).events).slice(0, 2)).to.deep.equal([
      'contact.transferred c',
      'contact.queued c',
    ]);
    expect(bench.agentState('101')).to.equal('logged-out:asked');
    const gone = written();
    gone.do({ type: 'phone.unregistered', phoneId: 'p1', reason: 'expired' });
    gone.do(back);
    expect(gone.acd.agent('101')).to.include({ state: 'unreachable' }).and.not.have.property('inHand');
  });

  it('ends an interruption by a call: what waits again is not held', () => {
    const bench = new Bench(
      site([queue('first')], [agent('101', ['first']), agent('102', ['first'])], ['p1', 'p2']),
    );
    bench.seat('101', 'p1');
    call(bench, 'c', 'first', 'mail');
    accept(bench, 'c');
    call(bench, 'ring', 'first');
    accept(bench, 'ring');
    expect(bench.acd.contact('c')).to.include({ isHeld: true });
    bench.pass(5_000);
    const { events } = bench.do(back);
    expect(last(events, 'contact.transferred').data).to.include({ talkMs: 0, holdMs: 5_000 });
    bench.seat('102', 'p2');
    accept(bench, 'c');
    expect(bench.acd.contact('c')).to.include({ agentId: '102' });
    expect(bench.acd.contact('c')?.isHeld ?? false).to.equal(false);
    bench.do({ type: 'contact.leave', contactId: 'ring', reason: 'bye' });
    bench.do({ type: 'agent.end-wrap-up', agentId: '101' });
    expect(bench.acd.contact('c')).to.include({ state: 'connected', agentId: '102' });
  });

  it('is refused of a call or a callback, whatever its state', () => {
    for (const channel of ['voice', 'callback'] as const) {
      const bench = house();
      call(bench, 'c', 'first', channel);
      expect(bench.do(back).ignored, channel).to.equal('not-text');
      accept(bench, 'c');
      expect(bench.do(back), channel).to.deep.equal({ events: [], ignored: 'not-text' });
      expect(bench.acd.contact('c')).to.include({ state: 'connected', agentId: '101' });
    }
  });

  it('is refused where no agent has it, and where its queue lets nobody in', () => {
    const bench = written('chat', { maxLength: 1 });
    expect(bench.do({ ...back, contactId: 'nobody' }).ignored).to.equal('unknown-contact');
    bench.do({ type: 'agent.not-ready', agentId: '101', reason: 'break' });
    call(bench, 'full', 'first', 'chat');
    expect(bench.do({ ...back, contactId: 'full' }).ignored).to.equal('not-allowed-in-state');
    expect(bench.do(back)).to.deep.equal({ events: [], ignored: 'queue-closed' });
    expect(bench.acd.contact('c')).to.include({ state: 'connected', agentId: '101' });
    bench.do({ type: 'contact.leave', contactId: 'full', reason: 'bye' });
    expect(bench.do(back).ignored).to.equal(undefined);
    expect(bench.do(back).ignored, 'once is enough').to.equal('not-allowed-in-state');
    // A mail hears no message, and so is not sent away by one.
    const mail = written('mail', { overflow: [{ when: 'no-agents', to: { kind: 'message', prompt: 'x' } }] });
    mail.do({ type: 'phone.unregistered', phoneId: 'p1', reason: 'expired' });
    expect(mail.do(back).ignored).to.equal(undefined);
    expect(mail.acd.contact('c')?.state).to.equal('waiting');
  });

  it('is queued all the same where the log was cut in between', () => {
    const bench = written();
    bench.do({ type: 'agent.not-ready', agentId: '101', reason: 'break' });
    bench.do(back);
    const again = createAcd();
    for (const event of bench.log.slice(
      0,
      bench.log.findIndex(({ type }) => type === 'contact.transferred') + 1,
    ))
      again.apply(event);
    again.handle({ type: 'repair', at: bench.at });
    again.assertInvariants();
    expect(again.contact('c')).to.include({ state: 'waiting', queueId: 'first' });
    expect(again.agent('101')?.inHand).to.equal(undefined);
  });
});
