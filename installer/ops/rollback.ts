/** `hearthline rollback`: back to the release that was in force before the last upgrade, with the calls in progress kept. */
import { existsSync } from 'node:fs';
import { CliError } from '../admin-socket.ts';
import type { OpsCommand } from '../cli.ts';
import { readOptions } from './read-options.ts';
import { tellAudit } from './tell-audit.ts';
import { forgetHistory, openJournal, readHistory, readJournal } from './upgrade/journal.ts';
import { releaseDir } from './upgrade/switch.ts';
import { goBack } from './upgrade.ts';

const usage = `Usage: hearthline rollback
  back to the version before the last upgrade; what only the newer one could keep is gone, calls go on`;

export const rollbackCommand: OpsCommand = async (args, house, io) => {
  const { help } = readOptions(args, { help: { type: 'boolean' } }, usage);
  if (help === true) {
    io.out(usage);
    return 0;
  }
  if (!house.machine) throw new CliError('Only an installed Hearthline is rolled back like this.');
  const places = house.machine;
  if (readJournal(places))
    throw new CliError('An upgrade is under way or was cut off. First: hearthline settle');
  const history = readHistory(places);
  if (!history || !existsSync(releaseDir(places, history.previous)))
    throw new CliError('There is no version before this one to go back to.');
  const way = { from: history.previous, to: history.current, fromSchema: history.previousSchema };
  io.out(`Back from ${way.to} to ${way.from}`);
  // Cut off, it is gone on with at the next start, in the same direction.
  openJournal(places, way);
  await goBack(places, way, io);
  forgetHistory(places);
  await tellAudit(house, { action: 'upgrade.rolled-back', details: { version: way.from, from: way.to } }, io);
  io.out(`Hearthline ${way.from} is in force.`);
  return 0;
};
