/**
 * The event log against a real Redis: order, faults, fencing. Each case has a Redis of its own where it
 * kills one, and a key prefix of its own otherwise.
 */
import { expect } from 'chai';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createLogger } from '../../../../server/lib/log.ts';
import { isAppError } from '../../../../server/lib/app-error.ts';
import { closeClient, createRedisClient } from '../../../../server/redis/client.ts';
import type { RedisClient } from '../../../../server/redis/client.ts';
import { openEventLog } from '../../../../server/redis/event-log.ts';
import type { EventLog, EventLogOptions } from '../../../../server/redis/event-log.ts';
import { createKeys } from '../../../../server/redis/keys.ts';
import { startRedis } from '../../../support/redis.ts';
import type { TestRedis } from '../../../support/redis.ts';
import { announcements } from '../../../support/event-drafts.ts';
import { until } from '../../../support/until.ts';

const logger = createLogger('test', 'silent');
let caseNumber = 0;

describe('event log', function () {
  this.timeout(30_000);
  let redis: TestRedis;
  let client: RedisClient;
  let keys = createKeys();
  const opened: EventLog[] = [];

  before(async () => {
    redis = await startRedis();
    client = createRedisClient({ socketPath: redis.socket, name: 'test', logger });
    await client.connect();
  });
  beforeEach(() => {
    keys = createKeys(`t${++caseNumber}`);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((log) => log.close()));
  });
  after(async () => {
    if (client) await closeClient(client);
    await redis?.stop();
  });

  async function open(options: Partial<EventLogOptions> = {}): Promise<EventLog> {
    const log = await openEventLog({ client, minSeq: 0, logger, instanceId: 'one', keys, ...options });
    opened.push(log);
    return log;
  }
  /** The stream as it is: seq by entry id, and seq and id inside the entry. */
  async function streamSeqs(): Promise<number[]> {
    const entries = (await client.xRange(keys.stream, '-', '+')) ?? [];
    for (const entry of entries) {
      expect(`${(JSON.parse(entry.message['e']!) as { seq: number }).seq}-1`).to.equal(entry.id);
    }
    return entries.map((entry) => Number.parseInt(entry.id, 10));
  }
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

  it('numbers events without a gap, tells listeners at once and in order, and writes all to the stream', async () => {
    const log = await open();
    const told: number[] = [];
    log.onEvents((event) => void told.push(event.seq));
    const events = log.append(announcements(3));
    expect(told).to.deep.equal([1, 2, 3]);
    expect(events.map((event) => event.seq)).to.deep.equal([1, 2, 3]);
    expect(new Set(events.map((event) => event.id)).size).to.equal(3);
    log.append(announcements(2000));
    await log.flush();
    expect(await streamSeqs()).to.deep.equal(range(1, 2003));
    expect(await log.read(2, 2)).to.deep.equal(events.slice(1, 3));
    expect(log.health()).to.include({ isOk: true, state: 'writing', unwritten: 0, lastSeq: 2003 });
  });

  it('keeps the order for every listener when one of them appends, and outlives one that throws', async () => {
    const log = await open();
    const told: number[] = [];
    log.onEvents((event) => {
      if (event.seq === 1) log.append(announcements(2));
    });
    log.onEvents(() => {
      throw new Error('broken listener');
    });
    log.onEvents((event) => void told.push(event.seq));
    log.append(announcements(1));
    expect(told).to.deep.equal([1, 2, 3]);
    await log.flush();
    expect(await streamSeqs()).to.deep.equal([1, 2, 3]);
  });

  it('goes on with the numbering after a restart, and above what history knows', async () => {
    const first = await open();
    first.append(announcements(5));
    await first.close();
    const second = await open({ instanceId: 'two' });
    expect(second.append(announcements(1))[0]!.seq).to.equal(6);
    await second.close();
    const third = await open({ instanceId: 'three', minSeq: 100 });
    expect(third.append(announcements(1))[0]!.seq).to.equal(101);
    await third.flush();
    expect(await streamSeqs()).to.deep.equal([1, 2, 3, 4, 5, 6, 101]);
  });

  it('writes again what history lacks when Redis is emptied while it runs', async () => {
    const log = await open();
    log.append(announcements(500));
    await log.flush();
    log.setProjected(200);
    await client.flushAll();
    log.append(announcements(10));
    await until('the stream is back', async () => (await client.xLen(keys.stream)) === 310);
    expect(await streamSeqs()).to.deep.equal(range(201, 510));
    // And with nothing appended after it: the twice-a-second look finds it.
    await client.flushAll();
    await until('the stream is back again', async () => (await client.xLen(keys.stream)) === 310);
    expect(await streamSeqs()).to.deep.equal(range(201, 510));
  });

  it('answers for the events of a former process that history lacks', async () => {
    const first = await open();
    first.append(announcements(50));
    await first.close();
    const second = await open({ instanceId: 'two', minSeq: 20 });
    await client.flushAll();
    second.append(announcements(1));
    await until('the stream is back', async () => (await client.xLen(keys.stream)) === 31);
    expect(await streamSeqs()).to.deep.equal(range(21, 51));
  });

  it('lets go of what is written and projected, and of the oldest written when history is far behind', async () => {
    const log = await open({ maxUnprojected: 100 });
    log.append(announcements(60));
    expect(log.health().retained).to.equal(60);
    await log.flush();
    log.setProjected(50);
    expect(log.health().retained).to.equal(10);
    log.append(announcements(300));
    await log.flush();
    expect(log.health().retained).to.equal(100);
  });

  it('trims what history has and never the newest entry', async () => {
    const log = await open();
    log.append(announcements(100));
    await log.flush();
    log.setProjected(60);
    await log.trim(1000);
    expect(await streamSeqs()).to.deep.equal(range(61, 100));
    log.setProjected(100);
    await log.trim(1000);
    expect(await streamSeqs()).to.deep.equal([100]);
  });

  it('trims nothing on the strength of a number alone: only history itself says what it has', async () => {
    const first = await open();
    first.append(announcements(100));
    await first.close();
    const second = await open({ instanceId: 'two', minSeq: 90 });
    await second.trim(80);
    expect(await client.xLen(keys.stream)).to.equal(100);
  });

  it('loses nothing and doubles nothing when Redis is killed in the middle of 10,000 appends', async () => {
    const own = await startRedis();
    const ownClient = createRedisClient({ socketPath: own.socket, name: 'test', logger });
    await ownClient.connect();
    const log = await openEventLog({ client: ownClient, minSeq: 0, logger, instanceId: 'one', keys });
    try {
      const ids: string[] = [];
      const append = (count: number) =>
        ids.push(...log.append(announcements(count)).map((event) => event.id));
      const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));
      for (let done = 0; done < 5000; done += 50) {
        append(50);
        await turn();
      }
      const killed = own.kill();
      for (let done = 0; done < 2500; done += 50) {
        append(50);
        await turn();
      }
      await killed;
      await until('the loss is seen', () => !log.health().isOk);
      const restarted = own.restart();
      for (let done = 0; done < 2500; done += 50) {
        append(50);
        await turn();
      }
      await restarted;
      await log.flush();
      const entries = (await ownClient.xRange(keys.stream, '-', '+')) ?? [];
      expect(entries.map((entry) => entry.id)).to.deep.equal(range(1, 10_000).map((seq) => `${seq}-1`));
      const written = entries.map((entry) => (JSON.parse(entry.message['e']!) as { id: string }).id);
      expect(written).to.deep.equal(ids);
      expect(log.health().isOk).to.equal(true);
    } finally {
      await log.close();
      await closeClient(ownClient);
      await own.stop();
    }
  });

  it('refuses loudly beyond the stated number while Redis is away, and recovers', async () => {
    const own = await startRedis();
    const ownClient = createRedisClient({ socketPath: own.socket, name: 'test', logger });
    await ownClient.connect();
    const log = await openEventLog({
      client: ownClient,
      minSeq: 0,
      logger,
      instanceId: 'one',
      keys,
      maxUnwritten: 100,
    });
    try {
      await own.kill();
      log.append(announcements(100));
      expect(() => log.append(announcements(1)))
        .to.throw()
        .with.property('code', 'log-full');
      expect(log.health().state).to.equal('full');
      await own.restart();
      await log.flush();
      log.append(announcements(1));
      await log.flush();
      expect(log.health()).to.include({ state: 'writing', writtenSeq: 101 });
    } finally {
      await log.close();
      await closeClient(ownClient);
      await own.stop();
    }
  });

  it('refuses a second writer while the first lives, and lets it in when the first leaves', async () => {
    const first = await open();
    first.append(announcements(1));
    let refusal: unknown;
    await open({ instanceId: 'two', takeOverWaitMs: 100 }).catch((err: unknown) => (refusal = err));
    expect(isAppError(refusal, 'log-held')).to.equal(true);
    const waiting = open({ instanceId: 'two', takeOverWaitMs: 10_000 });
    await first.close();
    const second = await waiting;
    expect(second.append(announcements(1))[0]!.seq).to.equal(2);
  });

  it('fences a writer whose lease another took, before anything of it is written', async () => {
    let isFencedTold = false;
    const first = await open({ onFenced: () => void (isFencedTold = true) });
    first.append(announcements(3));
    await first.flush();
    // What a freeze of more than two seconds comes to: the lease has run out and another has it.
    await client.del(keys.lease);
    const second = await open({ instanceId: 'two' });
    second.append(announcements(2));
    first.append(announcements(7));
    let refusal: unknown;
    await first.flush().catch((err: unknown) => (refusal = err));
    expect(isAppError(refusal, 'log-fenced')).to.equal(true);
    expect(isFencedTold).to.equal(true);
    expect(first.health().state).to.equal('fenced');
    expect(() => first.append(announcements(1)))
      .to.throw()
      .with.property('code', 'log-fenced');
    await second.flush();
    expect(await streamSeqs()).to.deep.equal([1, 2, 3, 4, 5]);
    const entries = await client.xRange(keys.stream, '4-0', '+');
    expect(entries).to.have.length(2);
  });

  it('is not taken in by a writer that came and went in between', async () => {
    const first = await open();
    await client.del(keys.lease);
    const second = await open({ instanceId: 'two' });
    await second.close();
    first.append(announcements(1));
    let refusal: unknown;
    await first.flush().catch((err: unknown) => (refusal = err));
    expect(isAppError(refusal, 'log-fenced')).to.equal(true);
    expect(await streamSeqs()).to.deep.equal([]);
  });

  /** Another process that writes the log of this case. */
  async function startHolder(): Promise<ChildProcess> {
    const program = fileURLToPath(new URL('../../../support/log-holder.ts', import.meta.url));
    const holder = spawn(process.execPath, ['--import', 'tsx', program], {
      env: { ...process.env, HOLDER_SOCKET: redis.socket, HOLDER_PREFIX: `t${caseNumber}` },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    return holder;
  }

  it('writes again within 3 s after the holder was killed', async () => {
    const holder = await startHolder();
    try {
      const exited = once(holder, 'exit');
      const killedAt = performance.now();
      holder.kill('SIGKILL');
      await exited;
      const log = await open({ instanceId: 'successor' });
      log.append(announcements(1));
      await log.flush();
      expect(performance.now() - killedAt).to.be.below(3000);
      const seqs = await streamSeqs();
      expect(seqs).to.deep.equal(range(1, seqs.length));
    } finally {
      holder.kill('SIGKILL');
    }
  });

  it('takes over from a frozen process, which then stops with its fence instead of interleaving', async () => {
    const holder = await startHolder();
    try {
      const exited = once(holder, 'exit');
      holder.kill('SIGSTOP');
      const log = await open({ instanceId: 'successor', takeOverWaitMs: 10_000 });
      const [mine] = log.append(announcements(1));
      await log.flush();
      holder.kill('SIGCONT');
      expect(await exited).to.deep.equal([3, null]);
      log.append(announcements(10));
      await log.flush();
      const entries = (await client.xRange(keys.stream, `${mine!.seq}-0`, '+')) ?? [];
      expect(entries).to.have.length(11);
      expect(await streamSeqs()).to.deep.equal(range(1, mine!.seq + 10));
    } finally {
      holder.kill('SIGKILL');
    }
  });

  it('says that it is behind while Redis hangs with its connection open, and catches up', async () => {
    const own = await startRedis();
    const ownClient = createRedisClient({ socketPath: own.socket, name: 'test', logger });
    await ownClient.connect();
    const log = await openEventLog({ client: ownClient, minSeq: 0, logger, instanceId: 'one', keys });
    try {
      process.kill(own.pid(), 'SIGSTOP');
      log.append(announcements(100));
      await until('it is said', () => log.health().state === 'behind');
      log.append(announcements(100));
      process.kill(own.pid(), 'SIGCONT');
      await log.flush();
      await until('it is well again', () => log.health().isOk);
      const seqs = ((await ownClient.xRange(keys.stream, '-', '+')) ?? []).map(({ id }) => id);
      expect(seqs).to.deep.equal(range(1, 200).map((seq) => `${seq}-1`));
    } finally {
      process.kill(own.pid(), 'SIGCONT');
      await log.close();
      await closeClient(ownClient);
      await own.stop();
    }
  });
});
