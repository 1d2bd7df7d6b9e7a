/** `hearthline settings`: the databases' own settings, written as this release has them; an upgrade and a way back do it. */
import { CliError } from '../admin-socket.ts';
import type { OpsCommand } from '../cli.ts';
import { databaseFiles } from '../install/database-files.ts';
import { holds, writeWhole } from '../system-files.ts';
import { readOptions } from './read-options.ts';

const usage = `Usage: hearthline settings write
  the settings of Postgres and Redis as this release has them; they take effect when those are started anew`;

export const settingsCommand: OpsCommand = async ([word = '', ...args], house, io) => {
  const { help } = readOptions(args, { help: { type: 'boolean' } }, usage);
  if (word !== 'write' || help === true) {
    io.out(usage);
    return word === '--help' || help === true ? 0 : 1;
  }
  if (!house.machine) throw new CliError('Only an installed Hearthline has these files.');
  const files = databaseFiles(house.machine).filter((file) => !holds(file));
  for (const file of files) writeWhole(file);
  io.out(
    files.length === 0 ? 'They are so already.' : `Written: ${files.map(({ path }) => path).join(', ')}`,
  );
  return Promise.resolve(0);
};
