/**
 * Measures the event log and the projector beside the plain approach, on private instances of Redis and
 * Postgres, bounded to about half a minute: `node --import tsx test/bench/event-log.ts`. Prints one JSON line a
 * figure. CPU is that of this process, of Redis, and of Postgres with all its backends.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { QueryTypes } from 'sequelize';
import type { EventDraft } from '../../server/contract/events.ts';
import { connectDatabase } from '../../server/db/connect.ts';
import { migrateUp } from '../../server/db/migrate.ts';
import { startProjector } from '../../server/db/projector.ts';
import { createLogger } from '../../server/lib/log.ts';
import { closeClient, createRedisClient } from '../../server/redis/client.ts';
import { openEventLog } from '../../server/redis/event-log.ts';
import { calls } from '../support/call-events.ts';
import { startPostgres } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

const logger = createLogger('bench', 'warn');
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));
const ticksPerSec = 100;

/** CPU ms of a process and, where asked, of all its children, living or reaped (proc(5)). */
function cpuMs(pid: number, hasChildren = false): number {
  const read = (one: number): string[] => {
    try {
      const stat = readFileSync(`/proc/${one}/stat`, 'latin1');
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    } catch {
      return [];
    }
  };
  const own = read(pid);
  let ticks = Number(own[11] ?? 0) + Number(own[12] ?? 0);
  if (hasChildren) {
    ticks += Number(own[13] ?? 0) + Number(own[14] ?? 0);
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const fields = read(Number(name));
      if (fields[1] === String(pid)) ticks += Number(fields[11]) + Number(fields[12]);
    }
  }
  return (ticks * 1000) / ticksPerSec;
}
const ownCpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const round = (value: number, digits = 0) => Number(value.toFixed(digits));
const print = (what: string, figures: Record<string, number>) =>
  console.log(JSON.stringify({ what, ...figures }));

const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
const client = createRedisClient({ socketPath: redis.socket, name: 'bench', logger });
await client.connect();
const { dir: socketDir, database, user } = postgres;
const sequelize = connectDatabase({ socketDir, database, user, logger });
await migrateUp(sequelize, logger);

async function plainAppend(drafts: EventDraft[]): Promise<void> {
  const startedAt = performance.now();
  const cpu = ownCpuMs();
  let seq = 0;
  for (const draft of drafts) {
    seq++;
    await client.xAdd('plain', `${seq}-1`, { e: JSON.stringify({ seq, ...draft }) });
  }
  const ms = performance.now() - startedAt;
  print('append, plain: an awaited XADD per event', {
    events: drafts.length,
    perSec: round((drafts.length / ms) * 1000),
    nodeCpuUsPerEvent: round(((ownCpuMs() - cpu) / drafts.length) * 1000, 1),
  });
}

async function ownAppend(drafts: EventDraft[]): Promise<void> {
  const log = await openEventLog({ client, minSeq: 0, logger, instanceId: 'bench' });
  const startedAt = performance.now();
  const cpu = ownCpuMs();
  const redisCpu = cpuMs(redis.pid());
  let inAppendMs = 0;
  for (let index = 0; index < drafts.length; index += 20) {
    const before = performance.now();
    log.append(drafts.slice(index, index + 20));
    inAppendMs += performance.now() - before;
    await turn();
  }
  await log.flush();
  const ms = performance.now() - startedAt;
  print('append, event log: 20 events a turn of the loop', {
    events: drafts.length,
    perSec: round((drafts.length / ms) * 1000),
    nodeCpuUsPerEvent: round(((ownCpuMs() - cpu) / drafts.length) * 1000, 1),
    redisCpuUsPerEvent: round(((cpuMs(redis.pid()) - redisCpu) / drafts.length) * 1000, 1),
    callerWaitsUsPerEvent: round((inAppendMs / drafts.length) * 1000, 1),
  });
  await log.close();
}

