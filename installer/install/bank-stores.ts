/**
 * The bank's own Postgres and Redis at the installation: how the answers name them, and the files that are copied. Passwords go where
 * root alone may read, and systemd hands them to the server; certificates of authorities lie beside ours.
 */
import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import {
  databaseHost,
  redisHost,
  type StoreAddress,
  StoreAddressFault,
} from '../../server/lib/store-address.ts';
import { storeEgress } from '../../server/residency/store-egress.ts';
import { type MachinePlaces, machinePlaces } from '../house.ts';
import { holds, type FileWish } from '../system-files.ts';

export const storeNames = ['postgres', 'redis'] as const;
export type StoreName = (typeof storeNames)[number];

const hostOf = { postgres: databaseHost, redis: redisHost } as const;

/** It goes into hearthline.env, which systemd and Node read by rules of their own: nothing in it may mean anything there. */
const plainUrl = /^[A-Za-z0-9:/@?=&%._~[\]+-]+$/;

const path = z
  .string()
  .regex(
    /^\/[^\p{Cc}]*$/u,
    'must be the whole path of a file on this machine, such as /root/postgres-password',
  );

/** The fault names no variable: it stands behind its place in the answers. */
function urlFault(store: StoreName, url: string): string | undefined {
  if (!plainUrl.test(url)) return 'must be a URL without blanks and quotes; write others as %20 and the like';
  try {
    hostOf[store](url);
    return undefined;
  } catch (error) {
    if (!(error instanceof StoreAddressFault)) throw error;
    return error.message.replace(/^HEARTHLINE_[A-Z]+_URL /, '');
  }
}

export const storeAnswer = (store: StoreName) =>
  z
    .strictObject({
      url: z.string().superRefine((url, context) => {
        const fault = urlFault(store, url);
        if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
      }),
      /** Both are read by root as it is installed, and copied: afterwards they are no longer needed. */
      passwordFile: path.optional(),
      caFile: path.optional(),
    })
    .optional();

/** Of the answers. */
export type BankStores = Partial<Record<StoreName, StoreAddress | undefined>>;

/** Where to, without a look at any file. */
export const whereOf = (stores: BankStores) => ({
  ...(stores.postgres && { postgres: databaseHost(stores.postgres.url) }),
  ...(stores.redis && { redis: redisHost(stores.redis.url) }),
});

export const egressOfAnswers = (stores: BankStores) => storeEgress(whereOf(stores));

/** What the services are told of them. The server learns of its password by a drop-in (systemd/drop-ins). */
export function storeSettings(stores: BankStores, places = machinePlaces()): Record<string, string> {
  return Object.fromEntries(
    storeNames.flatMap((store) => {
      const address = stores[store];
      if (!address) return [];
      const name = `HEARTHLINE_${store.toUpperCase()}`;
      return [
        [`${name}_URL`, address.url],
        ...(address.caFile === undefined ? [] : [[`${name}_CA_FILE`, places.storeFiles[store].ca]]),
      ];
    }),
  );
}

interface Copy extends Omit<FileWish, 'text'> {
  from: string;
}

function copiesOf(stores: BankStores, { storeFiles }: MachinePlaces): Copy[] {
  return storeNames.flatMap((store) => {
    const { passwordFile, caFile } = stores[store] ?? {};
    return [
      ...(passwordFile === undefined
        ? []
        : [{ from: passwordFile, path: storeFiles[store].password, mode: 0o600 }]),
      ...(caFile === undefined ? [] : [{ from: caFile, path: storeFiles[store].ca, mode: 0o644 }]),
    ];
  });
}

/** Files that are to be there. One whose origin is gone is kept as it was copied; without either it cannot be told. */
export function storeFiles(stores: BankStores, places: MachinePlaces): FileWish[] {
  return copiesOf(stores, places).flatMap(({ from, ...file }) =>
    existsSync(from) && from !== file.path ? [{ ...file, text: readFileSync(from, 'utf8') }] : [],
  );
}

export const missingStoreFiles = (stores: BankStores, places: MachinePlaces): FileWish[] =>
  storeFiles(stores, places).filter((file) => !holds(file));

/** As the answers name them before the files are copied, and as they were copied afterwards: the newer ones count. */
export function addressOf(
  store: StoreName,
  stores: BankStores,
  places: MachinePlaces,
): StoreAddress | undefined {
  const address = stores[store];
  if (!address) return undefined;
  const { password, ca } = places.storeFiles[store];
  const { url, passwordFile, caFile } = address;
  const first = (answered: string, copied: string) =>
    existsSync(answered) || !existsSync(copied) ? answered : copied;
  return {
    url,
    ...(passwordFile !== undefined && { passwordFile: first(passwordFile, password) }),
    ...(caFile !== undefined && { caFile: first(caFile, ca) }),
  };
}

const storeVariables = storeNames.flatMap((store) =>
  ['URL', 'CA_FILE'].map((what) => `HEARTHLINE_${store.toUpperCase()}_${what}`),
);
const storeLine = new RegExp(String.raw`^\s*(?:${storeVariables.join('|')})\s*=`);

/** Whether the settings file names the stores of the answers, and no others. */
export function hasStoreSettings(text: string, stores: BankStores): boolean {
  const env = parseEnv(text);
  const told = storeSettings(stores);
  return storeVariables.every((name) => (env[name]?.trim() || undefined) === told[name]);
}

/** The settings file with the stores of the answers; every other line is as it was. */
export function withStoreSettings(text: string, stores: BankStores): string {
  const others = text.split('\n').filter((line) => !storeLine.test(line));
  while (others.at(-1) === '') others.pop();
  const lines = Object.entries(storeSettings(stores)).map(([name, value]) => `${name}=${value}`);
  return [...others, ...lines, ''].join('\n');
}

/**
 * Units of ours that are not needed where the bank has a store of its own: that of ours, and the nightly backup, which is of both stores at one
 * moment and can only be taken of our own.
 */
export function unneededUnits(stores: BankStores): string[] {
  const banks = storeNames.filter((store) => stores[store] !== undefined);
  if (banks.length === 0) return [];
  return [
    ...banks.map((store) => `hearthline-${store}.service`),
    'hearthline-backup.timer',
    'hearthline-backup.service',
  ];
}

/** What is kept of the answers, with the stores of this run. */
export function withStoreAnswers(text: string, stores: BankStores): string {
  const kept = JSON.parse(text) as Record<string, unknown>;
  for (const store of storeNames)
    if (stores[store]) kept[store] = stores[store];
    else delete kept[store];
  return `${JSON.stringify(kept, null, 2)}\n`;
}
