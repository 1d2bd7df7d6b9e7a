/**
 * `hearthline settle`: an upgrade that a power cut or a kill left half done is undone, before the server starts
 * (hearthline-settle.service). While the upgrade is at it, and where there is none, it does nothing.
 */
import { CliError } from '../admin-socket.ts';
import type { OpsCommand } from '../cli.ts';
import { waitForDatabase } from '../stores.ts';
import { readOptions } from './read-options.ts';
import { closeJournal, isUnderWay, readJournal } from './upgrade/journal.ts';
import { putInForce, takeSchemaBack } from './upgrade/switch.ts';

const usage = `Usage: hearthline settle
  undoes an upgrade that was cut off; started by systemd before the server`;

const databaseMs = 120_000;

export const settleCommand: OpsCommand = async (args, house, io) => {
  const { help } = readOptions(args, { help: { type: 'boolean' } }, usage);
  if (help === true) {
    io.out(usage);
    return 0;
  }
  if (!house.machine) throw new CliError('Only an installed Hearthline is settled like this.');
  const places = house.machine;
  const journal = readJournal(places);
  if (!journal || isUnderWay(journal)) return 0;
  io.out(`An upgrade to ${journal.to} was cut off: ${journal.from} is put in force again.`);
  await waitForDatabase(house, databaseMs);
  io.out(await takeSchemaBack(places, journal.to, journal.fromSchema));
  await putInForce(places, journal.from, journal.to);
  closeJournal(places);
  return 0;
};
