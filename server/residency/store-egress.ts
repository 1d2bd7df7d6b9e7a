/**
 * The bank's own Postgres and Redis as connections that leave the building, and their part of `<data>/egress.json` before the server
 * keeps that file (egress-file.ts): it cannot begin without its stores, and systemd lets it reach what stands there alone. So the
 * installer, and each start of the server, put in where the names of the stores lead now. What else stands in the file stays.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { z } from 'zod';
import type { EgressRow } from '../contract/rest-channels.ts';
import { type DatabasePlace, isOwnDatabase, isOwnRedis, type RedisPlace } from '../lib/store-address.ts';

interface Where {
  host: string;
  port: number;
  isPlain: boolean;
}

/** Of those that are the bank's; absent: our own, which is behind a Unix socket. */
export function storeEgress({ postgres, redis }: { postgres?: Where; redis?: Where }): EgressRow[] {
  const row = (purpose: 'postgres' | 'redis', { host, port, isPlain }: Where): EgressRow => ({
    host,
    port,
    protocol: isPlain ? purpose : `${purpose}-tls`,
    purpose,
    usedBy: [],
  });
  return [...(postgres ? [row('postgres', postgres)] : []), ...(redis ? [row('redis', redis)] : [])];
}

/** Of the places that a program was given. */
export function egressOfStores({
  postgres,
  redis,
}: {
  postgres: DatabasePlace;
  redis: RedisPlace;
}): EgressRow[] {
  const where = ({ host, port, tls }: { host: string; port: number; tls?: object }): Where => ({
    host,
    port,
    isPlain: tls === undefined,
  });
  return storeEgress({
    ...(!isOwnDatabase(postgres) && { postgres: where(postgres) }),
    ...(!isOwnRedis(redis) && { redis: where(redis) }),
  });
}

export type LookedUpRow = EgressRow & { addresses: string[] };

/** Rejects where a name leads nowhere. `resolve`: the addresses of a name. */
export function lookUp(
  rows: readonly EgressRow[],
  resolve: (host: string) => Promise<string[]>,
): Promise<LookedUpRow[]> {
  return Promise.all(
    rows.map(async (row) => ({
      ...row,
      addresses: isIP(row.host) === 0 ? await resolve(row.host) : [row.host],
    })),
  );
}

const fileSchema = z.object({
  version: z.literal(1),
  egress: z.array(z.looseObject({ host: z.string(), purpose: z.string(), addresses: z.array(z.string()) })),
  ingress: z.array(z.unknown()),
});
type EgressFileContent = z.infer<typeof fileSchema>;

/** What cannot be read is begun anew, as the server does it. */
function contentOf(text: string): EgressFileContent {
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch {
    return { version: 1, egress: [], ingress: [] };
  }
}

const isStore = ({ purpose }: { purpose: string }) => purpose === 'postgres' || purpose === 'redis';
const sameRow = (a: { host: string; purpose: string }, b: { host: string; purpose: string }) =>
  a.host === b.host && a.purpose === b.purpose;

/** The text of the file with these stores and no others; undefined where it has them, with all of their addresses. */
export function withStores(text: string, rows: readonly LookedUpRow[]): string | undefined {
  const content = contentOf(text);
  const known = content.egress.filter(isStore);
  const stores = rows.map((row) => {
    // An address that was an answer a moment ago may be one of several behind the name.
    const before = known.find((one) => sameRow(one, row))?.addresses ?? [];
    return { ...row, addresses: [...new Set([...row.addresses, ...before])].sort() };
  });
  const inOrder = (list: readonly object[]) =>
    JSON.stringify(list.map((one) => Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))));
  if (text !== '' && inOrder(known) === inOrder(stores)) return undefined;
  const egress = [...content.egress.filter((row) => !isStore(row)), ...stores];
  return `${JSON.stringify({ ...content, egress }, undefined, 2)}\n`;
}

const againMs = 60_000;
/** A resolver that is silent must not hold up the start: what stood in the file may still be right. */
const boundMs = 3000;

export interface StoreNamesParts {
  file: string;
  rows: readonly EgressRow[];
  resolve: (host: string) => Promise<string[]>;
  logger: { warn(fields: object, message: string): void };
}

/**
 * Sees to it that the file leads to the stores until the returned function is called: from then on somebody else keeps it. A name
 * that cannot be looked up leaves what stands there. It never rejects.
 */
export async function keepStoreNames({ file, rows, resolve, logger }: StoreNamesParts): Promise<() => void> {
  if (rows.length === 0) return () => undefined;
  let isOver = false;
  const turn = async (): Promise<void> => {
    try {
      const found = await lookUp(rows, resolve);
      const text = withStores(await readFile(file, 'utf8').catch(() => ''), found);
      if (isOver || text === undefined) return;
      // Not the name that egress-file.ts uses: it may just begin.
      const beside = `${file}.stores`;
      await writeFile(beside, text, { mode: 0o640 });
      if (!isOver) await rename(beside, file);
    } catch (err) {
      logger.warn({ err }, 'where the stores of the bank are could not be looked up');
    }
  };
  await Promise.race([turn(), new Promise((wake) => setTimeout(wake, boundMs).unref())]);
  const timer = setInterval(() => void turn(), againMs);
  timer.unref();
  return () => {
    isOver = true;
    clearInterval(timer);
  };
}
