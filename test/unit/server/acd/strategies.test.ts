/** One test a strategy (S30), then skills, languages, tiers, head starts, ageing, preferred agents and relaxing steps. */
import { expect } from 'chai';
import { demandText, otherwiseText } from '../../../../server/acd/decision-words.ts';
import { decisionSchema } from '../../../../server/contract/decision.ts';
import type { EventDraft } from '../../../../server/contract/events.ts';
import type { AcdQueue } from '../../../../server/acd/types.ts';
import type { Strategy } from '../../../../server/contract/site-routing.ts';
import { agent, Bench, lines, queue, site } from './site.ts';

const offers = (events: EventDraft[]) =>
  events.flatMap((event) => (event.type === 'contact.offered' ? [event] : []));
const phones = (count: number) => Array.from({ length: count }, (_, i) => `p${1 + i}`);

/** Agents 101, 102, ... Ready in this order a second apart, members of q. */
function floor(count: number, rules: Partial<AcdQueue>, changes: Parameters<typeof agent>[2][] = []): Bench {
  const agents = Array.from({ length: count }, (_, i) =>
    agent(`${101 + i}`, ['q'], { wrapUp: { mode: 'none' }, ...changes[i] }),
  );
  const bench = new Bench(site([queue('q', rules)], agents, phones(count)));
  for (let i = 0; i < count; i++) {
    bench.seat(`${101 + i}`, `p${1 + i}`);
    bench.pass(1_000);
  }
  return bench;
}

/** A contact that talks for so long; answers who took it. */
function serve(bench: Bench, contactId: string, talkMs = 1_000): string {
  bench.call(contactId, 'q');
  const agentId = bench.acd.contact(contactId)?.agentId ?? 'nobody';
  bench.answer(contactId);
  bench.pass(talkMs);
  bench.do({ type: 'contact.leave', contactId, reason: 'bye' });
  return agentId;
}
const serveMany = (bench: Bench, count: number, prefix = 'c') =>
  Array.from({ length: count }, (_, i) => serve(bench, `${prefix}${i}`));
const lastDecision = (bench: Bench) => decisionSchema.parse(offers(bench.log).at(-1)?.data.decision);

