/** The fairness ledger by hand for every rule with an edge, and against a plain recount of random days of the real engine. */
import { expect } from 'chai';
import { agent, Bench, queue, site } from '../acd/site.ts';
import { World } from '../acd/world.ts';
import type { EventDraft } from '../../../../server/contract/events.ts';
import type { FairnessFigures } from '../../../../server/contract/rest-fairness.ts';
import { fairnessTable, medianOf, type FairnessTable } from '../../../../server/stats/fairness-figures.ts';
import {
  FairnessLedger,
  isLedgerEvent,
  type LedgerEvent,
  type LedgerStart,
} from '../../../../server/stats/fairness.ts';
import { createLiveStats } from '../../../../server/stats/live-state.ts';
import { addUp, recount, recounted } from '../../../support/ledger-recount.ts';

type Period = readonly [number, number];
function fold(
  log: readonly (EventDraft | LedgerEvent)[],
  [from, to]: Period,
  start?: LedgerStart,
): FairnessLedger {
  const ledger = new FairnessLedger({ from, to }, start);
  for (const event of log) if (isLedgerEvent(event as EventDraft)) ledger.apply(event as LedgerEvent);
  return ledger;
}
const tableOf = (
  log: readonly (EventDraft | LedgerEvent)[],
  period: Period,
  queueId?: string,
): FairnessTable => fairnessTable(fold(log, period).ledger(), queueId);
function figuresOf(table: FairnessTable, agentId: string): FairnessFigures {
  const row = table.agents.find((one) => one.agentId === agentId);
  if (!row) throw new Error(`no row for ${agentId}`);
  return row.figures;
}
const min = 60_000;

/** One agent: 101 signs in at 0, is Ready from 1 min, answers at 5 min, holds, wraps up, and leaves at 20 min. */
function oneShift(): { log: EventDraft[]; begin: number } {
  const bench = new Bench(site([queue('sales')], [agent('101', ['sales'])], ['p1']));
  const begin = (bench.at = 1_790_000_000_000);
  bench.do({ type: 'phone.registered', phoneId: 'p1', transport: 'udp' });
  bench.do({ type: 'agent.login', agentId: '101', phoneId: 'p1', how: 'web' });
  bench.pass(min);
  bench.do({ type: 'agent.ready', agentId: '101' });
  bench.pass(4 * min - 3_000);
  bench.call('c1', 'sales');
  bench.pass(1_000);
  bench.do({ type: 'offer.alerted', offerId: bench.offerOf('c1') });
  bench.pass(2_000);
  bench.do({ type: 'offer.accepted', offerId: bench.offerOf('c1') });
  bench.pass(2 * min);
  bench.do({ type: 'contact.hold', contactId: 'c1' });
  bench.pass(30_000);
  bench.do({ type: 'contact.resume', contactId: 'c1' });
  bench.pass(30_000);
  // Asked for in the talk: no change of state yet.
  bench.do({ type: 'agent.not-ready', agentId: '101', reason: 'break' });
  bench.pass(30_000);
  bench.do({ type: 'contact.leave', contactId: 'c1', reason: 'bye' });
  bench.pass(11 * min + 30_000);
  bench.do({ type: 'agent.logout', agentId: '101', reason: 'asked' });
  return { log: bench.log, begin };
}

