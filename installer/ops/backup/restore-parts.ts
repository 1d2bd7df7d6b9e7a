/**
 * Unpacks a backup into directories that are empty, and brings the database to the backup's mark or to a later moment. It
 * changes nothing that is in use and nothing in the backup; whoever calls it puts the result in its place, or throws it away.
 */
import { createReadStream, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { createAuditTrail, type AuditVerdict } from '../../../server/audit/audit-trail.ts';
import type { Sequelize } from 'sequelize';
import { CliError } from '../../admin-socket.ts';
import { postgresBinDirOf } from '../../postgres.ts';
import { isRoot, ownedDirectory, serviceUser } from '../../privilege.ts';
import type { RunAs } from '../../privilege.ts';
import { objectsDirFor, promptsList, recordingsList } from './backup-dirs.ts';
import { openDatabase, readFacts, readSeqs } from './database-facts.ts';
import type { DatabaseFacts } from './database-facts.ts';
import { digestFile, digesting } from './durable.ts';
import { readManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { readList, restoreFiles } from './objects.ts';
import { emptyRedis, restoreRedis } from './redis-restore.ts';
import type { RestoredRedis } from './redis-restore.ts';
import { startPrivatePostgres } from './scratch-postgres.ts';
import { Steps } from './steps.ts';
import { runTool } from './tool.ts';

export interface RestorePlaces {
  postgres: string;
  redis: string;
  recordings: string;
  prompts: string;
  /** For sockets and settings while it lasts. */
  work: string;
  postgresUser: RunAs | undefined;
  redisUser: RunAs | undefined;
}

/** Everything below one directory, as `startScratch` expects it. */
export function placesIn(dir: string): RestorePlaces {
  return {
    postgres: join(dir, 'postgres'),
    redis: join(dir, 'redis'),
    recordings: join(dir, 'recordings'),
    prompts: join(dir, 'prompts', 'custom'),
    work: join(dir, 'work'),
    postgresUser: serviceUser(['hearthline-postgres', 'postgres']),
    redisUser: serviceUser(['hearthline-redis', 'redis']),
  };
}

export interface RestoreOptions {
  /** A moment after the backup's, instead of its own. */
  atMs?: number;
  /** Where the database's log is kept file by file, and the pg_wal of a cluster that has the newest of it. */
  logFrom?: { archiveDirs: string[]; clusterLogDir?: string };
  /** False leaves recordings and announcements out. */
  hasFiles?: boolean;
  steps?: Steps;
}

export interface Restored {
  manifest: Manifest;
  facts: DatabaseFacts;
  audit: AuditVerdict;
  redis: RestoredRedis | undefined;
}

/** For the rehearsal of an upgrade as well: into an empty directory that the databases' users can reach. */
export async function restoreInto(
  dir: string,
  backup: string,
  options: RestoreOptions = {},
): Promise<Restored> {
  mkdirSync(dir, { recursive: true, mode: isRoot() ? 0o711 : 0o700 });
  return restoreParts(placesIn(dir), backup, options);
}

export async function restoreParts(
  places: RestorePlaces,
  backup: string,
  options: RestoreOptions = {},
): Promise<Restored> {
  const manifest = readManifest(backup);
  refuseOtherMajor(manifest);
  const steps = options.steps ?? new Steps(() => undefined);
  const source = new Source(backup, manifest);
  await steps.run(
    'Unpacking the database',
    () => unpackDatabase(source, places),
    () => manifest.databaseBytes,
  );
  const scratch = await steps.run('Bringing the database to its moment', () =>
    recover(source, places, options),
  );
  let told: Pick<Restored, 'facts' | 'audit'>;
  try {
    told = await steps.run('Counting and checking the audit trail', () =>
      inspect(scratch.socketDir, options),
    );
  } finally {
    await scratch.stop();
  }
  const isLater = options.atMs !== undefined;
  const redis = await steps.run('Putting Redis in place', () => placeRedis(source, places, isLater));
  if (options.hasFiles !== false)
    await steps.run(
      'Copying recordings and announcements',
      () => placeFiles(backup, places),
      (bytes) => bytes,
    );
  return { manifest, redis, ...told };
}

export function refuseOtherMajor({ postgresMajor }: Manifest): void {
  if (postgresBinDirOf(postgresMajor) !== undefined) return;
  throw new CliError(
    `The backup was made by Postgres ${postgresMajor}, which is not installed here: apt-get install postgresql-${postgresMajor}`,
  );
}

/** The files of a backup, each compared with its digest while it is read. */
class Source {
  readonly dir: string;
  readonly manifest: Manifest;
  constructor(dir: string, manifest: Manifest) {
    this.dir = dir;
    this.manifest = manifest;
  }

  parts(pattern: RegExp): string[] {
    return Object.keys(this.manifest.parts).filter((name) => pattern.test(name));
  }

  /** Feeds a part, unpacked, to a program. */
  async feed(name: string, program: string, args: string[], runAs: RunAs | undefined): Promise<void> {
    const expected = this.manifest.parts[name];
    const file = join(this.dir, name);
    if (!expected || !existsSync(file)) throw new CliError(`The backup is not whole: ${name} is missing.`);
    const { stream, result } = digesting();
    const unpacked = name.endsWith('.gz') ? [createGunzip()] : [];
    const damaged = new CliError(`The backup is damaged: ${name} is not as it was written.`);
    try {
      const input = createReadStream(file, { highWaterMark: 1 << 20 });
      await runTool(program, args, { runAs, input: [input, stream, ...unpacked] });
    } catch (error) {
      // What a damaged file does to the program that reads it says less than the digest.
      if ((await digestFile(file)).sha256 !== expected.sha256) throw damaged;
      throw error;
    }
    const { sha256 } = result();
    // A program may have stopped reading at the end of an archive.
    if (sha256 !== expected.sha256 && (await digestFile(file)).sha256 !== expected.sha256) throw damaged;
  }
}

async function unpackDatabase(source: Source, places: RestorePlaces): Promise<void> {
  const { postgres, postgresUser } = places;
  ownedDirectory(postgres, postgresUser);
  const [base] = source.parts(/^postgres\/base\.tar(\.gz)?$/);
  await source.feed(base ?? 'postgres/base.tar', 'tar', ['-xf', '-', '-C', postgres], postgresUser);
  const logDir = join(postgres, 'pg_wal');
  // The rest of the log, up to the mark; the first piece of it is there already, cut off where the base ended.
  for (const name of source.parts(/^postgres\/wal\/[0-9A-F]{24}\.gz$/)) {
    const file = join(logDir, name.slice('postgres/wal/'.length, -'.gz'.length));
    await source.feed(name, 'dd', [`of=${file}`, 'bs=1M', 'status=none'], postgresUser);
  }
  await runTool('touch', [join(postgres, 'recovery.signal')], { runAs: postgresUser });
}

const shellQuoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** Where Postgres finds pieces of its log; the last is what no archive has yet. */
function restoreCommand({ logFrom }: RestoreOptions): string {
  if (!logFrom) return 'false';
  const from = (dir: string) => shellQuoted(dir).replaceAll('%', '%%');
  const tries = logFrom.archiveDirs
    .map(from)
    .map((dir) => `test -e ${dir}/%f.gz && gzip -dc ${dir}/%f.gz > "%p"`);
  if (logFrom.clusterLogDir !== undefined) tries.push(`cp ${from(logFrom.clusterLogDir)}/%f "%p"`);
  return tries.map((one) => `{ ${one}; }`).join(' || ') || 'false';
}

/** Names of zones, Z among them, are not known yet when it reads its settings. */
const postgresTime = (atMs: number) => new Date(atMs).toISOString().replace('Z', '+00');

async function recover({ manifest }: Source, places: RestorePlaces, options: RestoreOptions) {
  const { atMs } = options;
  const target: Record<string, string> =
    atMs === undefined
      ? { recovery_target_name: manifest.mark.name, recovery_target_timeline: 'current' }
      : { recovery_target_time: postgresTime(atMs), recovery_target_timeline: 'latest' };
  try {
    return await startPrivatePostgres({
      dataDir: places.postgres,
      workDir: places.work,
      runAs: places.postgresUser,
      extra: { ...target, recovery_target_action: 'promote', restore_command: restoreCommand(options) },
    });
  } catch (error) {
    const isShort = error instanceof CliError && error.message.includes('recovery ended before configured');
    if (!isShort || atMs === undefined) throw error;
    throw new CliError(
      `The log that was kept ends before ${new Date(atMs).toISOString()}: choose an earlier moment, or bring the rest ` +
        `of the log to ${options.logFrom?.archiveDirs[0] ?? 'the archive, or name it with --log'}.`,
      { cause: error },
    );
  }
}

async function inspect(
  socketDir: string,
  options: RestoreOptions,
): Promise<Pick<Restored, 'facts' | 'audit'>> {
  const db = openDatabase(socketDir);
  try {
    if (options.atMs !== undefined) await forgetYoungState(db);
    const facts = await db.transaction((transaction) => readFacts(db, transaction));
    const audit = Object.hasOwn(facts.tables, 'audit')
      ? await createAuditTrail(db, { now: () => Date.now() }).verify()
      : { isIntact: true, checked: 0 };
    return { facts, audit };
  } finally {
    await db.close();
  }
}

/**
 * Without Redis the log ends where history ends. A state that was kept a moment later would know of contacts that no history
 * tells of: it is made again from history instead.
 */
async function forgetYoungState(db: Sequelize): Promise<void> {
  const { projectedSeq } = await readSeqs(db);
  await db.query('delete from snapshots where seq > $1', { bind: [projectedSeq] });
}

async function placeRedis(
  source: Source,
  { redis, redisUser, work }: RestorePlaces,
  isLater: boolean,
): Promise<RestoredRedis | undefined> {
  if (isLater) {
    emptyRedis(redis, redisUser);
    return undefined;
  }
  const { lastSeq } = source.manifest.log;
  const save = (program: string, args: string[]) => source.feed('redis.rdb', program, args, redisUser);
  return restoreRedis({ dir: redis, workDir: work, runAs: redisUser, lastSeq, save });
}

async function placeFiles(backup: string, places: RestorePlaces): Promise<number> {
  const objects = objectsDirFor(backup);
  let bytes = 0;
  for (const [list, dir] of [
    [recordingsList, places.recordings],
    [promptsList, places.prompts],
  ] as const) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    bytes += await restoreFiles(objects, await readList(join(backup, list)), dir);
  }
  return bytes;
}
