/**
 * A real, private Postgres for one test file: a copy of a template cluster kept per machine and schema (making one
 * takes seconds, copying it a fraction of one), on a Unix socket in its own temporary directory. The schema is in it, as after
 * a start of the product; who tests migrations asks for one without.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  createPostgresDatabase,
  initPostgres,
  markPostgresMade,
  postgresBinDir,
  postgresCommand,
  postgresDatabase,
  postgresRole,
  removeStalePostmasterPid,
  waitForPostgres,
  writePostgresAccess,
} from '../../installer/postgres.ts';
import type { PostgresPlace } from '../../installer/postgres.ts';
import { ownedDirectory, serviceUser } from '../../installer/privilege.ts';
import { startService } from './service.ts';
import { makeTempDir, removeTempDir } from './temp-dir.ts';

const run = promisify(execFile);

export interface TestPostgres {
  /** The socket's directory: `host` for pg and Sequelize. */
  readonly dir: string;
  readonly database: string;
  readonly user: string;
  /** postgresql://hearthline@/hearthline?host=<dir> */
  readonly url: string;
  pid(): number;
  isRunning(): boolean;
  /** What it printed. */
  output(): string;
  /** SIGKILL, as a crash: the data stay, `restart()` brings it back on the same socket. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

const migrationsDir = join(import.meta.dirname, '../../server/db/migrations');

/** Of another schema it is another template. */
function schemaName(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(migrationsDir).sort())
    hash.update(`${name}\0`).update(readFileSync(join(migrationsDir, name)));
  return hash.digest('hex').slice(0, 12);
}

/** A template of this machine, made at first use. Two test processes may make it at once: one wins. */
async function template(
  name: string,
  begin: (place: PostgresPlace) => Promise<void>,
  finish: (place: PostgresPlace) => Promise<void>,
): Promise<string> {
  const version = postgresBinDir().split('/').at(-2) ?? '';
  const dir = `/tmp/hearthline-pg-template-${version}-${process.getuid?.() ?? 0}-${name}`;
  if (existsSync(join(dir, 'data', 'hearthline-cluster'))) return join(dir, 'data');
  const temp = makeTempDir();
  const runAs = serviceUser(['postgres']);
  const place: PostgresPlace = { dataDir: join(temp, 'data'), socketDir: join(temp, 's'), runAs };
  ownedDirectory(place.socketDir, runAs);
  await begin(place);
  writePostgresAccess(place);
  const service = startService(postgresCommand(place, { fsync: false }), runAs, '/');
  try {
    await waitForPostgres(place.socketDir, 20_000);
    await finish(place);
  } finally {
    await service.end('SIGINT');
  }
  markPostgresMade(place);
  try {
    renameSync(temp, dir);
  } catch {
    removeTempDir(temp);
  }
  return join(dir, 'data');
}

const emptyTemplate = () =>
  template(
    '1',
    async (place) => void (await initPostgres(place, { sync: false })),
    ({ socketDir }) => createPostgresDatabase(socketDir),
  );

const schemaTemplate = () =>
  template(
    schemaName(),
    async ({ dataDir }) => {
      await copyCluster(await emptyTemplate(), dataDir);
      rmSync(join(dataDir, 'hearthline-cluster'));
    },
    async ({ socketDir }) => {
      const { connectDatabase } = await import('../../server/db/connect.ts');
      const { migrateUp } = await import('../../server/db/migrate.ts');
      const { createLogger } = await import('../../server/lib/log.ts');
      const logger = createLogger('test', 'silent');
      const sequelize = connectDatabase({
        socketDir,
        database: postgresDatabase,
        user: postgresRole,
        logger,
      });
      await migrateUp(sequelize, logger);
      await sequelize.close();
    },
  );

async function copyCluster(from: string, dataDir: string): Promise<void> {
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(join(dataDir, '..'), { recursive: true });
  await run('cp', ['-a', '--reflink=auto', from, dataDir]);
}

/** A copy of the template in `dataDir`, owned by the service's user. */
export async function copyPostgresTemplate(dataDir: string): Promise<void> {
  await copyCluster(await schemaTemplate(), dataDir);
}

export async function startPostgres({ hasSchema = true } = {}): Promise<TestPostgres> {
  const temp = makeTempDir();
  const runAs = serviceUser(['postgres']);
  const place: PostgresPlace = { dataDir: join(temp, 'data'), socketDir: join(temp, 's'), runAs };
  ownedDirectory(place.socketDir, runAs);
  await copyCluster(await (hasSchema ? schemaTemplate() : emptyTemplate()), place.dataDir);
  writePostgresAccess(place);
  const start = () => startService(postgresCommand(place, { fsync: false }), runAs, place.dataDir);
  let service = start();
  const ready = () =>
    waitForPostgres(place.socketDir, 20_000).catch((error: unknown) => {
      throw new Error(`Postgres does not start: ${service.output()}`, { cause: error });
    });
  await ready();
  return {
    dir: place.socketDir,
    database: postgresDatabase,
    user: postgresRole,
    url: `postgresql://${postgresRole}@/${postgresDatabase}?host=${place.socketDir}`,
    pid: () => service.pid,
    isRunning: () => service.isRunning(),
    output: () => service.output(),
    kill: () => service.end('SIGKILL'),
    async restart() {
      await service.end('SIGINT');
      // The orphans of a killed postmaster hold its shared memory for a moment: start until it stays up.
      const endAt = performance.now() + 20_000;
      for (;;) {
        removeStalePostmasterPid(place.dataDir);
        service = start();
        const attempt = service;
        const settled = await Promise.race([
          waitForPostgres(place.socketDir, 20_000).then(
            () => true,
            () => false,
          ),
          untilGone(() => attempt.isRunning()).then(() => false),
        ]);
        if (settled) return;
        if (performance.now() > endAt) throw new Error(`Postgres does not restart: ${service.output()}`);
      }
    },
    async stop() {
      await service.end('SIGINT');
      removeTempDir(temp);
    },
  };
}

async function untilGone(isRunning: () => boolean): Promise<void> {
  while (isRunning()) await new Promise((wake) => setTimeout(wake, 20));
}
