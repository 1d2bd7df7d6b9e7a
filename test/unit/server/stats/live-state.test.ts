/**
 * The live figures against a naive recount of the whole log, which shares no code with the fold, over random
 * days driven through the real routing engine; and by hand for the rules that have an edge.
 */
import { expect } from 'chai';
import { type Bench, Bench as AcdBench, agent, queue, site } from '../acd/site.ts';
import { World } from '../acd/world.ts';
import type { AcdSite } from '../../../../server/acd/types.ts';
import { type EventDraft, agentStates, type HearthlineEvent } from '../../../../server/contract/events.ts';
import type { BoardState, QueueLive } from '../../../../server/contract/live.ts';
import { accountingGap } from '../../../../server/stats/kpi.ts';
import { createLiveStats, type LiveStats, type StatsSite } from '../../../../server/stats/live-state.ts';

function statsSite(from: AcdSite, targetMs = 20_000): StatsSite {
  return {
    name: 'Test',
    timeZone: 'Europe/Rome',
    language: 'it',
    queues: from.queues.map(({ id }) => ({
      id,
      name: `Queue ${id}`,
      targetPercent: 80,
      targetMs,
      shortAbandonMs: 5_000,
    })),
    agents: from.agents.map(({ id, queueIds }) => ({ id, name: `Agent ${id}`, queueIds })),
    phones: from.phoneIds,
    trunks: [],
  };
}

let seq = 0;
const logged = (event: EventDraft): HearthlineEvent =>
  ({ ...event, id: `e${++seq}`, seq, v: 1 }) as HearthlineEvent;

const copyOf = (stats: LiveStats, forSite: StatsSite): LiveStats =>
  createLiveStats(forSite, JSON.parse(JSON.stringify(stats.toSnapshot())));

/** A contact's stays, one a queue: whoever flowed out or was passed on may come to another, or be turned away there at once. */
function staysOf(events: EventDraft[]): EventDraft[][] {
  const stays: EventDraft[][] = [[]];
  let hasLeft = false;
  for (const event of events) {
    const isNext = event.type === 'contact.queued' || event.type === 'contact.flowed-out';
    if (hasLeft && isNext) {
      stays.push([]);
      hasLeft = false;
    }
    stays.at(-1)?.push(event);
    if (event.type === 'contact.flowed-out' || event.type === 'contact.transferred') hasLeft = true;
  }
  return stays;
}

type Count = Record<string, number>;
/** Everything a board says about one queue, counted from the whole log each time. */
function recount(log: EventDraft[], queueId: string, dayStart: number, now: number): Partial<QueueLive> {
  const sum: Count = {};
  const add = (key: string, by = 1): void => {
    sum[key] = (sum[key] ?? 0) + by;
  };
  const of = new Map<string, EventDraft[]>();
  for (const event of log) {
    if (event.contactId === undefined || event.type.startsWith('agent.')) continue;
    of.set(event.contactId, [...(of.get(event.contactId) ?? []), event]);
  }
  let longest = 0;
  let oldest = Infinity;
  for (const events of [...of.values()].flatMap(staysOf)) {
    // Where it arrived says nothing: what is diverted before it is queued never was there.
    const first = events.find((e) => e.type !== 'contact.arrived') ?? events[0];
    if (first?.queueId !== queueId) continue;
    const queued = events.find((e) => e.type === 'contact.queued');
    const left = events.find(
      (e) =>
        e.type === 'contact.answered' || e.type === 'contact.abandoned' || e.type === 'contact.flowed-out',
    );
    if (queued && queued.at >= dayStart) add('offered');
    if (!queued && left && left.at >= dayStart) add('offered');
    if (queued && !left) {
      add('waiting');
      oldest = Math.min(oldest, queued.at);
      const countOf = (type: string) => events.filter((e) => e.type === type).length;
      if (countOf('contact.offered') > countOf('offer.withdrawn')) add('ringing');
    }
    for (const e of events) {
      if (e.type === 'offer.withdrawn' && e.data.reason === 'rona' && e.at >= dayStart) add('rona');
    }
    // The service-level event: the first of answered, abandoned (not short), 20 s passed.
    const waitMs = queued ? (left?.at ?? now) - queued.at : 0;
    const decidedAt = !queued
      ? undefined
      : waitMs > 20_000
        ? queued.at + 20_000
        : left?.type === 'contact.answered' || (left?.type === 'contact.abandoned' && !left.data.isShort)
          ? left.at
          : undefined;
    if (decidedAt !== undefined && decidedAt >= dayStart) add('slOffered');
    const talked = events.find((e) => e.type === 'contact.ended' || e.type === 'contact.transferred');
    if (left?.type === 'contact.answered' && !talked) add('talking');
    if (left?.type === 'contact.answered' && talked && talked.at >= dayStart) {
      const { talkMs, holdMs } = talked.data as { talkMs: number; holdMs: number };
      add('handled');
      add('workMs', talkMs + holdMs);
    }
    if (!left || left.at < dayStart) continue;
    longest = Math.max(longest, waitMs);
    if (left.type === 'contact.flowed-out') add('flowedOut');
    if (left.type === 'contact.answered') {
      add('answered');
      add('waitSum', waitMs);
      if (waitMs <= 20_000) add('answeredInTarget');
    }
    if (left.type === 'contact.abandoned') {
      add('abandoned');
      if (waitMs < 5_000) add('shortAbandoned');
      else if (waitMs <= 20_000) add('abandonedInTarget');
    }
  }
  for (const e of log) {
    if (e.type === 'agent.state-changed' && e.data.from === 'wrap-up')
      if (e.at >= dayStart && e.queueId === queueId) add('workMs', e.data.forMs);
  }
  const get = (key: string): number => sum[key] ?? 0;
  const whole = get('slOffered') - get('abandonedInTarget');
  return {
    waiting: get('waiting'),
    ...(oldest === Infinity ? {} : { oldestWaitingSince: oldest }),
    ringing: get('ringing'),
    talking: get('talking'),
    offered: get('offered'),
    answered: get('answered'),
    answeredInTarget: get('answeredInTarget'),
    abandoned: get('abandoned'),
    abandonedInTarget: get('abandonedInTarget'),
    shortAbandoned: get('shortAbandoned'),
    flowedOut: get('flowedOut'),
    rona: get('rona'),
    ...(whole > 0 ? { serviceLevel: get('answeredInTarget') / whole } : {}),
    ...(get('answered') > 0 ? { asaMs: get('waitSum') / get('answered') } : {}),
    ...(get('handled') > 0 ? { ahtMs: get('workMs') / get('handled') } : {}),
    longestWaitMs: longest,
  };
}

