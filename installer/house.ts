/**
 * Which installation a command is about: the one of this machine, that `install.sh` made and systemd runs, or the one of a
 * clone, that `npm start` runs. Both are told in the same terms, so that a command need not know which it serves.
 * It looks and makes nothing.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { layoutOf } from './layout.ts';
import type { Layout } from './layout.ts';
import { accountNamed } from './privilege.ts';
import { readSettings } from './settings.ts';
import type { Settings } from './settings.ts';

/** The users that the services run as; one group joins them, for the sockets between them. */
export const serviceUsers = {
  postgres: 'hearthline-postgres',
  redis: 'hearthline-redis',
  sip: 'hearthline-sip',
  media: 'hearthline-media',
  server: 'hearthline-server',
} as const;
export const serviceGroup = 'hearthline';

/** The fixed places of an installed Hearthline (docs/install.md), below `root`. */
export function machinePlaces(root = '/') {
  const at = (path: string) => join(root, path);
  return {
    /** Settings, answers, certificates: what an administrator edits. */
    etcDir: at('etc/hearthline'),
    settingsFile: at('etc/hearthline/hearthline.env'),
    answersFile: at('etc/hearthline/answers.json'),
    tlsDir: at('etc/hearthline/tls'),
    /** The public key of whoever makes the bundles, as it was named when the first one was installed. */
    releaseKeyFile: at('etc/hearthline/release-key.gpg'),
    /** Files that systemd hands to the services as credentials; root's alone. */
    credentialsDir: at('etc/hearthline/credentials'),
    /** What the databases' units name (systemd/); written by the installer. */
    postgresConfFile: at('etc/hearthline/postgresql.conf'),
    postgresHbaFile: at('etc/hearthline/pg_hba.conf'),
    postgresIdentFile: at('etc/hearthline/pg_ident.conf'),
    redisConfFile: at('etc/hearthline/redis.conf'),
    /** Of the bank's own stores, where it has any: copied here by the installer. */
    storeFiles: {
      postgres: {
        password: at('etc/hearthline/credentials/postgres-password'),
        ca: at('etc/hearthline/tls/postgres-ca.pem'),
      },
      redis: {
        password: at('etc/hearthline/credentials/redis-password'),
        ca: at('etc/hearthline/tls/redis-ca.pem'),
      },
    },
    optDir: at('opt/hearthline'),
    releasesDir: at('opt/hearthline/releases'),
    /** A link to the release in force. */
    currentLink: at('opt/hearthline/current'),
    /** Links to the programs of the system that the units start. */
    programsDir: at('opt/hearthline/programs'),
    dataDir: at('var/lib/hearthline'),
    backupsDir: at('var/lib/hearthline/backups'),
    /** What installing and upgrading remember about themselves; root's alone. */
    stateDir: at('var/lib/hearthline/install'),
    runDir: at('run/hearthline'),
    unitsDir: at('etc/systemd/system'),
  };
}

export type MachinePlaces = ReturnType<typeof machinePlaces>;

export interface House {
  kind: 'installed' | 'clone';
  layout: Layout;
  settings: Settings;
  backupsDir: string;
  /** Of an installed one. */
  machine?: MachinePlaces;
}

/** Each service has a directory of its own below /run/hearthline, which systemd makes for its user. */
export function installedLayout(root = '/'): Layout {
  const { dataDir, runDir } = machinePlaces(root);
  const layout = layoutOf({
    dataDir,
    runDir,
    postgres: { dataDir: join(dataDir, 'postgres'), runAs: accountNamed(serviceUsers.postgres, root) },
    redis: { dataDir: join(dataDir, 'redis'), runAs: accountNamed(serviceUsers.redis, root) },
  });
  return {
    ...layout,
    setupSecretFile: join(runDir, 'server', 'setup-secret'),
    adminSocket: join(runDir, 'server', 'admin.sock'),
    sipStatusSocket: join(runDir, 'sip', 'status.sock'),
    mediaControlSocket: join(runDir, 'media', 'control.sock'),
    mediaStatusSocket: join(runDir, 'media', 'status.sock'),
  };
}

/** The server has the passwords of the bank's stores from systemd; what root runs reads the files themselves. */
function passwordFiles({ storeFiles }: MachinePlaces): Record<string, string> {
  const named = {
    HEARTHLINE_POSTGRES_PASSWORD_FILE: storeFiles.postgres.password,
    HEARTHLINE_REDIS_PASSWORD_FILE: storeFiles.redis.password,
  };
  return Object.fromEntries(Object.entries(named).filter(([, file]) => existsSync(file)));
}

/** Throws SettingsError where its settings file has faults. */
export function installedHouse(root = '/'): House {
  const machine = machinePlaces(root);
  const env = {
    ...passwordFiles(machine),
    ...parseEnv(readFileSync(machine.settingsFile, 'utf8')),
    HEARTHLINE_DATA: machine.dataDir,
  };
  return {
    kind: 'installed',
    layout: installedLayout(root),
    settings: readSettings(env, '/'),
    backupsDir: machine.backupsDir,
    machine,
  };
}

/** Of a clone whose `npm start` uses these settings. */
export function cloneHouse(env: NodeJS.ProcessEnv, cwd: string): House {
  const settings = readSettings(env, cwd);
  const dataDir = settings.dataDir;
  const layout = layoutOf({
    dataDir,
    runDir: join(dataDir, 'run'),
    postgres: { dataDir: join(dataDir, 'postgres'), runAs: undefined },
    redis: { dataDir: join(dataDir, 'redis'), runAs: undefined },
  });
  return { kind: 'clone', layout, settings, backupsDir: resolve(dataDir, 'backups') };
}

/** The installed one where this machine has one and `HEARTHLINE_DATA` names no other. */
export function findHouse(env: NodeJS.ProcessEnv, cwd: string, root = '/'): House {
  const isInstalled = env['HEARTHLINE_DATA'] === undefined && existsSync(machinePlaces(root).settingsFile);
  return isInstalled ? installedHouse(root) : cloneHouse(env, cwd);
}
