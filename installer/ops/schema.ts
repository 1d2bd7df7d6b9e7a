/** `hearthline schema`: which migrations the database has had, and back to an earlier one; for upgrades and their way back. */
import { pino } from 'pino';
import { CliError } from '../admin-socket.ts';
import type { OpsCommand } from '../cli.ts';
import type { House } from '../house.ts';
import { databaseOf } from '../stores.ts';
import { connectDatabase } from '../../server/db/connect.ts';
import { executedMigrations, migrateBackTo } from '../../server/db/migrate.ts';
import { migrations } from '../../server/db/migrations/index.ts';
import { readOptions } from './read-options.ts';

const usage = `Usage: hearthline schema show
       hearthline schema back --to MIGRATION     takes back what came after it; the server must not run`;

async function withDatabase<T>(
  house: House,
  act: (sequelize: ReturnType<typeof connectDatabase>, logger: ReturnType<typeof quiet>) => Promise<T>,
): Promise<T> {
  const logger = quiet();
  const sequelize = connectDatabase({
    ...databaseOf(house),
    logger,
    applicationName: 'hearthline schema',
  });
  try {
    return await act(sequelize, logger);
  } finally {
    await sequelize.close();
  }
}

const quiet = () => pino({ level: 'silent' });

export const schemaCommand: OpsCommand = async ([word = 'show', ...args], house, io) => {
  const { to, help } = readOptions(args, { to: { type: 'string' }, help: { type: 'boolean' } }, usage);
  if (help === true || !['show', 'back'].includes(word)) {
    io.out(usage);
    return help === true ? 0 : 1;
  }
  if (word === 'show') {
    const done = await withDatabase(house, (sequelize, logger) => executedMigrations(sequelize, logger));
    io.out(done.at(-1) ?? 'none');
    return 0;
  }
  if (to === undefined || !migrations.some(({ name }) => name === to))
    throw new CliError(
      `--to must name a migration of this release, the newest of which is ${migrations.at(-1)!.name}`,
    );
  const undone = await withDatabase(house, (sequelize, logger) => migrateBackTo(sequelize, logger, to));
  io.out(
    undone.length === 0
      ? `The schema is at ${to}.`
      : `Took back ${undone.join(', ')}: the schema is at ${to}.`,
  );
  return 0;
};
