/**
 * The private Postgres: its cluster, its role and its database. Where the bank has its own, it is asked again whether it will do, and so is
 * the bank's Redis. The server makes the tables when it starts.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { installedLayout } from '../../house.ts';
import {
  createPostgresDatabase,
  initPostgres,
  markPostgresMade,
  postgresCommand,
  waitForPostgres,
} from '../../postgres.ts';
import { spawnIdentity } from '../../privilege.ts';
import { makeDirectoryAs } from '../../system-files.ts';
import { checkStores } from '../check-stores.ts';
import type { InstallContext, Step } from '../step.ts';
import { InstallError } from '../system.ts';

const startMs = 60_000;

const isMade = () => existsSync(join(installedLayout().postgres.dataDir, 'hearthline-cluster'));

/** For as long as `act` takes, with its socket where the unit will have it. */
async function whilePostgresRuns(confFile: string, act: (socketDir: string) => Promise<void>): Promise<void> {
  const { postgres } = installedLayout();
  const { uid = 0, gid = 0 } = postgres.runAs ?? {};
  // As systemd makes them: all may pass the upper one, the group the lower one.
  mkdirSync(dirname(postgres.socketDir), { recursive: true, mode: 0o755 });
  makeDirectoryAs({ path: postgres.socketDir, mode: 0o750, uid, gid });
  const { command, env } = postgresCommand(postgres);
  const args = ['-D', postgres.dataDir, '-c', `config_file=${confFile}`];
  const child = spawn(command, args, {
    env,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    ...spawnIdentity(postgres.runAs),
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => (said = (said + part).slice(-2000)));
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const died = ended.then(() => {
    throw new InstallError(`Postgres ended as it was started for the first time:\n${said}`);
  });
  died.catch(() => undefined);
  try {
    await Promise.race([waitForPostgres(postgres.socketDir, startMs), died]);
    await act(postgres.socketDir);
  } finally {
    child.kill('SIGINT');
    await ended;
  }
}

/** With the files as they were copied. */
async function storeFaults({ answers, places }: InstallContext): Promise<string[]> {
  const findings = await checkStores(answers, places);
  return findings
    .filter(({ level }) => level === 'fault')
    .map(({ what, remedy }) => `${what}. ${remedy ?? ''}`);
}

export const databaseStep: Step = {
  number: 7,
  title: 'Database',
  check: async (context) => [
    ...(context.answers.postgres || isMade() ? [] : ['make the database']),
    ...((await storeFaults(context)).length === 0 ? [] : ["find the bank's own stores ready"]),
  ],
  apply: async (context) => {
    const faults = await storeFaults(context);
    if (faults.length > 0) throw new InstallError(faults.join('\n'));
    const { answers, places } = context;
    if (answers.postgres || isMade()) return;
    const { postgres } = installedLayout();
    await initPostgres(postgres, { sync: true });
    await whilePostgresRuns(places.postgresConfFile, createPostgresDatabase);
    markPostgresMade(postgres);
  },
};
