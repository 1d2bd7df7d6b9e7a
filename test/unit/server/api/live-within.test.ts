/**
 * Live sockets of users who are limited to teams and queues: a floor drawn at random, by the real engine and the real fold. Not
 * one frame may carry another queue's contact or another team's agent, totals are those of their queues, equal views share one
 * channel, and a change of the site counts with the next patch.
 */
import { expect } from 'chai';
import { createLiveHub } from '../../../../server/api/live-hub.ts';
import { LiveFigures, toStatsSite } from '../../../../server/app/live-figures.ts';
import { viewOf } from '../../../../server/auth/view.ts';
import { toAcdSite } from '../../../../server/config/acd-site.ts';
import type { BoardState, FloorState } from '../../../../server/contract/live.ts';
import { siteSchema, type Site } from '../../../../server/contract/site.ts';
import type { UserView } from '../../../../server/contract/user-view.ts';
import { FloorDays } from '../../../support/floor-days.ts';
import { FakeSocket, FakeTime } from './hub-fakes.ts';

const startAt = Date.parse('2026-03-02T08:00:00Z');
const endAt = startAt + 3 * 3_600_000;
const minute = 60_000;
const logger = { info: () => undefined, warn: () => undefined, error: () => expect.fail('a look failed') };

const siteOf = (teamOf105: string): Site =>
  siteSchema.parse({
    site: { name: 'Bank', timeZone: 'Europe/Rome' },
    queues: ['cards', 'loans', 'accounts'].map((id) => ({ id, name: id })),
    teams: ['north', 'south'].map((id) => ({ id, name: id })),
    agents: ['101', '102', '103', '104', '105', '106'].map((id, i) => ({
      id,
      name: `Agent ${id}`,
      queues: i % 2 === 0 ? ['cards', 'loans'] : ['loans', 'accounts'],
      ...(id === '105' ? { team: teamOf105 } : id !== '106' && { team: i < 2 ? 'north' : 'south' }),
    })),
    phones: ['p1', 'p2', 'p3', 'p4', 'p5', 'p6'].map((id) => ({ id, password: 'not-of-any-use' })),
  });

class World {
  readonly time = new FakeTime();
  readonly days: FloorDays;
  readonly live: LiveFigures;
  site = siteOf('south');
  #done = 0;
  now = startAt;

  constructor(seed: number) {
    this.days = new FloorDays({ seed, startAt, endAt, site: toAcdSite(this.site, 1), contacts: 300 });
    this.live = new LiveFigures(toStatsSite(this.site), [], startAt);
  }

  readonly hub = createLiveHub({
    source: {
      board: () => this.live.board(this.now),
      floor: () => this.live.floor(this.now),
      part: (of) => this.live.boardPart(of, this.now),
      eventAt: () => this.live.eventAt(),
    },
    clock: this.time.clock,
    timers: this.time.timers,
    logger,
    viewed: (limits) => viewOf(limits, this.site),
  });

  apply(site: Site): void {
    this.site = site;
    this.live.setSite(site, this.now);
    this.tell();
  }

  join(id: string, limits?: UserView, scope: 'floor' | 'board' = 'floor'): FakeSocket {
    const socket = new FakeSocket();
    const grant = limits ? { limits } : {};
    expect(this.hub.add(socket, scope, { kind: 'session', id }, grant)).to.equal('added');
    return socket;
  }

