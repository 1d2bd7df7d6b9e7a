/**
 * Puts a backup in the place of a house's data. Everything is unpacked, recovered and checked beside the old data, which are
 * moved aside at the very end, by renames; a kill before that leaves the house as it was, and a kill in between is finished
 * by the next start or the next restore.
 */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import type { Stats } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CliError } from '../../admin-socket.ts';
import { LockedError, takeLock } from '../../data-lock.ts';
import { cloneHouse, serviceUsers } from '../../house.ts';
import type { House, MachinePlaces } from '../../house.ts';
import { prepareLayout } from '../../layout.ts';
import type { Layout } from '../../layout.ts';
import { writePostgresAccess } from '../../postgres.ts';
import { accountNamed, isRoot } from '../../privilege.ts';
import { stampOf } from './backup-dirs.ts';
import { differingTables } from './database-facts.ts';
import { diskFault, refuseWithoutRoom, syncTree, writeDurably } from './durable.ts';
import { keyPlaces, openKeys, writeKeys } from './keys-file.ts';
import type { KeyFile, KeyRoot } from './keys-file.ts';
import { liveParts } from './live-house.ts';
import { partBytes, readManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { filesBelow } from './objects.ts';
import { knowsMigration, newestMigration } from './product.ts';
import { refuseOtherMajor, restoreParts } from './restore-parts.ts';
import type { Restored } from './restore-parts.ts';
import { Steps } from './steps.ts';
import { beginSwap, besideOf, finishRestore, hasContent, removeBeside } from './swap.ts';
import { walArchiveDir } from './wal-archive.ts';

export interface HouseRestoreOptions {
  backup: string;
  atMs?: number;
  keys?: { file: string; passphrase: string };
  /** What is there is moved aside; refused when left out. */
  isReplacing?: boolean;
  /** Another data directory, as `npm start` uses one. */
  into?: string;
  /** Where the log is kept file by file; the house's own archive when left out. */
  archiveDir?: string;
  say?: (text: string) => void;
}

export interface HouseRestored extends Restored {
  /** Where the old data are now. */
  aside: string[];
  dataDir: string;
  steps: Steps;
  remarks: string[];
  /** Of another restore, which was cut off in its last step and was finished first. */
  finishedBefore: string | undefined;
}

interface Work {
  /** Whose command it is: the same, but where another directory was named. */
  of: House;
  house: House;
  layout: Layout;
  options: HouseRestoreOptions;
  manifest: Manifest;
  steps: Steps;
  stamp: string;
  targets: Targets;
  keys: KeyFile[];
}

interface Targets {
  postgres: string;
  redis: string;
  recordings: string;
  prompts: string;
  /** Directories of secrets, where the keys are restored too. */
  keys: Partial<Record<KeyRoot, string>>;
}

const listOf = ({ keys, ...rest }: Targets): string[] => [...Object.values(rest), ...Object.values(keys)];

/** Throws CliError; the house is then as it was. */
export async function restoreHouse(of: House, options: HouseRestoreOptions): Promise<HouseRestored> {
  const manifest = readManifest(options.backup);
  refuseUnfit(manifest, options, of);
  // Before anything is made: a wrong passphrase is told at once.
  const keys = options.keys ? await openKeys(readKeysFile(options.keys.file), options.keys.passphrase) : [];
  const house = options.into === undefined ? of : cloneHouse({ HEARTHLINE_DATA: resolve(options.into) }, '/');
  const { dataDir } = house.layout;
  await refuseLive(house.layout);
  mkdirSync(dataDir, { recursive: true, mode: isRoot() ? 0o711 : 0o700 });
  const release = lockHouse(dataDir);
  try {
    await refuseLive(house.layout);
    const finished = finishRestore(dataDir);
    const layout = house.kind === 'clone' ? prepareLayout(dataDir) : house.layout;
    const steps = new Steps(options.say ?? (() => undefined));
    const targets = targetsOf(house, layout, keys);
    const work = { of, house, layout, options, manifest, steps, stamp: stampOf(Date.now()), targets, keys };
    refuseOverData(work);
    const restored = await besideThenIn(work);
    return { ...restored, finishedBefore: finished?.journal.backup };
  } catch (error) {
    throw diskFault(error, dataDir);
  } finally {
    release();
  }
}

function lockHouse(dataDir: string): () => void {
  try {
    return takeLock(
      join(dataDir, 'supervisor.lock'),
      (pid) =>
        `${dataDir} is in use by process ${pid}: a running Hearthline or another restore. Stop it first.`,
    );
  } catch (error) {
    throw error instanceof LockedError ? new CliError(error.message) : error;
  }
}

async function refuseLive(layout: Layout): Promise<void> {
  const live = await liveParts(layout);
  if (live.length === 0) return;
  throw new CliError(
    `Hearthline is running from ${layout.dataDir} (${live.join(', ')}). Nothing was changed. Stop it first: ` +
      'systemctl stop hearthline.target, or Ctrl-C where npm start runs.',
  );
}

function readKeysFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CliError(`The keys cannot be read: ${(error as Error).message}`);
  }
}

