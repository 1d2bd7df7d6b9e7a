/**
 * From the event log into history, with a real Redis and a real Postgres, both of which get killed: whatever
 * dies when, the tables hold every event exactly once and what they must come to.
 */
import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { QueryTypes } from 'sequelize';
import type { Sequelize } from 'sequelize';
import { createLogger } from '../../../../server/lib/log.ts';
import { connectDatabase } from '../../../../server/db/connect.ts';
import { migrateUp } from '../../../../server/db/migrate.ts';
import { projectorPoints } from '../../../../server/db/projection-batch.ts';
import type { ProjectorPoint } from '../../../../server/db/projection-batch.ts';
import { startProjector } from '../../../../server/db/projector.ts';
import type { Projector, ProjectorOptions } from '../../../../server/db/projector.ts';
import { createEventRepo } from '../../../../server/db/repos/event-repo.ts';
import { closeClient, createRedisClient } from '../../../../server/redis/client.ts';
import type { RedisClient } from '../../../../server/redis/client.ts';
import { openEventLog } from '../../../../server/redis/event-log.ts';
import type { EventLog } from '../../../../server/redis/event-log.ts';
import { calls } from '../../../support/call-events.ts';
import type { ExpectedContact } from '../../../support/call-events.ts';
import { startPostgres } from '../../../support/postgres.ts';
import type { TestPostgres } from '../../../support/postgres.ts';
import { startRedis } from '../../../support/redis.ts';
import type { TestRedis } from '../../../support/redis.ts';
import { until } from '../../../support/until.ts';

const logger = createLogger('test', 'silent');

