/** `hearthline backup`: takes one, lists them, proves one by restoring it into a scratch directory. */
import { resolve } from 'node:path';
import { CliError } from '../admin-socket.ts';
import type { OpsCommand } from '../cli.ts';
import type { CliIo } from '../cli-io.ts';
import type { House } from '../house.ts';
import { isRoot } from '../privilege.ts';
import { compressions, type Compression } from './backup/base-backup.ts';
import { backupsIn, findBackup } from './backup/backup-dirs.ts';
import { refuseWithBankStores } from './backup/bank-backup.ts';
import { freeBytes, sizeText } from './backup/durable.ts';
import { readPassphrase } from './backup/keys-file.ts';
import { partBytes } from './backup/manifest.ts';
import { takeBackup, type BackupOptions } from './backup/take-backup.ts';
import { checkLines, verifyBackup } from './backup/verify-backup.ts';
import { readWords } from './read-options.ts';
import { tellAudit } from './tell-audit.ts';
import { walArchiveState } from './backup/wal-archive.ts';

const usage = `Usage:
  hearthline backup [--to DIR] [--keep N] [--compress gzip|none] [--keys FILE --passphrase-file FILE]
      takes a backup while everything goes on; --keep removes the oldest beyond N
  hearthline backup list [--to DIR]
  hearthline backup verify [BACKUP|latest] [--to DIR]
      restores it into a scratch directory and compares counts, digests and the audit trail

DIR is where backups are kept. Secrets are in no backup: --keys writes them to a file of their own, encrypted with the
first line of --passphrase-file.`;

interface Asked {
  words: string[];
  backupsDir: string;
  options: BackupOptions;
  isHelp: boolean;
}

const options = {
  to: { type: 'string' },
  keep: { type: 'string' },
  compress: { type: 'string' },
  keys: { type: 'string' },
  'passphrase-file': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

function parse(args: string[], house: House): Asked {
  const { values, positionals } = readWords(args, options, usage);
  const { to, keep, compress, keys } = values;
  if (keep !== undefined && !/^[1-9]\d{0,4}$/.test(keep)) throw new CliError('--keep is a number from 1 on.');
  if (compress !== undefined && !compressions.some((one) => one === compress))
    throw new CliError(`--compress is one of ${compressions.join(', ')}.`);
  return {
    words: positionals,
    backupsDir: resolve(to ?? house.backupsDir),
    isHelp: values.help === true,
    options: {
      ...(to !== undefined && { to }),
      ...(keep !== undefined && { keep: Number(keep) }),
      ...(compress !== undefined && { compression: compress as Compression }),
      ...keysOption(keys, values['passphrase-file']),
    },
  };
}

/** An installed house is root's to back up: every service has a user of its own. */
export function refuseUnlessRoot(house: House): void {
  if (house.kind === 'installed' && !isRoot())
    throw new CliError(
      'Backups of an installed Hearthline are taken, proved and restored by root: sudo hearthline ...',
    );
}

/** Both or neither. */
export function keysOption(
  file: string | undefined,
  passphraseFile: string | undefined,
): { keys?: { file: string; passphrase: string } } {
  if (file === undefined && passphraseFile === undefined) return {};
  if (file === undefined || passphraseFile === undefined)
    throw new CliError('--keys and --passphrase-file belong together.');
  return { keys: { file: resolve(file), passphrase: readPassphrase(resolve(passphraseFile)) } };
}

async function take(house: House, options: BackupOptions, io: CliIo): Promise<number> {
  const taken = await takeBackup(house, { ...options, say: (text) => io.error(text) }).catch(
    async (error: unknown) => {
      const reason = (error as Error).message.split('\n')[0]!;
      await tellAudit(house, { action: 'backup.failed', details: { reason } }, io);
      throw error;
    },
  );
  const { manifest, dir, steps } = taken;
  const { recordings } = manifest;
  const details = { bytes: partBytes(manifest), freeBytes: freeBytes(dir) };
  await tellAudit(house, { action: 'backup.done', details }, io);
  io.out(`Backup of ${manifest.at}: ${dir}`);
  io.out(steps.lines().join('\n'));
  io.out(
    `${sizeText(partBytes(manifest))} and ${sizeText(taken.newObjectBytes)} of new recordings in ${steps.totalSec.toFixed(1)} s; ` +
      `${recordings.count} recordings in all, ${Object.keys(manifest.tables).length} tables, audit entry ${manifest.audit.seq}.`,
  );
  if (taken.removed.length > 0) io.out(`Removed: ${taken.removed.join(', ')}.`);
  io.out(
    options.keys
      ? `Keys: ${options.keys.file}. Keep it apart from the backup, and the passphrase apart from both.`
      : 'Keys are not in it (passwords of mailboxes, certificates and the like): --keys FILE writes them apart.',
  );
  for (const remark of taken.remarks) io.error(`warning: ${remark}`);
  return 0;
}

function list(house: House, backupsDir: string, io: CliIo): number {
  const found = backupsIn(backupsDir);
  if (found.length === 0) io.out(`There is no backup in ${backupsDir}.`);
  for (const { name, manifest } of found) {
    if (typeof manifest === 'string') {
      io.out(`${name}  DAMAGED: ${manifest}`);
      continue;
    }
    const { product, schema, recordings } = manifest;
    io.out(
      `${name}  of ${manifest.at}  ${sizeText(partBytes(manifest)).padStart(9)}  ` +
        `${recordings.count} recordings, ${sizeText(recordings.bytes)}  release ${product.version}, schema ${schema}`,
    );
  }
  const archive = walArchiveState(house);
  const first = found.find(({ manifest }) => typeof manifest === 'object')?.manifest;
  if (
    archive?.newestAtMs !== undefined &&
    typeof first === 'object' &&
    backupsDir === resolve(house.backupsDir)
  )
    io.out(
      `Any moment from ${first.at} to ${new Date(archive.newestAtMs).toISOString()} can be restored (--at); ` +
        `the log takes ${sizeText(archive.bytes)}${archive.isFull ? ' and has a gap: it was full. Take a backup' : ''}.`,
    );
  return found.some(({ manifest }) => typeof manifest === 'string') ? 1 : 0;
}

async function verify(
  house: House,
  backupsDir: string,
  which: string | undefined,
  io: CliIo,
): Promise<number> {
  const backup = findBackup(backupsDir, which);
  const { checks, steps } = await verifyBackup(house, backup, (text) => io.error(text));
  const faults = checks.reduce((sum, check) => sum + check.faults.length, 0);
  io.out(checkLines(checks).join('\n'));
  io.out(steps.lines().join('\n'));
  io.out(
    faults === 0
      ? `${backup} can be restored: it took ${steps.totalSec.toFixed(1)} s in a scratch directory, which is gone again.`
      : `${backup} has ${faults} ${faults === 1 ? 'fault' : 'faults'}. Take another backup, and look at the disk.`,
  );
  return faults === 0 ? 0 : 1;
}

export const backupCommand: OpsCommand = async (args, house, io) => {
  const { words, backupsDir, options, isHelp } = parse(args, house);
  if (isHelp) {
    io.out(usage);
    return 0;
  }
  refuseUnlessRoot(house);
  const [word, which, ...rest] = words;
  if (word === undefined) {
    refuseWithBankStores(house, 'backup');
    return take(house, options, io);
  }
  if (word === 'list' && which === undefined) return list(house, backupsDir, io);
  if (word === 'verify' && rest.length === 0) return verify(house, backupsDir, which, io);
  throw new CliError(usage);
};
