/**
 * Whether the bank's own Postgres and Redis will do, asked before anything is done to the machine and again before the first start:
 * reached with the files of the answers, of a version that we know, set up so that nothing is lost. It reads only, and gives up
 * after some seconds.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { QueryTypes } from 'sequelize';
import { connectDatabase } from '../../server/db/connect.ts';
import { createLogger } from '../../server/lib/log.ts';
import {
  type DatabasePlace,
  readDatabaseAddress,
  readRedisAddress,
  type Reach,
  type RedisPlace,
  StoreAddressFault,
} from '../../server/lib/store-address.ts';
import { closeClient } from '../../server/redis/client.ts';
import { installedLayout, type MachinePlaces } from '../house.ts';
import { answerWithin, connectRedisOnce } from '../store-connection.ts';
import { addressOf, type BankStores, type StoreName, storeNames } from './bank-stores.ts';
import { fault, type Finding, ok, warning } from './finding.ts';
import { nameOf, productOf, storeFinding } from './store-findings.ts';

const boundMs = 10_000;

export interface DatabaseSays {
  /** 150004 is 15.4. */
  version: number;
  encoding: string;
  isStandby: boolean;
  mayCreate: boolean | null;
}

const databaseSql = `select current_setting('server_version_num')::int as "version",
  current_setting('server_encoding') as "encoding",
  pg_is_in_recovery() as "isStandby",
  has_schema_privilege(current_schema(), 'CREATE') as "mayCreate"`;

export function judgeDatabase(
  name: string,
  { version, encoding, isStandby, mayCreate }: DatabaseSays,
): Finding[] {
  const shown = `${Math.floor(version / 10_000)}.${version % 10_000}`;
  const faults = [
    ...(version < 140_000
      ? [fault(`${name} is of version ${shown}`, 'Give us one of version 14 or later.')]
      : []),
    ...(encoding === 'UTF8'
      ? []
      : [
          fault(
            `${name} keeps its texts as ${encoding}`,
            "Make the database anew: ENCODING 'UTF8' TEMPLATE template0.",
          ),
        ]),
    ...(isStandby
      ? [
          fault(
            `${name} is a standby, which takes nothing`,
            'Name the primary, or an address that leads to it.',
          ),
        ]
      : []),
    ...(mayCreate === true
      ? []
      : [
          fault(
            `${name} lets our user make no tables`,
            'Make the user the owner of the database, or GRANT CREATE ON SCHEMA public to it.',
          ),
        ]),
  ];
  return faults.length > 0 ? faults : [ok(`${name} answers: version ${shown}`)];
}

async function checkDatabase(place: DatabasePlace & Reach): Promise<Finding[]> {
  const logger = createLogger('install', 'silent');
  const db = connectDatabase({ ...place, logger, applicationName: 'hearthline-install', poolMax: 1 });
  try {
    const asked = db.query<DatabaseSays>(databaseSql, { type: QueryTypes.SELECT });
    const [said] = await answerWithin(boundMs, asked);
    return judgeDatabase(nameOf('postgres', place), said!);
  } catch (error) {
    return [storeFinding('postgres', place, error, boundMs)];
  } finally {
    await db.close().catch(() => undefined);
  }
}

/** `info`: what INFO says. */
export function judgeRedis(name: string, info: string): Finding[] {
  const said = (field: string) => new RegExp(`^${field}:(.*?)\r?$`, 'm').exec(info)?.[1];
  const version = said('redis_version') ?? '';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const policy = said('maxmemory_policy');
  const isAppending = said('aof_enabled');
  const faults = [
    ...(major > 6 || (major === 6 && minor >= 2)
      ? []
      : [fault(`${name} is of version ${version || 'unknown'}`, 'Give us one of version 6.2 or later.')]),
    ...(policy === undefined || policy === 'noeviction'
      ? []
      : [
          fault(
            `${name} throws keys away when memory is short (${policy})`,
            'Set maxmemory-policy noeviction: these are no copies.',
          ),
        ]),
    ...(isAppending === undefined || isAppending === '1'
      ? []
      : [
          fault(
            `${name} forgets what it took when it is restarted`,
            'Set appendonly yes, with appendfsync everysec or always.',
          ),
        ]),
    ...(said('cluster_enabled') === '1'
      ? [
          fault(
            `${name} is a cluster`,
            'Give us one without cluster mode; with replicas and a fixed address, if it must not fail.',
          ),
        ]
      : []),
    ...(said('role') === 'slave'
      ? [
          fault(
            `${name} is a replica, which takes nothing`,
            'Name the primary, or an address that leads to it.',
          ),
        ]
      : []),
  ];
  if (faults.length > 0) return faults;
  if (policy === undefined || isAppending === undefined) return [hidden(name)];
  return [ok(`${name} answers: version ${version}`)];
}

