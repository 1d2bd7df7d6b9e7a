/**
 * The engine's settings, read once from the environment. A bad value names itself and ends the start.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { timingsFrom } from './transaction/timings.ts';
import type { Timings } from './transaction/timings.ts';

export interface EngineConfig {
  bind: string;
  sipPort: number;
  controlHost: string;
  controlPort: number;
  secret: string;
  statusPath: string | undefined;
  inviteHoldMs: number;
  graceMs: number;
  timings: Timings;
  maxTransactions: number;
  maxHalfOpenPerSource: number;
  logLevel: string;
}

export class ConfigError extends Error {}

type Env = Readonly<Record<string, string | undefined>>;

function integer(env: Env, name: string, fallback: number, min: number, max: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new ConfigError(`${name} must be a whole number from ${min} to ${max}, not "${text}"`);
  }
  return value;
}

function readSecret(env: Env): string {
  const path = env['HEARTHLINE_SIP_SECRET_FILE'];
  let secret = env['HEARTHLINE_SIP_SECRET'];
  if (path !== undefined && path !== '') {
    try {
      secret = readFileSync(path, 'utf8').trim();
    } catch {
      throw new ConfigError(`HEARTHLINE_SIP_SECRET_FILE cannot be read: ${path}`);
    }
  }
  if (secret === undefined || secret === '') {
    throw new ConfigError('HEARTHLINE_SIP_SECRET or HEARTHLINE_SIP_SECRET_FILE must be set');
  }
  if (secret.includes('|')) throw new ConfigError('the SIP secret must not contain "|"');
  return secret;
}

function readControl(env: Env): { controlHost: string; controlPort: number } {
  const text = env['HEARTHLINE_SIP_CONTROL'] ?? '127.0.0.1:9022';
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon).replace(/^\[|\]$/g, '');
  const port = Number(text.slice(colon + 1));
  if (colon <= 0 || isIP(host) === 0 || !/^\d+$/.test(text.slice(colon + 1)) || port > 65_535) {
    throw new ConfigError(`HEARTHLINE_SIP_CONTROL must be address:port, not "${text}"`);
  }
  // Whoever reaches the control port steers every call: it is never offered to a network.
  if (!(host === '::1' || host.startsWith('127.'))) {
    throw new ConfigError(`HEARTHLINE_SIP_CONTROL must be a loopback address, not "${host}"`);
  }
  return { controlHost: host, controlPort: port };
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

export function readConfig(env: Env): EngineConfig {
  const bind = env['HEARTHLINE_BIND'] ?? '0.0.0.0';
  if (isIP(bind) === 0) throw new ConfigError(`HEARTHLINE_BIND must be an IP address, not "${bind}"`);
  const logLevel = env['HEARTHLINE_LOG_LEVEL'] ?? 'info';
  if (!LOG_LEVELS.includes(logLevel)) {
    throw new ConfigError(`HEARTHLINE_LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}`);
  }
  const statusPath = env['HEARTHLINE_SIP_STATUS'];
  return {
    bind,
    sipPort: integer(env, 'HEARTHLINE_SIP_PORT', 5060, 0, 65_535),
    ...readControl(env),
    secret: readSecret(env),
    statusPath: statusPath === undefined || statusPath === '' ? undefined : statusPath,
    inviteHoldMs: integer(env, 'HEARTHLINE_SIP_INVITE_HOLD_MS', 4_000, 0, 60_000),
    graceMs: integer(env, 'HEARTHLINE_SIP_GRACE_SEC', 30, 0, 3_600) * 1_000,
    timings: timingsFrom(
      integer(env, 'HEARTHLINE_SIP_T1_MS', 500, 10, 5_000),
      integer(env, 'HEARTHLINE_SIP_T2_MS', 4_000, 10, 60_000),
      integer(env, 'HEARTHLINE_SIP_T4_MS', 5_000, 10, 60_000),
    ),
    maxTransactions: integer(env, 'HEARTHLINE_SIP_MAX_TRANSACTIONS', 150_000, 10, 10_000_000),
    maxHalfOpenPerSource: integer(env, 'HEARTHLINE_SIP_MAX_HALF_OPEN', 2_000, 1, 1_000_000),
    logLevel,
  };
}
