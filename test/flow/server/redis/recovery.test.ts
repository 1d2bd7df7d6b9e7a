/**
 * A start after any loss: snapshots of two generations with a mirror, replay from the stream and from history,
 * and the store of legs. Real Redis; history is the real one too where its own loss matters.
 */
import { expect } from 'chai';
import type { Sequelize } from 'sequelize';
import type { HearthlineEvent } from '../../../../server/contract/events.ts';
import { connectDatabase } from '../../../../server/db/connect.ts';
import { migrateUp } from '../../../../server/db/migrate.ts';
import { startProjector } from '../../../../server/db/projector.ts';
import { createEventRepo } from '../../../../server/db/repos/event-repo.ts';
import { createSnapshotRepo } from '../../../../server/db/repos/snapshot-repo.ts';
import { createLogger } from '../../../../server/lib/log.ts';
import { closeClient, createRedisClient } from '../../../../server/redis/client.ts';
import type { RedisClient } from '../../../../server/redis/client.ts';
import { openEventLog } from '../../../../server/redis/event-log.ts';
import type { EventLog } from '../../../../server/redis/event-log.ts';
import { createKeys } from '../../../../server/redis/keys.ts';
import { openLegStore } from '../../../../server/redis/leg-store.ts';
import { recover } from '../../../../server/redis/recovery.ts';
import type { HistorySource, RecoveryResult } from '../../../../server/redis/recovery.ts';
import { createSnapshotStore } from '../../../../server/redis/snapshots.ts';
import type { Snapshot } from '../../../../server/redis/snapshots.ts';
import { announcements } from '../../../support/event-drafts.ts';
import { startPostgres } from '../../../support/postgres.ts';
import type { TestPostgres } from '../../../support/postgres.ts';
import { startRedis } from '../../../support/redis.ts';
import type { TestRedis } from '../../../support/redis.ts';
import { until } from '../../../support/until.ts';

