/**
 * The law of the figures (N1): at any instant a live figure equals the report for the same window, to the unit, and both equal
 * a recount of what was kept. 10,000 contacts over a midnight and the end of summer time, with restarts of the live fold, kills
 * of the projector, a target changed at noon and a site that moves to another time zone.
 */
import { expect } from 'chai';
import type { Sequelize } from 'sequelize';
import type { AcdSite } from '../../../../server/acd/types.ts';
import { LiveFigures, toStatsSite } from '../../../../server/app/live-figures.ts';
import {
  attributions,
  contactCounts,
  type CountName,
  countNames,
  type FigureCounts,
  scopeKinds,
  windowNames,
} from '../../../../server/contract/figures.ts';
import { type Site, siteSchema } from '../../../../server/contract/site.ts';
import { toAcdSite } from '../../../../server/config/acd-site.ts';
import { makeStatement } from '../../../../server/app/figures/statements.ts';
import { connectDatabase } from '../../../../server/db/connect.ts';
import { FigureAnswers } from '../../../../server/db/figure-answers.ts';
import { slotMs } from '../../../../server/db/figure-batch.ts';
import { type FigurePoint, figurePoints, FigureProjector } from '../../../../server/db/figure-projector.ts';
import { migrateUp } from '../../../../server/db/migrate.ts';
import { applyBatch } from '../../../../server/db/projection-batch.ts';
import { createLogger } from '../../../../server/lib/log.ts';
import { countsOf } from '../../../../server/stats/figure-cells.ts';
import { FloorDays } from '../../../support/floor-days.ts';
import { startPostgres, type TestPostgres } from '../../../support/postgres.ts';
import { randomSource } from '../../../support/random-source.ts';

const logger = createLogger('test', 'silent');
const at = (text: string) => Date.parse(text);
const [startAt, endAt] = [at('2026-10-24T10:00:00Z'), at('2026-10-26T01:00:00Z')];
const contacts = Number(process.env['HEARTHLINE_RECONCILE_CONTACTS'] ?? 10_000);

const agents = Array.from({ length: 24 }, (_, i) => String(101 + i));
const site = (withinSec: number, timeZone: string): Site =>
  siteSchema.parse({
    site: { name: 'Bank', timeZone },
    queues: ['sales', 'service', 'cards'].map((id) => ({
      id,
      name: id,
      serviceLevel: { percent: 80, withinSec },
      shortAbandonSec: 5,
      maxWaitSec: id === 'cards' ? 240 : 0,
      maxLength: id === 'sales' ? 12 : 100,
    })),
    teams: [
      { id: 'north', name: 'North' },
      { id: 'south', name: 'South' },
    ],
    agents: agents.map((id, i) => ({
      id,
      name: id,
      queues:
        i % 3 === 0
          ? ['sales', 'service']
          : i % 3 === 1
            ? ['service', 'cards']
            : ['sales', 'service', 'cards'],
      ...(i % 5 !== 0 && { team: i % 2 === 0 ? 'north' : 'south' }),
      wrapUp: i % 4 === 0 ? { mode: 'none' } : { mode: 'timed', sec: 20 },
    })),
    phones: agents.map((id) => ({ id: `p${id}`, password: 'not-of-any-use' })),
    trunks: [
      { id: 'east', addresses: ['10.0.0.1'], maxCalls: 30 },
      { id: 'west', addresses: ['10.0.0.2'], maxCalls: 30 },
    ],
    shifts: [
      { id: 'early', name: 'Early', from: '06:00', to: '14:00' },
      { id: 'late', name: 'Late', from: '14:00', to: '22:30' },
    ],
  });

/** What the live fold is never told of, or tells at the end of a stretch of its own. */
const noCounts = Object.fromEntries([...countNames, 'longestWaitMs'].map((name) => [name, 0]));

