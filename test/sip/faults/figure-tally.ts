/**
 * What the phones of a test saw, laid beside what the product says of it: live on the floor and on a board, in the report of the
 * same window, and behind its numbers; and the raw log counted again without the product's folds (ledger-recount.ts).
 * `seen` knows nothing of the product: calls that were answered with music, phones that rang, were picked up or cancelled, and
 * callers whom the test told to hang up before anybody had spoken with them.
 */
import { expect } from 'chai';
import { type BoardTree, draftBoardId, type NumberData } from '../../../server/contract/boards.ts';
import type { EventDraft } from '../../../server/contract/events.ts';
import {
  type Attribution,
  attributions,
  type FigureCounts,
  figureFacts,
  type FigureName,
  figureNames,
} from '../../../server/contract/figures.ts';
import type { FloorState } from '../../../server/contract/live.ts';
import type {
  DrillPage,
  IntervalReport,
  ReportKey,
  ReportRow,
} from '../../../server/contract/rest-reports.ts';
import type { FloorWatch } from '../../support/floor-watch.ts';
import type { House } from '../../support/house.ts';
import { recount } from '../../support/ledger-recount.ts';
import type { SippRun } from '../../support/sipp.ts';
import { until } from '../../support/until.ts';
import type { Crowd } from './crowd.ts';

const dayMs = 86_400_000;
const reported = figureNames.filter((name) => figureFacts(name).over === 'window');
/** Made of the time that agents have been signed in, which goes on between two questions. */
const running: readonly FigureName[] = [
  'occupancy',
  'occupancy-with-ringing',
  'utilisation',
  'contacts-per-hour',
];
/** What a queue's row of the floor counts, under the same names as a report. */
const floorCounts = [
  'offered',
  'answered',
  'answeredInTarget',
  'abandoned',
  'abandonedInTarget',
  'shortAbandoned',
  'flowedOut',
  'rona',
  'longestWaitMs',
] as const;

export interface Seen {
  offered: number;
  answered: number;
  abandoned: number;
  offers: number;
  rona: number;
}
const nothing: Seen = { offered: 0, answered: 0, abandoned: 0, offers: 0, rona: 0 };

export class FigureTally {
  readonly #house: House;
  readonly #crowd: Crowd;
  readonly #screen: FloorWatch;
  readonly #callers: { run: SippRun; queueId: string; calls: number; gone: number }[] = [];
  /** The floor's day: every window here is that one. */
  #dayStart = 0;

  constructor(house: House, crowd: Crowd, screen: FloorWatch) {
    this.#house = house;
    this.#crowd = crowd;
    this.#screen = screen;
  }

  /** Waits until all of them hear that they are in. */
  async call(calls: number, service = '701', queueId = 'main'): Promise<void> {
    const run = await this.#crowd.call(calls, { service });
    this.#callers.push({ run, queueId, calls, gone: 0 });
    await until(`${calls} callers are in`, () => run.logged('up').length === calls, 15_000);
  }

  /** The last of those who came last hangs up: the caller must ask for nobody who talks by now. */
  async giveUp(queueId = 'main'): Promise<void> {
    const group = this.#callers.findLast((one) => one.queueId === queueId && one.gone < one.calls);
    if (!group) throw new Error('nobody is left to give up');
    await this.#crowd.hangUp(group.run, group.run.callId(group.calls - group.gone));
    group.gone += 1;
  }

  /** An agent ends the talk that began first; resolves when that is known, unless nobody is there to know it. */
  async endTalk(isHeard = true): Promise<void> {
    const [talk] = this.#crowd.talking();
    if (!talk) throw new Error('nobody talks');
    await this.#crowd.hangUp(talk.run, talk.callId);
    if (isHeard) await until('the talk is over', () => talk.run.logged('over').includes(talk.callId), 15_000);
  }

