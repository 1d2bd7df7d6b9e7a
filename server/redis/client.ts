/**
 * The connection to Redis: over the Unix socket of our own, or to the bank's by address; reconnecting for ever with a short back-off, so that a
 * restarted Redis is found again within half a second. The library answers in RESP3 shapes. A client made
 * with `isFailFast` refuses commands while it is away instead of queueing them: for callers that keep their
 * own order and repeat by themselves, since a queue behind their back would append twice. Such callers also watch
 * for silence themselves: the library's timer for each command keeps every one of them alive for five seconds, which
 * made most of the garbage that a busy server had to collect the long way.
 */
import { createClient } from 'redis';
import type { RedisClientOptions, RedisClientType } from 'redis';
import type { Logger } from '../lib/log.ts';
import { isOwnRedis, type RedisPlace } from '../lib/store-address.ts';
import { storeFault } from '../lib/store-fault.ts';

export type RedisClient = RedisClientType;

export interface RedisOptions {
  /** Shown by CLIENT LIST. */
  name: string;
  logger: Logger;
  isFailFast?: boolean;
  /** Why it is away, in words; undefined when it is back. */
  onFault?: (why: string | undefined) => void;
}

const firstRetryMs = 20;
const lastRetryMs = 500;

const reconnectStrategy = (retries: number) =>
  Math.min(firstRetryMs * 2 ** Math.min(retries, 10), lastRetryMs);

/** How the library reaches it. */
function reachOf(place: RedisPlace): RedisClientOptions {
  if (isOwnRedis(place)) return { socket: { path: place.socketPath, reconnectStrategy } };
  const { host, port, user, password, database, tls } = place;
  return {
    socket: tls
      ? { host, port, tls: true, ...tls, reconnectStrategy }
      : { host, port, tls: false, reconnectStrategy },
    ...(user !== undefined && { username: user }),
    ...(password !== undefined && { password }),
    database,
  };
}

export function createRedisClient(options: RedisOptions & RedisPlace): RedisClient {
  const client = createClient({
    ...reachOf(options),
    name: options.name,
    ...failFast(options.isFailFast),
    disableClientInfo: true,
    maintNotifications: 'disabled',
  });
  watch(client, options);
  return client;
}

function failFast(isFailFast = false): {
  disableOfflineQueue: boolean;
  commandOptions?: { timeout: number };
} {
  return { disableOfflineQueue: isFailFast, ...(isFailFast && { commandOptions: { timeout: 0 } }) };
}

/** Another connection to the same Redis. */
export function duplicateClient(client: RedisClient, options: RedisOptions): RedisClient {
  const copy = client.duplicate({
    name: options.name,
    ...failFast(options.isFailFast),
  });
  watch(copy, options);
  return copy;
}

/** One line when it goes, one when the reason is another and one when it is back, not one for every try. */
function watch(client: RedisClient, { logger, name: connection, onFault }: RedisOptions): void {
  let fault: string | undefined;
  client.on('error', (err: Error) => {
    const { why, isRefusal } = storeFault(err);
    const isNew = fault === undefined || (isRefusal && why !== fault);
    if (isNew && isRefusal) logger.error({ err, connection, why }, 'redis does not let us in');
    else if (isNew) logger.warn({ err, connection, why }, 'redis is away');
    fault = why;
    onFault?.(why);
  });
  client.on('ready', () => {
    if (fault !== undefined) logger.info({ connection }, 'redis is back');
    fault = undefined;
    onFault?.(undefined);
  });
}

/** Ends a connection whatever its state; never rejects. */
export async function closeClient(client: RedisClient, boundMs = 1000): Promise<void> {
  if (!client.isOpen) return;
  if (client.isReady) {
    let timer: NodeJS.Timeout | undefined;
    const bound = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, boundMs);
    });
    await Promise.race([client.close().catch(() => undefined), bound]);
    clearTimeout(timer);
  }
  client.destroy();
}