const logger = createLogger('test', 'silent');
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('recovery', function () {
  this.timeout(30_000);
  let redis: TestRedis;
  let postgres: TestPostgres;
  let sequelize: Sequelize;
  let client: RedisClient;
  let keys = createKeys();
  let caseNumber = 0;

  before(async () => {
    [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
    client = createRedisClient({ socketPath: redis.socket, name: 'test', logger });
    await client.connect();
    const { dir: socketDir, database, user } = postgres;
    sequelize = connectDatabase({ socketDir, database, user, logger });
    await migrateUp(sequelize, logger);
  });
  beforeEach(async () => {
    keys = createKeys(`r${++caseNumber}`);
    await sequelize.query('truncate events, contacts, segments, agent_intervals, recordings, snapshots');
    await sequelize.query('update projector_checkpoint set seq = 0');
  });
  after(async () => {
    if (client) await closeClient(client);
    await sequelize?.close();
    await Promise.all([redis?.stop(), postgres?.stop()]);
  });

  const open = (minSeq = 0) =>
    openEventLog({ client, minSeq, logger, instanceId: `i${Math.random()}`, keys });
  const store = () => createSnapshotStore({ client, logger, keys, mirror: createSnapshotRepo(sequelize) });

  async function project(log: EventLog): Promise<void> {
    const projector = startProjector({
      redis: { socketPath: redis.socket },
      sequelize,
      logger,
      keys,
      onProjected: (seq) => log.setProjected(seq),
    });
    await until('history is there', () => log.health().projectedSeq === log.lastSeq());
    await projector.stop();
  }

  async function recoverAll(
    log: EventLog,
    history: HistorySource = createEventRepo(sequelize),
  ): Promise<{ result: RecoveryResult; snapshot: Snapshot | undefined; events: HearthlineEvent[] }> {
    let snapshot: Snapshot | undefined;
    const events: HearthlineEvent[] = [];
    const result = await recover({
      log,
      snapshots: store(),
      history,
      logger,
      onSnapshot: (found) => {
        snapshot = found;
        return true;
      },
      onEvent: (event) => void events.push(event),
      retryMs: 20,
      historyWaitMs: 100,
    });
    return { result, snapshot, events };
  }

  it('of nothing is nothing', async () => {
    const log = await open();
    const { result, snapshot } = await recoverAll(log);
    expect(result).to.deep.equal({ lastSeq: 0, snapshotSeq: 0, replayed: 0, fromHistory: 0, missing: 0 });
    expect(snapshot).to.equal(undefined);
    await log.close();
  });

  it('takes the newest snapshot and every event after it, once and in order', async () => {
    const first = await open();
    const appended = first.append(announcements(3000));
    await first.flush();
    await store().saveSnapshot(400, { n: 400 });
    await store().saveSnapshot(700, { n: 700 });
    await first.close();
    const log = await open();
    const { result, snapshot, events } = await recoverAll(log);
    expect(snapshot).to.deep.equal({ seq: 700, data: { n: 700 } });
    expect(events).to.deep.equal(appended.slice(700));
    expect(result).to.include({ lastSeq: 3000, replayed: 2300, fromHistory: 0, missing: 0 });
    await log.close();
  });

  it('falls back to the older snapshot when the newer is broken, in either place', async () => {
    const log = await open();
    log.append(announcements(10));
    await log.flush();
    const snapshots = store();
    await snapshots.saveSnapshot(4, { n: 4 });
    await snapshots.saveSnapshot(8, { n: 8 });
    const newest = (await client.get(keys.snapshot('b')))!;
    await client.set(keys.snapshot('b'), `${newest.slice(0, -2)}9}`);
    expect(await store().loadSnapshot()).to.deep.equal({ seq: 8, data: { n: 8 } });
    await sequelize.query(`update snapshots set body = '{"n":9}' where generation = 'b'`);
    expect(await store().loadSnapshot()).to.deep.equal({ seq: 4, data: { n: 4 } });
    // The next one goes over the broken one, not over the last intact one.
    const next = store();
    await next.saveSnapshot(10, { n: 10 });
    await client.del(keys.snapshot('b'));
    expect((await store().loadSnapshot())?.seq).to.equal(10);
    await sequelize.query(`delete from snapshots where generation = 'b'`);
    expect((await store().loadSnapshot())?.seq).to.equal(4);
    await log.close();
  });

  it('comes back from history alone when Redis is empty', async () => {
    const first = await open();
    const appended = first.append(announcements(2500));
    await first.flush();
    await project(first);
    await store().saveSnapshot(100, { n: 100 });
    await first.close();
    await client.flushAll();
    const log = await open();
    const { result, snapshot, events } = await recoverAll(log);
    expect(snapshot?.seq).to.equal(100);
    expect(events).to.deep.equal(appended.slice(100));
    expect(result).to.include({ lastSeq: 2500, fromHistory: 2400, missing: 0 });
    expect(log.append(announcements(1))[0]!.seq).to.equal(2501);
    await log.flush();
    expect((await log.read(1, 10)).map((event) => event.seq)).to.deep.equal([2501]);
    await log.close();
  });

  it('takes from history what the stream has forgotten, and the rest from the stream', async () => {
    const first = await open();
    const appended = first.append(announcements(900));
    await first.flush();
    await project(first);
    await first.trim(600);
    appended.push(...first.append(announcements(50)));
    await first.close();
    const log = await open();
    const { result, events } = await recoverAll(log);
    expect(events).to.deep.equal(appended);
    expect(result).to.include({ lastSeq: 950, fromHistory: 599, missing: 0 });
    await log.close();
  });

  it('goes above history when Redis came back with older data', async () => {
    const first = await open();
    const appended = first.append(announcements(50));
    await first.flush();
    await project(first);
    await first.close();
    await client.sendCommand(['XDEL', keys.stream, ...range(41, 50).map((seq) => `${seq}-1`)]);
    const log = await open();
    const { result, events } = await recoverAll(log);
    expect(events).to.deep.equal(appended);
    expect(result).to.include({ lastSeq: 50, fromHistory: 10 });
    expect(log.append(announcements(1))[0]!.seq).to.equal(51);
    await log.close();
  });

  it('does without Postgres where the stream is enough, and waits for it where it is not', async () => {
    const first = await open();
    first.append(announcements(20));
    await first.close();
    let calls = 0;
    const away: HistorySource = {
      lastSeq: () => Promise.reject(new Error(`away ${++calls}`)),
      read: () => Promise.reject(new Error('away')),
    };
    const log = await open();
    expect((await recoverAll(log, away)).result).to.include({ lastSeq: 20, replayed: 20 });
    await log.close();
    await client.flushAll();
    const empty = await open();
    let isBack = false;
    const late: HistorySource = {
      lastSeq: async () => {
        if (!isBack) throw new Error(`away ${++calls}`);
        return 0;
      },
      read: async () => [],
    };
    calls = 0;
    const waiting = recoverAll(empty, late);
    await until('it was asked again and again', () => calls > 10);
    isBack = true;
    expect((await waiting).result.lastSeq).to.equal(0);
    await empty.close();
  });

  it('lets the stream forget what snapshots and history cover, and nothing more', async () => {
    const log = await open();
    const snapshots = store();
    const save = async () => {
      await log.flush();
      expect(await snapshots.saveSnapshot(log.lastSeq(), { n: log.lastSeq() })).to.equal(true);
      const olderSeq = snapshots.olderSeq();
      if (olderSeq !== undefined) await log.trim(olderSeq + 1);
    };
    log.append(announcements(100));
    await save();
    log.append(announcements(100));
    await save();
    // History has nothing yet: nothing may go.
    expect(await client.xLen(keys.stream)).to.equal(200);
    await project(log);
    log.append(announcements(10));
    await save();
    // The snapshots are those of 200 and 210: the older one needs what comes after 200.
    expect((await log.read(1, 1))[0]!.seq).to.equal(201);
    await log.close();
  });

  it('encodes a snapshot at once, since the state goes on changing', async () => {
    const state = { n: 1 };
    const saved = store().saveSnapshot(1, state);
    state.n = 2;
    expect(await saved).to.equal(true);
    expect((await store().loadSnapshot())?.data).to.deep.equal({ n: 1 });
  });

  describe('store of legs', () => {
    it('keeps the last state of each leg and binding, over a restart', async () => {
      const first = openLegStore({ client, logger, keys });
      for (let n = 0; n < 1200; n++) first.save(`leg-${n}`, { n });
      first.save('leg-1', { n: 1, isHeld: true });
      first.remove('leg-2');
      first.saveBinding('phone-1', { contact: 'a' });
      first.saveBinding('phone-2', { contact: 'b' });
      first.removeBinding('phone-2');
      await first.flush();
      await first.close();
      const second = openLegStore({ client, logger, keys });
      const { legs, bindings } = await second.load();
      expect(legs).to.have.length(1199);
      expect(new Map(legs).get('leg-1')).to.deep.equal({ n: 1, isHeld: true });
      expect(bindings).to.deep.equal([['phone-1', { contact: 'a' }]]);
      await second.close();
    });

    it('fills an emptied Redis again, with what it loaded as well', async () => {
      const first = openLegStore({ client, logger, keys });
      first.save('leg-1', { n: 1 });
      await first.close();
      const second = openLegStore({ client, logger, keys });
      await second.load();
      second.save('leg-2', { n: 2 });
      await second.flush();
      await client.flushAll();
      await until('both are back', async () => (await client.hLen(keys.legs)) === 2);
      await second.close();
    });

    it('catches up when Redis was killed meanwhile', async () => {
      const legs = openLegStore({ client, logger, keys });
      legs.save('leg-1', { n: 1 });
      legs.save('leg-2', { n: 2 });
      await legs.flush();
      await redis.kill();
      legs.save('leg-3', { n: 3 });
      legs.remove('leg-1');
      await redis.restart();
      await until('it is as it should be', async () => {
        const stored = await client.hGetAll(keys.legs);
        return JSON.stringify(Object.keys(stored).sort()) === '["leg-2","leg-3"]';
      });
      await legs.close();
    });
  });
});
