/** Events a second from history into the figures' tables, by the product's own projector, and what a batch takes. */
import { connectDatabase } from '../../../server/db/connect.ts';
import { FigureProjector } from '../../../server/db/figure-projector.ts';
import { migrateUp } from '../../../server/db/migrate.ts';
import { createLogger } from '../../../server/lib/log.ts';
import { figure, note, spread } from '../../support/figures.ts';
import { startPostgres } from '../../support/postgres.ts';
import { treeCpuSec } from '../../support/process-cost.ts';
import { floorLog } from './floor-log.ts';

export async function measureProjector(): Promise<void> {
  const { log } = floorLog({ queues: 20, agents: 200, contacts: 26_000, hours: 9 });
  const logger = createLogger('bench', 'warn');
  const postgres = await startPostgres();
  const { dir: socketDir, database, user } = postgres;
  const sequelize = connectDatabase({ socketDir, database, user, logger });
  try {
    await migrateUp(sequelize, logger);
    for (let from = 0; from < log.length; from += 10_000)
      await sequelize.query(
        `insert into events (seq, id, type, v, at, contact_id, agent_id, queue_id, data)
         select (e->>'seq')::bigint, e->>'id', e->>'type', 1, to_timestamp((e->>'at')::bigint / 1000.0),
           e->>'contactId', e->>'agentId', e->>'queueId', e->'data' from jsonb_array_elements($1::jsonb) e`,
        { bind: [JSON.stringify(log.slice(from, from + 10_000))] },
      );
    note(`projector of figures: ${log.length} events of history`);
    const projector = new FigureProjector({ sequelize, logger });
    const ms: number[] = [];
    const before = { own: process.cpuUsage(), postgres: treeCpuSec(postgres.pid()) };
    const startedAt = performance.now();
    for (;;) {
      const at = performance.now();
      if ((await projector.step()) === 0) break;
      ms.push(performance.now() - at);
    }
    const sec = (performance.now() - startedAt) / 1000;
    const own = process.cpuUsage(before.own);
    figure('projector of figures: events', log.length / sec, '1/s');
    spread('projector of figures: batch of 1,000', ms);
    const ownMs = (own.user + own.system) / 1000;
    figure('projector of figures: its processor of an event', ownMs / log.length, 'ms');
    const theirs = treeCpuSec(postgres.pid()) - before.postgres;
    figure("projector of figures: Postgres' processor of an event", (1000 * theirs) / log.length, 'ms');
  } finally {
    await sequelize.close();
    await postgres.stop();
  }
}
