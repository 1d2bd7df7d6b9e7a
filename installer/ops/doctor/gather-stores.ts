/** What the two databases say of themselves. It reads only, and gives up soon: they may be what is wrong. */
import { createAuditTrail } from '../../../server/audit/audit-trail.ts';
import { connectDatabase } from '../../../server/db/connect.ts';
import { createLogger } from '../../../server/lib/log.ts';
import { closeClient } from '../../../server/redis/client.ts';
import type { House } from '../../house.ts';
import { databaseOf } from '../../stores.ts';
import { rowsOf } from '../backup/database-facts.ts';
import { connectedRedis } from '../status/bank-stores.ts';
import type { PostgresFacts, RedisFacts } from './facts.ts';

/** Of the audit trail: all of it takes minutes in an old house, and `audit verify` is there for it. */
const auditEntries = 500;

export function openHouseDatabase(house: House, applicationName: string) {
  return connectDatabase({
    ...databaseOf(house),
    logger: createLogger('ops', 'silent'),
    applicationName,
    poolMax: 1,
  });
}

/** A bank's server shows us others' connections without their kind. */
const numbersSql = `select
  (select count(*) from pg_stat_activity where coalesce(backend_type, 'client backend') = 'client backend') as connections,
  current_setting('max_connections') as max,
  current_setting('archive_mode') as archive_mode,
  (select round(extract(epoch from last_failed_time) * 1000) from pg_stat_archiver
    where last_failed_time > coalesce(last_archived_time, '-infinity')) as failed,
  to_regclass('public.events') is not null and to_regclass('public.audit') is not null as has_schema`;

interface Numbers {
  connections: string;
  max: string;
  archive_mode: string;
  failed: string | null;
  has_schema: boolean;
}

export async function gatherPostgres(house: House): Promise<PostgresFacts> {
  const db = openHouseDatabase(house, 'hearthline-doctor');
  try {
    const [row] = await rowsOf<Numbers>(db, numbersSql);
    const { connections, max, archive_mode: mode, failed, has_schema: hasSchema } = row!;
    const facts: PostgresFacts = {
      connections: Number(connections),
      maxConnections: Number(max),
      isArchiving: mode !== 'off',
      ...(failed !== null && { archiveFailedAtMs: Number(failed) }),
      lostLastHour: {},
      auditFaults: [],
    };
    if (!hasSchema) return facts;
    const [newest] = await rowsOf<{ at: string }>(
      db,
      'select round(extract(epoch from at) * 1000) as at from events order by seq desc limit 1',
    );
    if (newest) facts.newestEventAtMs = Number(newest.at);
    const lost = await rowsOf<{ part: string; n: string }>(
      db,
      `select coalesce(nullif(replace(target, 'part:', ''), ''), 'server') as part, count(*) as n from audit
       where action in ('service.lost', 'service.started') and at > now() - interval '1 hour' group by 1`,
    );
    facts.lostLastHour = Object.fromEntries(lost.map(({ part, n }) => [part, Number(n)]));
    const trail = createAuditTrail(db, { now: () => Date.now() });
    const { seq } = await trail.head();
    const entries = await trail.follow(Math.max(0, seq - auditEntries), undefined, auditEntries + 1);
    facts.auditFaults = entries.flatMap(({ seq: at, fault }) =>
      fault === undefined ? [] : [`entry ${at}: ${fault}`],
    );
    return facts;
  } finally {
    await db.close();
  }
}

const inInfo = (info: string, name: string) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1] ?? '';

export async function gatherRedis(house: House): Promise<RedisFacts> {
  const client = await connectedRedis(house, 'hearthline-doctor');
  try {
    const info = await client.sendCommand<string>(['INFO']);
    return {
      version: inInfo(info, 'redis_version'),
      isAppending: inInfo(info, 'aof_enabled') === '1',
      isWriteOk: inInfo(info, 'aof_last_write_status') !== 'err',
      isRewriteOk: inInfo(info, 'aof_last_bgrewrite_status') !== 'err',
      policy: inInfo(info, 'maxmemory_policy'),
      usedBytes: Number(inInfo(info, 'used_memory')),
      machineBytes: Number(inInfo(info, 'maxmemory')) || Number(inInfo(info, 'total_system_memory')),
    };
  } finally {
    await closeClient(client);
  }
}
