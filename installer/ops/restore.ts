/** `hearthline restore`: puts a backup in the place of what is there, as it was or as of a later moment. */
import { resolve } from 'node:path';
import { CliError } from '../admin-socket.ts';
import type { OpsCommand } from '../cli.ts';
import type { CliIo } from '../cli-io.ts';
import { keysOption, refuseUnlessRoot } from './backup.ts';
import { findBackup } from './backup/backup-dirs.ts';
import { refuseWithBankStores } from './backup/bank-backup.ts';
import { sizeText } from './backup/durable.ts';
import { restoreHouse, type HouseRestored } from './backup/restore-house.ts';
import { speedText } from './backup/steps.ts';
import { tellAudit } from './tell-audit.ts';
import { readWords } from './read-options.ts';

const usage = `Usage:
  hearthline restore BACKUP [--at MOMENT] [--replace] [--keys FILE --passphrase-file FILE] [--into DIR] [--from DIR] [--log DIR]
      BACKUP      a directory, a name from "hearthline backup list", or latest
      --at        bring it forward to this moment, such as 2026-11-22T10:15:00Z; BACKUP may then be left out
      --replace   where there are data: moves them aside (they are never removed)
      --keys      restore the secrets from this file too, opened with the first line of --passphrase-file
      --into      another data directory, for npm start
      --from      where backups are kept, if not where they are by default
      --log       where the database's log is kept file by file (for --at), if not where it is by default

Hearthline must be stopped. Everything is restored beside what is there and put in place at the end.`;

/** With its zone: a moment without one is of no use in an emergency. */
export function momentOf(text: string): number {
  const atMs = Date.parse(text);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text) || Number.isNaN(atMs))
    throw new CliError(`--at is a moment with its zone, such as 2026-11-22T10:15:00Z, not "${text}".`);
  return atMs;
}

const options = {
  at: { type: 'string' },
  replace: { type: 'boolean' },
  keys: { type: 'string' },
  'passphrase-file': { type: 'string' },
  into: { type: 'string' },
  from: { type: 'string' },
  log: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

function tell(restored: HouseRestored, backup: string, io: CliIo): void {
  const { manifest, facts, audit, steps, aside, dataDir } = restored;
  const rows = Object.values(facts.tables).reduce((sum, count) => sum + count, 0);
  const bytes = manifest.databaseBytes + manifest.recordings.bytes;
  io.out(steps.lines().join('\n'));
  io.out(
    `Time to restore: ${steps.totalSec.toFixed(1)} s for ${sizeText(bytes)} (${speedText(bytes, steps.totalSec)}): ` +
      `${rows} rows in ${Object.keys(facts.tables).length} tables, ${manifest.recordings.count} recordings, ` +
      `${audit.checked} audit entries in one chain.`,
  );
  for (const remark of restored.remarks) io.out(remark);
  if (aside.length > 0) io.out(`The old data are in:\n${aside.map((dir) => `  ${dir}`).join('\n')}`);
  io.out(
    `${backup} is restored to ${dataDir}. Start Hearthline, and take a backup soon: moments from now on need one.`,
  );
}

export const restoreCommand: OpsCommand = async (args, house, io) => {
  const { values, positionals } = readWords(args, options, usage);
  if (values.help === true) {
    io.out(usage);
    return 0;
  }
  refuseUnlessRoot(house);
  refuseWithBankStores(house, 'restore');
  const [which, ...rest] = positionals;
  const atMs = values.at === undefined ? undefined : momentOf(values.at);
  if (rest.length > 0 || (which === undefined && atMs === undefined)) throw new CliError(usage);
  const backup = findBackup(resolve(values.from ?? house.backupsDir), which, atMs);
  const restored = await restoreHouse(house, {
    backup,
    ...(atMs !== undefined && { atMs }),
    ...keysOption(values.keys, values['passphrase-file']),
    isReplacing: values.replace === true,
    ...(values.into !== undefined && { into: values.into }),
    ...(values.log !== undefined && { archiveDir: resolve(values.log) }),
    say: (text) => io.error(text),
  });
  if (restored.finishedBefore !== undefined)
    io.out(
      `A restore of ${restored.finishedBefore} had been cut off in its last step; that was finished first.`,
    );
  // Into the trail of what was restored, not of what was there before.
  if (values.into === undefined) await tellAudit(house, { action: 'backup.restored' }, io);
  tell(restored, backup, io);
  return 0;
};