describe('projector', function () {
  this.timeout(60_000);
  let redis: TestRedis;
  let postgres: TestPostgres;
  let sequelize: Sequelize;
  let client: RedisClient;
  let log: EventLog;
  let projector: Projector | undefined;

  // Sequelize itself prints a line for each transaction that is cut off, which is what happens here on purpose.
  const { warn } = console;
  before(() => {
    console.warn = () => undefined;
  });
  after(() => {
    console.warn = warn;
  });
  before(async () => {
    [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
    client = createRedisClient({ socketPath: redis.socket, name: 'test', logger });
    await client.connect();
    sequelize = connectDatabase({
      socketDir: postgres.dir,
      database: postgres.database,
      user: postgres.user,
      logger,
    });
    await migrateUp(sequelize, logger);
  });
  beforeEach(async () => {
    await client.flushAll();
    await sequelize.query('truncate events, contacts, segments, agent_intervals, recordings');
    await sequelize.query('update projector_checkpoint set seq = 0');
    log = await openEventLog({ client, minSeq: 0, logger, instanceId: 'one' });
  });
  afterEach(async () => {
    await projector?.stop();
    projector = undefined;
    await log.close();
  });
  after(async () => {
    if (client) await closeClient(client);
    await sequelize?.close();
    await Promise.all([redis?.stop(), postgres?.stop()]);
  });

  const start = (options: Partial<ProjectorOptions> = {}) =>
    startProjector({
      redis: { socketPath: redis.socket },
      sequelize,
      logger,
      onProjected: (seq) => log.setProjected(seq),
      minIntervalMs: 5,
      ...options,
    });
  const select = <T extends object>(sql: string) => sequelize.query<T>(sql, { type: QueryTypes.SELECT });
  const projected = (seq: number) =>
    until(`history has ${seq}`, () => log.health().projectedSeq === seq, 30_000);

  async function expectExact(expected: ExpectedContact[], eventCount: number): Promise<void> {
    const [events] = await select<{ n: string; top: string; ids: string }>(
      'select count(*) n, max(seq) top, count(distinct id) ids from events',
    );
    expect(events).to.deep.equal({ n: String(eventCount), top: String(eventCount), ids: String(eventCount) });
    const rows = await select<ExpectedContact>(
      `select contact_id "contactId", outcome, offers, rona, agent_id "agentId" from contacts`,
    );
    const byId = (a: ExpectedContact, b: ExpectedContact) => (a.contactId < b.contactId ? -1 : 1);
    expect(rows.sort(byId)).to.deep.equal([...expected].sort(byId));
    const [segments] = await select<{ n: string; open: string }>(
      'select count(*) n, count(*) filter (where ended_at is null) open from segments',
    );
    expect(segments).to.deep.equal({ n: String(expected.reduce((n, one) => n + one.offers, 0)), open: '0' });
    // Each agent's intervals follow each other without a hole, and one is open.
    const [holes] = await select<{ n: string }>(
      `select count(*) n from (select to_at, lead(from_at) over (partition by agent_id order by from_seq) next
       from agent_intervals) i where to_at is distinct from next`,
    );
    expect(holes).to.deep.equal({ n: '0' });
    const [intervals] = await select<{ n: string }>('select count(*) n from agent_intervals');
    expect(intervals!.n).to.equal(String(2 * expected.filter((one) => one.agentId !== null).length));
  }

  it('writes every event and what it comes to, and lets the log go of them', async () => {
    projector = start();
    const { drafts, expected } = calls(300);
    const events = log.append(drafts);
    await projected(drafts.length);
    await expectExact(expected, drafts.length);
    expect(log.health().retained).to.equal(0);
    // What history gives back is what was appended, to the last field.
    expect(await createEventRepo(sequelize).read(1, 10_000)).to.deep.equal(events);
    const [one] = await select<object>(
      `select channel, number_id, queue_id, trunk_id, pii_from, pii_from_name, wait_ms, talk_ms, is_in_target,
              extract(epoch from ended_at - arrived_at) secs, ended_by, reason from contacts where contact_id = 'c_1'`,
    );
    expect(one).to.deep.equal({
      channel: 'voice',
      number_id: '700',
      queue_id: 'service',
      trunk_id: 'carrier',
      pii_from: '+390551',
      pii_from_name: 'Zoë "Ü" \\ Rossi',
      wait_ms: '2900',
      talk_ms: '57000',
      is_in_target: true,
      secs: '60.000000',
      ended_by: 'agent',
      reason: 'bye',
    });
    const segments = await select<object>(
      `select offer_id, result, ring_ms, attempt from segments where contact_id = 'c_5' order by attempt`,
    );
    expect(segments).to.deep.equal([
      { offer_id: 'o_5_1', result: 'rona', ring_ms: '49', attempt: 1 },
      { offer_id: 'o_5_2', result: 'answered', ring_ms: '2800', attempt: 2 },
    ]);
  });

  it('keeps the personal data of an event apart', async () => {
    projector = start();
    log.append(calls(1).drafts);
    await until('history has it', () => log.health().projectedSeq > 0);
    const [row] = await select<{ data: object; pii_data: object }>(
      `select data, pii_data from events where type = 'contact.arrived'`,
    );
    expect(row!.data).to.not.have.property('pii');
    expect(row!.pii_data).to.have.property('from', '+390550');
  });

  it('is exact after fifty kills, at every point of a batch', async () => {
    const { drafts, expected } = calls(260);
    log.append(drafts);
    await log.flush();
    for (let kill = 0; kill < 50; kill++) {
      const point = projectorPoints[kill % projectorPoints.length]!;
      // Fewer than the rest at a time, so that there is something left for all fifty.
      await killAt(point, 30);
    }
    projector = start();
    await projected(drafts.length);
    await expectExact(expected, drafts.length);
    expect(projector.health().missing).to.equal(0);
  });

  /** Freezes a projector at a point and cuts its connections there, as the kernel does for a killed process. */
  async function killAt(point: ProjectorPoint, maxBatch: number): Promise<void> {
    const own = connectDatabase({
      socketDir: postgres.dir,
      database: postgres.database,
      user: postgres.user,
      logger,
      applicationName: 'victim',
      poolMax: 1,
    });
    let isReached = false;
    let release = () => {};
    const frozen = new Promise<never>((_, reject) => {
      release = () => reject(new Error('killed'));
    });
    const victim = start({
      sequelize: own,
      maxBatch,
      onProjected: () => undefined,
      onPoint: async (now) => {
        if (isReached || now !== point) return;
        isReached = true;
        await frozen;
      },
    });
    await until(`the projector is at ${point}`, () => isReached);
    await sequelize.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim'`,
    );
    const stopped = victim.stop();
    release();
    await stopped;
    await own.close();
  }

  it('is exact when its process is killed at any moment', async () => {
    const { drafts, expected } = calls(1500);
    log.append(drafts);
    await log.flush();
    const program = fileURLToPath(new URL('../../../support/projector-process.ts', import.meta.url));
    for (const pointsBefore of [4, 23]) {
      const child = spawn(process.execPath, ['--import', 'tsx', program], {
        env: {
          ...process.env,
          PROJECTOR_REDIS: redis.socket,
          PROJECTOR_POSTGRES: postgres.dir,
          PROJECTOR_USER: postgres.user,
          PROJECTOR_DATABASE: postgres.database,
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      try {
        // It prints where it is; by the time the kill arrives it is somewhere further on.
        let points = 0;
        child.stdout.on('data', (data: Buffer) => (points += data.toString().split('\n').length - 1));
        await until('it is at work', () => points >= pointsBefore, 30_000);
      } finally {
        child.kill('SIGKILL');
        await exited;
      }
    }
    projector = start();
    await projected(drafts.length);
    await expectExact(expected, drafts.length);
  });

  it('goes on exactly when Postgres is killed and comes back', async () => {
    projector = start({ maxBatch: 100 });
    const { drafts, expected } = calls(400);
    log.append(drafts.slice(0, 800));
    await until('some are there', () => log.health().projectedSeq > 0);
    await postgres.kill();
    log.append(drafts.slice(800));
    await log.flush();
    await until('the loss is seen', () => !projector!.health().isOk);
    expect(projector.health().fault).to.equal('postgres');
    await postgres.restart();
    await projected(drafts.length);
    await expectExact(expected, drafts.length);
    expect(projector.health()).to.include({ isOk: true, missing: 0 });
  });

  it('goes on exactly when Redis is emptied, and when it is killed and comes back', async () => {
    const { drafts, expected } = calls(400);
    projector = start({ maxBatch: 50 });
    log.append(drafts.slice(0, 600));
    await until('some are there', () => log.health().projectedSeq > 0);
    await client.flushAll();
    log.append(drafts.slice(600, 1200));
    await projected(1200);
    await redis.kill();
    log.append(drafts.slice(1200));
    await redis.restart();
    await projected(drafts.length);
    await expectExact(expected, drafts.length);
    expect(projector.health().missing).to.equal(0);
  });

  it('counts what was lost before it could be had, and goes on after it', async () => {
    log.raiseLastSeq(10);
    const { drafts, expected } = calls(5);
    log.append(drafts);
    projector = start();
    await projected(drafts.length + 10);
    expect(projector.health()).to.include({ missing: 10, events: drafts.length });
    const rows = await select<{ contactId: string }>('select contact_id "contactId" from contacts');
    expect(rows).to.have.length(expected.length);
  });

  it('two projectors of one database write everything once', async () => {
    const { drafts, expected } = calls(400);
    projector = start({ maxBatch: 37 });
    const other = start({ maxBatch: 53, onProjected: () => undefined });
    try {
      log.append(drafts);
      await projected(drafts.length);
      await expectExact(expected, drafts.length);
    } finally {
      await other.stop();
    }
  });

  it('is not stopped by what Postgres refuses: odd letters are replaced, a broken entry is kept as text', async () => {
    projector = start();
    const { drafts } = calls(3, 1);
    const arrived = drafts[0]!;
    if (arrived.type !== 'contact.arrived') throw new Error('unexpected draft');
    arrived.data.pii = { from: 'a\0b', fromName: 'lone \uD800 half' };
    log.append(drafts);
    // Numbers beyond the column's type, in the midst of good ones.
    log.append([
      { ...drafts[1]!, contactId: 'c_x' },
      {
        type: 'contact.abandoned',
        at: 1_790_000_000_000,
        contactId: 'c_y',
        data: { waitMs: 1e30, during: 'queue', isShort: false, inTarget: false },
      },
      { ...drafts[1]!, contactId: 'c_z' },
    ]);
    await projected(drafts.length + 3);
    const rows = await select<{ pii_from: string; pii_from_name: string }>(
      `select pii_from, pii_from_name from contacts where contact_id = 'c_1'`,
    );
    expect(rows).to.deep.equal([{ pii_from: 'a\uFFFDb', pii_from_name: 'lone \uFFFD half' }]);
    const odd = await select<{ contact_id: string }>(
      `select contact_id from contacts where contact_id in ('c_x', 'c_y', 'c_z') order by 1`,
    );
    expect(odd.map((row) => row.contact_id)).to.deep.equal(['c_x', 'c_z']);
    expect(projector.health().unreadable).to.equal(1);
    const [kept] = await select<{ text: string }>(
      `select data->>'text' "text" from events where type = 'unreadable'`,
    );
    expect(kept!.text).to.contain('c_y');
  });
});
