/**
 * The server's environment: read once, checked as a whole, frozen. Secrets may come from files (`*_FILE`).
 * The supervisor sets all of it (installer/supervisor.ts); only the first five are for people (README).
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { logLevels, type LogLevel } from '../lib/log.ts';
import {
  type DatabasePlace,
  readDatabaseAddress,
  readRedisAddress,
  type RedisPlace,
  storeAddressIn,
  StoreAddressFault,
} from '../lib/store-address.ts';
import type { TlsFiles } from '../lib/tls-pair.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const flag = z.enum(['0', '1']).transform((v) => v === '1');

const schema = z.object({
  HEARTHLINE_DATA: z.string().default('./var'),
  HEARTHLINE_HTTP_PORT: port.default(8080),
  HEARTHLINE_BIND: z.string().default('0.0.0.0'),
  /** For customers' browsers: chat and forms; open only while the site has any. */
  HEARTHLINE_PUBLIC_PORT: port.default(8081),
  HEARTHLINE_PUBLIC_BIND: z.string().optional(),
  HEARTHLINE_SIP_CONTROL: z
    .string()
    .regex(/^127\.0\.0\.1:\d+$|^\[::1\]:\d+$|^[A-Za-z0-9.-]+:\d+$/)
    .default('127.0.0.1:9022'),
  HEARTHLINE_SIP_SECRET: z.string().min(8).optional(),
  HEARTHLINE_SIP_SECRET_FILE: z.string().optional(),
  HEARTHLINE_SIP_STATUS: z.string().optional(),
  HEARTHLINE_MEDIA_CONTROL: z.string(),
  HEARTHLINE_MEDIA_STATUS: z.string().optional(),
  HEARTHLINE_RECORDINGS: z.string().optional(),
  HEARTHLINE_PG_SOCKET: z.string().optional(),
  HEARTHLINE_PG_DATABASE: z.string().default('hearthline'),
  HEARTHLINE_PG_USER: z.string().default('hearthline'),
  HEARTHLINE_REDIS_SOCKET: z.string().optional(),
  HEARTHLINE_PROMPTS: z.string().optional(),
  HEARTHLINE_SEED_SITE: z.string().optional(),
  HEARTHLINE_ADMIN_SOCKET: z.string().optional(),
  HEARTHLINE_SETUP_SECRET_FILE: z.string().optional(),
  HEARTHLINE_UI_DIR: z.string().optional(),
  HEARTHLINE_LOG_LEVEL: z.enum(logLevels).default('info'),
  HEARTHLINE_METRICS_TOKEN: z.string().min(16).optional(),
  HEARTHLINE_METRICS_TOKEN_FILE: z.string().optional(),
  HEARTHLINE_TRUSTED_PROXY_HOPS: z.coerce.number().int().min(0).max(5).default(0),
  HEARTHLINE_IS_TLS: flag.default(false),
  /** Both or none: the certificate with its chain, and its key, as PEM. With them the pages are served over TLS. */
  HEARTHLINE_TLS_CERT_FILE: z.string().optional(),
  HEARTHLINE_TLS_KEY_FILE: z.string().optional(),
  /** Shortest registration a phone may ask for; below it, 423 (RFC 3261 §10.3). */
  HEARTHLINE_SIP_MIN_EXPIRES_SEC: z.coerce.number().int().min(1).max(3600).default(60),
  HEARTHLINE_RTP_TIMEOUT_SEC: z.coerce.number().int().min(1).max(3600).default(20),
});

export interface ServerConfig {
  dataDir: string;
  http: { port: number; bind: string };
  publicHttp: { port: number; bind: string };
  sipControl: { host: string; port: number };
  sipSecret: string;
  statusSockets: { sip?: string; media?: string };
  mediaControl: string;
  recordingsDir: string;
  postgres: DatabasePlace;
  redis: RedisPlace;
  promptsDir: string;
  seedSite?: string;
  adminSocket: string;
  setupSecretFile: string;
  uiDir?: string;
  logLevel: LogLevel;
  /** A constant one, for tests and clones: an environment can be read under /proc. */
  metricsToken?: string;
  metricsTokenFile: string;
  trustedProxyHops: number;
  /** The pages are reached by https only. */
  isTls: boolean;
  /** Where this server speaks TLS itself. */
  tls?: TlsFiles;
  minExpiresSec: number;
  rtpTimeoutMs: number;
}

export class BadEnvironment extends Error {}