  /** By scope: `site`, `queue:ID`, `agent:ID`. */
  seen(): Record<string, Seen> {
    const all: Record<string, Seen> = {};
    const add = (scopes: string[], name: keyof Seen, count: number) => {
      for (const scope of scopes) (all[scope] ??= { ...nothing })[name] += count;
    };
    for (const { run, queueId, gone } of this.#callers) {
      add(['site', `queue:${queueId}`], 'offered', run.logged('up').length);
      add(['site', `queue:${queueId}`], 'abandoned', gone);
    }
    const agentOf = (phoneId: string) => `agent:${Number(phoneId) - 900}`;
    for (const run of this.#crowd.agents)
      for (const [line, name] of [
        ['ring', 'offers'],
        ['up', 'answered'],
        ['cancelled', 'rona'],
      ] as const)
        for (const phoneId of run.loggedBy(line)) add(['site', 'queue:main', agentOf(phoneId)], name, 1);
    return all;
  }

  /** The floor says what the phones saw, whatever is out of order; `floor` may be of a socket that was opened just now. */
  async expectLive(what: string, boundMs = 10_000): Promise<FloorState> {
    let floor = await this.#screen.floorWithin(boundMs);
    const said = () =>
      Object.fromEntries(
        Object.values(floor.board.queues).map(({ queueId, offered, answered, abandoned, rona }) => [
          `queue:${queueId}`,
          { offered, answered, abandoned, rona },
        ]),
      );
    const seen = () => {
      const all = this.seen();
      return Object.fromEntries(
        Object.keys(said()).map((scope) => {
          const { offered, answered, abandoned, rona } = all[scope] ?? nothing;
          return [scope, { offered, answered, abandoned, rona }];
        }),
      );
    };
    // A phone knows of its own answer a moment before or after the floor does.
    await until(
      what,
      async () => {
        floor = await this.#screen.floorWithin(boundMs);
        return JSON.stringify(said()) === JSON.stringify(seen());
      },
      boundMs,
      100,
    ).catch(() => undefined);
    expect(said(), what).to.deep.equal(seen());
    const { offered, waitingAtStart, answered, abandoned, flowedOut, waiting } = floor.board.accounting;
    expect(offered + waitingAtStart, `${what}: identity`).to.equal(
      answered + abandoned + flowedOut + waiting,
    );
    return floor;
  }

  /**
   * All that there is, to the unit, with nobody in hand. `isOver`: the agents have logged out, so that no time goes on and
   * what is made of it can be compared as well.
   */
  async expectAgreement(what: string, isOver = false): Promise<void> {
    const { board } = await this.expectLive(what);
    this.#dayStart = board.dayStart;
    await this.#untilCounted();
    const seen = this.seen();
    for (const attribution of attributions) {
      const rows = await this.#rows(attribution);
      this.#compareSeen(seen, rows, `${what}, by ${attribution}`);
      this.#compareFloor(board, rows, `${what}, by ${attribution}`, attribution);
      await this.#compareBoards(rows, attribution, what, isOver);
      await this.#compareIntervals(rows, attribution, what);
    }
    await this.#compareLog(what);
    await this.#compareDrill(seen, what);
  }

  async #untilCounted(): Promise<void> {
    await until(
      'the report has counted up to now',
      async () => {
        const [, at, of] =
          /history is at (\d+) of (\d+)/.exec(await this.#house.stack.adminText('/healthz')) ?? [];
        return at !== undefined && at === of && (await this.#report('site', 'event')).seq === Number(at);
      },
      30_000,
      50,
    );
  }

  async #json<T>(answer: Response): Promise<T> {
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** The site's day, as a query. */
  window(): URLSearchParams {
    const iso = (at: number) => new Date(at).toISOString();
    return new URLSearchParams({ from: iso(this.#dayStart), to: iso(this.#dayStart + dayMs) });
  }

  async #report(by: ReportKey, attribution: Attribution, interval = 'all'): Promise<IntervalReport> {
    const query = new URLSearchParams({ ...Object.fromEntries(this.window()), by, attribution, interval });
    return this.#json(await this.#screen.get(`/api/reports/intervals?${query}`));
  }

  async #rows(attribution: Attribution, interval = 'all'): Promise<Map<string, ReportRow[]>> {
    const rows = new Map<string, ReportRow[]>();
    for (const by of ['site', 'queue', 'channel', 'number', 'trunk', 'team', 'agent'] as const)
      for (const row of (await this.#report(by, attribution, interval)).rows)
        rows.set(row.scope, [...(rows.get(row.scope) ?? []), row]);
    return rows;
  }

  #compareSeen(seen: Record<string, Seen>, rows: Map<string, ReportRow[]>, what: string): void {
    for (const [scope, { offered, answered, abandoned, offers, rona }] of Object.entries(seen)) {
      const counts = rows.get(scope)?.[0]?.counts;
      const mine = { answered, handled: answered, offers, rona };
      // What entered a queue was of no agent yet.
      const whole = scope.startsWith('agent:') ? mine : { offered, abandoned, ...mine };
      const theirs = Object.fromEntries(
        Object.keys(whole).map((name) => [name, counts?.[name as keyof FigureCounts] ?? 0]),
      );
      expect(theirs, `${what}: ${scope} of the report, beside the phones`).to.deep.equal(whole);
    }
    const known = [...rows.keys()].filter((scope) => /^(queue|agent):/.test(scope));
    for (const scope of known) {
      const { offers = 0, offered = 0 } = rows.get(scope)?.[0]?.counts ?? {};
      if (!(scope in seen)) expect([offers, offered], `${what}: ${scope} did nothing`).to.deep.equal([0, 0]);
    }
    const { site } = Object.fromEntries([...rows].map(([scope, [row]]) => [scope, row!.counts]));
    for (const scope of ['channel:voice', 'trunk:loopback'])
      for (const name of ['offered', 'answered', 'abandoned', 'handled', 'talkMs', 'wrapUpMs'] as const)
        expect(rows.get(scope)?.[0]?.counts[name], `${what}: ${scope} ${name}`).to.equal(site?.[name]);
  }

  #compareFloor(
    board: FloorState['board'],
    rows: Map<string, ReportRow[]>,
    what: string,
    attribution: Attribution,
  ): void {
    for (const queue of Object.values(board.queues)) {
      const row = rows.get(`queue:${queue.queueId}`)?.[0];
      // Whole contacts lie in one day by either rule.
      for (const name of floorCounts)
        expect(queue[name], `${what}: floor ${queue.queueId} ${name}`).to.equal(row?.counts[name] ?? 0);
      if (attribution !== 'event') continue;
      expect(
        { sl: queue.serviceLevel, asa: queue.asaMs, aht: queue.ahtMs },
        `${what}: ${queue.queueId}`,
      ).to.deep.equal({
        sl: row?.figures['service-level'],
        asa: row?.figures.asa,
        aht: row?.figures.aht,
      });
    }
  }

  /** Every figure there is of every scope, as tiles on a board. */
  async #compareBoards(
    rows: Map<string, ReportRow[]>,
    attribution: Attribution,
    what: string,
    isOver: boolean,
  ): Promise<void> {
    const names = reported.filter((name) => isOver || !running.includes(name));
    for (const [scope, [row]] of rows) {
      const widgets = names.map((figure, i) => ({
        kind: 'number',
        widgetId: figure,
        x: i % 24,
        y: Math.floor(i / 24),
        w: 1,
        h: 1,
        scopes: [scope],
        figure,
        attribution,
        hasTrend: false,
      }));
      const answer = await this.#screen.send('POST', '/api/boards/preview', {
        board: { name: 'All of it', widgets },
      });
      const { data } = (await this.#json<BoardTree>(answer)).boards[draftBoardId]!;
      const live = Object.fromEntries(names.map((name) => [name, (data[name] as NumberData).value]));
      const report = Object.fromEntries(names.map((name) => [name, row!.figures[name]]));
      expect(live, `${what}: ${scope} on a board, beside the report by ${attribution}`).to.deep.equal(report);
    }
  }

  /** Quarters of an hour add up to the whole. Times of agents go on from one question to the next. */
  async #compareIntervals(
    rows: Map<string, ReportRow[]>,
    attribution: Attribution,
    what: string,
  ): Promise<void> {
    const quarters = await this.#rows(attribution, '15');
    for (const [scope, [row]] of rows)
      for (const name of ['offered', 'answered', 'abandoned', 'handled', 'talkMs', 'wrapUpMs'] as const) {
        const sum = (quarters.get(scope) ?? []).reduce((total, { counts }) => total + counts[name], 0);
        expect(sum, `${what}: ${scope} ${name} by quarters`).to.equal(row!.counts[name]);
      }
  }

