/**
 * Redis' part of a backup: its own snapshot file, written by a child of it while it goes on, and copied. Taken after the
 * database's mark, so that it has every event that history lacks; what it has beyond the mark a restore takes out again.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createLogger } from '../../../server/lib/log.ts';
import { closeClient, createRedisClient } from '../../../server/redis/client.ts';
import type { RedisClient } from '../../../server/redis/client.ts';
import { defaultKeys } from '../../../server/redis/keys.ts';
import { readRaw } from '../../../server/redis/log-reader.ts';
import { CliError } from '../../admin-socket.ts';
import { pingRedis } from '../../redis.ts';
import { copyDigested } from './durable.ts';

const boundMs = 600_000;
const lookEveryMs = 20;

export interface HouseRedis {
  /** Of the newest event; 0 in an empty log. */
  lastSeq(): Promise<number>;
  /** Of the oldest event that it still has; 0 in an empty log. */
  firstSeq(): Promise<number>;
  /** Writes its snapshot to `file`, which must not be there yet. */
  saveTo(file: string): Promise<void>;
  close(): Promise<void>;
}

export async function openRedis(socket: string): Promise<HouseRedis> {
  if (!(await pingRedis(socket)))
    throw new CliError('Redis does not answer: Hearthline must be running while it is backed up.');
  const client = createRedisClient({
    socketPath: socket,
    name: 'hearthline-backup',
    logger: createLogger('backup', 'silent'),
    isFailFast: true,
  });
  await client.connect();
  return {
    lastSeq: () => newestSeq(client),
    firstSeq: async () => (await readRaw(client, defaultKeys, 0, 1))[0]?.seq ?? 0,
    saveTo: (file) => saveTo(client, file),
    close: () => closeClient(client),
  };
}

export async function newestSeq(client: RedisClient): Promise<number> {
  const reply = await client.sendCommand<[string, string[]][]>([
    'XREVRANGE',
    defaultKeys.stream,
    '+',
    '-',
    'COUNT',
    '1',
  ]);
  return Number.parseInt(reply[0]?.[0] ?? '0', 10);
}

async function setting(client: RedisClient, name: string): Promise<string> {
  const reply = await client.sendCommand<Record<string, string> | string[]>(['CONFIG', 'GET', name]);
  return (Array.isArray(reply) ? reply[1] : reply[name]) ?? '';
}

async function persistence(client: RedisClient): Promise<Map<string, string>> {
  const text = await client.sendCommand<string>(['INFO', 'persistence']);
  return new Map(text.split('\r\n').map((line) => line.split(':', 2) as [string, string]));
}

async function saveTo(client: RedisClient, file: string): Promise<void> {
  const endAt = performance.now() + boundMs;
  const savesOf = async () => Number((await persistence(client)).get('rdb_saves'));
  const before = await savesOf();
  // It writes one file at a time: where it rewrites its append-only file it begins after that.
  await client.sendCommand(['BGSAVE', 'SCHEDULE']);
  for (;;) {
    const state = await persistence(client);
    // Counted when it begins.
    const hasBegun = Number(state.get('rdb_saves')) > before;
    if (hasBegun && state.get('rdb_bgsave_in_progress') === '0') {
      if (state.get('rdb_last_bgsave_status') === 'ok') break;
      throw new CliError(
        'Redis could not write its snapshot: its disk may be full, see its log. Nothing of this backup was kept.',
      );
    }
    if (performance.now() > endAt) throw new CliError('Redis did not write its snapshot within 10 minutes.');
    await new Promise((wake) => setTimeout(wake, lookEveryMs));
  }
  const written = join(await setting(client, 'dir'), await setting(client, 'dbfilename'));
  try {
    await copyDigested(written, file);
  } finally {
    // Redis itself reads its append-only file only.
    await rm(written, { force: true });
  }
}
