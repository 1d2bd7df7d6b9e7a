/** Decisions as the screens read them: facts that are proved against the record, and the story of a contact. */
import { expect } from 'chai';
import { factOf } from '../../../../server/api/decisions/counterfactual.ts';
import { presentOffer, presentStory } from '../../../../server/api/decisions/presenter.ts';
import type { AcdQueue, AcdSite } from '../../../../server/acd/types.ts';
import { strategies, type Strategy } from '../../../../server/contract/site-routing.ts';
import type { Decision, EventDraft, HearthlineEvent } from '../../../../server/contract/events.ts';
import { contactStorySchema, decisionRowSchema } from '../../../../server/contract/rest-decisions.ts';
import { agent, Bench, queue, site } from '../acd/site.ts';
import { randomSource } from '../../../support/random-source.ts';
import { World } from '../acd/world.ts';

/** As the log would number them and history give them back. */
const asLogged = (drafts: readonly EventDraft[]): HearthlineEvent[] =>
  (JSON.parse(JSON.stringify(drafts)) as EventDraft[]).map((draft, index) => ({
    ...draft,
    id: `e_${index + 1}`,
    seq: index + 1,
    v: 1,
  }));

const setups = (log: readonly HearthlineEvent[]) => {
  const sites = log.flatMap((event) =>
    event.type === 'site.applied' ? [{ seq: event.seq, acd: event.data.acd as AcdSite }] : [],
  );
  return (queueId: string, seq: number): AcdQueue | undefined =>
    sites.findLast((one) => one.seq <= seq)?.acd.queues.find(({ id }) => id === queueId);
};
const storyOf = (drafts: readonly EventDraft[], contactId: string) => {
  const log = asLogged(drafts);
  const events = log.filter((event) => event.contactId === contactId);
  return contactStorySchema.parse(presentStory(contactId, events, setups(log)));
};
const decisionsOf = (drafts: readonly EventDraft[]): Decision[] =>
  drafts.flatMap((event) => (event.type === 'contact.offered' ? [event.data.decision] : []));

/** Six agents of two tiers, calls of every length, so that there is nearly always somebody else. */
function busyFloor(strategy: Strategy, seed: number): EventDraft[] {
  const random = randomSource(seed);
  const agents = Array.from({ length: 6 }, (_, i) =>
    agent(`${101 + i}`, ['q'], {
      wrapUp: { mode: 'none' },
      skills: { loans: 2 + (i % 3) },
      ...(i > 3 && { tiers: { q: 2 } }),
    }),
  );
  const rules = { strategy, skills: { skill: 'loans', level: 1 }, tierAfterMs: [1_000] };
  const phones = agents.map(({ id }) => `p${id}`);
  const bench = new Bench(site([queue('q', rules)], agents, phones));
  for (const { id } of agents) {
    bench.seat(id, `p${id}`);
    bench.pass(1_000);
  }
  for (let call = 0; call < 150; call++) {
    bench.pass(Math.floor(random() * 20_000));
    bench.call(`c${call}`, 'q');
    // Refused after a second, it may be offered to tier 2 as well, while others of tier 1 are still free.
    if (random() < 0.3 && bench.acd.contact(`c${call}`)?.state === 'offered') {
      const { agentId = '' } = bench.acd.contact(`c${call}`)!;
      bench.pass(1_500);
      bench.do({ type: 'offer.failed', offerId: bench.offerOf(`c${call}`), reason: 'rejected' });
      bench.do({ type: 'agent.ready', agentId });
    }
    if (bench.acd.contact(`c${call}`)?.state === 'offered') bench.answer(`c${call}`);
    const over = `c${Math.floor(random() * (call + 1))}`;
    if (bench.acd.contact(over)?.state === 'connected')
      bench.do({ type: 'contact.leave', contactId: over, reason: 'bye' });
    if (random() < 0.7) bench.do({ type: 'contact.leave', contactId: `c${call}`, reason: 'bye' });
  }
  return bench.log;
}

