/**
 * The moment that a backup is of: a named point in Postgres' log at which no transaction was writing, together with a
 * transaction that sees exactly what was committed by then. So what a restore to that point holds can be counted here, while
 * the house works on, and compared to the row. No table is locked: it is tried until a moment comes by itself, and writing
 * takes milliseconds.
 *
 * Why it is exact: the snapshot before and after the point was written is the same and names nobody as under way. Whoever
 * committed did so before the point, whoever commits later gets a number that the snapshot does not know.
 */
import { Transaction } from 'sequelize';
import type { Sequelize } from 'sequelize';
import { CliError } from '../../admin-socket.ts';
import { rowsOf } from './database-facts.ts';

export interface QuietMoment {
  name: string;
  lsn: string;
  atMs: number;
  /** What `before` answered in the try that succeeded. */
  logSeq: number;
  /** Sees what was committed by then; the caller ends it. */
  transaction: Transaction;
}

const boundMs = 120_000;
const pauseMs = 3;

/** `xmin:xmax:` with nobody in between. */
function isIdle(snapshot: string): boolean {
  const [oldest, next, underWay] = snapshot.split(':');
  return oldest === next && underWay === '';
}

const snapshotSql = 'select pg_current_snapshot()::text as snapshot';

/** `before` is asked before each try: what it answers is older than the moment. */
export async function findQuietMoment(
  db: Sequelize,
  name: string,
  before: () => Promise<number>,
): Promise<QuietMoment> {
  const endAt = performance.now() + boundMs;
  for (let attempt = 1; performance.now() < endAt; attempt += 1) {
    const found = await tryOnce(db, `${name}-${attempt}`, before);
    if (found) return found;
    await new Promise((wake) => setTimeout(wake, pauseMs));
  }
  throw new CliError(
    'Something has been writing to the database for two minutes without a pause, so that no moment could be marked. ' +
      'Nothing was kept. Look for a long transaction (pg_stat_activity) and run the backup again.',
  );
}

async function tryOnce(
  db: Sequelize,
  name: string,
  before: () => Promise<number>,
): Promise<QuietMoment | undefined> {
  const logSeq = await before();
  const transaction = await db.transaction({
    isolationLevel: Transaction.ISOLATION_LEVELS.REPEATABLE_READ,
    readOnly: true,
  });
  let isKept = false;
  try {
    // What comes before the count may take longer than a connection is given to do nothing.
    await db.query('set local idle_in_transaction_session_timeout = 0', { transaction });
    const [seen] = await rowsOf<{ snapshot: string }>(db, snapshotSql, [], transaction);
    if (!seen || !isIdle(seen.snapshot)) return undefined;
    // Outside of the transaction, which sees the same for ever.
    const [mark] = await rowsOf<{ lsn: string; at: string }>(
      db,
      `select pg_create_restore_point($1)::text as lsn, round(extract(epoch from clock_timestamp()) * 1000)::text as at`,
      [name],
    );
    const [after] = await rowsOf<{ snapshot: string }>(db, snapshotSql);
    if (!mark || after?.snapshot !== seen.snapshot) return undefined;
    isKept = true;
    return { name, lsn: mark.lsn, atMs: Number(mark.at), logSeq, transaction };
  } finally {
    if (!isKept) await transaction.rollback();
  }
}