function refuseUnfit(manifest: Manifest, { atMs, backup, into }: HouseRestoreOptions, of: House): void {
  if (!knowsMigration(manifest.schema))
    throw new CliError(
      `The backup is of a newer release (${manifest.product.version}, schema ${manifest.schema}; this one ends with ` +
        `${newestMigration()}). Install that release, then restore. Nothing was changed.`,
    );
  refuseOtherMajor(manifest);
  if (of.machine && into === undefined) refuseOtherLink(manifest, of.machine);
  if (atMs === undefined) return;
  if (atMs < Date.parse(manifest.at))
    throw new CliError(
      `${backup} is of ${manifest.at}: for an earlier moment choose an earlier backup (hearthline backup list).`,
    );
  if (atMs > Date.now()) throw new CliError(`${new Date(atMs).toISOString()} is still to come.`);
}

/** The units start the Postgres that a link leads to. */
function refuseOtherLink({ postgresMajor }: Manifest, { programsDir }: MachinePlaces): void {
  const link = join(programsDir, 'postgres');
  if (!existsSync(link)) return;
  const major = basename(dirname(realpathSync(link)));
  if (major === postgresMajor) return;
  throw new CliError(
    `The backup was made by Postgres ${postgresMajor}, and this house is run by ${major} (${link}). ` +
      `Let the link lead to Postgres ${postgresMajor}, then restore. Nothing was changed.`,
  );
}

/** Through links: a database may lie where its user can reach it. */
function targetsOf(house: House, layout: Layout, keys: readonly KeyFile[]): Targets {
  const real = (dir: string) => (existsSync(dir) ? realpathSync(dir) : dir);
  const { machine } = house;
  const has = (root: KeyRoot) => keys.some((file) => file.root === root);
  return {
    postgres: real(layout.postgres.dataDir),
    redis: real(layout.redis.dataDir),
    recordings: real(layout.recordingsDir),
    prompts: join(real(layout.promptsDir), 'custom'),
    keys: {
      ...(has('secrets') && { secrets: real(layout.secretsDir) }),
      ...(machine && has('credentials') && { credentials: machine.credentialsDir }),
      ...(machine && has('tls') && { tls: machine.tlsDir }),
    },
  };
}

function refuseOverData({ targets, options, layout }: Work): void {
  const { postgres, redis, recordings } = targets;
  const held = [postgres, redis, recordings].filter((dir) => hasContent(dir));
  if (held.length === 0 || options.isReplacing === true) return;
  throw new CliError(
    `${layout.dataDir} holds data (${held.join(', ')}). With --replace they are moved aside, and never removed. Nothing was changed.`,
  );
}

