/**
 * The database's part of a backup: a base backup by pg_basebackup over the Unix socket (its page checksums are verified on the
 * way), and the piece of the database's log from its end to the mark, which is copied from the cluster itself.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sequelize } from 'sequelize';
import { z } from 'zod';
import { CliError } from '../../admin-socket.ts';
import { postgresBinDirOf } from '../../postgres.ts';
import { rowsOf } from './database-facts.ts';
import { syncPath } from '../../system-files.ts';
import { copyDigested, privateDirectory } from './durable.ts';
import { runTool } from './tool.ts';

export const compressions = ['gzip', 'none'] as const;
export type Compression = (typeof compressions)[number];

/** Of what pg_basebackup writes about itself, what is needed here. */
const baseManifest = z.object({
  Files: z.array(z.object({ Size: z.number() })),
  'WAL-Ranges': z.array(z.object({ Timeline: z.number(), 'Start-LSN': z.string(), 'End-LSN': z.string() })),
});

export interface BaseBackup {
  databaseBytes: number;
  firstWal: string;
  endLsn: string;
}

export const segmentBytes = 16 * 1024 * 1024;
const lsnNumber = (lsn: string): bigint => {
  const [high, low] = lsn.split('/');
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
};

/** The name of the file that holds the byte before `lsn`, as pg_walfile_name tells it. */
export function segmentName(timeline: number, lsn: string): string {
  return nameOf(timeline, segmentBefore(lsn));
}
function segmentBefore(lsn: string): bigint {
  const at = lsnNumber(lsn);
  return (at > 0n ? at - 1n : at) / BigInt(segmentBytes);
}
function nameOf(timeline: number, segment: bigint): string {
  const perFile = 0x1_0000_0000n / BigInt(segmentBytes);
  const hex = (value: bigint | number) => value.toString(16).toUpperCase().padStart(8, '0');
  return hex(timeline) + hex(segment / perFile) + hex(segment % perFile);
}

/** Names from the segment of one position to that of another, both included. */
export function segmentsBetween(timeline: number, from: string, to: string): string[] {
  const names: string[] = [];
  for (let segment = segmentBefore(from); segment <= segmentBefore(to); segment += 1n)
    names.push(nameOf(timeline, segment));
  return names;
}

export async function majorOf(db: Sequelize): Promise<string> {
  const [row] = await rowsOf<{ n: string }>(
    db,
    `select (current_setting('server_version_num')::int / 10000)::text as n`,
  );
  return row?.n ?? '';
}

/** Into `dir`, which is made. */
export async function takeBaseBackup(
  where: { socketDir: string; major: string },
  dir: string,
  compression: Compression,
): Promise<BaseBackup> {
  await privateDirectory(dir);
  const program = join(postgresBinDirOf(where.major) ?? '/usr/bin', 'pg_basebackup');
  const args = ['-h', where.socketDir, '-U', 'postgres', '--no-password', '-D', dir];
  // Its other way forks a child that outlives it when it is killed. What it fetches at its end, a slot holds until then.
  args.push('--format=tar', '--wal-method=fetch', '--checkpoint=fast', '--label=hearthline');
  args.push('--manifest-checksums=SHA256');
  args.push(compression === 'gzip' ? '--compress=client-gzip:1' : '--compress=none');
  await runTool(program, args).catch((error: unknown) => {
    throw accessFault(error);
  });
  const told = baseManifest.parse(JSON.parse(readFileSync(join(dir, 'backup_manifest'), 'utf8')));
  const range = told['WAL-Ranges'].at(-1);
  if (!range) throw new CliError('pg_basebackup names no end of its backup');
  return {
    databaseBytes: told.Files.reduce((sum, { Size }) => sum + Size, 0),
    // The byte at the start is what is needed, not the one before it.
    firstWal: nameOf(range.Timeline, lsnNumber(range['Start-LSN']) / BigInt(segmentBytes)),
    endLsn: range['End-LSN'],
  };
}

function accessFault(error: unknown): unknown {
  const text = error instanceof CliError ? error.message : '';
  if (!/no pg_hba.conf entry|peer authentication failed|must be superuser or replication/i.test(text))
    return error;
  return new CliError(
    `Postgres does not let this user take a backup. It is allowed by "local replication postgres peer map=hearthline" in ` +
      `pg_hba.conf, which a start of this release writes: run this as root, and restart Hearthline once.\n${text}`,
  );
}

/** Postgres keeps the log from its last checkpoint on, until this is released or the connection ends. */
export async function holdLog(db: Sequelize): Promise<{ release(): Promise<void> }> {
  const transaction = await db.transaction();
  const slot = `hearthline_backup_${process.pid}`;
  try {
    await db.query('set local idle_in_transaction_session_timeout = 0', { transaction });
    await rowsOf(db, 'select pg_create_physical_replication_slot($1, true, true)', [slot], transaction);
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
  return {
    async release() {
      await rowsOf(db, 'select pg_drop_replication_slot($1)', [slot], transaction).catch(() => []);
      await transaction.rollback();
    },
  };
}

/** The log from the end of the base backup to the mark, into `dir`, each file compressed. */
export async function copyLogTail(
  db: Sequelize,
  from: { clusterDir: string; endLsn: string; markLsn: string },
  dir: string,
): Promise<void> {
  // Whole files are copied: the one that the mark is in has to be closed, which also brings it to the disk.
  await rowsOf(db, 'select pg_switch_wal()');
  const [row] = await rowsOf<{ timeline: number; size: string }>(
    db,
    `select timeline_id as timeline, current_setting('wal_segment_size') as size from pg_control_checkpoint()`,
  );
  if (row?.size !== '16MB') throw new CliError(`the database's log is in files of ${row?.size}, not of 16MB`);
  await privateDirectory(dir);
  for (const name of segmentsBetween(row.timeline, from.endLsn, from.markLsn)) {
    const file = join(from.clusterDir, 'pg_wal', name);
    if (!existsSync(file))
      throw new CliError(
        `The database wrote so much that ${name} of its log was gone before it could be copied. Nothing was kept; run the backup again.`,
      );
    await copyDigested(file, join(dir, `${name}.gz`), { gzip: true });
  }
  syncPath(dir);
}
