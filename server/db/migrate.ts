/**
 * Brings the schema up to date at start: umzug over the explicit list in migrations/, under an advisory lock,
 * so that two servers started together do not both migrate. Each migration is one transaction.
 */
import { SequelizeStorage, Umzug } from 'umzug';
import { QueryTypes } from 'sequelize';
import type { Sequelize, Transaction } from 'sequelize';
import type { Logger } from '../lib/log.ts';
import { migrations } from './migrations/index.ts';

/** Arbitrary, the same for every version: names our lock among the advisory locks of the database. */
const lockKey = 7_239_041;

/** A big history takes its time, and a migration that is cut off by a time limit would be so again at the next start. */
async function withoutTimeLimit(sequelize: Sequelize, transaction: Transaction): Promise<void> {
  await sequelize.query('set local statement_timeout = 0', { transaction });
  await sequelize.query('set local idle_in_transaction_session_timeout = 0', { transaction });
}

function createUmzug(sequelize: Sequelize, logger: Logger) {
  const run = (sql: string) =>
    sequelize.transaction(async (transaction) => {
      await withoutTimeLimit(sequelize, transaction);
      return sequelize.query(sql, { transaction, type: QueryTypes.RAW });
    });
  return new Umzug({
    migrations: migrations.map((migration) => ({
      name: migration.name,
      up: () => run(migration.up),
      down: () => run(migration.down),
    })),
    storage: new SequelizeStorage({ sequelize, tableName: 'schema_migrations' }),
    logger: {
      info: (fields) => logger.info(fields, 'schema migration'),
      warn: (fields) => logger.warn(fields, 'schema migration'),
      error: (fields) => logger.error(fields, 'schema migration'),
      debug: (fields) => logger.debug(fields, 'schema migration'),
    },
  });
}

async function underLock<T>(sequelize: Sequelize, work: () => Promise<T>): Promise<T> {
  return sequelize.transaction(async (transaction) => {
    await withoutTimeLimit(sequelize, transaction);
    await sequelize.query('select pg_advisory_xact_lock($1)', { bind: [lockKey], transaction });
    return work();
  });
}

/** Names of the migrations that were carried out now. */
export async function migrateUp(sequelize: Sequelize, logger: Logger): Promise<string[]> {
  const done = await underLock(sequelize, () => createUmzug(sequelize, logger).up());
  return done.map((migration) => migration.name);
}

/** Names of those that the database has had, in the order of the list. */
export async function executedMigrations(sequelize: Sequelize, logger: Logger): Promise<string[]> {
  const done = new Set((await createUmzug(sequelize, logger).executed()).map(({ name }) => name));
  return migrations.flatMap(({ name }) => (done.has(name) ? [name] : []));
}

/** Takes back what comes after `last` in the list, newest first; what only those knew is gone. Names of them. */
export async function migrateBackTo(sequelize: Sequelize, logger: Logger, last: string): Promise<string[]> {
  const after = migrations.slice(migrations.findIndex(({ name }) => name === last) + 1);
  const done = new Set(await executedMigrations(sequelize, logger));
  const names = after.flatMap(({ name }) => (done.has(name) ? [name] : [])).reverse();
  if (names.length === 0) return [];
  await underLock(sequelize, () => createUmzug(sequelize, logger).down({ migrations: names }));
  return names;
}

/** Takes everything back, data included: for tests of the migrations. */
export async function migrateDown(sequelize: Sequelize, logger: Logger): Promise<string[]> {
  const done = await underLock(sequelize, () => createUmzug(sequelize, logger).down({ to: 0 }));
  return done.map((migration) => migration.name);
}
