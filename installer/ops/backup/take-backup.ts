/**
 * Takes a backup of a house that is running, beside whatever it does: nothing is stopped and nothing is locked.
 *
 * The order is what makes it whole. Whatever is named by something is copied after it: the database's base first; then one
 * moment is marked in its log (quiet-moment.ts); then Redis is saved, which therefore has every event that history lacks at
 * the mark; then the recordings, since every one that the database names as finished is on the disk by then. The log ends
 * with the newest event that Redis had before the mark: what an event of those tells of (a mail, a line of a chat) was
 * stored before it, so it is in the database. What Redis has beyond, a restore takes out.
 */
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Sequelize } from 'sequelize';
import { CliError } from '../../admin-socket.ts';
import { LockedError, takeLock } from '../../data-lock.ts';
import type { House } from '../../house.ts';
import type { BaseBackup, Compression } from './base-backup.ts';
import { copyLogTail, holdLog, majorOf, takeBaseBackup } from './base-backup.ts';
import {
  backupsIn,
  keepNewest,
  promptsList,
  recordingsList,
  removeUnfinished,
  stampOf,
} from './backup-dirs.ts';
import { openDatabase, readFacts, readSeqs, rowsOf } from './database-facts.ts';
import type { DatabaseFacts } from './database-facts.ts';
import { syncPath } from '../../system-files.ts';
import { digestFile, diskFault, refuseWithoutRoom, syncTree, writeDurably } from './durable.ts';
import { collectKeys, sealKeys } from './keys-file.ts';
import { manifestFormat, manifestName, writeManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { filesBelow, objectsDirOf, readList, storeFiles, writeList } from './objects.ts';
import type { ObjectEntry } from './objects.ts';
import { productRelease } from './product.ts';
import { findQuietMoment } from './quiet-moment.ts';
import { openRedis } from './redis-save.ts';
import type { HouseRedis } from './redis-save.ts';
import { Steps } from './steps.ts';
import { forgetFull, pruneWalArchive } from './wal-archive.ts';

export interface BackupOptions {
  /** The house's own directory for them when left out. */
  to?: string;
  /** How many are kept, this one included; all when left out. */
  keep?: number;
  compression?: Compression;
  /** Secrets go to this file; nowhere when left out. */
  keys?: { file: string; passphrase: string };
  say?: (text: string) => void;
}

export interface TakenBackup {
  dir: string;
  manifest: Manifest;
  steps: Steps;
  newObjectBytes: number;
  removed: string[];
  /** Worth a warning. */
  remarks: string[];
}

interface Work {
  house: House;
  options: BackupOptions;
  backupsDir: string;
  /** Where it grows. */
  dir: string;
  stamp: string;
  steps: Steps;
  db: Sequelize;
  redis: HouseRedis;
}

/** Throws CliError, LockedError included; what was begun is then gone, and what was there before is untouched. */
export async function takeBackup(house: House, options: BackupOptions = {}): Promise<TakenBackup> {
  const backupsDir = resolve(options.to ?? house.backupsDir);
  mkdirSync(backupsDir, { recursive: true, mode: 0o700 });
  const release = lockBackups(backupsDir, house);
  try {
    removeUnfinished(backupsDir);
    return await inBackups(house, backupsDir, options);
  } catch (error) {
    removeUnfinished(backupsDir);
    throw databaseFault(diskFault(error, backupsDir));
  } finally {
    release();
  }
}

function databaseFault(error: unknown): unknown {
  const { name } = error as Error;
  if (typeof name !== 'string' || !/^(Sequelize|ClientOffline|SocketClosed|Disconnects)/.test(name))
    return error;
  return new CliError('A database went away during the backup: nothing of it was kept. Run it again.', {
    cause: error,
  });
}

/** One at a time: in a directory, since objects are shared, and of a house, since Redis writes one file at a time. */
function lockBackups(backupsDir: string, { layout }: House): () => void {
  const held = (pid: number) => `Another backup is under way (process ${pid}). Wait for its end.`;
  const releases: (() => void)[] = [];
  try {
    const files = [join(backupsDir, 'backup.lock'), join(layout.dataDir, 'backup-of-house.lock')];
    for (const file of files) releases.push(takeLock(file, held));
  } catch (error) {
    for (const release of releases) release();
    throw error instanceof LockedError ? new CliError(error.message) : error;
  }
  return () => releases.forEach((release) => release());
}

async function inBackups(house: House, backupsDir: string, options: BackupOptions): Promise<TakenBackup> {
  const steps = new Steps(options.say ?? (() => undefined));
  const { layout } = house;
  const redis = await openRedis(realSocket(layout.redis.socket));
  const db = openDatabase(realSocket(layout.postgres.socketDir));
  try {
    const stamp = freeStamp(backupsDir);
    const dir = join(backupsDir, `${stamp}.part`);
    const work = { house, options, backupsDir, dir, stamp, steps, db, redis };
    await refuseTooBig(work);
    mkdirSync(dir, { mode: 0o700 });
    return await makeAndPublish(work);
  } finally {
    await redis.close();
    await db.close();
  }
}

/** Below a link with a short name, as it is where a path is too long for a socket. */
function realSocket(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    throw new CliError(
      'Hearthline is not running here: its databases must be running while they are backed up.',
    );
  }
}

