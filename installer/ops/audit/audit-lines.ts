/**
 * The audit trail out of the database, entry by entry, as an export has it: `<hash before> <hash> <entry>`, the entry as the text that its
 * hash is over. It reads with one snapshot, so that entries written meanwhile are not half in it, and changes nothing.
 */
import { QueryTypes, type Sequelize, Transaction } from 'sequelize';
import { auditColumns, auditRecordOf, type AuditRow, auditText } from '../../../server/audit/audit-trail.ts';
import { connectDatabase } from '../../../server/db/connect.ts';
import { createLogger } from '../../../server/lib/log.ts';
import { CliError } from '../../admin-socket.ts';
import type { House } from '../../house.ts';
import { databaseOf } from '../../stores.ts';

const pageRows = 1000;

export const lineOf = (row: AuditRow): string =>
  `${row.prev_hash} ${row.hash} ${auditText(auditRecordOf(row))}`;

const connected = (house: House): Sequelize =>
  connectDatabase({
    ...databaseOf(house),
    logger: createLogger('audit', 'silent'),
    applicationName: 'hearthline-audit',
    poolMax: 1,
  });

const inDatabase = (house: House, error: unknown): CliError =>
  new CliError(
    `The audit trail in the database of ${house.layout.dataDir} cannot be read (${(error as Error).message}). Is Postgres running?`,
  );

export async function* auditLines(house: House): AsyncGenerator<string> {
  const sequelize = connected(house);
  try {
    const transaction = await sequelize.transaction({
      isolationLevel: Transaction.ISOLATION_LEVELS.REPEATABLE_READ,
      readOnly: true,
    });
    try {
      // By a cursor and not by numbers: an entry that was put in with a number that is there already must be read as well.
      await sequelize.query(
        `DECLARE trail NO SCROLL CURSOR FOR
         SELECT ${auditColumns} FROM audit ORDER BY seq, hash`,
        { transaction },
      );
      for (;;) {
        const rows = await sequelize.query<AuditRow>(`FETCH ${pageRows} FROM trail`, {
          type: QueryTypes.SELECT,
          transaction,
        });
        for (const row of rows) yield lineOf(row);
        if (rows.length < pageRows) break;
      }
    } finally {
      await transaction.rollback();
    }
  } catch (error) {
    throw inDatabase(house, error);
  } finally {
    await sequelize.close();
  }
}