const hidden = (name: string) =>
  warning(
    `${name} answers, and does not tell how it is set up`,
    'See that it has maxmemory-policy noeviction and appendonly yes, is of version 6.2 or later, and is no cluster.',
  );

async function checkRedis(place: Exclude<RedisPlace, { socketPath: string }>): Promise<Finding[]> {
  const name = nameOf('redis', place);
  try {
    const client = await connectRedisOnce(place, 'hearthline-install', boundMs);
    try {
      await answerWithin(boundMs, client.sendCommand(['PING']));
      const info = await answerWithin(boundMs, client.sendCommand<string>(['INFO'])).catch((error: Error) => {
        if (/^(NOPERM|ERR unknown command)/.test(error.message)) return undefined;
        throw error;
      });
      return info === undefined ? [hidden(name)] : judgeRedis(name, info);
    } finally {
      await closeClient(client);
    }
  } catch (error) {
    return [storeFinding('redis', place, error, boundMs)];
  }
}

/** Of those that the answers name; empty where both are ours. */
export async function checkStores(stores: BankStores, places: MachinePlaces): Promise<Finding[]> {
  const look = async (store: StoreName): Promise<Finding[]> => {
    const address = addressOf(store, stores, places);
    if (!address) return [];
    try {
      return store === 'postgres'
        ? await checkDatabase(readDatabaseAddress(address))
        : await checkRedis(readRedisAddress(address));
    } catch (error) {
      if (!(error instanceof StoreAddressFault)) throw error;
      return [fault(fileFault(store, error), 'Put the file there, and run it as root.')];
    }
  };
  return (await Promise.all(storeNames.map(look))).flat();
}

/** In the words of the answers. */
const fileFault = (store: StoreName, { message }: StoreAddressFault): string =>
  message
    .replace(/^HEARTHLINE_[A-Z]+_PASSWORD_FILE/, `${store}.passwordFile`)
    .replace(/^HEARTHLINE_[A-Z]+_CA_FILE/, `${store}.caFile`);

/**
 * Against a house that is there already: its settings must not name a store of which the answers know nothing, since the house would
 * begin with an empty one of ours; and a move takes nothing along by itself. `settings`: of hearthline.env, empty where there is none.
 */
export function checkMove(
  stores: BankStores,
  settings: string,
  hasData: Readonly<Record<StoreName, boolean>>,
): Finding[] {
  const env = parseEnv(settings);
  return storeNames.flatMap((store) => {
    const name = `HEARTHLINE_${store.toUpperCase()}_URL`;
    const before = env[name]?.trim() || undefined;
    const url = stores[store]?.url;
    const product = productOf[store];
    if (before !== undefined && url === undefined)
      return [
        fault(
          `hearthline.env names a ${product} of the bank's own, and the answers do not`,
          `Write ${store}.url into the answers; or, to go back to ours, take ${name} out of /etc/hearthline/hearthline.env first (docs/own-stores.md).`,
        ),
      ];
    const isMove = url !== undefined && (before === undefined ? hasData[store] : before !== url);
    if (!isMove) return [];
    return [
      warning(
        `the house moves to another ${product}`,
        `Nothing is taken along by itself, and the server has to be started anew: docs/own-stores.md says how to move.`,
      ),
    ];
  });
}

const isFilled = (dir: string): boolean => {
  try {
    return readdirSync(dir).length > 0;
  } catch {
    return false;
  }
};

/** Whether our own stores hold something. */
export const ownStoresFilled = (): Record<StoreName, boolean> => {
  const { postgres, redis } = installedLayout();
  return {
    postgres: existsSync(join(postgres.dataDir, 'hearthline-cluster')),
    redis: isFilled(redis.dataDir),
  };
};
