/** Who gets whom, the record that says why (N4), and a site that changes while contacts are in hand. */
import { expect } from 'chai';
import { otherwiseText } from '../../../../server/acd/decision-words.ts';
import { decisionSchema } from '../../../../server/contract/decision.ts';
import type { EventDraft } from '../../../../server/contract/events.ts';
import { createAcd } from '../../../../server/acd/engine.ts';
import { agent, Bench, lines, queue, site } from './site.ts';

const offers = (events: EventDraft[]) =>
  events.flatMap((event) => (event.type === 'contact.offered' ? [event] : []));
const agents = (count: number) =>
  Array.from({ length: count }, (_, i) => agent(`${101 + i}`, ['q'], { wrapUp: { mode: 'none' } }));
const phones = (count: number) => Array.from({ length: count }, (_, i) => `p${1 + i}`);

describe('longest idle', () => {
  it('chooses the agent who has been Ready for the longest time, and records the choice', () => {
    const bench = new Bench(site([queue('q')], agents(9), phones(9)));
    for (const [id, phone] of [
      ['103', 'p3'],
      ['101', 'p1'],
      ['102', 'p2'],
      ['104', 'p4'],
      ['105', 'p5'],
      ['106', 'p6'],
    ] as const) {
      bench.seat(id, phone);
      bench.pass(1_000);
    }
    bench.do({ type: 'agent.not-ready', agentId: '106', reason: 'break' });
    bench.seat('107', 'p7');
    bench.do({ type: 'agent.logout', agentId: '104', reason: 'asked' });
    const [offer] = offers(bench.call('c1', 'q'));
    const decision = decisionSchema.parse(offer?.data.decision);
    const t0 = 1_000_000;
    expect(decision).to.deep.equal({
      strategy: 'longest-idle',
      chosen: '103',
      trigger: 'contact',
      candidates: [
        { agentId: '103', idleSince: t0, score: 6_000 },
        { agentId: '101', idleSince: t0 + 1_000, score: 5_000 },
        { agentId: '102', idleSince: t0 + 2_000, score: 4_000 },
        { agentId: '105', idleSince: t0 + 4_000, score: 2_000 },
        { agentId: '107', idleSince: t0 + 6_000, score: 0 },
      ],
      candidateCount: 5,
      ruledOut: { 'logged-out': 3, 'not-ready': 1 },
      ruledOutAgents: { 'logged-out': ['104', '108', '109'], 'not-ready': ['106'] },
      contactPosition: 1,
      waitingCount: 1,
      counterfactual: { kind: 'idle', agentId: '101', ms: 1_000 },
    });
    expect(otherwiseText(decision)).to.equal('Agent 101 would have been chosen if idle for 1000 ms longer');
  });

  it('shows five candidates and counts all', () => {
    const bench = new Bench(site([queue('q')], agents(8), phones(8)));
    for (let i = 0; i < 8; i++) bench.seat(`${101 + i}`, `p${1 + i}`);
    const [offer] = offers(bench.call('c1', 'q'));
    expect(offer?.data.decision.candidates).to.have.length(5);
    expect(offer?.data.decision.candidateCount).to.equal(8);
    expect(otherwiseText(offer!.data.decision)).to.contain('same millisecond');
  });

  it('goes round: who has talked is behind who has waited', () => {
    const bench = new Bench(site([queue('q')], agents(3), phones(3)));
    for (let i = 0; i < 3; i++) bench.seat(`${101 + i}`, `p${1 + i}`);
    const order: string[] = [];
    for (let i = 0; i < 6; i++) {
      const [offer] = offers(bench.call(`c${i}`, 'q'));
      order.push(offer?.agentId ?? 'none');
      bench.answer(`c${i}`);
      bench.pass(1_000);
      bench.do({ type: 'contact.leave', contactId: `c${i}`, reason: 'bye' });
    }
    expect(order).to.deep.equal(['101', '102', '103', '101', '102', '103']);
  });

  it('gives a free agent the highest priority, then the oldest, over all its queues', () => {
    const bench = new Bench(
      site([queue('a'), queue('b'), queue('other')], [agent('101', ['a', 'b'])], ['p1']),
    );
    bench.call('other', 'other', 9);
    bench.call('a1', 'a');
    bench.pass(1_000);
    bench.call('b1', 'b');
    bench.pass(1_000);
    bench.call('b2', 'b', 3);
    bench.seat('101', 'p1');
    const taken: string[] = [];
    for (let i = 0; i < 3; i++) {
      const contactId = bench.acd.agent('101')?.contactId ?? 'none';
      taken.push(contactId);
      bench.answer(contactId);
      bench.do({ type: 'contact.leave', contactId, reason: 'bye' });
      bench.do({ type: 'agent.end-wrap-up', agentId: '101' });
    }
    expect(taken).to.deep.equal(['b2', 'a1', 'b1']);
    expect(bench.acd.contact('other')?.state).to.equal('waiting');
    const decisions = offers(bench.log).map(({ data }) => data.decision);
    expect(decisions.map((d) => d.trigger)).to.deep.equal(['agent', 'agent', 'agent']);
    expect(otherwiseText(decisions[0]!)).to.equal(
      'Contact a1 of queue a would have been offered instead with a priority above 3',
    );
    expect(otherwiseText(decisions[1]!)).to.equal(
      'Contact b1 of queue b would have been offered instead if it had entered its queue 1001 ms sooner',
    );
    expect(decisions[2]).to.not.have.property('counterfactual');
  });

  it('decides the same again from the same state', () => {
    const bench = new Bench(site([queue('q')], agents(5), phones(5)));
    for (let i = 0; i < 5; i++) bench.seat(`${101 + i}`, `p${1 + i}`);
    bench.arrive('c1', 'q');
    const before = JSON.stringify(bench.acd.toSnapshot());
    const command = { type: 'contact.enqueue', contactId: 'c1', at: bench.at } as const;
    const first = createAcd(JSON.parse(before)).handle(command);
    const second = createAcd(JSON.parse(before)).handle(command);
    expect(first.events).to.have.length(3);
    expect(second).to.deep.equal(first);
  });
});

