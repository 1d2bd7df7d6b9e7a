/**
 * Puts a saved Redis in place: its snapshot becomes the base of its append-only file, and what it has beyond the end of the
 * log that the backup is of is taken out. Without that, the log would tell of mails and lines of chat that were stored after
 * the database's moment, and that nobody could read.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger } from '../../../server/lib/log.ts';
import { closeClient, createRedisClient } from '../../../server/redis/client.ts';
import type { RedisClient } from '../../../server/redis/client.ts';
import { defaultKeys } from '../../../server/redis/keys.ts';
import { readRaw } from '../../../server/redis/log-reader.ts';
import { CliError } from '../../admin-socket.ts';
import { ownedDirectory } from '../../privilege.ts';
import type { RunAs } from '../../privilege.ts';
import { redisCommand, waitForRedis } from '../../redis.ts';
import { startPrivate } from './private-process.ts';
import { newestSeq } from './redis-save.ts';
import { runTool } from './tool.ts';

const maxSocket = 100;
const startMs = 600_000;
const batch = 1000;

export interface RestoredRedis {
  firstSeq: number;
  lastSeq: number;
  /** Events beyond the backup's moment. */
  takenOut: number;
}

/** `save`: feeds the snapshot to a program that writes what it reads to a file; it checks the digest. */
export async function restoreRedis(options: {
  dir: string;
  workDir: string;
  runAs: RunAs | undefined;
  lastSeq: number;
  save: (program: string, args: string[]) => Promise<void>;
}): Promise<RestoredRedis> {
  const { dir, runAs, lastSeq } = options;
  ownedDirectory(dir, runAs);
  const files = ownedDirectory(join(dir, 'appendonlydir'), runAs);
  const base = 'appendonly.aof.1.base.rdb';
  await options.save('dd', [`of=${join(files, base)}`, 'bs=1M', 'status=none']);
  await runTool(
    'sh',
    ['-c', `echo "file ${base} seq 1 type b" > "$1"`, 'sh', join(files, 'appendonly.aof.manifest')],
    {
      runAs,
    },
  );
  return withRedis(options, async (client) => {
    const takenOut = await cutLog(client, lastSeq);
    await dropYoungSnapshots(client, lastSeq);
    const firstSeq = (await readRaw(client, defaultKeys, 0, 1))[0]?.seq ?? 0;
    return { firstSeq, lastSeq: await newestSeq(client), takenOut };
  });
}

async function withRedis<T>(
  { dir, workDir, runAs }: { dir: string; workDir: string; runAs: RunAs | undefined },
  work: (client: RedisClient) => Promise<T>,
): Promise<T> {
  mkdirSync(workDir, { recursive: true, mode: 0o711 });
  const inside = join(workDir, 'redis');
  const isShort = Buffer.byteLength(inside) <= maxSocket - '/redis.sock'.length;
  const socketDir = ownedDirectory(isShort ? inside : mkdtempSync('/tmp/hearthline-redis-'), runAs);
  const socket = join(socketDir, 'redis.sock');
  const redis = startPrivate(redisCommand({ dataDir: dir, socket, runAs }), {
    runAs,
    cwd: dir,
    deathSignal: 'KILL',
  });
  try {
    await waitForRedis(socket, startMs).catch(() => {
      throw new CliError(`Redis could not be started on what was restored:\n${redis.said().trim()}`);
    });
    const logger = createLogger('restore', 'silent');
    const client = createRedisClient({
      socketPath: socket,
      name: 'hearthline-restore',
      logger,
      isFailFast: true,
    });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await closeClient(client);
    }
  } finally {
    await redis.stop('SIGTERM');
    rmSync(socketDir, { recursive: true, force: true });
  }
}

/** The log ends with `lastSeq` afterwards, and goes on from there. */
async function cutLog(client: RedisClient, lastSeq: number): Promise<number> {
  let takenOut = 0;
  for (;;) {
    const beyond = await readRaw(client, defaultKeys, lastSeq + 1, batch);
    if (beyond.length === 0) break;
    await client.sendCommand(['XDEL', defaultKeys.stream, ...beyond.map(({ seq }) => `${seq}-1`)]);
    takenOut += beyond.length;
  }
  // A stream refuses entries below the newest that it ever had.
  if (takenOut > 0) await client.sendCommand(['XSETID', defaultKeys.stream, `${lastSeq}-1`]);
  return takenOut;
}

/** In Redis a snapshot of the live state begins with the seq that it is of. */
async function dropYoungSnapshots(client: RedisClient, lastSeq: number): Promise<void> {
  for (const generation of ['a', 'b'] as const) {
    const text = await client.get(defaultKeys.snapshot(generation));
    if (text !== null && Number.parseInt(text, 10) > lastSeq)
      await client.del(defaultKeys.snapshot(generation));
  }
}

/** An empty one: the server makes anew what it needs, from history. */
export function emptyRedis(dir: string, runAs: RunAs | undefined): void {
  ownedDirectory(dir, runAs);
}
