/**
 * The private Postgres: where its programs are, how a cluster is made, and the command line it runs
 * with. It listens on a Unix socket only, so no port can clash and nobody outside the machine can knock;
 * the peer's user is told by the kernel and mapped to the one role. Text sorts by code point (C.UTF-8),
 * so that an upgrade of the C library can never corrupt an index.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ownedDirectory, spawnIdentity } from './privilege.ts';
import type { RunAs } from './privilege.ts';

const run = promisify(execFile);
const root = '/usr/lib/postgresql';

export const postgresRole = 'hearthline';
export const postgresDatabase = 'hearthline';

export interface PostgresPlace {
  /** The cluster's directory (PGDATA). */
  dataDir: string;
  /** The directory of its Unix socket; with the socket's name at most 107 bytes. */
  socketDir: string;
  runAs: RunAs | undefined;
}

/** The directory of the newest Postgres on this machine. */
export function postgresBinDir(): string {
  const versions = existsSync(root) ? readdirSync(root) : [];
  const newest = versions
    .filter((version) => existsSync(join(root, version, 'bin', 'postgres')))
    .sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) throw new Error('Postgres is not installed: apt-get install postgresql');
  return join(root, newest, 'bin');
}

/** The programs of one major version; undefined where it is not installed. */
export function postgresBinDirOf(major: string): string | undefined {
  const dir = join(root, major, 'bin');
  return existsSync(join(dir, 'postgres')) ? dir : undefined;
}

/** A cluster can only be opened by the major version that made it. */
function binDirOf(dataDir: string): string {
  const version = readFileSync(join(dataDir, 'PG_VERSION'), 'utf8').trim();
  const dir = postgresBinDirOf(version);
  if (dir === undefined)
    throw new Error(
      `the database in ${dataDir} was made by Postgres ${version}, which is not installed: apt-get install postgresql-${version}`,
    );
  return dir;
}

/** The words, sort order and clock of every cluster, whatever the machine's own are. */
export const plainEnv = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', TZ: 'UTC' };

/** Makes a new cluster in an empty directory. A half-made one (power cut) is recognised by what is missing. */
export async function initPostgres(place: PostgresPlace, options: { sync: boolean }): Promise<boolean> {
  const done = join(place.dataDir, 'hearthline-cluster');
  if (existsSync(done)) return false;
  if (existsSync(join(place.dataDir, 'PG_VERSION'))) rmSync(place.dataDir, { recursive: true });
  ownedDirectory(place.dataDir, place.runAs);
  const args = ['-D', place.dataDir, '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8', '-T', 'english'];
  args.push('--auth-local=peer', '--auth-host=reject', '--data-checksums');
  if (!options.sync) args.push('--no-sync');
  await run(join(postgresBinDir(), 'initdb'), args, {
    env: plainEnv,
    cwd: '/',
    timeout: 120_000,
    ...spawnIdentity(place.runAs),
  });
  return true;
}

/** Called once the roles and the database are there: from now on the cluster counts as made. */
export function markPostgresMade(place: PostgresPlace): void {
  writeFileSync(join(place.dataDir, 'hearthline-cluster'), 'made by hearthline\n');
}

/**
 * Access rules, rewritten at each start: this machine's user who runs the server, by peer credentials. "all" is no
 * database that a base backup asks for, hence a line of its own.
 */
export function writePostgresAccess(place: PostgresPlace): void {
  const osUser = userInfo().username;
  const users = new Set([osUser, ...(place.runAs ? [place.runAs.user] : [])]);
  const ident = [...users].flatMap((user) => [
    `hearthline ${user} ${postgresRole}`,
    `hearthline ${user} postgres`,
  ]);
  writeFileSync(
    join(place.dataDir, 'pg_hba.conf'),
    'local all all peer map=hearthline\nlocal replication postgres peer map=hearthline\n',
  );
  writeFileSync(join(place.dataDir, 'pg_ident.conf'), `${ident.join('\n')}\n`);
}

/**
 * After a crash of the whole machine the pid in postmaster.pid may belong to someone else by now, and
 * Postgres would then refuse to start. The caller holds the data directory's lock, so a pid that is not
 * a Postgres is a stale one.
 */
export function removeStalePostmasterPid(dataDir: string): void {
  const file = join(dataDir, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  let isPostgres = false;
  try {
    isPostgres = readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres';
  } catch {
    // No such process: stale.
  }
  if (!isPostgres) rmSync(file, { force: true });
}

/** What every cluster of ours runs with, in a clone and installed. */
function postgresSettings(place: PostgresPlace): Record<string, string> {
  return {
    listen_addresses: '',
    unix_socket_directories: place.socketDir,
    unix_socket_permissions: '0700',
    port: '5432',
    synchronous_commit: 'on',
    fsync: 'on',
    // Small on purpose: the history is written in batches by one writer and read by reports.
    shared_buffers: '64MB',
    huge_pages: 'off',
    max_connections: '60',
    max_wal_size: '512MB',
    jit: 'off',
    max_parallel_workers: '2',
    max_logical_replication_workers: '0',
    wal_compression: 'on',
    TimeZone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] ',
    log_min_duration_statement: '2000',
    log_parameter_max_length: '0',
    log_parameter_max_length_on_error: '0',
  };
}

