/**
 * A Postgres and a Redis as a bank has them, of users and with settings that are not ours: over TCP on loopback with TLS by the bank's
 * authority, with passwords, and with no more rights than docs/own-stores.md asks for.
 */
import { execFile, execFileSync } from 'node:child_process';
import { chownSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { plainEnv, postgresBinDir } from '../../installer/postgres.ts';
import { ownedDirectory, serviceUser, spawnIdentity, type RunAs } from '../../installer/privilege.ts';
import { waitForRedis } from '../../installer/redis.ts';
import type { StoreAddress } from '../../server/lib/store-address.ts';
import { makeBankAuthority, type BankAuthority } from './bank-authority.ts';
import { freePort } from './free-port.ts';
import type { NetNamespace } from './net-namespace.ts';
import { startService, type ServiceProcess } from './service.ts';
import { makeTempDir, removeTempDir } from './temp-dir.ts';

const run = promisify(execFile);

export interface BankStore {
  readonly address: Required<StoreAddress>;
  readonly password: string;
  /** Away for so long, as after a crash; resolves when it is back. */
  away(ms: number): Promise<void>;
  setPassword(password: string): Promise<void>;
  /** Serves with a certificate for these names, by this authority. */
  certify(names: string, authority?: BankAuthority): Promise<void>;
}

export interface BankStores {
  readonly postgres: BankStore & { sql(text: string, database?: string): Promise<string> };
  readonly redis: BankStore & { cli(...words: string[]): Promise<string> };
  readonly authority: BankAuthority;
  readonly otherAuthority: BankAuthority;
  stop(): Promise<void>;
}

/** What docs/own-stores.md tells the bank to type. */
export const documentedRole = (password: string): string[] => [
  `CREATE ROLE hearthline LOGIN PASSWORD '${password}' CONNECTION LIMIT 40`,
  `CREATE DATABASE hearthline OWNER hearthline TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'`,
];
export const documentedAcl =
  '~hl:* -@all +@read +@write +@connection +eval +evalsha +script|load +time -@dangerous +info';

/** Another machine; loopback of this one, where nothing is told. */
export interface Whereabouts {
  network: NetNamespace;
  address: string;
  /** The only one who may come. */
  client: string;
}

interface Place {
  dir: string;
  where: Whereabouts | undefined;
  port: number;
  runAs: RunAs | undefined;
}

function startAt({ dir, runAs, where }: Place, what: Parameters<typeof startService>[0]): ServiceProcess {
  if (!where) return startService(what, runAs, dir);
  const user = runAs
    ? ['setpriv', `--reuid=${runAs.uid}`, `--regid=${runAs.gid}`, '--clear-groups', '--']
    : [];
  const args = ['netns', 'exec', where.network.name, ...user, what.command, ...what.args];
  return startService({ ...what, command: 'ip', args }, undefined, dir);
}

/** Both files belong to the service's user. */
function writeCertificate({ dir, runAs }: Place, authority: BankAuthority, names: string): void {
  const key = join(dir, 'server.key');
  const request = join(dir, 'server.csr');
  const subject = ['-newkey', 'rsa:2048', '-nodes', '-subj', '/O=Bank/CN=store'];
  execFileSync('openssl', ['req', '-new', ...subject, '-keyout', key, '-out', request], { stdio: 'pipe' });
  const chain = [authority.sign(request, { names }), authority.chainFile].map((file) => readFileSync(file));
  writeFileSync(join(dir, 'server.crt'), Buffer.concat(chain));
  if (runAs)
    for (const name of ['server.key', 'server.crt']) chownSync(join(dir, name), runAs.uid, runAs.gid);
}

const addressAt = ({ where }: Place): string => where?.address ?? '127.0.0.1';
const goodNames = (place: Place): string => `DNS:localhost,IP:${addressAt(place)}`;

function addressOf(dir: string, url: string, password: string, authority: BankAuthority) {
  mkdirSync(dir, { recursive: true });
  const passwordFile = join(dir, 'password');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  const caFile = join(dir, 'ca.crt');
  copyFileSync(authority.rootFile, caFile);
  return { url, passwordFile, caFile };
}

const wait = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

async function startBankPostgres(place: Place, password: string, authority: BankAuthority) {
  const { dir, port, runAs } = place;
  const data = join(dir, 'data');
  const options = { env: plainEnv, cwd: '/', ...spawnIdentity(runAs) };
  ownedDirectory(dir, runAs);
  await run(
    join(postgresBinDir(), 'initdb'),
    ['-D', data, '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync', '--auth-local=trust'],
    options,
  );
  writeFileSync(
    join(data, 'pg_hba.conf'),
    `local all postgres trust\nhostssl all all ${place.where?.client ?? '127.0.0.1'}/32 scram-sha-256\n`,
  );
  writeCertificate(place, authority, goodNames(place));
  const settings: Record<string, string> = {
    listen_addresses: addressAt(place),
    port: String(port),
    unix_socket_directories: dir,
    ssl: 'on',
    ssl_cert_file: join(dir, 'server.crt'),
    ssl_key_file: join(dir, 'server.key'),
    password_encryption: 'scram-sha-256',
    fsync: 'off',
    // Not as ours has it.
    TimeZone: 'Europe/Rome',
    default_transaction_isolation: 'read committed',
  };
  const args = ['-D', data, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])];
  const command = { command: join(postgresBinDir(), 'postgres'), args, env: plainEnv };
  let service: ServiceProcess | undefined;
  const sql = async (text: string, database = 'postgres') => {
    const { stdout } = await run(
      join(postgresBinDir(), 'psql'),
      ['-h', dir, '-p', String(port), '-U', 'postgres', '-d', database, '-XqAt', '-c', text],
      { env: plainEnv, cwd: '/' },
    );
    return stdout.trimEnd();
  };
  const start = async () => {
    service = startAt(place, command);
    for (let tries = 0; ; tries += 1) {
      try {
        await sql('select 1');
        return;
      } catch (error) {
        if (tries > 200) throw new Error(`Postgres does not start: ${service.output()}`, { cause: error });
        await wait(50);
      }
    }
  };
  await start();
  for (const text of documentedRole(password)) await sql(text);
  return {
    sql,
    stop: async () => service?.end('SIGINT'),
    async away(ms: number) {
      await service?.end('SIGQUIT');
      await wait(ms);
      await start();
    },
    setPassword: async (next: string) => void (await sql(`ALTER ROLE hearthline PASSWORD '${next}'`)),
    async certify(names: string, by: BankAuthority = authority) {
      writeCertificate(place, by, names);
      await service?.end('SIGINT');
      await start();
    },
  };
}