async function besideThenIn(work: Work): Promise<Omit<HouseRestored, 'finishedBefore'>> {
  const { targets, steps, layout, options, house } = work;
  const workDir = `${targets.postgres}.restoring-work`;
  const clean = () => {
    // Secrets too, where a run before this one was to restore them.
    removeBeside([...listOf(targets), ...Object.values(keyPlaces({ ...house, layout }))]);
    rmSync(workDir, { recursive: true, force: true });
  };
  clean();
  refuseTooBig(work);
  const ownArchive = walArchiveDir({ layout });
  try {
    const restored = await restoreParts(
      {
        postgres: besideOf(targets.postgres),
        redis: besideOf(targets.redis),
        recordings: besideOf(targets.recordings),
        prompts: besideOf(targets.prompts),
        work: workDir,
        postgresUser: layout.postgres.runAs,
        redisUser: layout.redis.runAs,
      },
      options.backup,
      { steps, ...(options.atMs !== undefined && { atMs: options.atMs }), ...logFrom(work, ownArchive) },
    );
    const remarks = remarksOf(work, restored);
    await steps.run('Writing it to the disk', () => finishBeside(work));
    const aside = await steps.run('Putting it in place', async () => {
      beginSwap(layout.dataDir, {
        backup: options.backup,
        stamp: work.stamp,
        targets: listOf(targets),
        cluster: targets.postgres,
        ...(existsSync(ownArchive) && { archiveDir: ownArchive }),
      });
      return finishRestore(layout.dataDir)?.aside ?? [];
    });
    rmSync(workDir, { recursive: true, force: true });
    if (house.machine) await writeSettingsBeside(work);
    return { ...restored, aside, dataDir: layout.dataDir, steps, remarks };
  } catch (error) {
    clean();
    throw error;
  }
}

/** Its own archive too, wherever the log is from: a new line of the log must not take the number of one that was. */
function logFrom({ targets, options, of }: Work, ownArchive: string) {
  const named = options.archiveDir ?? walArchiveDir(of);
  const archiveDirs = [...new Set([named, ownArchive])].filter((dir) => existsSync(dir));
  const clusterLogDir = join(targets.postgres, 'pg_wal');
  return { logFrom: { archiveDirs, ...(existsSync(clusterLogDir) && { clusterLogDir }) } };
}

/** For each disk what goes to it. */
function refuseTooBig({ targets, manifest }: Work): void {
  const needs: [string, number][] = [
    [targets.postgres, manifest.databaseBytes * 1.1 + 100e6],
    [targets.redis, (manifest.parts['redis.rdb']?.bytes ?? 0) * 2],
    [targets.recordings, manifest.recordings.bytes],
    [targets.prompts, manifest.prompts.bytes],
  ];
  const disks = new Map<number, { dir: string; bytes: number }>();
  for (const [target, bytes] of needs) {
    let dir = dirname(besideOf(target));
    while (!existsSync(dir)) dir = dirname(dir);
    const { dev } = statSync(dir);
    disks.set(dev, { dir, bytes: (disks.get(dev)?.bytes ?? 0) + bytes });
  }
  for (const { dir, bytes } of disks.values())
    refuseWithoutRoom(dir, bytes, `The restore (${Math.ceil(partBytes(manifest) / 1e6)} MB packed)`);
}

function remarksOf({ manifest, options, keys, house }: Work, { facts, audit }: Restored): string[] {
  if (!audit.isIntact)
    throw new CliError(
      `The audit trail of the backup is broken at entry ${audit.firstFaultSeq} (${audit.fault ?? 'it does not fit'}). ` +
        'Nothing was changed. Choose another backup.',
    );
  const remarks: string[] = [];
  if (options.atMs === undefined) {
    const differing = differingTables(manifest.tables, facts.tables);
    if (differing.length > 0)
      throw new CliError(
        `The restored tables are not those of the backup:\n${differing.join('\n')}\nNothing was changed.`,
      );
  }
  if (manifest.schema !== newestMigration())
    remarks.push(
      `The backup is of schema ${manifest.schema}: the next start brings it to ${newestMigration()}.`,
    );
  if (keys.length === 0)
    remarks.push(
      'Keys are not part of a backup: passwords of mailboxes, certificates and the like are those of this machine.',
    );
  else if (!house.machine && keys.some(({ root }) => root !== 'secrets'))
    remarks.push(
      'Of the keys, only secrets were restored: certificates and credentials belong to an installed Hearthline.',
    );
  if (options.atMs !== undefined)
    remarks.push('Redis begins empty: phones register again, and everybody signs in again.');
  return remarks;
}

