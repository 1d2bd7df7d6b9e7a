/** Whether the stores that are the bank's own take us: with a sign-in as the server does it, and one question. It gives up soon. */
import { connectDatabase } from '../../../server/db/connect.ts';
import { createLogger } from '../../../server/lib/log.ts';
import { storeFault } from '../../../server/lib/store-fault.ts';
import { StoreAddressFault } from '../../../server/lib/store-address.ts';
import { closeClient, type RedisClient } from '../../../server/redis/client.ts';
import type { House } from '../../house.ts';
import { type BankStore, bankStores } from '../../bank-stores.ts';
import { answerWithin, connectRedisOnce } from '../../store-connection.ts';
import { databaseOf, redisOf } from '../../stores.ts';

export interface BankStoreStatus extends BankStore {
  isAnswering: boolean;
  /** Why not, in words. */
  fault?: string;
}

const boundMs = 4000;

/** As the server has it. */
export const connectedRedis = (house: House, name: string): Promise<RedisClient> =>
  connectRedisOnce(redisOf(house), name, boundMs);

async function askRedis(house: House): Promise<void> {
  const client = await connectedRedis(house, 'hearthline-status');
  try {
    await answerWithin(boundMs, client.sendCommand(['PING']));
  } finally {
    await closeClient(client);
  }
}

async function askPostgres(house: House): Promise<void> {
  const db = connectDatabase({
    ...databaseOf(house),
    logger: createLogger('ops', 'silent'),
    applicationName: 'hearthline-status',
    poolMax: 1,
  });
  try {
    await answerWithin(boundMs, db.query('SELECT 1'));
  } finally {
    await db.close();
  }
}

const askers = { postgres: askPostgres, redis: askRedis };

export const bankStoreStatuses = (house: House): Promise<BankStoreStatus[]> =>
  Promise.all(
    bankStores(house.settings).map(async (store) => {
      try {
        await askers[store.name](house);
        return { ...store, isAnswering: true };
      } catch (error) {
        const fault = error instanceof StoreAddressFault ? error.message : storeFault(error).why;
        return { ...store, isAnswering: false, fault };
      }
    }),
  );