/** Two within one second are told apart by moving on. */
function freeStamp(backupsDir: string): string {
  for (let atMs = Date.now(); ; atMs += 1000) {
    const stamp = stampOf(atMs);
    if (!existsSync(join(backupsDir, stamp))) return stamp;
  }
}

async function refuseTooBig({ db, backupsDir, house, options }: Work): Promise<void> {
  const [row] = await rowsOf<{ bytes: string }>(
    db,
    'select sum(pg_database_size(datname))::text as bytes from pg_database where datallowconn',
  ).catch(() => {
    throw new CliError('Postgres does not answer: Hearthline must be running while it is backed up.');
  });
  const database = Number(row?.bytes ?? 0) * (options.compression === 'none' ? 1 : 0.5);
  const known = new Set((await knownEntries(backupsDir, recordingsList)).map((entry) => entry.path));
  const recordings = (await filesBelow(house.layout.recordingsDir))
    .filter(({ path }) => !known.has(path))
    .reduce((sum, { bytes }) => sum + bytes, 0);
  refuseWithoutRoom(backupsDir, database + recordings, 'The backup');
}

/** Of the newest backup that can be read. */
async function knownEntries(backupsDir: string, list: string): Promise<ObjectEntry[]> {
  const newest = backupsIn(backupsDir).findLast(({ manifest }) => typeof manifest === 'object');
  return newest ? readList(join(newest.dir, list)).catch(() => []) : [];
}

async function makeAndPublish(work: Work): Promise<TakenBackup> {
  const { steps, dir, backupsDir, stamp, options } = work;
  const startedAt = new Date().toISOString();
  const { base, moment } = await copyDatabases(work);
  const kept = await steps.run(
    'Copying recordings and announcements',
    () => copyFiles(work, moment.recordings),
    ({ newBytes }) => newBytes,
  );
  writeSettings(work, moment.siteYaml);
  if (options.keys) await steps.run('Writing the keys', () => writeKeysFile(work));
  const manifest = await steps.run('Checking what was written', async () => {
    const { facts, mark } = moment;
    const written: Manifest = {
      format: manifestFormat,
      product: productRelease(),
      schema: facts.schema,
      postgresMajor: base.major,
      startedAt,
      at: new Date(mark.atMs).toISOString(),
      endedAt: new Date().toISOString(),
      mark: { name: mark.name, lsn: mark.lsn, firstWal: base.firstWal },
      databaseBytes: base.databaseBytes,
      parts: await digestParts(dir),
      tables: facts.tables,
      audit: facts.audit,
      log: { projectedSeq: facts.projectedSeq, lastSeq: moment.lastSeq },
      recordings: kept.recordings,
      prompts: kept.prompts,
    };
    writeManifest(dir, written);
    await syncTree(dir);
    return written;
  });
  renameSync(dir, join(backupsDir, stamp));
  syncPath(backupsDir);
  const removed = await steps.run('Letting go of old ones', () => letGo(work));
  const remarks = [...kept.remarks, ...removed.remarks];
  const taken = { dir: join(backupsDir, stamp), manifest, steps, newObjectBytes: kept.newBytes };
  return { ...taken, removed: removed.names, remarks };
}

