/**
 * A real, private Redis for one test file, with the product's own settings (append-only file, no
 * eviction), on a Unix socket in its own temporary directory.
 */
import { join } from 'node:path';
import { createClient } from 'redis';
import { ownedDirectory, serviceUser } from '../../installer/privilege.ts';
import { redisCommand, waitForRedis } from '../../installer/redis.ts';
import type { RedisPlace } from '../../installer/redis.ts';
import { startService } from './service.ts';
import { makeTempDir, removeTempDir } from './temp-dir.ts';
import { until } from './until.ts';

export interface TestRedis {
  /** The Unix socket: `createClient({ socket: { path } })`. */
  readonly socket: string;
  /** redis+unix:// is not a thing every client knows: unix:<path> for redis-cli -s and logs. */
  readonly url: string;
  pid(): number;
  isRunning(): boolean;
  output(): string;
  /**
   * What it has acknowledged is in the append-only file. While the disk is busy it answers before it writes (appendfsync everysec:
   * for two seconds at most), and a crash takes that along.
   */
  written(): Promise<void>;
  /** SIGKILL, as a crash: the append-only file stays, `restart()` brings it back on the same socket. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

async function untilWritten(path: string): Promise<void> {
  const client = createClient({ socket: { path, tls: false } });
  await client.connect();
  try {
    await until('Redis has written', async () =>
      /^aof_buffer_length:0\r$/m.test(await client.info('persistence')),
    );
  } finally {
    client.destroy();
  }
}

export async function startRedis(): Promise<TestRedis> {
  const temp = makeTempDir();
  const runAs = serviceUser(['redis']);
  const dataDir = ownedDirectory(join(temp, 'data'), runAs);
  const socketDir = ownedDirectory(join(temp, 's'), runAs);
  const place: RedisPlace = { dataDir, socket: join(socketDir, 'redis.sock'), runAs };
  const start = async () => {
    const service = startService(redisCommand(place), runAs, dataDir);
    await waitForRedis(place.socket, 10_000).catch((error: unknown) => {
      throw new Error(`Redis does not start: ${service.output()}`, { cause: error });
    });
    return service;
  };
  let service = await start();
  return {
    socket: place.socket,
    url: `unix:${place.socket}`,
    pid: () => service.pid,
    isRunning: () => service.isRunning(),
    output: () => service.output(),
    kill: () => service.end('SIGKILL'),
    written: () => untilWritten(place.socket),
    async restart() {
      await service.end('SIGTERM');
      service = await start();
    },
    async stop() {
      await service.end('SIGTERM');
      removeTempDir(temp);
    },
  };
}
