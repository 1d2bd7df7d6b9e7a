/**
 * What the event log of a restored house is, when the backup was taken while events were appended and history lagged: every
 * event that was acknowledged before the backup, each once, no gap, and an end that the log goes on from. No server: the log
 * and the projector themselves.
 */
import { join } from 'node:path';
import { expect } from 'chai';
import { QueryTypes, type Sequelize } from 'sequelize';
import { cloneHouse } from '../../../../installer/house.ts';
import type { House } from '../../../../installer/house.ts';
import { restoreInto } from '../../../../installer/ops/backup/restore-parts.ts';
import { startScratch } from '../../../../installer/ops/backup/scratch-postgres.ts';
import { takeBackup } from '../../../../installer/ops/backup/take-backup.ts';
import { serviceUser } from '../../../../installer/privilege.ts';
import { redisCommand, waitForRedis } from '../../../../installer/redis.ts';
import { connectDatabase } from '../../../../server/db/connect.ts';
import { startProjector } from '../../../../server/db/projector.ts';
import { createEventRepo } from '../../../../server/db/repos/event-repo.ts';
import { createSnapshotRepo } from '../../../../server/db/repos/snapshot-repo.ts';
import { createLogger } from '../../../../server/lib/log.ts';
import { closeClient, createRedisClient } from '../../../../server/redis/client.ts';
import { openEventLog, type EventLog } from '../../../../server/redis/event-log.ts';
import { recover } from '../../../../server/redis/recovery.ts';
import { createSnapshotStore } from '../../../../server/redis/snapshots.ts';
import { announcements } from '../../../support/event-drafts.ts';
import { startPostgres, type TestPostgres } from '../../../support/postgres.ts';
import { startRedis, type TestRedis } from '../../../support/redis.ts';
import { startService } from '../../../support/service.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';
import { until } from '../../../support/until.ts';

const logger = createLogger('test', 'silent');

/** A log with its history, as a server keeps it. */
async function openHouse(socketDir: string, redisSocket: string, minIntervalMs: number) {
  const sequelize = connectDatabase({ socketDir, database: 'hearthline', user: 'hearthline', logger });
  const client = createRedisClient({ socketPath: redisSocket, name: 'test', logger });
  await client.connect();
  const history = createEventRepo(sequelize);
  const log = await openEventLog({ client, minSeq: await history.lastSeq(), logger, instanceId: 'one' });
  const snapshots = createSnapshotStore({ client, logger, mirror: createSnapshotRepo(sequelize) });
  const taken: number[] = [];
  await recover({
    log,
    snapshots,
    history,
    logger,
    onSnapshot: () => false,
    onEvent: (event) => taken.push(event.seq),
  });
  const projector = startProjector({
    redis: { socketPath: redisSocket },
    sequelize,
    logger,
    minIntervalMs,
    maxBatch: 200,
    onProjected: (seq) => log.setProjected(seq),
  });
  const close = async () => {
    await projector.stop();
    await log.close();
    await closeClient(client);
    await sequelize.close();
  };
  return { sequelize, log, snapshots, projector, taken, close };
}

const range = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

async function projectedSeqs(db: Sequelize): Promise<number[]> {
  const rows = await db.query<{ seq: string }>('select seq from events order by seq', {
    type: QueryTypes.SELECT,
  });
  return rows.map(({ seq }) => Number(seq));
}

describe('a backup while events are in flight', function () {
  this.timeout(120_000);
  let temp: string;
  let postgres: TestPostgres;
  let redis: TestRedis;
  let house: House;
  before(async () => {
    temp = makeTempDir();
    [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
    const clone = cloneHouse({ HEARTHLINE_DATA: temp }, '/');
    house = {
      ...clone,
      layout: {
        ...clone.layout,
        postgres: { dataDir: join(postgres.dir, '..', 'data'), socketDir: postgres.dir, runAs: undefined },
        redis: { ...clone.layout.redis, socket: redis.socket },
      },
    };
  });
  after(async () => {
    await Promise.all([postgres.stop(), redis.stop()]);
    removeTempDir(temp);
  });

  /** Appends some events every few milliseconds until it is ended. */
  function keepAppending(log: EventLog): () => void {
    const timer = setInterval(() => void log.append(announcements(7)), 3);
    return () => clearInterval(timer);
  }

  for (const { name, minIntervalMs } of [
    { name: 'history that follows at once', minIntervalMs: 1 },
    { name: 'history that lags behind by seconds', minIntervalMs: 1500 },
  ])
    it(`keeps every event acknowledged before it, once and without a gap, with ${name}`, async () => {
      const before = await openHouse(postgres.dir, redis.socket, minIntervalMs);
      const end = keepAppending(before.log);
      let acknowledged = 0;
      let appendedAtEnd = 0;
      let backup: Awaited<ReturnType<typeof takeBackup>>;
      try {
        await until('some events', () => before.log.lastSeq() > 500);
        // As a server does it now and then, in the middle of everything.
        const seq = before.log.lastSeq();
        await before.log.flush();
        await before.snapshots.saveSnapshot(seq, { of: 'a test' });
        await before.log.flush();
        acknowledged = before.log.health().writtenSeq;
        backup = await takeBackup(house);
        appendedAtEnd = before.log.lastSeq();
      } finally {
        end();
        await before.close();
      }
      const { log } = backup.manifest;
      expect(log.lastSeq).to.be.at.least(acknowledged);
      expect(log.projectedSeq).to.be.at.most(log.lastSeq);
      expect(appendedAtEnd, 'events came after the moment').to.be.greaterThan(log.lastSeq);

      const dir = join(temp, `restored-${minIntervalMs}`);
      const restored = await restoreInto(dir, backup.dir, { hasFiles: false });
      expect(restored.facts.tables).to.deep.equal(backup.manifest.tables);
      expect(restored.facts.tables['events']).to.equal(log.projectedSeq);
      expect(restored.redis).to.include({ lastSeq: log.lastSeq });
      expect(restored.redis!.takenOut, 'what came after the moment').to.be.greaterThan(0);

      const scratch = await startScratch(dir);
      const redisUser = serviceUser(['redis']);
      const place = { dataDir: join(dir, 'redis'), socket: join(dir, 'redis', 'r.sock'), runAs: redisUser };
      const service = startService(redisCommand(place), redisUser, place.dataDir);
      await waitForRedis(place.socket, 10_000);
      try {
        const again = await openHouse(scratch.socketDir, place.socket, 1);
        try {
          expect(again.taken, 'recovered').to.deep.equal(range(log.lastSeq));
          const [first] = again.log.append(announcements(5));
          expect(first!.seq).to.equal(log.lastSeq + 1);
          await again.log.flush();
          await until('history has them', () => again.projector.health().projectedSeq === log.lastSeq + 5);
          expect(again.projector.health()).to.include({ missing: 0, unreadable: 0 });
          expect(await projectedSeqs(again.sequelize)).to.deep.equal(range(log.lastSeq + 5));
        } finally {
          await again.close();
        }
      } finally {
        await service.end('SIGTERM');
        await scratch.stop();
      }
    });
});
