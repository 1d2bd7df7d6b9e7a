/**
 * The engine's environment, read once and frozen. A wrong value stops the start with a message that names it.
 * It may not read files or open anything.
 */
import { availableParallelism } from 'node:os';
import { ipv4ToNumber } from '../protocol.ts';

export interface EngineConfig {
  bind: string;
  firstPort: number;
  lastPort: number;
  controlPath: string;
  statusPath: string;
  recordingsDir: string;
  workers: number;
  orphanSec: number;
  /** `auto`: koffi where it can be loaded, else dgram. */
  sockets: 'dgram' | 'koffi' | 'auto';
}

export class ConfigError extends Error {}

function wholeNumber(
  env: NodeJS.ProcessEnv,
  name: string,
  fallback: number,
  min: number,
  max: number,
): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new ConfigError(`${name} must be a whole number from ${min} to ${max}`);
  }
  return value;
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (!value) throw new ConfigError(`${name} is not set`);
  return value;
}

function portRange(text: string): { firstPort: number; lastPort: number } {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
  const firstPort = Number(match?.[1]);
  const lastPort = Number(match?.[2]);
  if (!match || firstPort < 1024 || lastPort > 65535 || firstPort > lastPort) {
    throw new ConfigError('HEARTHLINE_RTP_PORTS must be a range such as 20000-23999');
  }
  return { firstPort, lastPort };
}

export function readConfig(env: NodeJS.ProcessEnv): Readonly<EngineConfig> {
  const bind = env['HEARTHLINE_BIND'] || '0.0.0.0';
  if (ipv4ToNumber(bind) < 0) throw new ConfigError('HEARTHLINE_BIND must be an IPv4 address');
  const sockets = env['HEARTHLINE_MEDIA_SOCKETS'] || 'auto';
  if (sockets !== 'dgram' && sockets !== 'koffi' && sockets !== 'auto') {
    throw new ConfigError('HEARTHLINE_MEDIA_SOCKETS must be koffi, dgram or auto');
  }
  const defaultWorkers = Math.min(4, Math.max(1, availableParallelism() - 1));
  return Object.freeze({
    bind,
    ...portRange(env['HEARTHLINE_RTP_PORTS'] || '20000-23999'),
    controlPath: required(env, 'HEARTHLINE_MEDIA_CONTROL'),
    statusPath: required(env, 'HEARTHLINE_MEDIA_STATUS'),
    recordingsDir: required(env, 'HEARTHLINE_RECORDINGS'),
    workers: wholeNumber(env, 'HEARTHLINE_MEDIA_WORKERS', defaultWorkers, 1, 16),
    orphanSec: wholeNumber(env, 'HEARTHLINE_MEDIA_ORPHAN_SEC', 60, 1, 86_400),
    sockets,
  });
}
