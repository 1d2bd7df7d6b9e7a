/**
 * A Postgres on a restored cluster, for ourselves alone: on a socket of its own, with settings and access rules that lie
 * beside the cluster, so that nothing in it is changed and none of another machine's settings counts.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../../admin-socket.ts';
import { postgresCommand, waitForPostgres, writePostgresAccess } from '../../postgres.ts';
import { isRoot, ownedDirectory } from '../../privilege.ts';
import type { RunAs } from '../../privilege.ts';
import { startPrivate } from './private-process.ts';

const maxSocketDir = 85;
const lookMs = 1000;
/** Bringing a large database forward over days of its log. */
const longestStartMs = 24 * 3600_000;

export interface ScratchPostgres {
  socketDir: string;
  stop(): Promise<void>;
}

export interface ScratchOptions {
  dataDir: string;
  /** For sockets and settings; made. Whoever runs Postgres must be able to reach it. */
  workDir: string;
  runAs: RunAs | undefined;
  extra?: Record<string, string>;
}

/** A short path of its own where the other is too long for a socket. */
function socketDirIn(workDir: string, runAs: RunAs | undefined): { dir: string; remove: () => void } {
  const inside = join(workDir, 'pg');
  if (Buffer.byteLength(inside) <= maxSocketDir)
    return {
      dir: ownedDirectory(inside, runAs),
      remove: () => rmSync(inside, { recursive: true, force: true }),
    };
  const dir = mkdtempSync('/tmp/hearthline-pg-');
  return { dir: ownedDirectory(dir, runAs), remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** Resolves once it answers, which during a recovery is after its end; rejects with what it said. */
export async function startPrivatePostgres(options: ScratchOptions): Promise<ScratchPostgres> {
  const { dataDir, workDir, runAs, extra = {} } = options;
  mkdirSync(workDir, { recursive: true, mode: 0o711 });
  const confDir = ownedDirectory(join(workDir, 'pg-conf'), runAs);
  writePostgresAccess({ dataDir: confDir, socketDir: '', runAs });
  const config = join(confDir, 'postgresql.conf');
  writeFileSync(config, '');
  const sockets = socketDirIn(workDir, runAs);
  const settings = {
    config_file: config,
    hba_file: join(confDir, 'pg_hba.conf'),
    ident_file: join(confDir, 'pg_ident.conf'),
    archive_mode: 'off',
    autovacuum: 'off',
    // Nobody asks before it is where it should be, and the settings of where it comes from do not matter.
    hot_standby: 'off',
    ...extra,
  };
  const command = postgresCommand(
    { dataDir, socketDir: sockets.dir, runAs },
    { fsync: false, extra: settings },
  );
  const postgres = startPrivate(command, { runAs, cwd: dataDir, deathSignal: 'QUIT' });
  const stop = async () => {
    await postgres.stop('SIGINT');
    sockets.remove();
  };
  const startedAt = performance.now();
  const endAt = startedAt + longestStartMs;
  for (;;) {
    const isUp = await waitForPostgres(sockets.dir, lookMs).then(
      () => true,
      () => false,
    );
    if (isUp) return { socketDir: sockets.dir, stop };
    if (postgres.isRunning() && performance.now() < endAt) {
      // The longer it takes, the more rarely it is asked.
      const pauseMs = Math.min(5000, (performance.now() - startedAt) / 20);
      await new Promise((wake) => setTimeout(wake, pauseMs));
      continue;
    }
    await stop();
    throw new CliError(`Postgres could not be started on what was restored:\n${postgres.said().trim()}`);
  }
}

/** On the `postgres/` of a directory that `restoreInto` filled; writes in it are let go of with the directory. */
export function startScratch(dir: string): Promise<ScratchPostgres> {
  const dataDir = join(dir, 'postgres');
  const { uid, gid } = statSync(dataDir);
  const runAs = isRoot() ? { user: 'postgres', uid, gid } : undefined;
  return startPrivatePostgres({ dataDir, workDir: join(dir, 'work'), runAs });
}