describe('live figures and reports', function () {
  this.timeout(180_000);
  let postgres: TestPostgres;
  let sequelize: Sequelize;
  let projector: FigureProjector;
  let answers: FigureAnswers;
  let dies: FigurePoint | undefined;
  let projected = 0;
  let deaths = 0;

  before(async () => {
    postgres = await startPostgres();
    const { dir, database, user } = postgres;
    sequelize = connectDatabase({ socketDir: dir, database, user, logger });
    await migrateUp(sequelize, logger);
    projector = open();
    answers = new FigureAnswers(sequelize, projector);
  });
  after(async () => {
    await sequelize?.close();
    await postgres?.stop();
  });

  function open(): FigureProjector {
    return new FigureProjector({
      sequelize,
      logger,
      batchAtMost: 700,
      stateEvery: 3000,
      onPoint: (point) => {
        if (point !== dies) return;
        dies = undefined;
        deaths += 1;
        throw new Error('killed');
      },
    });
  }

  /** History first, then figures; a death in between is a new process. */
  async function project(floor: FloorDays, random: () => number): Promise<void> {
    const { log } = floor;
    const context = { sequelize, logger, onUnreadable: () => expect.fail('unreadable') };
    while (projected < log.length) {
      const entries = log.slice(projected, projected + 4000).map((event) => ({
        seq: event.seq,
        text: JSON.stringify(event),
      }));
      projected = await applyBatch(context, projected, entries);
    }
    for (;;) {
      if (random() < 0.75) dies = figurePoints[Math.floor(random() * figurePoints.length)];
      try {
        if ((await answers.step()) === 0) break;
      } catch (err) {
        expect((err as Error).message).to.equal('killed');
        projector = open();
        answers = new FigureAnswers(sequelize, projector);
      }
    }
    dies = undefined;
  }

  /** Every count of every scope that the report has, and no other, is what the live figures say. */
  async function compare(live: LiveFigures, now: number, zone: string): Promise<number> {
    let compared = 0;
    live.rollTo(now);
    for (const window of windowNames) {
      const span = live.figures.window(window, now);
      if (!span) continue;
      const isWhole = span.from % slotMs === 0;
      const names: readonly CountName[] = isWhole
        ? countNames
        : contactCounts.filter((name) => !unseen.has(name));
      for (const attribution of attributions)
        for (const by of scopeKinds) {
          if (!isWhole && !['site', 'queue', 'channel', 'number', 'trunk'].includes(by)) continue;
          const { rows, seq } = await answers.report({
            question: { from: span.from, to: now, by, interval: 'all', attribution, timeZone: zone },
            starts: [],
            asOf: now,
          });
          expect(seq).to.equal(projected);
          for (const { scope, cell } of rows) {
            const ours = countsOf(cell);
            const theirs: FigureCounts | undefined = live.figures.counts(
              { scopes: [scope], window, attribution },
              now,
            );
            const pick = (counts: object | undefined) =>
              Object.fromEntries(names.map((name) => [name, ((counts ?? noCounts) as FigureCounts)[name]]));
            expect(
              pick(ours),
              `${scope} ${window} ${attribution} at ${new Date(now).toISOString()}`,
            ).to.deep.equal(pick(theirs));
            compared += names.length;
          }
        }
    }
    return compared;
  }
  /** What never entered a queue is no stay. */
  const unseen = new Set<CountName>(['arrived', 'contained', 'reached', 'notReached']);

  it(`agree at any instant over ${contacts} contacts`, async () => {
    const random = randomSource(7);
    let current = site(20, 'Europe/Rome');
    let version = 1;
    const acd = (): AcdSite => toAcdSite(current, version);
    const floor = new FloorDays({ seed: 11, startAt, endAt, site: acd(), contacts });
    let live = new LiveFigures(toStatsSite(current), current.shifts, startAt);
    let folded = 0;
    const fold = () => {
      for (; folded < floor.log.length; folded++) live.apply(floor.log[folded]!);
    };
    const restart = () => {
      const kept: unknown = JSON.parse(JSON.stringify(live.toSnapshot()));
      live = new LiveFigures(toStatsSite(current), current.shifts, floor.at, kept);
    };
    const change = (next: Site) => {
      current = next;
      version += 1;
      floor.apply(acd());
      fold();
      live.setSite(current, floor.at);
    };
    const instants = [
      '2026-10-24T21:59:59.999Z',
      '2026-10-24T22:00:00Z',
      '2026-10-25T00:59:59.999Z',
      '2026-10-25T01:00:00Z',
      '2026-10-25T02:00:00.001Z',
      '2026-10-25T22:59:59.999Z',
      '2026-10-25T23:00:00Z',
    ].map(at);
    for (let i = 0; i < 14; i++) instants.push(startAt + Math.floor(random() * (endAt - startAt)));
    const noon = at('2026-10-25T11:00:00Z');
    const moved = at('2026-10-25T15:20:00Z');
    instants.push(noon, moved, endAt);
    let compared = 0;
    for (const instant of instants.sort((a, b) => a - b)) {
      floor.runTo(instant);
      fold();
      if (instant === noon) change(site(40, 'Europe/Rome'));
      if (instant === moved) change(site(40, 'Europe/Lisbon'));
      if (random() < 0.6) restart();
      await project(floor, random);
      compared += await compare(live, floor.at, current.site.timeZone);
    }
    expect(floor.log.length).to.be.greaterThan(contacts * 5);
    expect(compared).to.be.greaterThan(50_000);
    expect(deaths).to.be.greaterThan(contacts < 10_000 ? 5 : 50);
    await identityHolds(noon);
    await statementAgrees(live);
  });

  /** The nightly statement of the day in which the clock was put back, the target changed and the site moved. */
  async function statementAgrees(live: LiveFigures): Promise<void> {
    const parts = {
      history: answers,
      store: { save: async () => undefined, has: async () => false },
      lastDay: () => live.lastDay(),
      timeZone: () => 'Europe/Lisbon',
      now: () => endAt,
    };
    const statement = await makeStatement(parts);
    expect(statement?.from).to.equal(at('2026-10-24T22:00:00Z'));
    expect(statement?.to).to.equal(at('2026-10-26T00:00:00Z'));
    expect(statement?.differences).to.deep.equal([]);
    expect(statement?.compared).to.be.greaterThan(100);
    await sequelize.query(`update channel_slots set offered = offered + 1 where ctid in
      (select distinct on (attribution) ctid from channel_slots where slot >= '2026-10-25' and slot < '2026-10-26')`);
    const differences = (await makeStatement(parts))?.differences ?? [];
    expect(differences.map(({ scope, attribution }) => `${scope} ${attribution}`)).to.deep.equal([
      'site event',
      'site arrival',
    ]);
    for (const { live: counted, report, recount } of differences)
      expect([report, recount]).to.deep.equal([counted + 1, counted]);
  }

  /** OFF + WAIT(start) = ANS + AB + FO + WAIT(end), with the waiting counted on their own; roll-ups against a recount. */
  async function identityHolds(noon: number): Promise<void> {
    const window = { from: at('2026-10-24T22:00:00Z'), to: at('2026-10-25T23:00:00Z') };
    const [before, after] = [await answers.waitingAt(window.from), await answers.waitingAt(window.to)];
    for (const attribution of attributions) {
      const question = {
        ...window,
        by: 'queue',
        interval: 'all',
        attribution,
        timeZone: 'Europe/Rome',
      } as const;
      const { rows, definitions } = await answers.report({ question, starts: [], asOf: endAt });
      expect(definitions.map(({ version }) => version)).to.deep.equal([1, 2]);
      expect(definitions[1]!.since).to.equal(noon);
      const again = await answers.recount(question);
      for (const { scope, cell } of again) {
        const counts = countsOf(cell);
        const rolled = countsOf(rows.find((row) => row.scope === scope)!.cell);
        for (const name of [...contactCounts, 'longestWaitMs'] as const)
          if (!unseen.has(name as CountName)) expect(rolled[name], `${scope} ${name}`).to.equal(counts[name]);
        if (attribution === 'arrival') continue;
        const queueId = scope.slice('queue:'.length);
        expect(counts.offered + (before.get(queueId) ?? 0)).to.equal(
          counts.answered + counts.abandoned + counts.flowedOut + (after.get(queueId) ?? 0),
        );
      }
    }
  }
});
