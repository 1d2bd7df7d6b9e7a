/**
 * Applies one batch of log entries to history, in one transaction together with the checkpoint: exactly
 * once, whatever dies when. The checkpoint's row is locked first, so a second projector of the same database
 * waits and then finds that it is late. An entry that Postgres refuses as data is found by halving the
 * batch and stored as `unreadable`: one bad event must never stop history.
 */
import { QueryTypes } from 'sequelize';
import type { Sequelize, Transaction } from 'sequelize';
import type { HearthlineEvent } from '../contract/events.ts';
import type { Logger } from '../lib/log.ts';
import { foldHistory } from './projection.ts';
import {
  endIntervalsSql,
  endSegmentsSql,
  insertEventsSql,
  insertFaultySql,
  insertIntervalsSql,
  upsertContactsSql,
  upsertRecordingsSql,
  upsertSegmentsSql,
} from './projection-sql.ts';

export const checkpointName = 'history';

export interface LogEntry {
  seq: number;
  text: string;
}

/** Moments a test may freeze or kill the projector at. */
export const projectorPoints = [
  'begun',
  'locked',
  'events-written',
  'contacts-written',
  'rows-written',
  'checkpoint-written',
  'committed',
] as const;
export type ProjectorPoint = (typeof projectorPoints)[number];

export interface BatchContext {
  sequelize: Sequelize;
  logger: Logger;
  onPoint?: ((point: ProjectorPoint) => Promise<void> | void) | undefined;
  onUnreadable: () => void;
}

/** The checkpoint is not where it was thought to be; nothing was done. */
export class CheckpointMoved extends Error {
  readonly seq: number;
  constructor(seq: number) {
    super('another projector moved the checkpoint');
    this.seq = seq;
  }
}

export async function readCheckpoint(sequelize: Sequelize, transaction?: Transaction): Promise<number> {
  const rows = await sequelize.query<{ seq: string }>(
    `select seq from projector_checkpoint where name = $1${transaction ? ' for update' : ''}`,
    { bind: [checkpointName], type: QueryTypes.SELECT, ...(transaction ? { transaction } : {}) },
  );
  return Number(rows[0]?.seq ?? 0);
}

/** SQLSTATE classes that say the data is at fault, not the server: 22 data exception, 23 integrity. */
function isDataFault(error: unknown): boolean {
  if (error instanceof SyntaxError || error instanceof TypeError) return true;
  const code = (error as { original?: { code?: unknown } }).original?.code;
  return typeof code === 'string' && /^2[23]/.test(code);
}

/** NUL and lone surrogates are legal in JSON and refused by jsonb: a caller's odd name must not stop history. */
const suspicious = /\\u(?:0000|d[89a-f][0-9a-f]{2})/i;
const unstorable = /\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

function cleanText(text: string): string {
  if (!suspicious.test(text)) return text;
  return JSON.stringify(JSON.parse(text), (_key, value: unknown) =>
    typeof value === 'string' ? value.replaceAll(unstorable, '\uFFFD') : value,
  );
}

async function writeRows(context: BatchContext, transaction: Transaction, texts: string[]): Promise<void> {
  const run = (sql: string, json: string) =>
    context.sequelize.query(sql, { bind: [json], transaction, type: QueryTypes.RAW });
  const runIfAny = async (sql: string, rows: readonly unknown[]) => {
    if (rows.length > 0) await run(sql, JSON.stringify(rows));
  };
  const json = `[${texts.join(',')}]`;
  await run(insertEventsSql, json);
  await context.onPoint?.('events-written');
  const rows = foldHistory(JSON.parse(json) as HearthlineEvent[]);
  await runIfAny(upsertContactsSql, rows.contacts);
  await context.onPoint?.('contacts-written');
  await runIfAny(upsertSegmentsSql, rows.segments);
  await runIfAny(endSegmentsSql, rows.segmentEnds);
  await runIfAny(endIntervalsSql, rows.intervalEnds);
  await runIfAny(insertIntervalsSql, rows.intervals);
  await runIfAny(upsertRecordingsSql, rows.recordings);
  await context.onPoint?.('rows-written');
}

async function inTransaction(
  context: BatchContext,
  afterSeq: number,
  lastSeq: number,
  write: (transaction: Transaction) => Promise<void>,
): Promise<void> {
  await context.sequelize.transaction(async (transaction) => {
    await context.onPoint?.('begun');
    const seq = await readCheckpoint(context.sequelize, transaction);
    if (seq !== afterSeq) throw new CheckpointMoved(seq);
    await context.onPoint?.('locked');
    await write(transaction);
    await context.sequelize.query(
      'update projector_checkpoint set seq = $2, updated_at = now() where name = $1',
      { bind: [checkpointName, lastSeq], transaction, type: QueryTypes.RAW },
    );
    await context.onPoint?.('checkpoint-written');
  });
  await context.onPoint?.('committed');
}

/**
 * Applies `entries` (not empty, ascending, all above `afterSeq`, which must be the checkpoint) and answers the
 * new checkpoint. Rejects, with nothing half done, when Postgres is away or the checkpoint moved.
 */
export async function applyBatch(
  context: BatchContext,
  afterSeq: number,
  entries: readonly LogEntry[],
): Promise<number> {
  const lastSeq = entries.at(-1)!.seq;
  try {
    const texts = entries.map((entry) => cleanText(entry.text));
    await inTransaction(context, afterSeq, lastSeq, (transaction) => writeRows(context, transaction, texts));
    return lastSeq;
  } catch (err) {
    if (!isDataFault(err)) throw err;
    if (entries.length > 1) {
      const middle = entries.length >> 1;
      const seq = await applyBatch(context, afterSeq, entries.slice(0, middle));
      return applyBatch(context, seq, entries.slice(middle));
    }
    await storeUnreadable(context, afterSeq, entries[0]!, err);
    return lastSeq;
  }
}

async function storeUnreadable(
  context: BatchContext,
  afterSeq: number,
  entry: LogEntry,
  err: unknown,
): Promise<void> {
  context.logger.error({ err, seq: entry.seq }, 'event cannot be stored: kept as unreadable');
  context.onUnreadable();
  const fault = err instanceof Error ? err.message : 'unknown';
  const clean = (text: string) => text.replaceAll(unstorable, '\uFFFD');
  await inTransaction(context, afterSeq, entry.seq, async (transaction) => {
    await context.sequelize.query(insertFaultySql, {
      bind: [entry.seq, clean(fault), clean(entry.text)],
      transaction,
      type: QueryTypes.RAW,
    });
  });
}
