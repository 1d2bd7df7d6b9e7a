/**
 * Puts what was restored beside the old data in their place, by renames: the old data are moved aside, never removed. A journal
 * is written first; from then on the restore counts as done, and whoever comes next (a start, another restore) finishes the
 * renames. Before it the old data are as they were.
 *
 *     beside is filled --(journal)--> old aside, new in place, one after the other --> journal removed
 *
 * A directory that is a disk of its own cannot be renamed: its content is moved instead, within it.
 */
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { syncPath } from '../../system-files.ts';
import { writeDurably } from './durable.ts';

export const journalName = 'restore-unfinished.json';

const journalSchema = z.object({
  backup: z.string(),
  stamp: z.string(),
  /** Directories to be replaced. */
  targets: z.array(z.string()),
  /** The cluster among them, and where its log is kept. */
  cluster: z.string(),
  archiveDir: z.string().optional(),
});
export type Journal = z.infer<typeof journalSchema>;

function isMountPoint(dir: string): boolean {
  return existsSync(dir) && statSync(dir).dev !== statSync(dirname(dir)).dev;
}

/** Where the new content of a directory grows; on the same disk. */
export const besideOf = (target: string): string =>
  isMountPoint(target) ? join(target, '.restoring') : `${target}.restoring`;

const asideOf = (target: string, stamp: string): string =>
  isMountPoint(target) ? join(target, `.before-${stamp}`) : `${target}.before-${stamp}`;

export const hasContent = (dir: string): boolean =>
  existsSync(dir) && readdirSync(dir).some((name) => !name.startsWith('.') && name !== 'lost+found');

function replaceWhole(target: string, stamp: string): void {
  const beside = besideOf(target);
  if (!existsSync(beside)) return;
  if (existsSync(target)) {
    if (readdirSync(target).length === 0) rmdirSync(target);
    else renameSync(target, asideOf(target, stamp));
  }
  renameSync(beside, target);
}

/** `.restoring` becomes `.restored` when the old content is aside: a second run knows by it which is which. */
function replaceContent(target: string, stamp: string): void {
  const beside = besideOf(target);
  const ready = join(target, '.restored');
  const own = (dir: string) =>
    readdirSync(dir).filter((name) => !name.startsWith('.') && name !== 'lost+found');
  if (existsSync(beside)) {
    const aside = asideOf(target, stamp);
    if (own(target).length > 0) mkdirSync(aside, { recursive: true, mode: 0o700 });
    for (const name of own(target)) renameSync(join(target, name), join(aside, name));
    renameSync(beside, ready);
  }
  if (!existsSync(ready)) return;
  for (const name of readdirSync(ready)) renameSync(join(ready, name), join(target, name));
  rmdirSync(ready);
}

const journalFile = (dataDir: string) => join(dataDir, journalName);

/** The restore counts as done once this returns. */
export function beginSwap(dataDir: string, journal: Journal): void {
  writeDurably(journalFile(dataDir), `${JSON.stringify(journal)}\n`);
}

export function unfinishedRestore(dataDir: string): Journal | undefined {
  const file = journalFile(dataDir);
  return existsSync(file) ? journalSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}

/**
 * Finishes the renames of a restore that was cut off in them; answers where the old data are, or undefined where there is
 * nothing to finish. Only while nothing runs and nobody else may begin: under the data directory's lock.
 */
export function finishRestore(dataDir: string): { aside: string[]; journal: Journal } | undefined {
  const journal = unfinishedRestore(dataDir);
  if (!journal) return undefined;
  for (const target of journal.targets) {
    if (isMountPoint(target)) replaceContent(target, journal.stamp);
    else replaceWhole(target, journal.stamp);
    syncPath(dirname(target));
  }
  keepHistories(journal);
  rmSync(journalFile(dataDir));
  syncPath(dataDir);
  const aside = journal.targets
    .map((target) => asideOf(target, journal.stamp))
    .filter((dir) => existsSync(dir));
  return { aside, journal };
}

/** A restored cluster writes a timeline of its own: whoever later wants a moment on it needs to know where it began. */
function keepHistories({ cluster, archiveDir }: Journal): void {
  if (archiveDir === undefined || !existsSync(archiveDir)) return;
  const { uid, gid } = statSync(cluster);
  const logDir = join(cluster, 'pg_wal');
  for (const name of readdirSync(logDir).filter((one) => /^[0-9A-F]{8}\.history$/.test(one))) {
    const file = join(archiveDir, `${name}.gz`);
    if (existsSync(file)) continue;
    writeDurably(file, gzipSync(readFileSync(join(logDir, name))));
    if (process.getuid?.() === 0) chownSync(file, uid, gid);
  }
}

/** What a restore that was cut off before its journal left beside. */
export function removeBeside(targets: readonly string[]): void {
  for (const target of targets) rmSync(besideOf(target), { recursive: true, force: true });
}
