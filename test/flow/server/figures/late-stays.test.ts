/**
 * Stays of which something happened days or months after they began, on a real Postgres: statements that look where such
 * stays may be tell the same as a look through all of them, which is taken here without SQL.
 */
import { expect } from 'chai';
import { QueryTypes, type Sequelize } from 'sequelize';
import type { ContactRow } from '../../../../server/contract/rest.ts';
import {
  type Attribution,
  attributions,
  type ContactCount,
  type CountName,
} from '../../../../server/contract/figures.ts';
import type { DrillQuery } from '../../../../server/contract/rest-reports.ts';
import { connectDatabase } from '../../../../server/db/connect.ts';
import { FigureAnswers } from '../../../../server/db/figure-answers.ts';
import { FigureProjector } from '../../../../server/db/figure-projector.ts';
import { FigureBatch, slotMs } from '../../../../server/db/figure-batch.ts';
import {
  partitionSql,
  upsertChannelSlotsSql,
  upsertQueueSlotsSql,
} from '../../../../server/db/figure-sql.ts';
import { migrateBackTo, migrateUp } from '../../../../server/db/migrate.ts';
import { createDrillRepo, type DrillRepo } from '../../../../server/db/repos/drill-repo.ts';
import { createLogger } from '../../../../server/lib/log.ts';
import { placeOf } from '../../../../server/stats/figure-cells.ts';
import { startPostgres, type TestPostgres } from '../../../support/postgres.ts';
import { randomSource } from '../../../support/random-source.ts';

const logger = createLogger('test', 'silent');
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const start = Date.UTC(2026, 0, 10);
const stayCount = 400;

/** ms UTC. */
interface Span {
  from: number;
  to: number;
}
interface Stay {
  id: string;
  queueId: string;
  queuedAt: number;
  serviceLevelAt?: number;
  leftAt?: number;
  outcome?: 'answered' | 'abandoned' | 'flowed-out';
  isShort?: boolean;
  repliedAt?: number;
  handledAt?: number;
  isTransferred?: boolean;
  /** While it waited; each was refused by not being answered. */
  offers: { at: number; endedAt: number }[];
}

/** Of each kind of lateness some: minutes, hours, about a day, weeks. */
function drawStays(): Stay[] {
  const random = randomSource(20261123);
  const below = (limit: number) => Math.floor(random() * limit);
  const later = () =>
    [below(10 * 60_000), below(20 * hourMs), 23 * hourMs + below(2 * hourMs), below(40 * dayMs)][below(4)]!;
  return Array.from({ length: stayCount }, (_, index) => {
    const queuedAt = start + below(60 * dayMs);
    const stay: Stay = { id: `c${index}`, queueId: `q${below(3)}`, queuedAt, offers: [] };
    const waits = below(6) === 0;
    const waitMs = later();
    const target = later();
    if (target <= waitMs || waits) stay.serviceLevelAt = queuedAt + target;
    for (let turn = below(3); turn > 0; turn -= 1) {
      const offeredMs = below(waitMs);
      const at = queuedAt + offeredMs;
      stay.offers.push({ at, endedAt: at + below(Math.min(waitMs - offeredMs, 60_000)) });
    }
    if (waits) return stay;
    const leftAt = queuedAt + waitMs;
    stay.serviceLevelAt ??= leftAt;
    Object.assign(stay, {
      leftAt,
      outcome: (['answered', 'answered', 'abandoned', 'flowed-out'] as const)[below(4)],
    });
    if (stay.outcome === 'abandoned') stay.isShort = below(2) === 0;
    if (stay.outcome !== 'answered') return stay;
    if (below(8) > 0) Object.assign(stay, { handledAt: leftAt + later(), isTransferred: below(3) === 0 });
    if (below(8) > 0) stay.repliedAt = leftAt + later();
    return stay;
  });
}

/** When it was counted; undefined: it is not. */
type When = (stay: Stay) => number | undefined;
/** Offers are counted on their own. */
const whenCounted: Partial<Record<ContactCount, When>> = {
  offered: (stay) => stay.queuedAt,
  serviceLevelOffered: (stay) => stay.serviceLevelAt,
  answered: (stay) => (stay.outcome === 'answered' ? stay.leftAt : undefined),
  abandoned: (stay) => (stay.outcome === 'abandoned' ? stay.leftAt : undefined),
  shortAbandoned: (stay) => (stay.isShort ? stay.leftAt : undefined),
  flowedOut: (stay) => (stay.outcome === 'flowed-out' ? stay.leftAt : undefined),
  handled: (stay) => stay.handledAt,
  transferred: (stay) => (stay.isTransferred ? stay.handledAt : undefined),
  replied: (stay) => stay.repliedAt,
};

