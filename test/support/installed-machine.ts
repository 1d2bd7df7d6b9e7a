/**
 * What the installer makes, in a systemd machine: users, directories, settings, credentials, the cluster, the units and a
 * release of what was built here. So that tests see how the units run; how an installation comes about is tested elsewhere.
 */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installedLayout, machinePlaces, serviceGroup, serviceUsers } from '../../installer/house.ts';
import {
  postgresBinDir,
  postgresConfText,
  postgresDatabase,
  postgresHbaText,
  postgresIdentText,
  postgresRole,
} from '../../installer/postgres.ts';
import { redisConfText } from '../../installer/redis.ts';
import { SystemdMachine } from './systemd-machine.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
const release = '/opt/hearthline/releases/test';
const places = machinePlaces();
const layout = installedLayout();

/** With an announcement that has to be spoken at the first start. */
const seedSite = 'site:\n  name: Test\nprompts:\n  - id: welcome\n    text: { en: Welcome. }\n';

/** What stands in for the `hearthline` command; `$1` is its first word. */
export const commandFile = `${release}/bin/hearthline`;

/** Why it cannot be made here. */
export function installedMachineFault(): string | undefined {
  const isBuilt = existsSync(join(project, 'dist/packed/server.js'));
  return SystemdMachine.fault() ?? (isBuilt ? undefined : 'nothing was built (npm run build)');
}

async function makeUsers(machine: SystemdMachine): Promise<void> {
  await machine.run('groupadd', ['--system', serviceGroup]);
  for (const user of Object.values(serviceUsers))
    await machine.run('useradd', ['--system', '--no-create-home', '--gid', serviceGroup, user]);
}

async function makeDirectories(machine: SystemdMachine): Promise<void> {
  const own = (dir: string, mode: string, user: string) =>
    machine.run('install', [
      '-d',
      '-m',
      mode,
      '-o',
      user,
      '-g',
      user === 'root' ? 'root' : serviceGroup,
      dir,
    ]);
  await own(layout.dataDir, '0751', serviceUsers.server);
  await own(layout.postgres.dataDir, '0700', serviceUsers.postgres);
  await own(layout.redis.dataDir, '0700', serviceUsers.redis);
  await own(layout.recordingsDir, '2770', serviceUsers.media);
  await own(layout.promptsDir, '0750', serviceUsers.server);
  await own(layout.secretsDir, '0700', serviceUsers.server);
  await own(places.backupsDir, '0700', 'root');
  await own(places.credentialsDir, '0700', 'root');
}

function writeFiles(machine: SystemdMachine, settings: string): void {
  machine.write(places.settingsFile, settings);
  machine.write(`${places.credentialsDir}/sip-control`, 'a-secret-of-the-test\n', 0o600);
  const { postgresConfFile, postgresHbaFile, postgresIdentFile, redisConfFile } = places;
  const place = { ...layout.postgres, hbaFile: postgresHbaFile, identFile: postgresIdentFile };
  machine.write(postgresConfFile, postgresConfText(place));
  machine.write(postgresHbaFile, postgresHbaText());
  machine.write(postgresIdentFile, postgresIdentText(serviceUsers.server));
  machine.write(redisConfFile, redisConfText(layout.redis));
  machine.write(layout.seedSiteFile, seedSite);
  machine.write(commandFile, '#!/bin/sh\n', 0o755);
  for (const name of readdirSync(join(project, 'systemd')))
    if (name.startsWith('hearthline'))
      machine.write(`${places.unitsDir}/${name}`, readFileSync(join(project, 'systemd', name)));
}

/** Everything in place and nothing started but Postgres, which the database is made in. */
export async function installInto(machine: SystemdMachine, settings: string): Promise<void> {
  await makeUsers(machine);
  await makeDirectories(machine);
  writeFiles(machine, settings);
  await machine.run('ln', ['-s', release, places.currentLink]);
  await machine.run('mkdir', [places.programsDir]);
  await machine.run('ln', ['-s', postgresBinDir(), `${places.programsDir}/postgres`]);
  await machine.run('ln', ['-s', '/usr/bin/redis-server', `${places.programsDir}/redis-server`]);
  const asPostgres = [`--reuid=${serviceUsers.postgres}`, `--regid=${serviceGroup}`, '--clear-groups', '--'];
  const initdb = [`${postgresBinDir()}/initdb`, '-D', layout.postgres.dataDir, '-U', 'postgres'];
  await machine.run('setpriv', [...asPostgres, ...initdb, '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync']);
  await machine.run('systemctl', ['daemon-reload']);
  await machine.run('systemctl', ['start', 'hearthline-postgres']);
  const sql = (text: string) =>
    machine.run('psql', [
      '-h',
      layout.postgres.socketDir,
      '-U',
      'postgres',
      '-d',
      'postgres',
      '-XqAtc',
      text,
    ]);
  await machine.run('sh', [
    '-c',
    `until pg_isready -q -h ${layout.postgres.socketDir} -U postgres -d postgres; do sleep 0.05; done`,
  ]);
  await sql(`CREATE ROLE ${postgresRole} LOGIN`);
  await sql(`CREATE DATABASE ${postgresDatabase} OWNER ${postgresRole}`);
}

/** Boots a machine with the release of this working copy in it. */
export function bootForRelease(): Promise<SystemdMachine> {
  return SystemdMachine.boot({
    binds: {
      [`${release}/dist`]: join(project, 'dist'),
      [`${release}/node_modules`]: realpathSync(join(project, 'node_modules')),
      [`${release}/package.json`]: join(project, 'package.json'),
      [`${release}/node/bin/node`]: process.execPath,
    },
  });
}
