/**
 * The directory that backups are kept in: which there are, which one is meant, and what goes when there are enough. A backup
 * is named by when it was begun (UTC); while it is made or removed its name ends otherwise.
 */
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { CliError } from '../../admin-socket.ts';
import { syncPath } from '../../system-files.ts';
import { manifestName, readManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { objectsDirOf, pruneObjects } from './objects.ts';

const namePattern = /^\d{8}T\d{6}Z$/;
const unfinished = /^\d{8}T\d{6}Z\.(part|removing)$/;
export const recordingsList = 'recordings.list';
export const promptsList = 'prompts.list';

/** 20261122T101500Z */
export const stampOf = (atMs: number): string =>
  new Date(atMs).toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');

export interface FoundBackup {
  name: string;
  dir: string;
  /** A fault in words where it cannot be read. */
  manifest: Manifest | string;
}

/** Oldest first. */
export function backupsIn(backupsDir: string): FoundBackup[] {
  if (!existsSync(backupsDir)) return [];
  const names = readdirSync(backupsDir).filter((name) => namePattern.test(name));
  return names.sort().map((name) => {
    const dir = join(backupsDir, name);
    try {
      return { name, dir, manifest: readManifest(dir) };
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      return { name, dir, manifest: error.message };
    }
  });
}

/** A path, a name in the house's directory, or `latest`; with `notAfterMs` the newest that is not younger. */
export function findBackup(backupsDir: string, which: string | undefined, notAfterMs = Infinity): string {
  if (which !== undefined && which !== 'latest') {
    for (const dir of [resolve(which), join(backupsDir, basename(which))])
      if (existsSync(join(dir, manifestName))) return dir;
    throw new CliError(
      `There is no backup ${which}, neither as a directory nor in ${backupsDir}. hearthline backup list`,
    );
  }
  const fitting = backupsIn(backupsDir).filter(
    ({ manifest }) => typeof manifest === 'object' && Date.parse(manifest.at) <= notAfterMs,
  );
  const newest = fitting.at(-1);
  if (newest) return newest.dir;
  throw new CliError(
    notAfterMs === Infinity
      ? `There is no backup in ${backupsDir}.`
      : `There is no backup in ${backupsDir} of before ${new Date(notAfterMs).toISOString()}.`,
  );
}

/** The objects that a backup's lists name lie beside it. */
export const objectsDirFor = (backupDir: string): string => objectsDirOf(dirname(resolve(backupDir)));

/** Removes what killed runs left. Only under the directory's lock. */
export function removeUnfinished(backupsDir: string): string[] {
  const names = readdirSync(backupsDir).filter((name) => unfinished.test(name));
  for (const name of names) rmSync(join(backupsDir, name), { recursive: true, force: true });
  return names;
}

/** Keeps the newest `keep`; then what is in no kept one goes. Under the lock. Answers the names that went. */
export async function keepNewest(
  backupsDir: string,
  keep: number,
): Promise<{ removed: string[]; bytes: number }> {
  const names = readdirSync(backupsDir)
    .filter((name) => namePattern.test(name) && statSync(join(backupsDir, name)).isDirectory())
    .sort();
  const removed = names.slice(0, Math.max(0, names.length - keep));
  for (const name of removed) {
    const going = join(backupsDir, `${name}.removing`);
    // In one step it is no backup any more; taking it apart may be cut off.
    renameSync(join(backupsDir, name), going);
    syncPath(backupsDir);
    rmSync(going, { recursive: true });
  }
  const kept = names.slice(removed.length);
  const lists = kept.flatMap((name) =>
    [recordingsList, promptsList].map((list) => join(backupsDir, name, list)),
  );
  const bytes = await pruneObjects(
    objectsDirOf(backupsDir),
    lists.filter((list) => existsSync(list)),
  );
  return { removed, bytes };
}