describe('a site that changes', () => {
  const one = () => site([queue('q'), queue('r')], agents(2), phones(2));

  it('lets those who wait in a removed queue flow out, rings what rings, talks what talks', () => {
    const bench = new Bench(one());
    bench.seat('101', 'p1');
    bench.seat('102', 'p2');
    bench.call('talking', 'q');
    bench.answer('talking');
    bench.call('ringing', 'q');
    bench.call('waiting', 'q');
    bench.arrive('greeting', 'q');
    const changed = site([queue('r')], one().agents, phones(2), 2);
    expect(lines(bench.do({ type: 'site.apply', site: changed }).events)).to.deep.equal([
      'site.applied',
      'contact.flowed-out waiting queue-removed',
    ]);
    expect(lines(bench.do({ type: 'contact.enqueue', contactId: 'greeting' }).events)).to.deep.equal([
      'contact.flowed-out greeting queue-removed',
    ]);
    expect(
      lines(bench.do({ type: 'offer.failed', offerId: 'ringing.1', reason: 'rejected' }).events),
    ).to.include('contact.flowed-out ringing queue-removed');
    expect(lines(bench.do({ type: 'contact.leave', contactId: 'talking', reason: 'bye' }).events)).to.include(
      'contact.ended talking answered by customer',
    );
    const arrival = { type: 'contact.arrive', channel: 'voice', numberId: '1', language: 'en' } as const;
    expect(bench.do({ ...arrival, contactId: 'new', queueId: 'q' }).ignored).to.equal('unknown-queue');
  });

  it('logs a removed agent out when idle, else after its contact and wrap-up', () => {
    const bench = new Bench(site([queue('q')], [agent('101', ['q']), ...agents(3).slice(1)], phones(3)));
    bench.seat('101', 'p1');
    bench.call('c1', 'q');
    bench.answer('c1');
    bench.seat('102', 'p2');
    const events = bench.do({
      type: 'site.apply',
      site: site([queue('q')], agents(3).slice(2), phones(3), 2),
    });
    expect(lines(events.events)).to.deep.equal([
      'site.applied',
      '101 talking>talking after-contact:logged-out:removed',
      '102 ready>logged-out removed',
      'agent.logged-out 102',
    ]);
    expect(bench.acd.agent('102')).to.equal(undefined);
    expect(bench.do({ type: 'agent.ready', agentId: '101' }).ignored).to.equal('already-so');
    bench.do({ type: 'contact.leave', contactId: 'c1', reason: 'bye' });
    expect(bench.agentState('101')).to.equal('wrap-up');
    bench.pass(10_000);
    expect(bench.acd.agent('101')).to.equal(undefined);
  });

  it('keeps a removed agent who is put back before it has finished', () => {
    const bench = new Bench(one());
    bench.seat('101', 'p1');
    bench.call('c1', 'q');
    bench.answer('c1');
    bench.do({ type: 'site.apply', site: site([queue('q')], [], phones(2), 2) });
    bench.do({ type: 'site.apply', site: { ...one(), version: 3 } });
    bench.do({ type: 'contact.leave', contactId: 'c1', reason: 'bye' });
    expect(bench.agentState('101')).to.equal('ready');
  });

  it('gives new members the contacts that wait, longest idle first', () => {
    const bench = new Bench(site([queue('q')], [agent('101', []), agent('102', [])], phones(2)));
    bench.seat('102', 'p2');
    bench.pass(10);
    bench.seat('101', 'p1');
    bench.call('c1', 'q');
    bench.call('c2', 'q');
    const members = site([queue('q')], [agent('101', ['q']), agent('102', ['q'])], phones(2), 2);
    expect(lines(bench.do({ type: 'site.apply', site: members }).events)).to.deep.equal([
      'site.applied',
      'contact.offered c1 to 102',
      '102 ready>reserved',
      'contact.offered c2 to 101',
      '101 ready>reserved',
    ]);
  });

  it('moves deadlines at once, and drops phones that are gone', () => {
    const bench = new Bench(one());
    bench.seat('101', 'p1');
    bench.do({ type: 'agent.not-ready', agentId: '101', reason: 'break' });
    bench.call('c1', 'q');
    const tight = site([queue('q', { maxWaitMs: 1_000 }), queue('r')], agents(2), ['p2'], 2);
    expect(lines(bench.do({ type: 'site.apply', site: tight }).events)).to.deep.equal([
      'site.applied',
      'phone.unregistered',
      '101 not-ready>unreachable phone-unreachable',
    ]);
    expect(bench.do({ type: 'site.apply', site: tight }).ignored).to.equal('already-so');
    expect(bench.acd.nextDeadline()).to.equal(bench.at + 1_000);
    expect(lines(bench.pass(1_000))).to.deep.equal(['contact.flowed-out c1 max-wait']);
  });

  it('logs in the agent newly tied to a phone that is registered', () => {
    const bench = new Bench(one());
    bench.do({ type: 'phone.registered', phoneId: 'p1', transport: 'tcp' });
    const tied = site([queue('q')], [agent('101', ['q'], { phoneId: 'p1' })], ['p1'], 2);
    expect(lines(bench.do({ type: 'site.apply', site: tied }).events)).to.include('101 logged-out>ready');
  });

  it('is refused with a plain message as a snapshot of another version', () => {
    expect(() => createAcd({ version: 7 })).to.throw('unknown version 7');
  });
});