async function plainProjection(drafts: EventDraft[]): Promise<void> {
  const startedAt = performance.now();
  const cpu = ownCpuMs();
  const postgresCpu = cpuMs(postgres.pid(), true);
  let seq = 0;
  for (const draft of drafts) {
    seq++;
    const { contactId = null, agentId = null, queueId = null } = draft;
    await sequelize.transaction(async (transaction) => {
      await sequelize.query(
        `insert into events (seq, id, type, at, v, contact_id, agent_id, queue_id, data)
         values ($1, $8, $2, to_timestamp($3::bigint / 1000.0), 1, $4, $5, $6, $7::jsonb)`,
        {
          bind: [
            1e9 + seq,
            draft.type,
            draft.at,
            contactId,
            agentId,
            queueId,
            JSON.stringify(draft.data),
            `plain_${seq}`,
          ],
          transaction,
          type: QueryTypes.RAW,
        },
      );
      await sequelize.query(
        `insert into contacts (contact_id, first_seq, agent_id) values ($1, $2, $3)
         on conflict (contact_id) do update set agent_id = coalesce(excluded.agent_id, contacts.agent_id)`,
        { bind: [`plain-${contactId}`, seq, agentId], transaction, type: QueryTypes.RAW },
      );
    });
  }
  const ms = performance.now() - startedAt;
  print('projection, plain: a transaction per event (one table and a half)', {
    events: drafts.length,
    perSec: round((drafts.length / ms) * 1000),
    nodeCpuMsPerEvent: round((ownCpuMs() - cpu) / drafts.length, 3),
    postgresCpuMsPerEvent: round((cpuMs(postgres.pid(), true) - postgresCpu) / drafts.length, 3),
  });
}

async function catchUp(lastSeq: number): Promise<void> {
  const startedAt = performance.now();
  const cpu = ownCpuMs();
  const postgresCpu = cpuMs(postgres.pid(), true);
  let projectedSeq = 0;
  const projector = startProjector({
    redis: { socketPath: redis.socket },
    sequelize,
    logger,
    onProjected: (seq) => (projectedSeq = seq),
  });
  await until('history is there', () => projectedSeq >= lastSeq, 60_000);
  const ms = performance.now() - startedAt;
  print('projection, ours, catching up', {
    events: lastSeq,
    perSec: round((lastSeq / ms) * 1000),
    nodeCpuMsPerEvent: round((ownCpuMs() - cpu) / lastSeq, 3),
    postgresCpuMsPerEvent: round((cpuMs(postgres.pid(), true) - postgresCpu) / lastSeq, 3),
  });
  await projector.stop();
}

/** Appends at a steady pace, with or without a projector beside it; answers the CPU it cost. */
async function paced(
  drafts: EventDraft[],
  perSec: number,
  isProjected: boolean,
): Promise<{ nodeMs: number; postgresMs: number; lagMs: number[] }> {
  const log = await openEventLog({ client, minSeq: 0, logger, instanceId: 'bench' });
  const times = new Map<number, number>();
  const lagMs: number[] = [];
  let toldSeq = log.lastSeq();
  const onProjected = (seq: number) => {
    const now = performance.now();
    for (let one = toldSeq + 1; one <= seq; one++) {
      const at = times.get(one);
      if (at !== undefined) lagMs.push(now - at);
    }
    toldSeq = seq;
  };
  const projector = isProjected
    ? startProjector({ redis: { socketPath: redis.socket }, sequelize, logger, onProjected })
    : undefined;
  const startedAt = performance.now();
  const cpu = ownCpuMs();
  const postgresCpu = cpuMs(postgres.pid(), true);
  for (let done = 0; done < drafts.length;) {
    const due = Math.min(drafts.length, Math.floor(((performance.now() - startedAt) / 1000) * perSec));
    if (due > done) {
      for (const event of log.append(drafts.slice(done, due))) times.set(event.seq, performance.now());
    }
    done = Math.max(done, due);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await log.flush();
  if (projector) await until('history is there', () => projector.health().projectedSeq === log.lastSeq());
  const result = { nodeMs: ownCpuMs() - cpu, postgresMs: cpuMs(postgres.pid(), true) - postgresCpu, lagMs };
  await projector?.stop();
  await log.close();
  return result;
}

try {
  const { drafts } = calls(10_000);
  await plainAppend(drafts.slice(0, 5000));
  await ownAppend(drafts);
  await plainProjection(drafts.slice(0, 1500));
  await catchUp(drafts.length);
  const more = calls(1500, 20_000).drafts.slice(0, 10_000);
  const idle = await paced(more, 2000, false);
  await client.flushAll();
  await sequelize.query('truncate events, contacts, segments, agent_intervals, recordings');
  await sequelize.query('update projector_checkpoint set seq = 0');
  const busy = await paced(more, 2000, true);
  busy.lagMs.sort((a, b) => a - b);
  print('projection, ours, at a steady 2,000 events/s', {
    events: more.length,
    nodeCpuMsPerEvent: round((busy.nodeMs - idle.nodeMs) / more.length, 3),
    postgresCpuMsPerEvent: round((busy.postgresMs - idle.postgresMs) / more.length, 3),
    lagP50Ms: round(busy.lagMs[Math.floor(busy.lagMs.length * 0.5)] ?? 0),
    lagP99Ms: round(busy.lagMs[Math.floor(busy.lagMs.length * 0.99)] ?? 0),
  });
} finally {
  await closeClient(client);
  await sequelize.close();
  await Promise.all([redis.stop(), postgres.stop()]);
}