  /** Agents' times, and what they did, from the raw log up to the instant of the report. */
  async #compareLog(what: string): Promise<void> {
    const log = await this.#house.rows<EventDraft>(
      `select type, round(extract(epoch from at) * 1000)::float8 as at, contact_id as "contactId", agent_id as "agentId",
              queue_id as "queueId", data from events order by seq`,
    );
    const { rows, asOf } = await this.#report('agent', 'event');
    const ledger = recount(log, this.#dayStart, asOf);
    const sums = { talkMs: 0, wrapUpMs: 0 };
    for (const { scope, counts } of rows) {
      const mine = ledger[scope.slice('agent:'.length)] ?? {};
      const of = (name: string) => mine[name] ?? 0;
      expect(
        {
          ready: counts.readyMs,
          notReady: counts.notReadyMs,
          ringing: counts.reservedMs + counts.ringingMs,
          talking: counts.talkingMs,
          holding: counts.holdingMs,
          wrapping: counts.wrappingMs,
          unreachable: counts.unreachableMs,
          offers: counts.offers,
          rona: counts.rona,
          talkMs: counts.talkMs,
          wrapUpMs: counts.wrapUpMs,
        },
        `${what}: ${scope} beside the raw log`,
      ).to.deep.equal({
        ready: of('readyMs'),
        notReady: of('notReadyMs'),
        ringing: of('ringingMs'),
        talking: of('talkMs'),
        holding: of('holdMs'),
        wrapping: of('wrapUpMs'),
        unreachable: of('unreachableMs'),
        offers: of('offered'),
        rona: of('notAnswered'),
        talkMs: of('talkMs'),
        wrapUpMs: of('wrapUpMs'),
      });
      sums.talkMs += of('talkMs');
      sums.wrapUpMs += of('wrapUpMs');
    }
    const { counts } = (await this.#report('queue', 'event')).rows.find(
      ({ scope }) => scope === 'queue:main',
    )!;
    expect(
      { talkMs: counts.talkMs, wrapUpMs: counts.wrapUpMs },
      `${what}: all talk and wrap-up`,
    ).to.deep.equal(sums);
    expect(sums.talkMs).to.be.greaterThan(0);
    expect(sums.wrapUpMs).to.be.greaterThan(0);
  }

  /** As many contacts stand behind a number as it says. */
  async #compareDrill(seen: Record<string, Seen>, what: string): Promise<void> {
    for (const scope of ['site', 'queue:main', 'queue:side'])
      for (const count of ['offered', 'answered', 'abandoned'] as const) {
        const query = new URLSearchParams({ ...Object.fromEntries(this.window()), scope, count, limit: '1' });
        const { total } = await this.#json<DrillPage>(
          await this.#screen.get(`/api/figures/contacts?${query}`),
        );
        expect(total, `${what}: contacts behind ${scope} ${count}`).to.equal(seen[scope]?.[count] ?? 0);
      }
  }
}
