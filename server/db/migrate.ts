/**
 * Brings the schema up to date at start: umzug over the explicit list in migrations/, under an advisory lock,
 * so that two servers started together do not both migrate. Each migration is one transaction.
 */
import { SequelizeStorage, Umzug } from 'umzug';
import { QueryTypes } from 'sequelize';
import type { Sequelize } from 'sequelize';
import type { Logger } from '../lib/log.ts';
import { migrations } from './migrations/index.ts';

/** Arbitrary, the same for every version: names our lock among the advisory locks of the database. */
const lockKey = 7_239_041;

function createUmzug(sequelize: Sequelize, logger: Logger) {
  const run = (sql: string) =>
    sequelize.transaction((transaction) => sequelize.query(sql, { transaction, type: QueryTypes.RAW }));
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
    await sequelize.query('select pg_advisory_xact_lock($1)', { bind: [lockKey], transaction });
    return work();
  });
}

/** Names of the migrations that were carried out now. */
export async function migrateUp(sequelize: Sequelize, logger: Logger): Promise<string[]> {
  const done = await underLock(sequelize, () => createUmzug(sequelize, logger).up());
  return done.map((migration) => migration.name);
}

/** Takes everything back, data included: for tests of the migrations. */
export async function migrateDown(sequelize: Sequelize, logger: Logger): Promise<string[]> {
  const done = await underLock(sequelize, () => createUmzug(sequelize, logger).down({ to: 0 }));
  return done.map((migration) => migration.name);
}
