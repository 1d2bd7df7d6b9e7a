/** Decisions as the screens read them: facts that are proved against the record, and the story of a contact. */
import { expect } from 'chai';
import { otherwiseText } from '../../../../server/acd/decision-words.ts';
import { presentOffer, presentStory } from '../../../../server/api/decisions/presenter.ts';
import { strategies, type Strategy } from '../../../../server/contract/site-routing.ts';
import type { Decision } from '../../../../server/contract/decision.ts';
import type { EventDraft, HearthlineEvent } from '../../../../server/contract/events.ts';
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

const storyOf = (drafts: readonly EventDraft[], contactId: string) => {
  const log = asLogged(drafts);
  const events = log.filter((event) => event.contactId === contactId);
  return contactStorySchema.parse(presentStory(contactId, events));
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

  it('say as a fact who else would have been asked, whatever the strategy, and show the chosen one', () => {
    const kinds = new Set<string>();
    let count = 0;
    for (const [index, strategy] of strategies.entries())
      for (const decision of decisionsOf(busyFloor(strategy, 40 + index))) {
        expect(decision.candidates.map(({ agentId }) => agentId)).to.include(decision.chosen);
        const { counterfactual } = decision;
        if (typeof counterfactual !== 'object' || !('agentId' in counterfactual)) continue;
        expect(counterfactual.agentId, strategy).to.not.equal(decision.chosen);
        expect(otherwiseText(decision)).to.match(
          /^Agent \d+ (of tier \d )?(would have been chosen|became Ready)/,
        );
        kinds.add(counterfactual.kind);
        count += 1;
      }
    expect(count).to.be.greaterThan(150);
    for (const kind of ['tier', 'turn', 'draw', 'occupancy', 'contacts', 'levels', 'places', 'idle'])
      expect([...kinds], kind).to.include(kind);
  });

  it('show records of before facts were kept as they are', () => {
    const decision: Decision = {
      strategy: 'linear',
      chosen: '101',
      trigger: 'contact',
      candidates: [{ agentId: '101', idleSince: 1_000, score: 0 }],
      candidateCount: 2,
      demand: 'loans >= 3',
      ruledOut: {},
      contactPosition: 1,
      waitingCount: 1,
      counterfactual: 'Agent 102 would have been chosen if it stood 1 place higher in the site file',
    };
    const ids = { contactId: 'c1', agentId: '101', queueId: 'q' };
    const row = presentOffer({ seq: 7, at: 2_000, ...ids, data: { offerId: 'o1', attempt: 1, decision } });
    expect(decisionRowSchema.parse(row).decision).to.deep.include({
      demand: { text: 'loans >= 3' },
      counterfactual: { text: decision.counterfactual },
    });
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
