/** One question to a store, from a command: it is answered soon, or given up. The libraries themselves would try for ever. */
import { createLogger } from '../server/lib/log.ts';
import type { RedisPlace } from '../server/lib/store-address.ts';
import { createRedisClient, type RedisClient } from '../server/redis/client.ts';

export class NoAnswer extends Error {}

/** Settles with `work`, or rejects with NoAnswer. */
export async function answerWithin<T>(boundMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new NoAnswer('it does not answer')), boundMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A connection that is ready; rejects with what the first try failed with. */
export async function connectRedisOnce(
  place: RedisPlace,
  name: string,
  boundMs: number,
): Promise<RedisClient> {
  const logger = createLogger('ops', 'silent');
  const client = createRedisClient({ ...place, name, logger, isFailFast: true });
  try {
    const refused = new Promise<never>((_, fail) => client.once('error', fail));
    await answerWithin(boundMs, Promise.race([client.connect(), refused]));
    return client;
  } catch (error) {
    client.destroy();
    throw error;
  }
}