describe('fairness ledger', () => {
  it('adds up a shift', () => {
    const { log, begin } = oneShift();
    const table = tableOf(log, [begin, begin + 60 * min]);
    expect(figuresOf(table, '101')).to.deep.equal({
      signedInMs: 20 * min,
      notReadyMs: min + 11 * min + 20_000,
      readyMs: 4 * min - 3_000,
      unreachableMs: 0,
      ringingMs: 3_000,
      talkMs: 3 * min,
      holdMs: 30_000,
      wrapUpMs: 10_000,
      openAtStart: 0,
      offered: 1,
      answered: 1,
      rejected: 0,
      leftOffer: 0,
      notAnswered: 0,
      withdrawn: 0,
      openAtEnd: 0,
      handled: 1,
      occupancy: 220_000 / (220_000 + 237_000),
      offersPerHour: 3,
      idleCount: 1,
      idleTotalMs: 237_000,
      idleMeanMs: 237_000,
      idleMedianMs: 237_000,
    });
    expect(table.queues).to.have.length(1);
    expect(table.queues[0]).to.include({ queueId: 'sales', agents: 1, offered: 1, handled: 1 });
    expect(table.queues[0]!.strategies).to.deep.equal([{ strategy: 'longest-idle', since: begin }]);
  });

  it('cuts states at both edges, and knows those who signed in before', () => {
    const { log, begin } = oneShift();
    // From the middle of the ringing to the middle of the hold.
    const from = begin + 5 * min - 1_000;
    const to = begin + 7 * min + 10_000;
    const figures = figuresOf(tableOf(log, [from, to]), '101');
    expect(figures).to.include({ signedInMs: to - from, ringingMs: 1_000, talkMs: 2 * min, holdMs: 10_000 });
    expect(figures).to.include({
      readyMs: 0,
      openAtStart: 1,
      offered: 0,
      answered: 1,
      openAtEnd: 0,
      handled: 0,
    });
    // Inside one state, and after everything.
    expect(figuresOf(tableOf(log, [begin + 2 * min, begin + 3 * min]), '101')).to.include({
      signedInMs: min,
      readyMs: min,
    });
    expect(tableOf(log, [begin + 30 * min, begin + 60 * min])).to.deep.include({ agents: [] });
    expect(tableOf(log, [begin - 60 * min, begin])).to.deep.include({ agents: [] });
  });

  it('takes the state at its beginning from what stood then', () => {
    const { log, begin } = oneShift();
    const from = begin + 5 * min - 1_000;
    const start: LedgerStart = {
      agents: [{ agentId: '101', state: 'ringing', since: from - 1_000, lastOfferAt: from - 2_000 }],
      openOffers: [{ offerId: 'c1.1', contactId: 'c1', agentId: '101', queueId: 'sales' }],
      site: {
        queues: [{ id: 'sales', strategy: 'longest-idle' }],
        agents: [{ id: '101', queueIds: ['sales'] }],
      },
    };
    const rest = log.filter(({ at }) => at >= from);
    for (const to of [from + 500, from + min, begin + 60 * min])
      expect(fairnessTable(fold(rest, [from, to], start).ledger())).to.deep.equal(tableOf(log, [from, to]));
  });

  it('tells whose fault the end of an offer was, and believes in nobody’s where it does not know', () => {
    const bench = new Bench(
      site([queue('q', { rona: { after: 9, becomes: 'not-ready' } })], [agent('1', ['q'])], ['p1']),
    );
    const begin = bench.at;
    bench.seat('1', 'p1');
    const offer = (contactId: string) => {
      bench.pass(10_000);
      if (bench.agentState('1') !== 'ready') bench.do({ type: 'agent.ready', agentId: '1' });
      bench.call(contactId, 'q');
      bench.do({ type: 'offer.alerted', offerId: bench.offerOf(contactId) });
    };
    const fail = (contactId: string, reason: 'rejected' | 'interrupted') => {
      bench.do({ type: 'offer.failed', offerId: bench.offerOf(contactId), reason });
    };
    offer('rona');
    bench.pass(15_000);
    bench.do({ type: 'contact.leave', contactId: 'rona', reason: 'gone' });
    offer('rejected');
    fail('rejected', 'rejected');
    bench.do({ type: 'contact.leave', contactId: 'rejected', reason: 'gone' });
    offer('left');
    bench.do({ type: 'agent.not-ready', agentId: '1', reason: 'break' });
    bench.do({ type: 'contact.leave', contactId: 'left', reason: 'gone' });
    offer('gone');
    bench.do({ type: 'contact.leave', contactId: 'gone', reason: 'gone' });
    const later: LedgerEvent[] = [
      {
        type: 'contact.offered',
        at: bench.at,
        contactId: 'x',
        agentId: '1',
        queueId: 'q',
        data: { offerId: 'x.1' },
      },
      {
        type: 'offer.withdrawn',
        at: bench.at,
        contactId: 'x',
        agentId: '1',
        queueId: 'q',
        data: { offerId: 'x.1', reason: 'answered-elsewhere' as 'rona' },
      },
    ];
    const figures = figuresOf(tableOf([...bench.log, ...later], [begin, bench.at + 1]), '1');
    // The one not answered rang twice: it came back to the same agent at once.
    expect(figures).to.include({ offered: 6, answered: 0, notAnswered: 1, rejected: 1, leftOffer: 1 });
    expect(figures.withdrawn).to.equal(3);
    expect(figures.openAtEnd).to.equal(0);
  });

  it('ends what still rings with its contact, and gives each of several agents asked at once their own', () => {
    const asked = (agentId: string): LedgerEvent => ({
      type: 'contact.offered',
      at: 1_000,
      contactId: 'x',
      agentId,
      queueId: 'q',
      data: { offerId: `x.${agentId}` },
    });
    const log: LedgerEvent[] = [
      asked('1'),
      asked('2'),
      {
        type: 'contact.answered',
        at: 2_000,
        contactId: 'x',
        agentId: '1',
        queueId: 'q',
        data: { offerId: 'x.1' },
      },
      { type: 'contact.ended', at: 3_000, contactId: 'x', agentId: '1', queueId: 'q', data: {} },
    ];
    const during = tableOf(log, [500, 2_500]);
    expect(figuresOf(during, '2')).to.include({ offered: 1, withdrawn: 0, openAtEnd: 1 });
    const after = tableOf(log, [2_500, 4_000]);
    expect(figuresOf(after, '1')).to.include({ openAtStart: 0, answered: 0, handled: 1 });
    expect(figuresOf(after, '2')).to.include({ openAtStart: 1, withdrawn: 1, openAtEnd: 0, handled: 0 });
  });

  it('counts the idle time before an offer from Ready, or from the offer before', () => {
    const text = (at: number, contactId: string): LedgerEvent => ({
      type: 'contact.offered',
      at,
      contactId,
      agentId: '1',
      queueId: 'mail',
      data: { offerId: `${contactId}.1` },
    });
    const state = (at: number, from: 'logged-out' | 'ready', to: 'ready' | 'not-ready'): LedgerEvent => ({
      type: 'agent.state-changed',
      at,
      agentId: '1',
      data: { from, to },
    });
    const log = [state(1_000, 'logged-out', 'ready'), text(4_000, 'a'), text(9_000, 'b'), text(19_000, 'c')];
    log.push(state(20_000, 'ready', 'not-ready'), text(30_000, 'd'));
    const whole = figuresOf(tableOf(log, [0, 40_000]), '1');
    // The last came while Not Ready: an offer, but no idle time.
    expect(whole).to.include({
      offered: 4,
      idleCount: 3,
      idleTotalMs: 18_000,
      idleMedianMs: 5_000,
      idleMeanMs: 6_000,
    });
    expect(whole.openAtEnd).to.equal(4);
    const half = figuresOf(tableOf(log, [5_000, 40_000]), '1');
    expect(half).to.include({ openAtStart: 1, offered: 3, idleCount: 2, idleTotalMs: 15_000 });
    expect(medianOf([4, 1, 3, 2])).to.equal(2.5);
    expect(medianOf([10, 9, 100])).to.equal(10);
    expect(medianOf([])).to.equal(undefined);
  });

  it('measures a day in which the clock is changed by what really passed', () => {
    // Rome, 29 March 2026: 23 hours from midnight to midnight; 25 October: 25 hours.
    for (const [from, to, hours] of [
      ['2026-03-29T00:00:00+01:00', '2026-03-30T00:00:00+02:00', 23],
      ['2026-10-25T00:00:00+02:00', '2026-10-26T00:00:00+01:00', 25],
    ] as const) {
      const day: Period = [Date.parse(from), Date.parse(to)];
      const ready: LedgerEvent = {
        type: 'agent.state-changed',
        at: day[0] - 7 * min,
        agentId: '1',
        data: { from: 'logged-out', to: 'ready' },
      };
      expect(figuresOf(tableOf([ready], day), '1').readyMs).to.equal(hours * 60 * min);
    }
  });

  it('puts the mean and the share beside each agent, by queue if asked, in no order of merit', () => {
    const bench = new Bench(
      site(
        [queue('a'), queue('b', { strategy: 'linear' })],
        [agent('2', ['a', 'b']), agent('1', ['a']), agent('3', ['b'])],
        ['p1', 'p2', 'p3'],
      ),
    );
    const begin = bench.at;
    for (const [agentId, phoneId] of [
      ['1', 'p1'],
      ['2', 'p2'],
      ['3', 'p3'],
    ] as const)
      bench.seat(agentId, phoneId);
    const take = (contactId: string, queueId: string) => {
      bench.call(contactId, queueId);
      bench.answer(contactId);
      bench.pass(10_000);
      bench.do({ type: 'contact.leave', contactId, reason: 'bye' });
      bench.pass(20_000);
    };
    for (let n = 0; n < 4; n += 1) take(`a${n}`, 'a');
    for (let n = 0; n < 3; n += 1) take(`b${n}`, 'b');
    const period: Period = [begin, bench.at];
    const table = tableOf(bench.log, period);
    expect(table.agents.map(({ agentId }) => agentId)).to.deep.equal(['1', '2', '3']);
    expect(table.agents.map(({ figures }) => figures.offered)).to.deep.equal([2, 5, 0]);
    expect(table.agents.map(({ share }) => share.offered)).to.deep.equal([2 / 7, 5 / 7, 0]);
    expect(table.agents[0]!.share.signedInMs).to.equal(1 / 3);
    expect(table.agents[0]!.share.rejected).to.equal(undefined);
    expect(table.team.mean!.offered).to.equal(7 / 3);
    expect(table.team.total.talkMs).to.equal(70_000);
    expect(table.queues.map(({ queueId, offered, agents }) => [queueId, offered, agents])).to.deep.equal([
      ['a', 4, 2],
      ['b', 3, 2],
    ]);
    const b = tableOf(bench.log, period, 'b');
    expect(b.agents.map(({ agentId, figures }) => [agentId, figures.offered])).to.deep.equal([
      ['2', 3],
      ['3', 0],
    ]);
    expect(figuresOf(b, '2').talkMs).to.equal(figuresOf(table, '2').talkMs);
    expect(b.queues.map(({ strategies }) => strategies[0]!.strategy)).to.deep.equal(['linear']);
    expect(tableOf(bench.log, period, 'none')).to.deep.include({ agents: [], queues: [] });
  });

  it('says which strategy was in force, and since when', () => {
    const setup = (strategy: 'longest-idle' | 'linear' | 'round-robin') =>
      site([queue('q', { strategy })], [agent('1', ['q'])], ['p1']);
    const bench = new Bench(setup('longest-idle'));
    bench.pass(min);
    const from = bench.at;
    bench.pass(min);
    bench.do({ type: 'site.apply', site: { ...setup('linear'), version: 2 } });
    const changedAt = bench.at;
    bench.pass(min);
    bench.do({ type: 'site.apply', site: { ...setup('linear'), version: 3 } });
    bench.pass(min);
    bench.do({ type: 'site.apply', site: { ...setup('round-robin'), version: 4 } });
    const strategies = (period: Period) => tableOf(bench.log, period).queues[0]!.strategies;
    expect(strategies([from, bench.at])).to.deep.equal([
      { strategy: 'longest-idle', since: from },
      { strategy: 'linear', since: changedAt },
    ]);
    expect(strategies([changedAt, changedAt + 1])).to.deep.equal([{ strategy: 'linear', since: changedAt }]);
    expect(strategies([bench.at + 5, bench.at + 6])).to.deep.equal([
      { strategy: 'round-robin', since: bench.at + 5 },
    ]);
  });

  it('equals a plain recount of random days, wherever they are cut, and the live figures', function () {
    this.timeout(60_000);
    let offers = 0;
    for (let seed = 1; seed <= 25; seed += 1) {
      const world = new World(seed);
      for (let step = 0; step < 1_500; step += 1) {
        world.at += world.below(world.random() < 0.1 ? 30_000 : 2_000);
        world.run(world.draw());
      }
      const begin = 1_700_000_000_000;
      const cuts = [begin, begin + world.below(world.at - begin), world.at + 1];
      const whole = recounted(tableOf(world.log, [cuts[0]!, cuts[2]!]));
      expect(whole, `seed ${seed}`).to.deep.equal(recount(world.log, cuts[0]!, cuts[2]!));
      const halves = [
        tableOf(world.log, [cuts[0]!, cuts[1]!]),
        tableOf(world.log, [cuts[1]!, cuts[2]!]),
      ] as const;
      expect(addUp(recounted(halves[0]), recounted(halves[1])), `seed ${seed}`).to.deep.equal(whole);
      const all = tableOf(world.log, [cuts[0]!, cuts[2]!]);
      for (const table of [...halves, all])
        for (const { figures: f, queues } of table.agents)
          for (const one of [f, ...queues])
            expect(one.openAtStart + one.offered, `seed ${seed}`).to.equal(
              one.answered + one.rejected + one.leftOffer + one.notAnswered + one.withdrawn + one.openAtEnd,
            );
      expect(halves[0].team.total.idleTotalMs + halves[1].team.total.idleTotalMs).to.equal(
        all.team.total.idleTotalMs,
      );
      expectAsLive(world, all);
      offers += all.team.total.offered;
    }
    expect(offers).to.be.greaterThan(300);
  });
});

/** The boards fold the same log: what both count is the same. */
function expectAsLive(world: World, table: FairnessTable): void {
  const live = createLiveStats({
    name: 'Test',
    timeZone: 'UTC',
    language: 'en',
    queues: world.queueIds.map((id) => ({
      id,
      name: id,
      targetPercent: 80,
      targetMs: 20_000,
      shortAbandonMs: 0,
    })),
    agents: [],
    phones: [],
    trunks: [],
  });
  world.log.forEach((event, index) => live.apply({ ...event, id: `e${index}`, seq: index + 1, v: 1 }));
  const { queues } = live.board(world.at);
  const figures = Object.values(queues);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  expect(table.team.total.answered).to.equal(sum(figures.map(({ answered }) => answered)));
  expect(table.team.total.notAnswered).to.equal(sum(figures.map(({ rona }) => rona)));
}
