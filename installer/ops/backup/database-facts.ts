/**
 * What the database of a house says of itself, as one transaction sees it: what a backup writes down and what a restore is
 * compared with. It reads only.
 */
import { QueryTypes } from 'sequelize';
import type { Sequelize, Transaction } from 'sequelize';
import { connectDatabase } from '../../../server/db/connect.ts';
import { createLogger } from '../../../server/lib/log.ts';
import { postgresDatabase } from '../../postgres.ts';

export interface DatabaseFacts {
  /** The newest migration; empty before the first. */
  schema: string;
  tables: Record<string, number>;
  audit: { seq: number; hash: string };
  /** History has every event up to it. */
  projectedSeq: number;
  /** The newest snapshot of the live state that is kept in the database; 0 without one. */
  snapshotSeq: number;
}

/** As the superuser of the cluster, who may mark its log. */
export function openDatabase(socketDir: string): Sequelize {
  return connectDatabase({
    socketDir,
    database: postgresDatabase,
    user: 'postgres',
    logger: createLogger('backup', 'silent'),
    applicationName: 'hearthline-backup',
    poolMax: 4,
  });
}

export async function rowsOf<T extends object>(
  db: Sequelize,
  sql: string,
  bind: unknown[] = [],
  transaction?: Transaction,
): Promise<T[]> {
  return db.query<T>(sql, { type: QueryTypes.SELECT, bind, ...(transaction && { transaction }) });
}

/** Tables of our schema; a table in parts is one, and counted whole. */
const tablesSql = `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition order by 1`;

async function countTables(db: Sequelize, transaction: Transaction): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { name } of await rowsOf<{ name: string }>(db, tablesSql, [], transaction)) {
    const quoted = `"${name.replaceAll('"', '""')}"`;
    const [row] = await rowsOf<{ n: string }>(
      db,
      `select count(*) as n from public.${quoted}`,
      [],
      transaction,
    );
    counts[name] = Number(row?.n ?? 0);
  }
  return counts;
}

/** All of it from the snapshot of this transaction, which may take minutes for the counts. */
export async function readFacts(db: Sequelize, transaction: Transaction): Promise<DatabaseFacts> {
  const select = <T extends object>(sql: string) => rowsOf<T>(db, sql, [], transaction);
  await db.query('set local statement_timeout = 0', { transaction });
  const tables = await countTables(db, transaction);
  const has = (table: string) => Object.hasOwn(tables, table);
  const [newest] = has('schema_migrations')
    ? await select<{ name: string }>('select name from schema_migrations order by name desc limit 1')
    : [];
  const [head] = has('audit')
    ? await select<{ seq: string; hash: string }>('select seq, hash from audit order by seq desc limit 1')
    : [];
  const { projectedSeq, snapshotSeq } = has('events')
    ? await readSeqs(db, transaction)
    : { projectedSeq: 0, snapshotSeq: 0 };
  return {
    schema: newest?.name ?? '',
    tables,
    audit: { seq: Number(head?.seq ?? 0), hash: head?.hash ?? '' },
    projectedSeq,
    snapshotSeq,
  };
}

/** How far history is, and the live state that is kept with it. */
export async function readSeqs(
  db: Sequelize,
  transaction?: Transaction,
): Promise<Pick<DatabaseFacts, 'projectedSeq' | 'snapshotSeq'>> {
  const [row] = await rowsOf<{ projected: string | null; snapshot: string | null }>(
    db,
    `select (select seq from projector_checkpoint where name = 'history') as projected,
            (select max(seq) from snapshots) as snapshot`,
    [],
    transaction,
  );
  return { projectedSeq: Number(row?.projected ?? 0), snapshotSeq: Number(row?.snapshot ?? 0) };
}

/** Tables whose counts differ, as lines for a person. */
export function differingTables(told: Record<string, number>, found: Record<string, number>): string[] {
  const names = [...new Set([...Object.keys(told), ...Object.keys(found)])].sort();
  return names
    .filter((name) => told[name] !== found[name])
    .map(
      (name) => `${name}: ${told[name] ?? 'none'} in the backup's list, ${found[name] ?? 'none'} restored`,
    );
}
