/** Where a command finds the two stores of a house: its own, or those of the bank. Throws StoreAddressFault. */
import { realpathSync } from 'node:fs';
import {
  type DatabasePlace,
  readDatabaseAddress,
  readRedisAddress,
  type RedisPlace,
} from '../server/lib/store-address.ts';
import type { House } from './house.ts';
import { postgresDatabase, postgresRole } from './postgres.ts';

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
