/**
 * Reports and drill-downs over a year of history, by the product's own questions. Each run asks for another month and queue, so that
 * little of what it reads was read just before.
 */
import { QueryTypes, type Sequelize } from 'sequelize';
import type { ReportInterval, ReportKey } from '../../../server/contract/rest-reports.ts';
import { connectDatabase } from '../../../server/db/connect.ts';
import { FigureAnswers } from '../../../server/db/figure-answers.ts';
import { FigureProjector } from '../../../server/db/figure-projector.ts';
import { FirstContact } from '../../../server/db/first-contact.ts';
import { migrateBackTo, migrateUp } from '../../../server/db/migrate.ts';
import { coveredFactsMigration } from '../../../server/db/migrations/0023-covered-facts.ts';
import { createContactRepo } from '../../../server/db/repos/contact-repo.ts';
import { createDrillRepo, type DrillRepo } from '../../../server/db/repos/drill-repo.ts';
import { createLogger, type Logger } from '../../../server/lib/log.ts';
import { figure, note } from '../../support/figures.ts';
import { startPostgres } from '../../support/postgres.ts';
import { fillHistory, monthAt, queueCount, run, yearStart } from './history-fill.ts';

const runs = 20;
const atMostMs = 90_000;
const reportLimitMs = 1000;
const pageLimitMs = 200;

export async function measureHistory(stays: number): Promise<void> {
  const logger = createLogger('bench', 'error');
  const postgres = await startPostgres();
  const { dir: socketDir, database, user } = postgres;
  const sequelize = connectDatabase({ socketDir, database, user, logger });
  try {
    await migrateUp(sequelize, logger);
    const at = performance.now();
    await fillHistory(sequelize, stays);
    figure('history: making it', (performance.now() - at) / 1000, 's');
    await makeChannelSlots(sequelize, logger);
    await tellSizes(sequelize);
    await askReports(new FigureAnswers(sequelize, new FigureProjector({ sequelize, logger })));
    const contacts = createContactRepo(sequelize);
    await askContacts(createDrillRepo(sequelize, (ids) => contacts.byIds(ids)));
    await askFirstContact(sequelize);
  } finally {
    await sequelize.close();
    await postgres.stop();
  }
}

/** By the migration that makes them of a history without: its time is how long such an upgrade holds routing up. */
async function makeChannelSlots(sequelize: Sequelize, logger: Logger): Promise<void> {
  await migrateBackTo(sequelize, logger, coveredFactsMigration.name);
  const at = performance.now();
  await migrateUp(sequelize, logger);
  figure('history: quarters by channel, made by a migration', (performance.now() - at) / 1000, 's');
  await sequelize.query('vacuum analyze channel_slots');
}

async function tellSizes(sequelize: Sequelize): Promise<void> {
  for (const table of ['stays', 'queue_slots', 'channel_slots', 'agent_slots', 'contacts']) {
    const [row] = await sequelize.query<{ rows: string; mb: number }>(
      `select (select count(*) from ${table}) as rows, (sum(pg_total_relation_size(relid)) / 1e6)::float8 as mb
       from (select '${table}'::regclass as relid union select relid from pg_partition_tree('${table}')) parts`,
      { type: QueryTypes.SELECT },
    );
    note(`${table}: ${row!.rows} rows, ${Math.round(row!.mb)} MB with indexes`);
  }
}

async function askReports(answers: FigureAnswers): Promise<void> {
  const ask = async (by: ReportKey, interval: ReportInterval, from: number, to: number) => {
    const question = { from, to, by, interval, attribution: 'event', timeZone: 'Europe/Rome' } as const;
    const { rows } = await answers.report({ question, starts: [], asOf: monthAt(24) });
    if (rows.length === 0) throw new Error('an empty report');
    return rows.length;
  };
  const month = (run: number) => [monthAt(run % 12), monthAt((run % 12) + 1)] as const;
  await time('report: a month by half hour and queue', reportLimitMs, (run) =>
    ask('queue', '30', ...month(run)),
  );
  await time('report: a month by day and agent', null, (run) => ask('agent', 'day', ...month(run)));
  await time('report: a day that is no whole quarters, by queue', reportLimitMs, async (run) => {
    const from = monthAt(run % 12) + run * 86_400_000 + 61_000;
    return ask('queue', 'all', from, from + 86_400_000);
  });
  await time('report: a month by half hour and channel', reportLimitMs, (run) =>
    ask('channel', '30', ...month(run)),
  );
  await time('report: a year by day and queue', null, () => ask('queue', 'day', yearStart, monthAt(12)));
}

