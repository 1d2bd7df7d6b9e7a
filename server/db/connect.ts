/**
 * The system of record: one Sequelize over Postgres' Unix socket. It opens connections as they are needed,
 * so a server starts, and routes calls, while Postgres is still coming up. Migrations only, never `sync`.
 */
import { Sequelize } from 'sequelize';
import type { Logger } from '../lib/log.ts';

export interface DatabaseOptions {
  /** The directory of the Unix socket. */
  socketDir: string;
  database: string;
  user: string;
  logger: Logger;
  /** Shown in pg_stat_activity. */
  applicationName?: string;
  poolMax?: number;
}

export function connectDatabase(options: DatabaseOptions): Sequelize {
  const { logger } = options;
  return new Sequelize({
    dialect: 'postgres',
    host: options.socketDir,
    database: options.database,
    username: options.user,
    // Statements may hold personal data in their text when somebody forgets to bind: shown at trace only.
    logging: (sql) => logger.trace({ pii: { sql } }, 'sql'),
    pool: { max: options.poolMax ?? 8, min: 0, idle: 10_000, acquire: 10_000 },
    define: { timestamps: false, underscored: true, freezeTableName: true },
    dialectOptions: {
      application_name: options.applicationName ?? 'hearthline',
      connectionTimeoutMillis: 3000,
      statement_timeout: 60_000,
      idle_in_transaction_session_timeout: 60_000,
    },
  });
}
