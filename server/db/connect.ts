/**
 * The system of record: one Sequelize, over the Unix socket of our own Postgres or to the bank's by address. It opens connections as they are needed,
 * so a server starts, and routes calls, while Postgres is still coming up. Migrations only, never `sync`.
 */
import { checkServerIdentity } from 'node:tls';
import { Sequelize } from 'sequelize';
import type { Logger } from '../lib/log.ts';
import { type DatabasePlace, isOwnDatabase } from '../lib/store-address.ts';
import { pgDriver } from './pg-client.ts';

export interface DatabaseOptions {
  logger: Logger;
  /** Shown in pg_stat_activity. */
  applicationName?: string;
  poolMax?: number;
}

/** How the driver reaches it. */
function reachOf(place: DatabasePlace): { host: string; port?: number; password?: string; ssl?: object } {
  if (isOwnDatabase(place)) return { host: place.socketDir };
  const { host, port, password, tls } = place;
  return {
    host,
    port,
    ...(password !== undefined && { password }),
    // The driver itself compares names only, and no addresses.
    ...(tls && {
      ssl: {
        ...tls,
        checkServerIdentity: (_: string, cert: Parameters<typeof checkServerIdentity>[1]) =>
          checkServerIdentity(host, cert),
      },
    }),
  };
}

export function connectDatabase(options: DatabaseOptions & DatabasePlace): Sequelize {
  const { logger } = options;
  const { ssl, ...reach } = reachOf(options);
  return new Sequelize({
    dialect: 'postgres',
    dialectModule: pgDriver,
    ...reach,
    database: options.database,
    username: options.user,
    // Statements may hold personal data in their text when somebody forgets to bind: shown at trace only.
    logging: (sql) => logger.trace({ pii: { sql } }, 'sql'),
    pool: { max: options.poolMax ?? 8, min: 0, idle: 10_000, acquire: 10_000 },
    define: { timestamps: false, underscored: true, freezeTableName: true },
    dialectOptions: {
      ...(ssl && { ssl }),
      application_name: options.applicationName ?? 'hearthline',
      connectionTimeoutMillis: 3000,
      statement_timeout: 60_000,
      idle_in_transaction_session_timeout: 60_000,
    },
  });
}
