/** The stores of a house that are the bank's own, by their addresses. It opens nothing. */
import { databaseHost, redisHost } from '../server/lib/store-address.ts';
import type { Settings } from './settings.ts';

export interface BankStore {
  name: 'postgres' | 'redis';
  title: 'Postgres' | 'Redis';
  /** HOST:PORT. */
  at: string;
}

/** An IPv6 address stands in brackets. */
export const hostAndPort = ({ host, port }: { host: string; port: number }): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Those that are the bank's own. */
export function bankStores({ postgres, redis }: Pick<Settings, 'postgres' | 'redis'>): BankStore[] {
  return [
    ...(postgres
      ? [
          {
            name: 'postgres' as const,
            title: 'Postgres' as const,
            at: hostAndPort(databaseHost(postgres.url)),
          },
        ]
      : []),
    ...(redis
      ? [{ name: 'redis' as const, title: 'Redis' as const, at: hostAndPort(redisHost(redis.url)) }]
      : []),
  ];
}