async function copyDatabases(work: Work): Promise<{ base: BaseBackup & { major: string }; moment: Moment }> {
  const { db, dir, house, options, steps } = work;
  const major = await majorOf(db);
  const socketDir = realSocket(house.layout.postgres.socketDir);
  const hold = await holdLog(db);
  try {
    const base = await steps.run(
      'Copying the database',
      () => takeBaseBackup({ socketDir, major }, join(dir, 'postgres'), options.compression ?? 'gzip'),
      ({ databaseBytes }) => databaseBytes,
    );
    const moment = await steps.run('Marking the moment', () => markMoment(work, base.endLsn));
    return { base: { ...base, major }, moment };
  } finally {
    await hold.release();
  }
}

interface Moment {
  mark: { name: string; lsn: string; atMs: number };
  facts: DatabaseFacts;
  lastSeq: number;
  siteYaml: string | undefined;
  recordings: { file: string; sha256: string | null }[];
}

async function markMoment(work: Work, endLsn: string): Promise<Moment> {
  const { db, redis, dir, stamp, house } = work;
  const moment = await findQuietMoment(db, `hearthline-${stamp}`, () => redis.lastSeq());
  const { transaction, name, lsn, atMs } = moment;
  try {
    await redis.saveTo(join(dir, 'redis.rdb'));
    const clusterDir = realpathSync(house.layout.postgres.dataDir);
    await copyLogTail(db, { clusterDir, endLsn, markLsn: lsn }, join(dir, 'postgres', 'wal'));
    const { projectedSeq, snapshotSeq } = await readSeqs(db, transaction);
    const lastSeq = Math.max(moment.logSeq, projectedSeq, snapshotSeq);
    await refuseGap(redis, projectedSeq, lastSeq);
    const facts = await readFacts(db, transaction);
    const [site] = await rowsOf<{ yaml: string }>(
      db,
      'select yaml from site_versions order by version desc limit 1',
      [],
      transaction,
    );
    const recordings = await rowsOf<{ file: string; sha256: string | null }>(
      db,
      `select file, sha256 from recordings where state = 'completed' and file is not null`,
      [],
      transaction,
    );
    return { mark: { name, lsn, atMs }, facts, lastSeq, siteYaml: site?.yaml, recordings };
  } finally {
    await transaction.rollback();
  }
}

/** Redis lets go of what history has; history here is that of the mark. */
async function refuseGap(redis: HouseRedis, projectedSeq: number, lastSeq: number): Promise<void> {
  if (lastSeq <= projectedSeq || (await redis.firstSeq()) <= projectedSeq + 1) return;
  throw new CliError(
    'So much happened while Redis was saved that it let go of events which the copy of the database lacks. Nothing was kept; run the backup again.',
  );
}

interface KeptFiles {
  recordings: Manifest['recordings'];
  prompts: Manifest['prompts'];
  newBytes: number;
  remarks: string[];
}

const sumOf = (entries: readonly ObjectEntry[]) => ({
  count: entries.length,
  bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
});