describe('strategies', () => {
  it('least occupied: the smallest share of the time since log-in spent on contacts', () => {
    const bench = floor(3, { strategy: 'least-occupied' });
    bench.pass(60_000);
    expect(serve(bench, 'long', 30_000)).to.equal('101');
    bench.pass(60_000);
    expect(serve(bench, 'short', 6_000)).to.equal('102');
    bench.pass(60_000);
    expect(serve(bench, 'next', 1_000)).to.equal('103');
    bench.pass(60_000);
    // 101 is busiest, 102 next; 103 has talked for a second.
    expect(serve(bench, 'again', 1_000)).to.equal('103');
    const decision = lastDecision(bench);
    expect(decision.candidates.map(({ agentId }) => agentId)).to.deep.equal(['103', '102', '101']);
    expect(otherwiseText(decision)).to.match(
      /^Agent 102 would have been chosen if its occupancy had been [\d.]+ points lower$/,
    );
  });

  it('fewest contacts: whoever has taken the fewest since log-in, the longest idle of equals', () => {
    const bench = floor(3, { strategy: 'fewest-contacts' });
    expect(serveMany(bench, 4)).to.deep.equal(['101', '102', '103', '101']);
    bench.do({ type: 'agent.not-ready', agentId: '102', reason: 'break' });
    bench.do({ type: 'agent.not-ready', agentId: '103', reason: 'break' });
    expect(serveMany(bench, 2, 'd')).to.deep.equal(['101', '101']);
    bench.do({ type: 'agent.ready', agentId: '102' });
    expect(serveMany(bench, 3, 'e')).to.deep.equal(['102', '102', '102']);
    expect(otherwiseText(lastDecision(bench))).to.equal(
      'Agent 101 would have been chosen if it had taken 1 contact fewer',
    );
  });

  it('round robin: the next in the order of the site file after the last who was asked', () => {
    const bench = floor(4, { strategy: 'round-robin' });
    expect(serveMany(bench, 5)).to.deep.equal(['101', '102', '103', '104', '101']);
    bench.do({ type: 'agent.not-ready', agentId: '102', reason: 'break' });
    expect(serveMany(bench, 3, 'd')).to.deep.equal(['103', '104', '101']);
    bench.do({ type: 'agent.ready', agentId: '102' });
    expect(serve(bench, 'e')).to.equal('102');
  });

  it('linear: always the first in the site file who is Ready', () => {
    const bench = floor(3, { strategy: 'linear' });
    expect(serveMany(bench, 2)).to.deep.equal(['101', '101']);
    bench.call('held', 'q');
    expect(serveMany(bench, 2, 'd')).to.deep.equal(['102', '102']);
    expect(otherwiseText(lastDecision(bench))).to.equal(
      'Agent 103 would have been chosen if it stood 1 place higher in the site file',
    );
  });

  it('ring all: every phone of the best tier rings, the first to answer has it', () => {
    const rules: Partial<AcdQueue> = { strategy: 'ring-all', tierAfterMs: [0] };
    const bench = floor(4, rules, [{}, {}, {}, { tiers: { q: 2 } }]);
    const idleBefore = bench.acd.toSnapshot();
    const offered = offers(bench.call('c', 'q'));
    expect(offered.map(({ agentId }) => agentId)).to.deep.equal(['101', '102', '103']);
    expect(new Set(offered.map(({ data }) => data.offerId)).size).to.equal(3);
    for (const { agentId, data } of offered) {
      expect(data.decision.chosen).to.equal(agentId);
      expect(data.decision.candidates.map((one) => one.agentId).slice(0, 3)).to.deep.equal([
        '101',
        '102',
        '103',
      ]);
    }
    const [first, second, third] = offered.map(({ data }) => data.offerId);
    bench.do({ type: 'offer.alerted', offerId: first! });
    bench.do({ type: 'offer.alerted', offerId: second! });
    // One refuses: the others ring on, and the contact is still on offer.
    expect(
      lines(bench.do({ type: 'offer.failed', offerId: first!, reason: 'rejected' }).events),
    ).to.deep.equal(['offer.withdrawn c rejected', '101 ringing>not-ready offer-rejected']);
    expect(bench.acd.contact('c')?.offers).to.have.length(2);
    expect(lines(bench.do({ type: 'offer.accepted', offerId: third! }).events)).to.deep.equal([
      'offer.withdrawn c answered-elsewhere',
      '102 ringing>ready',
      'contact.answered c',
      '103 reserved>talking',
    ]);
    expect(bench.do({ type: 'offer.accepted', offerId: second! }).ignored).to.equal('unknown-offer');
    // It was not 102's doing: the place in longest idle is kept.
    const idleOf = (snapshot: unknown) =>
      (snapshot as { agents: { id: string; idle?: unknown }[] }).agents.find(({ id }) => id === '102')?.idle;
    expect(idleOf(bench.acd.toSnapshot())).to.deep.equal(idleOf(idleBefore));
  });

  it('ring all: nobody comes, nobody is to blame, and all ring again; a caller who goes silences all', () => {
    const bench = floor(2, { strategy: 'ring-all', ringMs: 10_000 });
    bench.call('c', 'q');
    const events = bench.pass(10_000);
    expect(lines(events)).to.deep.equal([
      'offer.withdrawn c rona',
      '101 reserved>ready rona',
      'offer.withdrawn c rona',
      '102 reserved>ready rona',
      'contact.offered c to 101',
      '101 ready>reserved',
      'contact.offered c to 102',
      '102 ready>reserved',
    ]);
    expect(
      lines(bench.do({ type: 'contact.leave', contactId: 'c', reason: 'hung up' }).events),
    ).to.deep.equal([
      'offer.withdrawn c contact-gone',
      '101 reserved>ready',
      'offer.withdrawn c contact-gone',
      '102 reserved>ready',
      'contact.abandoned c',
      'contact.ended c abandoned by customer',
    ]);
  });

  it('ring all: a rule for unanswered offers holds here too', () => {
    const rona = { after: 1, becomes: 'not-ready' } as const;
    const bench = floor(2, { strategy: 'ring-all', ringMs: 10_000, rona });
    bench.call('c', 'q');
    bench.pass(10_000);
    expect(['101', '102'].map((id) => bench.agentState(id))).to.deep.equal([
      'not-ready:rona',
      'not-ready:rona',
    ]);
  });

  it('most skilled: the highest levels in what is asked for', () => {
    const bench = floor(3, { strategy: 'most-skilled', skills: { skill: 'loans', level: 2 } }, [
      { skills: { loans: 3, cards: 9 } },
      { skills: { loans: 7 } },
      { skills: { loans: 1 } },
    ]);
    expect(serve(bench, 'c')).to.equal('102');
    const decision = lastDecision(bench);
    expect(decision.candidates.map(({ agentId, score }) => [agentId, score])).to.deep.equal([
      ['102', 7],
      ['101', 3],
    ]);
    expect(decision.ruledOut).to.deep.equal({ skill: 1 });
    expect(otherwiseText(decision)).to.equal('Agent 101 would have been chosen with 4 levels more');
  });

  it('weighted random: shares by level, and the same seed draws the same', () => {
    const draws = (seed: number) => {
      const bench = floor(2, { strategy: 'weighted-random', skills: { skill: 'loans', level: 1 } }, [
        { skills: { loans: 1 } },
        { skills: { loans: 9 } },
      ]);
      bench.do({ type: 'site.apply', site: { ...siteOf(bench), version: 2, seed } });
      return serveMany(bench, 400);
    };
    const first = draws(5);
    const share = first.filter((agentId) => agentId === '102').length / 400;
    expect(share).to.be.within(0.85, 0.95);
    expect(draws(5)).to.deep.equal(first);
    expect(draws(6)).to.not.deep.equal(first);
  });

  it('answers the same on a restored engine, whatever the strategy', () => {
    const strategies: Strategy[] = [
      'least-occupied',
      'fewest-contacts',
      'round-robin',
      'linear',
      'weighted-random',
    ];
    for (const strategy of strategies) {
      const bench = floor(4, { strategy });
      serveMany(bench, 7);
      const before = lastDecision(bench);
      expect(before.strategy).to.equal(strategy);
      const snapshot = JSON.stringify(bench.acd.toSnapshot());
      const next = () => {
        const copy = new Bench(siteOf(bench), JSON.parse(snapshot));
        copy.at = bench.at;
        return serveMany(copy, 5, 'z');
      };
      expect(next()).to.deep.equal(next());
      expect(next()).to.deep.equal(serveMany(bench, 5, 'z'));
    }
  });
});