/** The program and arguments that run the cluster in the foreground. */
export function postgresCommand(
  place: PostgresPlace,
  options: { fsync: boolean; extra?: Record<string, string> } = { fsync: true },
): { command: string; args: string[]; env: Record<string, string> } {
  const settings = { ...postgresSettings(place), fsync: options.fsync ? 'on' : 'off', ...options.extra };
  const args = ['-D', place.dataDir];
  for (const [key, value] of Object.entries(settings)) args.push('-c', `${key}=${value}`);
  return { command: join(binDirOf(place.dataDir), 'postgres'), args, env: plainEnv };
}

/** Where an installed cluster's access rules are, which postgresql.conf names. */
export interface InstalledPostgresPlace extends PostgresPlace {
  hbaFile: string;
  identFile: string;
}

/** A value of postgresql.conf is quoted as in SQL (PostgreSQL: "Setting Parameters via the Configuration File"). */
function confLine(key: string, value: string): string {
  if (/[\r\n]/.test(value)) throw new Error(`the Postgres setting ${key} must be one line`);
  return `${key} = '${value.replaceAll("'", "''")}'`;
}

/**
 * The settings file of the installed house: the same settings as in a clone, with a socket for the group of the services.
 * `extra` comes last and wins, such as what archives the journal.
 */
export function postgresConfText(
  place: InstalledPostgresPlace,
  extra: Readonly<Record<string, string>> = {},
): string {
  const settings = {
    data_directory: place.dataDir,
    hba_file: place.hbaFile,
    ident_file: place.identFile,
    ...postgresSettings(place),
    unix_socket_permissions: '0770',
    ...extra,
  };
  const lines = Object.entries(settings).map(([key, value]) => confLine(key, value));
  return ['# Written by the Hearthline installer, and written anew by each upgrade.', ...lines, ''].join(
    '\n',
  );
}

/** Who may knock: local users whom the map below knows; replication is for backups, which root makes as role postgres. */
export function postgresHbaText(): string {
  return [
    '# Written by the Hearthline installer, and written anew by each upgrade.',
    'local replication postgres peer map=hearthline',
    `local all postgres,${postgresRole} peer map=hearthline`,
    '',
  ].join('\n');
}

/** Which user of the machine is which role: the kernel says who connects, so there is no password. */
export function postgresIdentText(serverUser: string): string {
  return [
    '# Written by the Hearthline installer, and written anew by each upgrade.',
    `hearthline ${serverUser} ${postgresRole}`,
    `hearthline root ${postgresRole}`,
    'hearthline root postgres',
    '',
  ].join('\n');
}

/** One statement by psql over the socket; the answer's rows as lines of tab-separated values. */
export async function runSql(
  socketDir: string,
  sql: string,
  as: { user: string; database: string } = { user: 'postgres', database: 'postgres' },
): Promise<string> {
  const args = [
    '-h',
    socketDir,
    '-U',
    as.user,
    '-d',
    as.database,
    '-XqAt',
    '-F',
    '\t',
    '-v',
    'ON_ERROR_STOP=1',
  ];
  const { stdout } = await run(join(postgresBinDir(), 'psql'), [...args, '-c', sql], {
    env: { ...plainEnv, PGCONNECT_TIMEOUT: '5' },
    cwd: '/',
    timeout: 30_000,
  });
  return stdout.trimEnd();
}

/** Resolves once Postgres answers; rejects after `timeoutMs`. */
export async function waitForPostgres(socketDir: string, timeoutMs: number): Promise<void> {
  const endAt = performance.now() + timeoutMs;
  for (;;) {
    try {
      await run(
        join(postgresBinDir(), 'pg_isready'),
        ['-q', '-h', socketDir, '-U', 'postgres', '-d', 'postgres', '-t', '2'],
        { env: plainEnv },
      );
      return;
    } catch (error) {
      if (performance.now() > endAt)
        throw new Error(`Postgres did not answer within ${timeoutMs / 1000} s`, { cause: error });
      await new Promise((wake) => setTimeout(wake, 40));
    }
  }
}

/** The one role and database, made when they are not there. */
export async function createPostgresDatabase(socketDir: string): Promise<void> {
  const has = async (sql: string) => (await runSql(socketDir, sql)) === '1';
  if (!(await has(`SELECT 1 FROM pg_roles WHERE rolname = '${postgresRole}'`)))
    await runSql(socketDir, `CREATE ROLE ${postgresRole} LOGIN`);
  if (!(await has(`SELECT 1 FROM pg_database WHERE datname = '${postgresDatabase}'`)))
    await runSql(socketDir, `CREATE DATABASE ${postgresDatabase} OWNER ${postgresRole}`);
}