const accessFiles = ['pg_hba.conf', 'pg_ident.conf', 'postgresql.conf', 'postgresql.auto.conf'];

/** Everything that is to be there when the renames come. */
async function finishBeside(work: Work): Promise<void> {
  const { targets, layout, keys, options } = work;
  const cluster = besideOf(targets.postgres);
  // Who may come in, and the settings, are this machine's and not those of where the backup is from.
  if (existsSync(join(targets.postgres, 'PG_VERSION')))
    for (const name of accessFiles)
      if (existsSync(join(targets.postgres, name)))
        copyOwned(join(targets.postgres, name), join(cluster, name));
      else rmSync(join(cluster, name), { force: true });
  else writePostgresAccess({ ...layout.postgres, dataDir: cluster });
  if (options.atMs !== undefined) await keepYoungRecordings(targets.recordings);
  for (const root of Object.keys(targets.keys) as KeyRoot[]) {
    const target = targets.keys[root]!;
    mkdirSync(besideOf(target), { recursive: true, mode: 0o700 });
    await writeKeys(keys, root, besideOf(target));
  }
  const media = work.house.machine && accountNamed(serviceUsers.media);
  for (const target of [targets.recordings, targets.prompts, ...Object.values(targets.keys)]) {
    const like = existsSync(target) ? statSync(target) : undefined;
    const isKeys = Object.values(targets.keys).includes(target);
    await ownTree(besideOf(target), like ?? (target === targets.recordings ? media : undefined), isKeys);
  }
  for (const target of listOf(targets)) await syncTree(besideOf(target));
}

function copyOwned(from: string, to: string): void {
  const { uid, gid } = statSync(from);
  copyFileSync(from, to);
  if (isRoot()) chownSync(to, uid, gid);
}

/** Those made after the backup, of contacts that the later database tells of. */
async function keepYoungRecordings(target: string): Promise<void> {
  const beside = besideOf(target);
  for (const { path } of await filesBelow(target)) {
    const to = join(beside, path);
    if (existsSync(to)) continue;
    mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
    // The old directory is moved aside whole: a second name costs nothing and takes nothing from it.
    linkSync(join(target, path), to);
  }
}

/** Owned and open as what it takes the place of; keys keep the modes that they were kept with. */
async function ownTree(dir: string, like: Partial<Stats> | undefined, hasModes: boolean): Promise<void> {
  if (!existsSync(dir)) return;
  const { uid, gid } = like ?? {};
  const dirMode = (like?.mode ?? 0o700) & 0o7777;
  const fileMode = (dirMode & 0o070) === 0 ? 0o600 : 0o640;
  const apply = (path: string, mode: number | undefined) => {
    if (uid !== undefined && gid !== undefined && isRoot()) chownSync(path, uid, gid);
    if (mode !== undefined) chmodSync(path, mode);
  };
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isDirectory()) apply(path, dirMode);
    else if (entry.isFile()) apply(path, hasModes ? undefined : fileMode);
  }
  apply(dir, dirMode);
}

/** Settings belong to a machine: those of where the backup is from are laid beside, for a person to compare. */
async function writeSettingsBeside({ house, options, keys }: Work): Promise<void> {
  const file = join(options.backup, 'settings.env');
  if (!house.machine || !existsSync(file)) return;
  writeDurably(`${house.machine.settingsFile}.of-backup`, readFileSync(file));
  await writeKeys(keys, 'etc', join(house.machine.etcDir, 'of-backup'));
}
