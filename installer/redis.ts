/**
 * The private Redis: the command line it runs with, and a probe that needs no client library. It
 * listens on a Unix socket only and appends every write to its file: it holds the front of the event
 * log, so it must never evict (`noeviction`) and must come back with what it had.
 */
import { createConnection } from 'node:net';
import type { RunAs } from './privilege.ts';

export interface RedisPlace {
  dataDir: string;
  /** At most 107 bytes, the kernel's limit for a Unix socket's path. */
  socket: string;
  runAs: RunAs | undefined;
}

/** What every Redis of ours runs with, in a clone and installed. */
function redisSettings(place: RedisPlace): Record<string, string> {
  return {
    port: '0',
    unixsocket: place.socket,
    unixsocketperm: '700',
    dir: place.dataDir,
    appendonly: 'yes',
    appendfsync: 'everysec',
    'aof-use-rdb-preamble': 'yes',
    // The append-only file is the one truth; timed snapshots beside it would only cost disk.
    save: '',
    maxmemory: '0',
    'maxmemory-policy': 'noeviction',
    databases: '1',
    daemonize: 'no',
    'always-show-logo': 'no',
    'set-proc-title': 'no',
    'protected-mode': 'yes',
    'enable-debug-command': 'no',
    'enable-module-command': 'no',
    'latency-monitor-threshold': '20',
  };
}

export function redisCommand(place: RedisPlace): {
  command: string;
  args: string[];
  env: Record<string, string>;
} {
  const args: string[] = [];
  for (const [key, value] of Object.entries(redisSettings(place))) args.push(`--${key}`, value);
  return {
    command: 'redis-server',
    args,
    env: { PATH: '/usr/bin:/bin:/usr/local/bin', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
  };
}

/**
 * The settings file of the installed house: the same settings as in a clone, with a socket for the group of the services, and
 * a word to systemd when its file is read.
 */
export function redisConfText(place: RedisPlace): string {
  const settings = { ...redisSettings(place), unixsocketperm: '770', supervised: 'systemd' };
  const lines = Object.entries(settings).map(([key, value]) => {
    if (/[\r\n"\\]/.test(value)) throw new Error(`the Redis setting ${key} must be one line without quotes`);
    return `${key} "${value}"`;
  });
  return ['# Written by the Hearthline installer, and written anew by each upgrade.', ...lines, ''].join(
    '\n',
  );
}

/** One PING; false while Redis is away or still loading its file. */
export function pingRedis(socket: string, timeoutMs = 1000): Promise<boolean> {
  return new Promise((done) => {
    const connection = createConnection({ path: socket });
    const finish = (answer: boolean) => {
      connection.destroy();
      done(answer);
    };
    connection.setTimeout(timeoutMs, () => finish(false));
    connection.on('error', () => finish(false));
    connection.on('connect', () => connection.write('PING\r\n'));
    connection.on('data', (data) => finish(data.toString().startsWith('+PONG')));
  });
}

/** Resolves once Redis answers; rejects after `timeoutMs`. */
export async function waitForRedis(socket: string, timeoutMs: number): Promise<void> {
  const endAt = performance.now() + timeoutMs;
  while (!(await pingRedis(socket))) {
    if (performance.now() > endAt) throw new Error(`Redis did not answer within ${timeoutMs / 1000} s`);
    await new Promise((wake) => setTimeout(wake, 30));
  }
}