/** Throws BadEnvironment with one line for each fault. */
export function readEnvironment(env: NodeJS.ProcessEnv): Readonly<ServerConfig> {
  const parsed = schema.safeParse(env);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new BadEnvironment(lines.join('\n'));
  }
  const e = parsed.data;
  const dataDir = resolve(e.HEARTHLINE_DATA);
  const tls = tlsOf(e.HEARTHLINE_TLS_CERT_FILE, e.HEARTHLINE_TLS_KEY_FILE);
  const cut = e.HEARTHLINE_SIP_CONTROL.lastIndexOf(':');
  return Object.freeze({
    dataDir,
    http: { port: e.HEARTHLINE_HTTP_PORT, bind: e.HEARTHLINE_BIND },
    publicHttp: {
      port: e.HEARTHLINE_PUBLIC_PORT,
      bind: e.HEARTHLINE_PUBLIC_BIND ?? e.HEARTHLINE_BIND,
    },
    sipControl: {
      host: e.HEARTHLINE_SIP_CONTROL.slice(0, cut).replace(/^\[|\]$/g, ''),
      port: Number(e.HEARTHLINE_SIP_CONTROL.slice(cut + 1)),
    },
    sipSecret: secretOf(e.HEARTHLINE_SIP_SECRET, e.HEARTHLINE_SIP_SECRET_FILE),
    statusSockets: {
      ...(e.HEARTHLINE_SIP_STATUS && { sip: e.HEARTHLINE_SIP_STATUS }),
      ...(e.HEARTHLINE_MEDIA_STATUS && { media: e.HEARTHLINE_MEDIA_STATUS }),
    },
    mediaControl: e.HEARTHLINE_MEDIA_CONTROL,
    recordingsDir: resolve(e.HEARTHLINE_RECORDINGS ?? `${dataDir}/recordings`),
    ...storesOf(env, e),
    promptsDir: resolve(e.HEARTHLINE_PROMPTS ?? `${dataDir}/prompts`),
    ...(e.HEARTHLINE_SEED_SITE && { seedSite: e.HEARTHLINE_SEED_SITE }),
    adminSocket: resolve(e.HEARTHLINE_ADMIN_SOCKET ?? `${dataDir}/run/admin.sock`),
    setupSecretFile: resolve(e.HEARTHLINE_SETUP_SECRET_FILE ?? `${dataDir}/run/setup-secret`),
    ...(e.HEARTHLINE_UI_DIR && { uiDir: resolve(e.HEARTHLINE_UI_DIR) }),
    logLevel: e.HEARTHLINE_LOG_LEVEL,
    ...(e.HEARTHLINE_METRICS_TOKEN && { metricsToken: e.HEARTHLINE_METRICS_TOKEN }),
    metricsTokenFile: resolve(e.HEARTHLINE_METRICS_TOKEN_FILE ?? `${dataDir}/secrets/metrics-token`),
    trustedProxyHops: e.HEARTHLINE_TRUSTED_PROXY_HOPS,
    isTls: e.HEARTHLINE_IS_TLS || tls !== undefined,
    ...(tls && { tls }),
    minExpiresSec: e.HEARTHLINE_SIP_MIN_EXPIRES_SEC,
    rtpTimeoutMs: e.HEARTHLINE_RTP_TIMEOUT_SEC * 1000,
  });
}

/** The bank's by address, else our own. */
function storesOf(
  env: NodeJS.ProcessEnv,
  e: z.infer<typeof schema>,
): Pick<ServerConfig, 'postgres' | 'redis'> {
  const missing = (name: string, address: string): never => {
    throw new BadEnvironment(`${name} or ${address}: one is needed`);
  };
  const postgres = storeAddressIn(env, 'HEARTHLINE_POSTGRES');
  const redis = storeAddressIn(env, 'HEARTHLINE_REDIS');
  try {
    return {
      postgres: postgres
        ? readDatabaseAddress(postgres)
        : {
            socketDir: e.HEARTHLINE_PG_SOCKET ?? missing('HEARTHLINE_PG_SOCKET', 'HEARTHLINE_POSTGRES_URL'),
            database: e.HEARTHLINE_PG_DATABASE,
            user: e.HEARTHLINE_PG_USER,
          },
      redis: redis
        ? readRedisAddress(redis)
        : {
            socketPath:
              e.HEARTHLINE_REDIS_SOCKET ?? missing('HEARTHLINE_REDIS_SOCKET', 'HEARTHLINE_REDIS_URL'),
          },
    };
  } catch (error) {
    throw error instanceof StoreAddressFault ? new BadEnvironment(error.message) : error;
  }
}

function tlsOf(certFile: string | undefined, keyFile: string | undefined): TlsFiles | undefined {
  if (!certFile && !keyFile) return undefined;
  if (!certFile || !keyFile)
    throw new BadEnvironment(
      'HEARTHLINE_TLS_CERT_FILE and HEARTHLINE_TLS_KEY_FILE: either both are set, or neither',
    );
  return { certFile: resolve(certFile), keyFile: resolve(keyFile) };
}

function secretOf(value: string | undefined, file: string | undefined): string {
  if (!file && value) return value;
  if (!file) throw new BadEnvironment('HEARTHLINE_SIP_SECRET or HEARTHLINE_SIP_SECRET_FILE: one is needed');
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new BadEnvironment(`HEARTHLINE_SIP_SECRET_FILE: cannot read ${file}`);
  }
}
