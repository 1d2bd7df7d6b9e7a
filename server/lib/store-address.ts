/**
 * Where the two stores are: our own, each behind a Unix socket, or the bank's by address. An address is a URL without a password;
 * that stands in a file of its own. Over a network TLS is spoken and the certificate checked, against the bank's CA where it
 * is named, else against those of the system; only a URL that says so does without.
 *
 *     postgres://hearthline@db.bank.example:5432/hearthline            ?sslmode=disable: without TLS
 *     rediss://hearthline@redis.bank.example:6380/0                    redis://: without TLS
 */
import { existsSync, readFileSync } from 'node:fs';

export interface StoreAddress {
  url: string;
  passwordFile?: string | undefined;
  /** PEM. */
  caFile?: string | undefined;
}

export interface Reach {
  host: string;
  port: number;
  password?: string;
  /** Absent: in the clear. `ca`: PEM. */
  tls?: { ca?: string };
}

/** Plain data: it is handed to threads. */
export type DatabasePlace = { database: string; user: string } & ({ socketDir: string } | Reach);
export type RedisPlace = { socketPath: string } | (Reach & { user?: string; database: number });

export const isOwnDatabase = (place: DatabasePlace): place is DatabasePlace & { socketDir: string } =>
  'socketDir' in place;
export const isOwnRedis = (place: RedisPlace): place is { socketPath: string } => 'socketPath' in place;

export class StoreAddressFault extends Error {}

const systemCas = '/etc/ssl/certs/ca-certificates.crt';

interface Parsed {
  protocol: string;
  host: string;
  port: number;
  user: string;
  /** What stands behind the first slash. */
  path: string;
  isPlain: boolean;
}

/** What stands for a character by its number (%2F). */
function decoded(name: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new StoreAddressFault(`${name} holds a % that stands for no character: write %25`);
  }
}

function parseUrl(name: string, text: string, protocols: Record<string, number>): Parsed {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new StoreAddressFault(`${name} is not a URL`);
  }
  const usualPort = protocols[url.protocol];
  if (usualPort === undefined)
    throw new StoreAddressFault(`${name} must begin with ${Object.keys(protocols).join('// or ')}//`);
  if (url.password !== '')
    throw new StoreAddressFault(`${name} must not hold the password: put it into a file of its own`);
  if (url.hostname === '') throw new StoreAddressFault(`${name} names no host`);
  const sslmode = url.searchParams.get('sslmode');
  const others = [...url.searchParams.keys()].filter((key) => key !== 'sslmode');
  const isPostgres = url.protocol.startsWith('postgres');
  if (others.length > 0 || url.hash !== '' || (sslmode !== null && (!isPostgres || sslmode !== 'disable')))
    throw new StoreAddressFault(
      `${name} holds more than an address${isPostgres ? ' (behind it only ?sslmode=disable is known)' : ''}`,
    );
  return {
    protocol: url.protocol,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? usualPort : Number(url.port),
    user: decoded(name, url.username),
    path: decoded(name, url.pathname.slice(1)),
    isPlain: isPostgres ? sslmode === 'disable' : url.protocol === 'redis:',
  };
}

function textOf(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StoreAddressFault(`${name} (${file}) cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}

/** `name`: HEARTHLINE_POSTGRES or HEARTHLINE_REDIS. */
function reachOf(
  name: string,
  { host, port, isPlain }: Parsed,
  { passwordFile, caFile }: StoreAddress,
): Reach {
  const password =
    passwordFile === undefined ? '' : textOf(`${name}_PASSWORD_FILE`, passwordFile).replace(/\r?\n$/, '');
  const ca = caFile ?? (existsSync(systemCas) ? systemCas : undefined);
  return {
    host,
    port,
    ...(password !== '' && { password }),
    ...(!isPlain && { tls: ca === undefined ? {} : { ca: textOf(`${name}_CA_FILE`, ca) } }),
  };
}

function parseDatabaseUrl(url: string): Parsed {
  const name = 'HEARTHLINE_POSTGRES_URL';
  const parsed = parseUrl(name, url, { 'postgres:': 5432, 'postgresql:': 5432 });
  if (parsed.user === '') throw new StoreAddressFault(`${name} names no user`);
  if (!/^[^/]+$/.test(parsed.path)) throw new StoreAddressFault(`${name} names no database`);
  return parsed;
}

function parseRedisUrl(url: string): Parsed & { database: number } {
  const name = 'HEARTHLINE_REDIS_URL';
  const parsed = parseUrl(name, url, { 'rediss:': 6379, 'redis:': 6379 });
  if (!/^\d{0,4}$/.test(parsed.path)) throw new StoreAddressFault(`${name} names no number of a database`);
  return { ...parsed, database: Number(parsed.path) };
}

/** Reads the files it names. Throws StoreAddressFault. */
export function readDatabaseAddress(address: StoreAddress): DatabasePlace & Reach {
  const parsed = parseDatabaseUrl(address.url);
  return { database: parsed.path, user: parsed.user, ...reachOf('HEARTHLINE_POSTGRES', parsed, address) };
}

/** Reads the files it names. Throws StoreAddressFault. */
export function readRedisAddress(address: StoreAddress): Reach & { user?: string; database: number } {
  const { user, database, ...parsed } = parseRedisUrl(address.url);
  return {
    database,
    ...(user !== '' && { user }),
    ...reachOf('HEARTHLINE_REDIS', { user, ...parsed }, address),
  };
}

/** Where to, without looking at any file; throws StoreAddressFault. */
export const databaseHost = (url: string): Pick<Parsed, 'host' | 'port' | 'isPlain'> => parseDatabaseUrl(url);
export const redisHost = (url: string): Pick<Parsed, 'host' | 'port' | 'isPlain'> => parseRedisUrl(url);

/** The three variables of one store; undefined where there is no address. */
export function storeAddressIn(
  env: Readonly<Record<string, string | undefined>>,
  name: 'HEARTHLINE_POSTGRES' | 'HEARTHLINE_REDIS',
): StoreAddress | undefined {
  const value = (suffix: string) => env[`${name}_${suffix}`]?.trim() || undefined;
  const url = value('URL');
  return url === undefined
    ? undefined
    : { url, passwordFile: value('PASSWORD_FILE'), caFile: value('CA_FILE') };
}