/** The site in force, as the log has it. */
function siteOf(bench: Bench) {
  const applied = bench.log.findLast((event) => event.type === 'site.applied');
  return applied?.data.acd as ReturnType<typeof site>;
}

describe('demands', () => {
  const levels = (level: number) => ({ skills: { loans: level } });

  it('never reach an agent of too low a level before the step that says so (S36)', () => {
    const bench = floor(
      2,
      {
        skills: { skill: 'loans', level: 5 },
        relax: [{ afterMs: 20_000, skills: { skill: 'loans', level: 3 } }, { afterMs: 60_000 }],
      },
      [levels(4), levels(1)],
    );
    bench.call('c', 'q');
    bench.pass(19_999);
    expect(bench.acd.contact('c')?.state).to.equal('waiting');
    expect(lines(bench.pass(1))).to.deep.equal([
      'contact.relaxed c',
      'contact.offered c to 101',
      '101 ready>reserved',
    ]);
    const relaxed = bench.log.findLast((event) => event.type === 'contact.relaxed');
    const demand = { maxTier: 1, skills: { skill: 'loans', level: 3 } };
    expect(relaxed?.data).to.deep.equal({ rules: ['skills'], afterMs: 20_000, demand });
    expect(lastDecision(bench).demand).to.deep.equal(demand);
    bench.do({ type: 'contact.leave', contactId: 'c', reason: 'bye' });
    bench.do({ type: 'agent.not-ready', agentId: '101', reason: 'break' });
    bench.call('d', 'q');
    bench.pass(59_999);
    expect(bench.acd.contact('d')?.state).to.equal('waiting');
    bench.pass(1);
    expect(bench.acd.contact('d')?.agentId).to.equal('102');
  });

  it('take the caller’s language, then the fallback, then anybody (S34)', () => {
    const speaks = (...languages: string[]) => ({ languages });
    const bench = floor(2, { language: { fallbackAfterMs: 15_000, fallback: 'en' } }, [
      speaks('ru'),
      speaks('en'),
    ]);
    bench.do({
      type: 'contact.arrive',
      contactId: 'c',
      channel: 'voice',
      queueId: 'q',
      numberId: '5000',
      language: 'it',
    });
    bench.do({ type: 'contact.enqueue', contactId: 'c' });
    bench.pass(14_999);
    expect(bench.acd.contact('c')?.state).to.equal('waiting');
    bench.pass(1);
    expect(bench.acd.contact('c')?.agentId).to.equal('102');
    expect(lastDecision(bench).ruledOut).to.deep.equal({ language: 1 });
  });

  it('ask tier 2 only after its time, and even then tier 1 first (S48)', () => {
    const bench = floor(2, { tierAfterMs: [10_000] }, [{ tiers: { q: 2 } }, {}]);
    expect(serve(bench, 'a')).to.equal('102');
    bench.do({ type: 'agent.not-ready', agentId: '102', reason: 'break' });
    bench.call('b', 'q');
    bench.pass(9_999);
    expect(bench.acd.contact('b')?.state).to.equal('waiting');
    bench.pass(1);
    expect(bench.acd.contact('b')?.agentId).to.equal('101');
    expect(demandText(lastDecision(bench).demand!)).to.equal('up to tier 2');
  });

  it('join what the queue and the number ask, as expressions', () => {
    const bench = floor(
      2,
      {
        skills: {
          any: [
            { skill: 'loans', level: 2 },
            { skill: 'cards', level: 2 },
          ],
        },
      },
      [{ skills: { loans: 5 } }, { skills: { cards: 5, fraud: 1 } }],
    );
    bench.arrive('c', 'q');
    bench.do({ type: 'contact.enqueue', contactId: 'c', skills: { skill: 'fraud', level: 1 } });
    expect(bench.acd.contact('c')?.agentId).to.equal('102');
    expect(demandText(lastDecision(bench).demand!)).to.equal('(loans >= 2 or cards >= 2) and fraud >= 1');
  });

  it('wait for a preferred agent up to the limit, even one of another queue (S40)', () => {
    const bench = new Bench(
      site(
        [queue('q'), queue('x')],
        [agent('101', ['q'], { wrapUp: { mode: 'none' } }), agent('102', ['x'])],
        phones(2),
      ),
    );
    bench.seat('101', 'p1');
    bench.seat('102', 'p2');
    bench.call('busy', 'x');
    bench.answer('busy');
    bench.arrive('c', 'q');
    bench.do({ type: 'contact.enqueue', contactId: 'c', preferred: { agentId: '102', waitMs: 30_000 } });
    expect(bench.acd.contact('c')?.state).to.equal('waiting');
    bench.pass(5_000);
    bench.do({ type: 'contact.leave', contactId: 'busy', reason: 'bye' });
    bench.do({ type: 'agent.end-wrap-up', agentId: '102' });
    expect(bench.acd.contact('c')?.agentId).to.equal('102');
    bench.do({ type: 'offer.failed', offerId: bench.offerOf('c'), reason: 'rona' });
    expect(bench.acd.contact('c')?.state, 'still within the limit').to.equal('waiting');
    bench.pass(24_999);
    expect(bench.acd.contact('c')?.state).to.equal('waiting');
    bench.pass(1);
    expect(bench.acd.contact('c')?.agentId).to.equal('101');
  });

  it('do not wait for an agent who is not there, nor for one who goes', () => {
    const bench = floor(2, {});
    const prefer = (contactId: string) => {
      bench.arrive(contactId, 'q');
      bench.do({ type: 'contact.enqueue', contactId, preferred: { agentId: '102', waitMs: 60_000 } });
    };
    bench.call('x', 'q');
    bench.answer('x');
    bench.do({ type: 'agent.not-ready', agentId: '102', reason: 'break' });
    prefer('c');
    bench.do({ type: 'contact.leave', contactId: 'x', reason: 'bye' });
    expect(bench.acd.contact('c')?.state, '101 is free, 102 may come back').to.equal('waiting');
    expect(lines(bench.do({ type: 'agent.logout', agentId: '102', reason: 'asked' }).events)).to.deep.equal([
      '102 not-ready>logged-out asked',
      'agent.logged-out 102',
      'contact.relaxed c',
      'contact.offered c to 101',
      '101 ready>reserved',
    ]);
    prefer('d');
    const queued = bench.log.findLast((event) => event.type === 'contact.queued');
    expect(queued?.data).to.not.have.property('preferred');
  });
});