async function copyFiles(
  { house, backupsDir, dir }: Work,
  expected: Moment['recordings'],
): Promise<KeptFiles> {
  const { recordingsDir, promptsDir } = house.layout;
  const objects = objectsDirOf(backupsDir);
  const recordings = await storeFiles(objects, recordingsDir, await knownEntries(backupsDir, recordingsList));
  const prompts = await storeFiles(
    objects,
    join(promptsDir, 'custom'),
    await knownEntries(backupsDir, promptsList),
  );
  await writeList(join(dir, recordingsList), recordings.entries);
  await writeList(join(dir, promptsList), prompts.entries);
  const found = new Map(recordings.entries.map(({ path, sha256 }) => [path, sha256]));
  const missing = expected.filter(({ file }) => !found.has(file)).length;
  const damaged = expected.filter(
    ({ file, sha256 }) => sha256 !== null && found.has(file) && found.get(file) !== sha256,
  ).length;
  const remarks: string[] = [];
  if (missing > 0) remarks.push(`${missing} recordings that the database names are not on the disk.`);
  if (damaged > 0) remarks.push(`${damaged} recordings are not as they were written: their digests differ.`);
  return {
    recordings: { ...sumOf(recordings.entries), missing, damaged },
    prompts: sumOf(prompts.entries),
    newBytes: recordings.newBytes + prompts.newBytes,
    remarks,
  };
}

/** Names that say that their value is a secret; those are with the keys. */
const secretSetting = /^\s*[A-Z_]*(TOKEN|SECRET|PASSWORD|PASSPHRASE|KEY)[A-Z_]*\s*=/;

/** For a person who sets up another machine; a restore changes no settings of the machine it is on. */
function writeSettings({ house, dir }: Work, siteYaml: string | undefined): void {
  const { machine, settings } = house;
  if (siteYaml !== undefined) writeDurably(join(dir, 'site.yaml'), siteYaml);
  const text = machine
    ? readFileSync(machine.settingsFile, 'utf8')
        .split('\n')
        .filter((line) => !secretSetting.test(line))
        .join('\n')
    : [
        `HEARTHLINE_HTTP_PORT=${settings.httpPort}`,
        `HEARTHLINE_PUBLIC_PORT=${settings.publicPort}`,
        `HEARTHLINE_SIP_PORT=${settings.sipPort}`,
        `HEARTHLINE_RTP_PORTS=${settings.rtpFirst}-${settings.rtpLast}`,
        `HEARTHLINE_BIND=${settings.bind}`,
        '',
      ].join('\n');
  writeDurably(join(dir, 'settings.env'), text);
}

async function writeKeysFile({ house, options, backupsDir }: Work): Promise<void> {
  const { keys } = options;
  if (!keys) return;
  const file = resolve(keys.file);
  if (file.startsWith(`${backupsDir}/`))
    throw new CliError(`Keys do not belong to the backups: choose a file outside of ${backupsDir}.`);
  try {
    writeDurably(file, await sealKeys(await collectKeys(house), keys.passphrase));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`The keys cannot be written to ${file}: ${(error as Error).message}`);
  }
}

async function digestParts(dir: string): Promise<Manifest['parts']> {
  const parts: Manifest['parts'] = {};
  for (const { path } of await filesBelow(dir))
    if (path !== manifestName) parts[path] = await digestFile(join(dir, path));
  return parts;
}

async function letGo({ backupsDir, options, house }: Work): Promise<{ names: string[]; remarks: string[] }> {
  try {
    const keep = options.keep ?? Infinity;
    const { removed } = await keepNewest(backupsDir, keep);
    // Of backups elsewhere nothing is known here: the archive is the house's own and follows its own backups.
    if (backupsDir === resolve(house.backupsDir)) pruneArchive(house, backupsDir);
    return { names: removed, remarks: [] };
  } catch (error) {
    // The backup itself is whole; the next run tries again.
    return { names: [], remarks: [`Old backups could not be removed: ${(error as Error).message}`] };
  }
}

function pruneArchive(house: House, backupsDir: string): void {
  const [oldest] = backupsIn(backupsDir);
  if (typeof oldest?.manifest === 'object') pruneWalArchive(house, oldest.manifest.mark.firstWal);
  forgetFull(house);
}