describe('decisions for the screens', function () {
  this.timeout(60_000);

  it('say as a fact, not only in English, who else would have been asked, whatever the strategy', () => {
    const kinds = new Set<string>();
    let proved = 0;
    for (const [index, strategy] of strategies.entries())
      for (const decision of decisionsOf(busyFloor(strategy, 40 + index))) {
        if (!decision.counterfactual?.startsWith('Agent')) continue;
        const fact = factOf(decision);
        expect(fact, `${strategy}: ${decision.counterfactual}`).to.not.equal(undefined);
        kinds.add(fact!.kind);
        proved += 1;
      }
    expect(proved).to.be.greaterThan(150);
    for (const kind of ['tier', 'turn', 'draw', 'occupancy', 'contacts', 'levels', 'places', 'idle'])
      expect([...kinds], kind).to.include(kind);
  });

  it('prove the numbers of each strategy', () => {
    const base: Decision = {
      strategy: 'least-occupied',
      chosen: '101',
      trigger: 'contact',
      candidates: [
        { agentId: '101', idleSince: 1_000, score: 100 },
        { agentId: '102', idleSince: 4_000, score: 312 },
      ],
      candidateCount: 2,
      ruledOut: {},
      contactPosition: 1,
      waitingCount: 1,
    };
    const fact = (strategy: string, counterfactual: string) => factOf({ ...base, strategy, counterfactual });
    const would = 'Agent 102 would have been chosen';
    // The gap was that of the last full minute, not that of the scores.
    expect(fact('least-occupied', `${would} if its occupancy had been 20.5 points lower`)).to.deep.equal({
      kind: 'occupancy',
      agentId: '102',
      points: 20.5,
    });
    expect(fact('fewest-contacts', `${would} if it had taken 212 contacts fewer`)).to.include({ count: 212 });
    expect(fact('longest-idle', `${would} if idle for 3000 ms longer`)).to.deep.equal({
      kind: 'idle',
      agentId: '102',
      ms: 3000,
    });
    // A sentence that the scores do not bear out, and one about another agent, prove nothing.
    expect(fact('longest-idle', `${would} if idle for 2999 ms longer`)).to.equal(undefined);
    expect(fact('longest-idle', 'Agent 103 would have been chosen if idle for 3000 ms longer')).to.equal(
      undefined,
    );
    expect(fact('longest-idle', 'Contact c9 of queue q would have been offered instead')).to.equal(undefined);
    expect(factOf(base)).to.equal(undefined);
  });

  it('say as facts what every contact asked for, at every offer and relaxation', () => {
    let proved = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const world = new World(seed + 700);
      for (let step = 0; step < 250; step++) {
        world.at += world.below(5_000);
        world.run(world.draw());
      }
      for (const contactId of world.arrived)
        for (const step of storyOf(world.log, contactId).steps) {
          const demand =
            step.kind === 'relaxed'
              ? step.demand
              : step.kind === 'offered'
                ? step.offer.decision?.demand
                : undefined;
          if (!demand) continue;
          expect(demand.facts, `seed ${seed} ${contactId}: ${demand.text}`).to.not.equal(undefined);
          proved += 1;
        }
    }
    expect(proved).to.be.greaterThan(100);
  });

  it('show the record alone where the setting it was made under is not known', () => {
    const bench = new Bench(
      site(
        [queue('q', { skills: { skill: 'loans', level: 3 } })],
        [agent('101', ['q'], { skills: { loans: 5 } })],
        ['p1'],
      ),
    );
    bench.seat('101', 'p1');
    bench.call('c1', 'q');
    const log = asLogged(bench.log).filter((event) => event.contactId === 'c1');
    for (const setup of [undefined, queue('q', { skills: { skill: 'loans', level: 4 } })]) {
      const offered = presentStory('c1', log, () => setup).steps.find((step) => step.kind === 'offered');
      expect(offered?.kind === 'offered' && offered.offer.decision?.demand).to.deep.equal({
        text: 'loans >= 3',
      });
    }
  });

  it('tell the life of a contact from its arrival to its end, with what became of each offer', () => {
    const bench = new Bench(
      site(
        [queue('q', { skills: { skill: 'loans', level: 5 }, relax: [{ afterMs: 20_000 }] })],
        [
          agent('101', ['q'], { skills: { loans: 5 } }),
          agent('102', ['q'], { skills: { loans: 2 } }),
          agent('103', ['q']),
        ],
        ['p1', 'p2', 'p3'],
      ),
    );
    bench.seat('101', 'p1');
    bench.pass(5_000);
    bench.seat('102', 'p2');
    bench.call('c1', 'q');
    bench.do({ type: 'offer.alerted', offerId: bench.offerOf('c1') });
    bench.pass(25_000);
    bench.answer('c1');
    bench.pass(3_000);
    bench.do({ type: 'contact.leave', contactId: 'c1', reason: 'bye' });
    const { steps, isCut } = storyOf(bench.log, 'c1');
    expect(steps.map(({ kind }) => kind)).to.deep.equal([
      'arrived',
      'queued',
      'offered',
      'withdrawn',
      'relaxed',
      'offered',
      'answered',
      'ended',
    ]);
    expect(isCut).to.equal(false);
    const [first, second] = steps.flatMap((step) => (step.kind === 'offered' ? [step.offer] : []));
    expect([first?.result, first?.ringMs, second?.result]).to.deep.equal(['rona', 15_000, 'answered']);
    expect(first?.decision).to.deep.include({
      candidates: [{ agentId: '101', isChosen: true, idleMs: 5_000, score: 5_000 }],
      demand: { text: 'loans >= 5', facts: { maxTier: 1, skills: { skill: 'loans', level: 5 } } },
      ruledOut: [{ rule: 'skill', count: 2, agentIds: ['102', '103'] }],
    });
    expect(
      second?.decision?.ruledOut.map(({ rule, agentIds }) => `${rule} ${agentIds.join()}`),
    ).to.deep.equal(['logged-out 103', 'not-ready 101']);
    expect(second?.decision).to.not.have.property('demand');
  });

  it('leave out a record of another release, and keep the offer', () => {
    const row = presentOffer({
      seq: 7,
      at: 1_000,
      contactId: 'c1',
      agentId: '101',
      queueId: 'q',
      data: { offerId: 'o1', attempt: 2, decision: { strategy: 'by-the-moon' } },
      result: 'something-new',
    });
    expect(decisionRowSchema.parse(row)).to.deep.equal({
      seq: 7,
      at: 1_000,
      offerId: 'o1',
      contactId: 'c1',
      queueId: 'q',
      agentId: '101',
      attempt: 2,
      result: 'open',
    });
  });
});
