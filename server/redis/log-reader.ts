/** Reading the event stream by seq: ranges for recovery, the raw text for whoever only passes it on. */
import type { HearthlineEvent } from '../contract/events.ts';
import type { RedisClient } from './client.ts';
import type { RedisKeys } from './keys.ts';

/** One entry as it stands in the stream. */
export interface RawEntry {
  seq: number;
  text: string;
}

type StreamEntry = [id: string, fields: string[]];

export function toRawEntries(entries: readonly StreamEntry[]): RawEntry[] {
  return entries.map(([id, fields]) => ({ seq: Number.parseInt(id, 10), text: fields[1] ?? '' }));
}

export async function readRaw(
  client: RedisClient,
  keys: RedisKeys,
  fromSeq: number,
  count: number,
): Promise<RawEntry[]> {
  const reply = await client.sendCommand<StreamEntry[]>([
    'XRANGE',
    keys.stream,
    `${fromSeq}-0`,
    '+',
    'COUNT',
    String(count),
  ]);
  return toRawEntries(reply);
}

export async function readEvents(
  client: RedisClient,
  keys: RedisKeys,
  fromSeq: number,
  count: number,
): Promise<HearthlineEvent[]> {
  const entries = await readRaw(client, keys, fromSeq, count);
  return entries.map((entry) => JSON.parse(entry.text) as HearthlineEvent);
}

/** Waits up to `blockMs` for entries after `afterSeq`; empty when none came. Needs a connection of its own. */
export async function waitForRaw(
  client: RedisClient,
  keys: RedisKeys,
  afterSeq: number,
  count: number,
  blockMs: number,
): Promise<RawEntry[]> {
  const reply = await client.sendCommand<Record<string, StreamEntry[]> | null>([
    'XREAD',
    'COUNT',
    String(count),
    'BLOCK',
    String(blockMs),
    'STREAMS',
    keys.stream,
    `${afterSeq}-1`,
  ]);
  const entries = reply?.[keys.stream];
  return entries ? toRawEntries(entries) : [];
}
