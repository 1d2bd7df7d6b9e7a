/** `hearthline rehearse`: whether this release would do for the house as it is now; asked by `hearthline upgrade` of the new one. */
import type { OpsCommand } from '../cli.ts';
import { refuseWithBankStores } from './backup/bank-backup.ts';
import { readOptions } from './read-options.ts';
import { rehearse } from './upgrade/rehearsal.ts';

const usage = `Usage: hearthline rehearse
  carries out this release's migrations on a copy, replays a day of events there, and compares the figures; changes nothing`;

export const rehearseCommand: OpsCommand = async (args, house, io) => {
  const { help } = readOptions(args, { help: { type: 'boolean' } }, usage);
  if (help === true) {
    io.out(usage);
    return 0;
  }
  refuseWithBankStores(house, 'rehearse');
  const startedAt = performance.now();
  await rehearse(house, (text) => io.out(text));
  io.out(`  It took ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return 0;
};
