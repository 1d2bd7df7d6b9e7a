/**
 * A real, private Postgres for one test file: a copy of a template cluster kept per machine (making one
 * takes seconds, copying it a fraction of one), on a Unix socket in its own temporary directory.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
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

/** The machine's template cluster, made at first use. Two test processes may make it at once: one wins. */
export async function postgresTemplate(): Promise<string> {
  const version = postgresBinDir().split('/').at(-2) ?? '';
  const owner = process.getuid?.() ?? 0;
  const template = `/tmp/hearthline-pg-template-${version}-${owner}-1`;
  if (existsSync(join(template, 'data', 'hearthline-cluster'))) return join(template, 'data');
  const temp = makeTempDir();
  const runAs = serviceUser(['postgres']);
  const place: PostgresPlace = { dataDir: join(temp, 'data'), socketDir: join(temp, 's'), runAs };
  ownedDirectory(place.socketDir, runAs);
  await initPostgres(place, { sync: false });
  writePostgresAccess(place);
  const service = startService(postgresCommand(place, { fsync: false }), runAs, '/');
  try {
    await waitForPostgres(place.socketDir, 20_000);
    await createPostgresDatabase(place.socketDir);
  } finally {
    await service.end('SIGINT');
  }
  markPostgresMade(place);
  try {
    renameSync(temp, template);
  } catch {
    removeTempDir(temp);
  }
  return join(template, 'data');
}

/** A copy of the template in `dataDir`, owned by the service's user. */
export async function copyPostgresTemplate(dataDir: string): Promise<void> {
  const template = await postgresTemplate();
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(join(dataDir, '..'), { recursive: true });
  await run('cp', ['-a', '--reflink=auto', template, dataDir]);
}

export async function startPostgres(): Promise<TestPostgres> {
  const temp = makeTempDir();
  const runAs = serviceUser(['postgres']);
  const place: PostgresPlace = { dataDir: join(temp, 'data'), socketDir: join(temp, 's'), runAs };
  ownedDirectory(place.socketDir, runAs);
  await copyPostgresTemplate(place.dataDir);
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
