/** Where a command finds the two stores of a house: its own, or those of the bank. Throws StoreAddressFault. */
import { realpathSync } from 'node:fs';
import { connectDatabase } from '../server/db/connect.ts';
import { createLogger } from '../server/lib/log.ts';
import {
  type DatabasePlace,
  readDatabaseAddress,
  readRedisAddress,
  type RedisPlace,
} from '../server/lib/store-address.ts';
import { storeFault } from '../server/lib/store-fault.ts';
import type { House } from './house.ts';
import { postgresDatabase, postgresRole, waitForPostgres } from './postgres.ts';

/** Through the real path: `var/run` may be a link to a place with a path short enough for a socket. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

type Kept = Pick<House, 'layout' | 'settings'>;

export const databaseOf = ({ layout, settings }: Kept): DatabasePlace =>
  settings.postgres
    ? readDatabaseAddress(settings.postgres)
    : { socketDir: realPath(layout.postgres.socketDir), database: postgresDatabase, user: postgresRole };

export const redisOf = ({ layout, settings }: Kept): RedisPlace =>
  settings.redis ? readRedisAddress(settings.redis) : { socketPath: realPath(layout.redis.socket) };

const retryMs = 500;

/** Until the database answers, wherever it is; rejects after `timeoutMs`, with the reason in words. */
export async function waitForDatabase(house: Kept, timeoutMs: number): Promise<void> {
  if (!house.settings.postgres) return waitForPostgres(realPath(house.layout.postgres.socketDir), timeoutMs);
  const db = connectDatabase({
    ...databaseOf(house),
    logger: createLogger('ops', 'silent'),
    applicationName: 'hearthline-wait',
    poolMax: 1,
  });
  const endAt = performance.now() + timeoutMs;
  try {
    for (;;) {
      try {
        await db.authenticate();
        return;
      } catch (error) {
        if (performance.now() > endAt)
          throw new Error(
            `the bank's own Postgres did not take us within ${timeoutMs / 1000} s: ${storeFault(error).why}`,
            { cause: error },
          );
      }
      await new Promise((wake) => setTimeout(wake, retryMs));
    }
  } finally {
    await db.close();
  }
}