async function startBankRedis(place: Place, password: string, authority: BankAuthority) {
  const { dir, port, runAs } = place;
  ownedDirectory(dir, runAs);
  writeCertificate(place, authority, goodNames(place));
  const socket = join(dir, 'redis.sock');
  const conf = join(dir, 'redis.conf');
  const users = join(dir, 'users.acl');
  writeFileSync(
    users,
    `user default on nopass ~* &* +@all\nuser hearthline on >${password} ${documentedAcl}\n`,
  );
  writeFileSync(
    conf,
    [
      'port 0',
      `tls-port ${port}`,
      `bind ${addressAt(place)}`,
      `tls-cert-file ${join(dir, 'server.crt')}`,
      `tls-key-file ${join(dir, 'server.key')}`,
      `tls-ca-cert-file ${authority.rootFile}`,
      'tls-auth-clients no',
      // Its user for everybody, on the socket below, has no password.
      'protected-mode no',
      `unixsocket ${socket}`,
      `aclfile ${users}`,
      `dir ${dir}`,
      'appendonly yes',
      'save ""',
      'maxmemory 512mb',
      'maxmemory-policy noeviction',
      '',
    ].join('\n'),
  );
  if (runAs) for (const file of [conf, users]) chownSync(file, runAs.uid, runAs.gid);
  let service: ServiceProcess | undefined;
  const start = async () => {
    service = startAt(place, { command: 'redis-server', args: [conf], env: plainEnv });
    const one = service;
    await waitForRedis(socket, 10_000).catch((error: unknown) => {
      throw new Error(`Redis does not start: ${one.output()}`, { cause: error });
    });
  };
  await start();
  const cli = async (...words: string[]) =>
    (await run('redis-cli', ['-s', socket, ...words], { env: plainEnv })).stdout.trimEnd();
  return {
    cli,
    stop: async () => service?.end('SIGTERM'),
    async away(ms: number) {
      await service?.end('SIGKILL');
      await wait(ms);
      await start();
    },
    async setPassword(next: string) {
      await cli('ACL', 'SETUSER', 'hearthline', 'resetpass', `>${next}`);
      await cli('CLIENT', 'KILL', 'USER', 'hearthline');
    },
    async certify(names: string, by: BankAuthority = authority) {
      writeCertificate(place, by, names);
      await service?.end('SIGTERM');
      await start();
    },
  };
}

/** `clientDir`: where the files lie that the house is told of. */
export async function startBankStores(clientDir: string, where?: Whereabouts): Promise<BankStores> {
  const temp = makeTempDir();
  const authority = makeBankAuthority(join(temp, 'authority'));
  const otherAuthority = makeBankAuthority(join(temp, 'other-authority'));
  const [pgPort, redisPort] = [await freePort(), await freePort()];
  const [pgPassword, redisPassword] = ['pg-Geheim-4711-ärgerlich', 'redis-Segreto-0815'];
  const pg = await startBankPostgres(
    { dir: join(temp, 'pg'), port: pgPort, runAs: serviceUser(['postgres']), where },
    pgPassword,
    authority,
  );
  const redis = await startBankRedis(
    { dir: join(temp, 'redis'), port: redisPort, runAs: serviceUser(['redis']), where },
    redisPassword,
    authority,
  );
  const pgUrl = `postgres://hearthline@${where?.address ?? '127.0.0.1'}:${pgPort}/hearthline`;
  const redisUrl = `rediss://hearthline@${where?.address ?? 'localhost'}:${redisPort}/0`;
  return {
    authority,
    otherAuthority,
    postgres: {
      ...pg,
      password: pgPassword,
      address: addressOf(join(clientDir, 'pg'), pgUrl, pgPassword, authority),
    },
    redis: {
      ...redis,
      password: redisPassword,
      address: addressOf(join(clientDir, 'redis'), redisUrl, redisPassword, authority),
    },
    async stop() {
      await Promise.all([pg.stop(), redis.stop()]);
      removeTempDir(temp);
    },
  };
}