function withoutMembers(live: QueueLive | undefined): Partial<QueueLive> {
  if (!live) throw new Error('no such queue on the board');
  const { queueId: _, name: _name, targetPercent: _p, targetSec: _t, ...rest } = live;
  const { agentsLoggedIn: _in, agentsReady: _ready, ...figures } = rest;
  return figures;
}

/** Agents and queue members as the engine itself sees them. */
function checkPeople(world: World, board: BoardState, from: AcdSite): void {
  const counts = Object.fromEntries(agentStates.map((state) => [state, 0])) as BoardState['agentsByState'];
  for (const { id } of from.agents) counts[world.acd.agent(id)?.state ?? 'logged-out'] += 1;
  for (const state of agentStates) expect(board.agentsByState[state], state).to.be.at.least(counts[state]);
  for (const { id } of from.queues) {
    const members = from.agents.filter(({ queueIds }) => queueIds.includes(id));
    const states = members.map((member) => world.acd.agent(member.id)?.state);
    expect(board.queues[id]?.agentsReady).to.equal(states.filter((s) => s === 'ready').length);
    expect(board.queues[id]?.agentsLoggedIn).to.equal(states.filter((s) => s !== 'logged-out').length);
  }
}

describe('live figures', function () {
  this.timeout(60_000);

  it('equal a naive recount of the log, over random days with a midnight in each', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const world = new World(seed + 1000);
      let current = siteOf(world.log);
      let stats = createLiveStats(statsSite(current));
      let dayStart = world.at;
      stats.rollDay(dayStart);
      for (const event of world.log) stats.apply(logged(event));
      for (let step = 0; step < 300; step++) {
        const before = world.at;
        world.at += world.random() < 0.3 ? world.below(8_000) : world.below(50);
        if (step === 150) {
          dayStart = before + Math.floor((world.at - before) / 2);
          // Midnight is after all that was: where no time passed, one of it does.
          if (dayStart === before) dayStart = world.at = before + 1;
          stats.rollDay(dayStart);
        }
        for (const event of world.run(world.draw())) {
          stats.apply(logged(event));
          if (event.type === 'site.applied') {
            current = event.data.acd as AcdSite;
            stats.setSite(statsSite(current));
          }
        }
        const board = stats.board(world.at);
        expect(accountingGap(board.accounting), `seed ${seed} step ${step}`).to.equal(0);
        if (step % 20 !== 0) continue;
        for (const { id } of current.queues)
          expect(
            withoutMembers(board.queues[id]),
            `seed ${seed} step ${step} ${id} at ${world.at} day ${dayStart}`,
          ).to.deep.equal(recount(world.log, id, dayStart, world.at));
        checkPeople(world, board, current);
        const copy = copyOf(stats, statsSite(current));
        expect(copy.floor(world.at), 'snapshot').to.deep.equal(stats.floor(world.at));
        if (step % 40 === 0) stats = copy;
      }
    }
  });

  const small = site(
    [queue('q')],
    [agent('101', ['q']), agent('102', ['q'], { wrapUp: { mode: 'none' } })],
    ['p1', 'p2'],
  );
  let bench: Bench;
  let stats: LiveStats;
  let folded: number;
  const fold = (): BoardState => {
    for (const event of bench.log.slice(folded)) stats.apply(logged(event));
    folded = bench.log.length;
    return stats.board(bench.at);
  };
  const q = (): QueueLive => {
    const live = fold().queues['q'];
    if (!live) throw new Error('no queue');
    return live;
  };

  beforeEach(() => {
    bench = new AcdBench(small);
    stats = createLiveStats(statsSite(small));
    stats.rollDay(bench.at);
    folded = 0;
  });

  it('count a waiting contact against the service level as soon as the target has passed', () => {
    bench.call('c1', 'q');
    bench.call('c2', 'q');
    bench.seat('101', 'p1');
    bench.answer('c1');
    expect(q().serviceLevel).to.equal(1);
    bench.pass(20_000);
    expect(q().serviceLevel).to.equal(1);
    bench.pass(1);
    expect(q().serviceLevel).to.equal(0.5);
    bench.do({ type: 'contact.leave', contactId: 'c2', reason: 'hung-up' });
    expect(q().serviceLevel).to.equal(0.5);
  });

  it('leave short abandons and abandons in time out of the service level, but not out of the accounting', () => {
    bench.call('c1', 'q');
    bench.pass(4_999);
    bench.do({ type: 'contact.leave', contactId: 'c1', reason: 'hung-up' });
    expect(q()).to.include({ abandoned: 1, shortAbandoned: 1, abandonedInTarget: 0 });
    expect(q()).not.to.have.property('serviceLevel');
    bench.call('c2', 'q');
    bench.pass(5_000);
    bench.do({ type: 'contact.leave', contactId: 'c2', reason: 'hung-up' });
    expect(q()).to.include({ abandoned: 2, shortAbandoned: 1, abandonedInTarget: 1 });
    expect(q()).not.to.have.property('serviceLevel');
    expect(accountingGap(fold().accounting)).to.equal(0);
  });

  it('do not change by being looked at, not even far in the future', () => {
    bench.call('c1', 'q');
    fold();
    const before = JSON.stringify(stats.toSnapshot());
    expect(stats.board(bench.at + 3_600_000).queues['q']).not.to.have.property('serviceLevel', 1);
    stats.floor(bench.at + 3_600_000);
    expect(JSON.stringify(stats.toSnapshot())).to.equal(before);
    bench.seat('101', 'p1');
    bench.answer('c1');
    expect(q().serviceLevel).to.equal(1);
  });

  it('put wrap-up into the handle time of the queue it was for', () => {
    bench.seat('101', 'p1');
    bench.call('c1', 'q');
    bench.answer('c1');
    bench.pass(60_000);
    bench.do({ type: 'contact.hold', contactId: 'c1' });
    bench.pass(5_000);
    bench.do({ type: 'contact.leave', contactId: 'c1', reason: 'bye' });
    expect(q().ahtMs).to.equal(65_000);
    bench.pass(10_000);
    expect(q().ahtMs).to.equal(75_000);
    expect(q()).to.include({ talking: 0, agentsReady: 1, agentsLoggedIn: 1 });
  });

  it('carry those who wait over midnight into the new day, and nothing else', () => {
    bench.seat('101', 'p1');
    bench.call('c1', 'q');
    bench.answer('c1');
    bench.call('c2', 'q');
    bench.pass(25_000);
    fold();
    stats.rollDay(bench.at);
    const board = fold();
    expect(board.accounting).to.deep.equal({
      offered: 0,
      waitingAtStart: 1,
      answered: 0,
      abandoned: 0,
      flowedOut: 0,
      waiting: 1,
    });
    // Its target passed yesterday: today it is neither a miss again nor a hit.
    expect(board.queues['q']).not.to.have.property('serviceLevel');
    expect(board.queues['q']).to.include({ talking: 1, waiting: 1, longestWaitMs: 0 });
    expect(board.dayStart).to.equal(bench.at);
  });

  it('show the last sixty minutes, whole, and drop what is older', () => {
    bench.call('c1', 'q');
    const minute = String(bench.at - (bench.at % 60_000));
    expect(fold().lastHour[minute]).to.deep.equal({ offered: 1, answered: 0, abandoned: 0 });
    expect(Object.keys(fold().lastHour)).to.have.length(60);
    bench.pass(3_600_000);
    expect(Object.keys(fold().lastHour)).to.have.length(60);
    expect(fold().lastHour).not.to.have.property(minute);
  });

  it('tell agents by state and reason, and count phones lost without signing off', () => {
    bench.seat('101', 'p1');
    bench.seat('102', 'p2');
    bench.do({ type: 'agent.not-ready', agentId: '101', reason: 'lunch' });
    expect(fold().notReadyByReason).to.deep.equal({ lunch: 1 });
    expect(fold().agentsByState).to.include({ ready: 1, 'not-ready': 1, 'logged-out': 0 });
    bench.do({ type: 'phone.unregistered', phoneId: 'p2', reason: 'expired' });
    expect(fold().unreachablePhones).to.equal(1);
    expect(fold().agentsByState.unreachable).to.equal(1);
    bench.do({ type: 'phone.registered', phoneId: 'p2', transport: 'udp' });
    expect(fold().unreachablePhones).to.equal(0);
    bench.do({ type: 'phone.unregistered', phoneId: 'p2', reason: 'asked' });
    expect(fold().unreachablePhones).to.equal(0);
    const { agents, phones } = stats.floor(bench.at);
    expect(agents['101']).to.include({ state: 'not-ready', reason: 'lunch', phoneId: 'p1', queueIds: 'q' });
    expect(phones['p2']).to.include({ isRegistered: false, agentId: '102' });
    expect(fold().notReadyByReason).to.deep.equal({ lunch: 1 });
  });

  it('keep an agent Talking who asked for a break to come after the contact', () => {
    bench.seat('102', 'p2');
    bench.call('c1', 'q');
    bench.answer('c1');
    bench.do({ type: 'agent.not-ready', agentId: '102', reason: 'break' });
    expect(fold().agentsByState).to.include({ talking: 1, 'not-ready': 0 });
    const { agents, contacts } = stats.floor(bench.at);
    expect(agents['102']).not.to.have.property('reason');
    expect(agents['102']).to.include({ contactId: 'c1' });
    expect(contacts['c1']).to.include({ state: 'talking', agentId: '102', queueId: 'q' });
    bench.do({ type: 'contact.leave', contactId: 'c1', reason: 'bye' });
    expect(fold().notReadyByReason).to.deep.equal({ break: 1 });
    expect(stats.floor(bench.at).contacts).to.deep.equal({});
  });

  it('count a contact that found the queue full as offered and flowed out', () => {
    const full = site([queue('q', { maxLength: 1 })], [], []);
    bench = new AcdBench(full);
    stats = createLiveStats(statsSite(full));
    folded = 0;
    bench.call('c1', 'q');
    bench.call('c2', 'q');
    expect(q()).to.include({ offered: 2, flowedOut: 1, waiting: 1 });
    expect(accountingGap(fold().accounting)).to.equal(0);
  });

  it('show the whole wait of a contact that went on to specialists in another queue', () => {
    const lines = site(
      [
        queue('q', {
          maxWaitMs: 30_000,
          overflow: [{ when: 'max-wait', to: { kind: 'queue', queueId: 'experts' } }],
        }),
        queue('experts'),
      ],
      [],
      [],
    );
    bench = new AcdBench(lines);
    stats = createLiveStats(statsSite(lines));
    folded = 0;
    const { at } = bench;
    bench.call('c1', 'q');
    bench.pass(30_000);
    bench.pass(5_000);
    fold();
    expect(stats.floor(bench.at).contacts['c1']).to.include({
      state: 'waiting',
      queueId: 'experts',
      queuedAt: at,
      since: at + 30_000,
    });
  });

  it('show the wait of a contact that was passed on without its talk, and count it in both queues', () => {
    const lines = site([queue('q'), queue('experts')], [agent('101', ['q'])], ['p']);
    bench = new AcdBench(lines);
    stats = createLiveStats(statsSite(lines));
    folded = 0;
    const { at } = bench;
    bench.call('c1', 'q');
    bench.pass(8_000);
    bench.seat('101', 'p');
    bench.answer('c1');
    bench.pass(50_000);
    bench.do({ type: 'contact.transfer', contactId: 'c1', to: { queueId: 'experts' } });
    bench.pass(4_000);
    fold();
    const { contacts, board } = stats.floor(bench.at);
    expect(contacts['c1']).to.include({ state: 'waiting', queueId: 'experts', queuedAt: at + 50_000 });
    expect(board.queues['q']).to.include({ offered: 1, answered: 1, talking: 0, waiting: 0, ahtMs: 50_000 });
    expect(board.queues['experts']).to.include({ offered: 1, answered: 0, waiting: 1 });
  });

  it('refuse a snapshot of another version', () => {
    expect(() => createLiveStats(statsSite(small), { version: 99 })).to.throw('unknown version');
  });
});

function siteOf(log: EventDraft[]): AcdSite {
  const applied = log.find((event) => event.type === 'site.applied');
  if (applied?.type !== 'site.applied') throw new Error('no site in the log');
  return applied.data.acd as AcdSite;
}