  runTo(at: number): void {
    this.days.runTo(at);
    this.now = at;
    for (; this.#done < this.days.log.length; this.#done++) this.live.apply(this.days.log[this.#done]!);
    this.tell();
  }

  tell(): void {
    this.hub.notify();
    // Long enough for boards that rest.
    this.time.advance(400);
  }
}

const floorOf = (socket: FakeSocket) => socket.tree as unknown as FloorState;

/** What is in a view said once more, and otherwise than the product says it. */
function expected(whole: FloorState, site: Site, { teams, queues }: UserView) {
  const agents = site.agents.filter(({ team }) => teams.includes(team ?? '')).map(({ id }) => id);
  const contacts = Object.values(whole.contacts)
    .filter(({ queueId, agentId }) => queues.includes(queueId) || agents.includes(agentId ?? ''))
    .map(({ contactId }) => contactId);
  const phones = Object.values(whole.phones).filter(({ agentId }) => agents.includes(agentId ?? ''));
  return { agents, contacts, phones: phones.map(({ phoneId }) => phoneId) };
}

const views: UserView[] = [
  { teams: ['north'], queues: ['cards'] },
  { teams: [], queues: ['loans', 'accounts'] },
  { teams: ['south'], queues: [] },
  { teams: ['gone'], queues: ['gone-too'] },
];

describe('live sockets of users who see a part of the site', function () {
  this.timeout(30_000);

  for (const seed of [3, 17, 29])
    it(`carry nobody else’s contact, agent or queue in any frame (floor ${seed})`, () => {
      const world = new World(seed);
      const all = world.join('all');
      const sockets = views.map((view, i) => world.join(`s${i}`, view));
      let seen = 0;
      /** Contacts that were theirs at some moment: a patch that takes one away names it once more. */
      const theirs = views.map(() => new Set<string>());
      for (let at = startAt; at < endAt; at += minute) {
        world.runTo(at);
        const whole = floorOf(all);
        for (const [i, view] of views.entries()) {
          const socket = sockets[i]!;
          const tree = floorOf(socket);
          expect(socket.hasGap).to.equal(false);
          const want = expected(whole, world.site, view);
          expect(Object.keys(tree.contacts)).to.have.members(want.contacts);
          expect(Object.keys(tree.agents)).to.have.members(want.agents);
          expect(Object.keys(tree.phones)).to.have.members(want.phones);
          const known = Object.keys(whole.board.queues).filter((id) => view.queues.includes(id));
          expect(Object.keys(tree.board.queues)).to.have.members(known);
          expect(tree.board.isPart).to.equal(true);
          for (const id of want.contacts) {
            theirs[i]!.add(id);
            expect(tree.contacts[id]).to.deep.equal(whole.contacts[id]);
          }
          seen += want.contacts.length;
          const named = new Set(socket.frames.join('\n').match(/"c\d+"/g));
          for (const quoted of named) expect(theirs[i]!.has(quoted.slice(1, -1)), quoted).to.equal(true);
          socket.frames = [];
        }
      }
      expect(seen, 'contacts seen by somebody').to.be.greaterThan(100);
      world.hub.close();
    });

  it('have totals of their own queues and agents, and together those of the house', () => {
    const world = new World(5);
    world.runTo(startAt + 40 * minute);
    const all = world.join('all');
    const parts = [
      { teams: ['north'], queues: ['cards'] },
      { teams: ['south'], queues: ['loans', 'accounts'] },
    ].map((view, i) => world.join(`s${i}`, view));
    for (let at = world.now; at < endAt; at += 3 * minute) {
      world.runTo(at);
      const boards = parts.map((socket) => floorOf(socket).board);
      for (const { accounting, queues } of boards) {
        const rows = Object.values(queues);
        const sum = (of: (row: BoardState['queues'][string]) => number) =>
          rows.reduce((total, row) => total + of(row), 0);
        expect(accounting.offered).to.equal(sum((row) => row.offered));
        expect(accounting.answered).to.equal(sum((row) => row.answered));
        expect(accounting.waiting).to.equal(sum((row) => row.waiting));
        const { offered, waitingAtStart, answered, abandoned, flowedOut, waiting } = accounting;
        expect(offered + waitingAtStart).to.equal(answered + abandoned + flowedOut + waiting);
      }
      const whole = floorOf(all).board;
      for (const name of [
        'offered',
        'answered',
        'abandoned',
        'flowedOut',
        'waiting',
        'waitingAtStart',
      ] as const)
        expect(
          boards.reduce((sum, one) => sum + one.accounting[name], 0),
          name,
        ).to.equal(whole.accounting[name]);
      for (const [start, { offered, answered }] of Object.entries(whole.lastHour)) {
        expect(boards.reduce((sum, one) => sum + one.lastHour[start]!.offered, 0)).to.equal(offered);
        expect(boards.reduce((sum, one) => sum + one.lastHour[start]!.answered, 0)).to.equal(answered);
      }
      // 106 is of no team.
      const ofNobody = floorOf(all).agents['106']!.state;
      for (const state of ['ready', 'talking', 'not-ready', 'logged-out'] as const)
        expect(
          boards.reduce((sum, one) => sum + one.agentsByState[state], 0),
          state,
        ).to.equal(whole.agentsByState[state] - (ofNobody === state ? 1 : 0));
    }
    world.hub.close();
  });

  it('share one channel where their views are equal, in whatever order they were chosen', () => {
    const world = new World(7);
    const one = world.join('a', { teams: ['north', 'south'], queues: ['loans', 'cards'] });
    world.runTo(startAt + 10 * minute);
    const two = world.join('b', { teams: ['south', 'north'], queues: ['cards', 'loans'] });
    const other = world.join('c', { teams: ['south'], queues: ['cards', 'loans'] });
    world.runTo(startAt + 12 * minute);
    const lastPatch = (socket: FakeSocket) =>
      socket.frames.filter((frame) => frame.toString().startsWith('{"type":"patch"')).at(-1);
    expect(lastPatch(one)).to.equal(lastPatch(two), 'encoded once');
    expect(lastPatch(other)).not.to.equal(lastPatch(two));
    expect(two.tree).to.deep.equal(one.tree);
    world.hub.close();
  });

  it('see an agent come and go with the team, when the site changes', () => {
    const world = new World(9);
    const north = world.join('north', { teams: ['north'], queues: [] });
    world.runTo(startAt + 20 * minute);
    expect(Object.keys(floorOf(north).agents)).to.have.members(['101', '102']);
    world.apply(siteOf('north'));
    expect(Object.keys(floorOf(north).agents)).to.have.members(['101', '102', '105']);
    world.apply(siteOf('south'));
    expect(Object.keys(floorOf(north).agents)).to.have.members(['101', '102']);
    world.hub.close();
  });

  it('are sent no more by the board than by the floor', () => {
    const world = new World(11);
    world.runTo(startAt + 30 * minute);
    const view = { teams: ['north'], queues: ['cards'] };
    const [board, floor] = [world.join('b', view, 'board'), world.join('f', view)];
    expect(board.tree).to.deep.equal(floorOf(floor).board as unknown);
    world.hub.close();
  });

  it('see nothing where nobody can say what their limits come to', () => {
    const world = new World(13);
    world.runTo(startAt + 30 * minute);
    const hub = createLiveHub({
      source: {
        board: () => world.live.board(world.now),
        floor: () => world.live.floor(world.now),
        part: (of) => world.live.boardPart(of, world.now),
        eventAt: () => world.live.eventAt(),
      },
      clock: world.time.clock,
      timers: world.time.timers,
      logger,
    });
    const socket = new FakeSocket();
    hub.add(
      socket,
      'floor',
      { kind: 'session', id: 's' },
      { limits: { teams: ['north'], queues: ['cards'] } },
    );
    const { agents, contacts, phones, board } = floorOf(socket);
    for (const entries of [agents, contacts, phones, board.queues]) expect(entries).to.deep.equal({});
    hub.close();
    world.hub.close();
  });
});