const counted = Object.entries(whenCounted) as [ContactCount, When][];

const windows: readonly Span[] = [
  { from: start + 20 * dayMs, to: start + 21 * dayMs },
  { from: start + 5 * dayMs + 61_000, to: start + 33 * dayMs + 7 * hourMs },
  { from: start + 30 * dayMs, to: start + 30 * dayMs + 3 * hourMs },
  { from: start + 9 * dayMs, to: start + 40 * dayMs + 11_000 },
  { from: start + 20 * dayMs + 60_000, to: start + 20 * dayMs + 800_000 },
  { from: start + 70 * dayMs, to: start + 99 * dayMs },
];

describe('stays of which something happened late', function () {
  this.timeout(60_000);
  const stays = drawStays();
  let postgres: TestPostgres;
  let sequelize: Sequelize;
  let drill: DrillRepo;
  let answers: FigureAnswers;

  before(async () => {
    postgres = await startPostgres();
    const { dir: socketDir, database, user } = postgres;
    sequelize = connectDatabase({ socketDir, database, user, logger });
    await migrateUp(sequelize, logger);
    for (const month of [0, 1, 2, 3])
      for (const sql of partitionSql(Date.UTC(2026, month))) await sequelize.query(sql);
    for (const stay of stays) await put(stay);
    await putSlots();
    const rowOf = (contactId: string) => [contactId, { contactId } as ContactRow] as const;
    drill = createDrillRepo(sequelize, (ids) => Promise.resolve(new Map(ids.map(rowOf))));
    answers = new FigureAnswers(sequelize, new FigureProjector({ sequelize, logger }));
  });
  after(async () => {
    await sequelize?.close();
    await postgres?.stop();
  });

  async function put(stay: Stay): Promise<void> {
    const { id, queueId, queuedAt, leftAt } = stay;
    const instant = (ms: number | undefined) => (ms === undefined ? null : new Date(ms));
    await sequelize.query(
      `insert into stays (contact_id, ordinal, queue_id, channel, number_id, trunk_id, definition, queued_at, target_ms,
         short_abandon_ms, service_level_at, outcome, left_at, wait_ms, is_short, agent_id, replied_at, handled_at, is_transferred)
       values ($1, 1, $2, 'mail', '', '', 1, $3, 20000, 5000, $4, $5, $6, $7, $8, '101', $9, $10, $11)`,
      {
        bind: [
          id,
          queueId,
          instant(queuedAt),
          instant(stay.serviceLevelAt),
          stay.outcome ?? null,
          instant(leftAt),
          // Who is sent on while a phone rings did not wait then.
          leftAt === undefined ? null : stay.outcome === 'flowed-out' ? 0 : leftAt - queuedAt,
          stay.isShort ?? null,
          instant(stay.repliedAt),
          instant(stay.handledAt),
          stay.isTransferred ?? null,
        ],
        type: QueryTypes.INSERT,
      },
    );
    for (const [index, { at, endedAt }] of stay.offers.entries())
      await sequelize.query(
        `insert into segments (offer_id, contact_id, agent_id, queue_id, offered_at, ended_at, result)
         values ($1, $2, '101', $3, $4, $5, 'rona')`,
        { bind: [`${id}-${index}`, id, queueId, instant(at), instant(endedAt)], type: QueryTypes.INSERT },
      );
  }

  /** What the projector writes of such stays. */
  async function putSlots(): Promise<void> {
    const batch = new FigureBatch();
    for (const stay of stays) {
      const { queueId, queuedAt } = stay;
      const key = { queueId, channel: 'mail', numberId: '', trunkId: '', branch: '' } as const;
      const count = (name: CountName, at: number | undefined) => {
        if (at !== undefined) batch.count(key, at, queuedAt, [placeOf[name], 1]);
      };
      for (const [name, when] of counted) count(name, when(stay));
      for (const { at, endedAt } of stay.offers) {
        count('offers', at);
        count('rona', endedAt);
      }
    }
    const rows = batch.rows();
    for (const [sql, written] of [
      [upsertQueueSlotsSql, rows.queueSlots],
      [upsertChannelSlotsSql, rows.channelSlots],
    ] as const)
      await sequelize.query(sql, { bind: [JSON.stringify(written)], type: QueryTypes.RAW });
  }

  /** Ids and the count, in pages of a few. */
  async function ask(question: Omit<DrillQuery, 'limit'>): Promise<{ ids: string[]; total: number }> {
    const ids: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await drill.contacts({ ...question, ...(cursor !== undefined && { cursor }), limit: 17 });
      ids.push(...page.items.map(({ contact }) => contact.contactId));
      cursor = page.nextCursor;
      if (cursor === undefined) return { ids, total: page.total };
    }
  }
  const newestFirst = (found: Stay[]) =>
    found.sort((a, b) => b.queuedAt - a.queuedAt || (a.id < b.id ? 1 : -1)).map(({ id }) => id);
  const isWhole = (at: number) => at % slotMs === 0;
  const isIn = (window: Span, at: number) => at >= window.from && at < window.to;

  const countedIn = (window: Span, when: When, attribution: Attribution) =>
    stays.filter((stay) => {
      const at = when(stay);
      return at !== undefined && isIn(window, attribution === 'event' ? at : stay.queuedAt);
    });

  it('are behind each number, once, newest first', async () => {
    for (const window of windows)
      for (const [count, when] of counted)
        for (const attribution of attributions) {
          const found = countedIn(window, when, attribution);
          const places: [scope: string, found: Stay[]][] = [
            ['site', found],
            ['channel:mail', found],
            ['channel:chat', []],
            ['queue:q1', found.filter(({ queueId }) => queueId === 'q1')],
          ];
          for (const [scope, expected] of places)
            expect(
              await ask({ ...window, scope, count, attribution }),
              `${scope} ${count} ${attribution}`,
            ).to.deep.equal({
              ids: newestFirst(expected),
              total: expected.length,
            });
        }
  });

  it('are behind each offer that was made to them', async () => {
    for (const window of windows)
      for (const [count, when] of [
        ['offers', 'at'],
        ['rona', 'endedAt'],
      ] as const) {
        const hits = (stay: Stay) => stay.offers.filter((offer) => isIn(window, offer[when])).length;
        const found = stays.filter((stay) => hits(stay) > 0);
        expect(await ask({ ...window, scope: 'site', count, attribution: 'event' }), count).to.deep.equal({
          ids: newestFirst(found),
          total: found.reduce((sum, stay) => sum + hits(stay), 0),
        });
      }
  });

  it('wait where they waited, however long they had', async () => {
    for (const { from, to } of windows) {
      const found = stays.filter(
        ({ queuedAt, leftAt }) => queuedAt < to && (leftAt === undefined || leftAt >= to),
      );
      expect(found.length).to.be.greaterThan(0);
      const asked = await ask({ from, to, scope: 'site', count: 'waiting', attribution: 'event' });
      expect(asked).to.deep.equal({ ids: newestFirst(found), total: found.length });
      const byQueue = await answers.waitingAt(to);
      expect([...byQueue.values()].reduce((sum, count) => sum + count, 0)).to.equal(found.length);
    }
  });

  it('are in reports of the site and of its channel, which read the quarters by channel', async () => {
    for (const { from, to } of windows.filter((window) => isWhole(window.from) && isWhole(window.to)))
      for (const attribution of attributions)
        for (const by of ['site', 'channel'] as const) {
          const question = { from, to, by, interval: 'all', attribution, timeZone: 'UTC' } as const;
          const { rows } = await answers.report({ question, starts: [], asOf: to });
          for (const [count, when] of counted) {
            const expected = countedIn({ from, to }, when, attribution).length;
            expect(rows[0]?.cell[placeOf[count]] ?? 0, `${by} ${count} ${attribution}`).to.equal(expected);
          }
        }
  });

  it('are in the same quarters by channel where a migration makes them', async () => {
    const slots = () =>
      sequelize.query('select * from channel_slots order by 1, 2, 3', { type: QueryTypes.SELECT });
    const before = await slots();
    expect(before.length).to.be.greaterThan(100);
    await migrateBackTo(sequelize, logger, '0023-covered-facts');
    await migrateUp(sequelize, logger);
    expect(await slots()).to.deep.equal(before);
  });

  it('are in a recount', async () => {
    for (const window of windows)
      for (const attribution of attributions) {
        const [row] = await answers.recount({
          ...window,
          by: 'site',
          interval: 'all',
          attribution,
          timeZone: 'UTC',
        });
        for (const [count, when] of counted) {
          const expected = countedIn(window, when, attribution).length;
          expect(row?.cell[placeOf[count]] ?? 0, `${count} ${attribution}`).to.equal(expected);
        }
      }
  });
});