async function askContacts(drill: DrillRepo): Promise<void> {
  const query = (run: number) => ({
    from: monthAt(run % 12),
    to: monthAt((run % 12) + 1),
    scope: `queue:q${(run * 7) % queueCount}`,
    count: 'answered' as const,
    attribution: 'event' as const,
    limit: 50,
  });
  const page = async (asked: Parameters<DrillRepo['contacts']>[0]) => {
    const { items, total } = await drill.contacts(asked);
    if (items.length === 0 || total < items.length) throw new Error('an empty page');
    return total;
  };
  await time('drill-down: first page of a queue and month, with its total', pageLimitMs, (run) =>
    page(query(run)),
  );
  // The place of a row of its first ten days, asked for in a shorter window: the cursor is the same.
  const deep: string[] = [];
  for (let run = 0; run < runs; run += 1) {
    const { nextCursor } = await drill.contacts({ ...query(run), to: query(run).from + 10 * 86_400_000 });
    deep.push(nextCursor!);
  }
  await time('drill-down: a page two thirds down', pageLimitMs, (run) =>
    page({ ...query(run), cursor: deep[run]! }),
  );
  await time('drill-down: first page of the site and month, short abandons', pageLimitMs, (run) =>
    page({ ...query(run), scope: 'site', count: 'shortAbandoned' }),
  );
  await time('drill-down: first page of the site and month, what was handled', pageLimitMs, (run) =>
    page({ ...query(run), scope: 'site', count: 'handled' }),
  );
  await time('drill-down: first page of the site and month, level of service', pageLimitMs, (run) =>
    page({ ...query(run), scope: 'site', count: 'serviceLevelOffered' }),
  );
  await time('drill-down: who waited at a moment', pageLimitMs, (run) =>
    page({
      ...query(run),
      to: monthAt(run % 12) + 9 * 3_600_000 + run * 60_000,
      scope: 'site',
      count: 'waiting',
    }),
  );
  await time('drill-down: first page of an agent and month', pageLimitMs, (run) =>
    page({ ...query(run), scope: `agent:${1001 + run}`, count: 'handled' }),
  );
}

/** Of the contacts of June two thirds have a card, the others a number alone. */
async function askFirstContact(sequelize: Sequelize): Promise<void> {
  await run(
    sequelize,
    `insert into customers (customer_id, is_provisional, created_at)
     select distinct 'cu_' || pii_from, true, now() from contacts where queued_at >= '2026-06-01' and queued_at < '2026-07-08'`,
  );
  await run(
    sequelize,
    `insert into contact_customers (contact_id, customer_id) select contact_id, 'cu_' || pii_from from contacts
     where queued_at >= '2026-06-01' and queued_at < '2026-07-08' and hashtext(contact_id) % 3 <> 0`,
  );
  for (const table of ['contact_customers', 'customers']) await sequelize.query(`vacuum analyze ${table}`);
  const firstContact = new FirstContact(sequelize);
  const rule = { days: 7, transfers: 'unresolved', topic: 'queue', asOf: monthAt(24) } as const;
  const june = { from: monthAt(5), to: monthAt(6), ...rule };
  const shape = { timeZone: 'Europe/Rome', interval: 'day' } as const;
  for (const by of ['queue', 'agent'] as const)
    await time(`first contact resolution: a month by day and ${by}`, null, async () => {
      const rows = await firstContact.report({ ...june, ...shape, by });
      return rows.reduce((sum, { count }) => sum + count, 0);
    });
  await time('first contact resolution: a day by queue', null, async (run) => {
    const from = monthAt(5) + run * 86_400_000;
    const day = { ...rule, from, to: from + 86_400_000 };
    return (await firstContact.report({ ...day, ...shape, by: 'queue' })).length;
  });
  await time(
    'first contact resolution: first page of the repeats of a queue and month',
    null,
    async (run) => {
      const asked = { ...june, scope: `queue:q${run}`, fate: 'repeated', limit: 50 } as const;
      return (await firstContact.contacts(asked)).total;
    },
  );
}

/** The 50th and 95th percentile of twenty runs, or of what fits into the time there is. */
async function time(
  name: string,
  limitMs: number | null,
  run: (index: number) => Promise<number>,
): Promise<void> {
  const ms: number[] = [];
  const began = performance.now();
  let found = 0;
  for (let index = 0; index < runs && performance.now() - began < atMostMs; index += 1) {
    const at = performance.now();
    found = await run(index);
    ms.push(performance.now() - at);
  }
  ms.sort((a, b) => a - b);
  const at = (part: number) => ms[Math.min(ms.length - 1, Math.ceil(part * ms.length) - 1)] ?? Number.NaN;
  figure(`${name}: rows, or total`, found, '');
  figure(`${name} p50`, at(0.5), 'ms');
  figure(`${name} p95`, at(0.95), 'ms', limitMs);
}