describe('who is served first', () => {
  const oneAgent = (changes: Partial<AcdQueue>[], priorityWorthMs?: number) => {
    const queues = changes.map((rules, i) => queue(`q${i}`, rules));
    const members = [
      agent(
        '101',
        queues.map(({ id }) => id),
        { wrapUp: { mode: 'none' } },
      ),
    ];
    return new Bench({
      ...site(queues, members, phones(1)),
      ...(priorityWorthMs === undefined ? {} : { priorityWorthMs }),
    });
  };
  /** In the order they are taken. */
  const taken = (bench: Bench) => {
    bench.seat('101', 'p1');
    const order: string[] = [];
    for (let contactId; (contactId = bench.acd.agent('101')?.contactId);) {
      order.push(contactId);
      bench.answer(contactId);
      bench.do({ type: 'contact.leave', contactId, reason: 'bye' });
    }
    return order;
  };

  it('a VIP is served before others by its head start, and no further (S37)', () => {
    const bench = oneAgent([{}]);
    bench.call('early', 'q0');
    bench.pass(60_001);
    bench.call('middle', 'q0');
    bench.pass(30_000);
    bench.arrive('vip', 'q0');
    bench.do({ type: 'contact.enqueue', contactId: 'vip', headStartMs: 60_000 });
    expect(['early', 'middle', 'vip'].map((id) => bench.acd.position(id))).to.deep.equal([1, 3, 2]);
    expect(taken(bench)).to.deep.equal(['early', 'vip', 'middle']);
  });

  it('priority is strict, unless the site says what a step is worth: then a long wait outweighs it (S35)', () => {
    const fill = (bench: Bench) => {
      bench.call('old', 'q0', 0);
      bench.pass(50_000);
      bench.call('older-than-new', 'q0', 1);
      bench.pass(20_000);
      bench.call('new', 'q0', 2);
      return taken(bench);
    };
    expect(fill(oneAgent([{}]))).to.deep.equal(['new', 'older-than-new', 'old']);
    expect(fill(oneAgent([{}], 30_000))).to.deep.equal(['old', 'new', 'older-than-new']);
  });

  it('the weight of a queue is added to the priority of each of its contacts', () => {
    const bench = oneAgent([{}, { weight: 2 }]);
    bench.call('a', 'q0', 1);
    bench.pass(1_000);
    bench.call('b', 'q1', 0);
    bench.call('c', 'q0', 3);
    expect(taken(bench)).to.deep.equal(['c', 'b', 'a']);
  });

  it('a new site moves those who wait at once', () => {
    const bench = oneAgent([{}, {}]);
    bench.call('a', 'q0');
    bench.pass(1_000);
    bench.call('b', 'q1');
    bench.do({
      type: 'site.apply',
      site: { ...siteOf(bench), version: 2, queues: [queue('q0'), queue('q1', { headStartMs: 5_000 })] },
    });
    expect(taken(bench)).to.deep.equal(['b', 'a']);
  });
});
