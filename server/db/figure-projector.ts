/**
 * Follows history into the figures' tables: reads `events` in order, folds them (stats/figure-fold.ts) and adds what comes of
 * it, in one transaction with its own checkpoint: exactly once, whatever dies when. It lags history by a moment and never holds
 * it up; figures of a log from before there were figures are made in the same way.
 *
 * The fold remembers contacts in hand and agents at work. That state is kept now and then with the seq it belongs to; a start
 * loads it and folds the events up to the checkpoint again, adding nothing. A batch that failed leaves nothing behind but a
 * fold that knows too much: it is thrown away and loaded anew.
 */
import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import type { HearthlineEvent } from '../contract/events.ts';
import type { Logger } from '../lib/log.ts';
import { FigureFold, type FigureSink, type FoldState } from '../stats/figure-fold.ts';
import { emptyFoldSite } from '../stats/fold-site.ts';
import { FigureBatch, type FigureRows } from './figure-batch.ts';
import {
  partitionSql,
  readEventsSql,
  upsertAgentSlotsSql,
  upsertChannelSlotsSql,
  upsertQueueSlotsSql,
  upsertStaysSql,
} from './figure-sql.ts';

const checkpointName = 'figures';

/** Moments a test may kill it at. */
export const figurePoints = [
  'begun',
  'slots-written',
  'stays-written',
  'checkpoint-written',
  'committed',
] as const;
export type FigurePoint = (typeof figurePoints)[number];

export interface FigureProjectorOptions {
  sequelize: Sequelize;
  logger: Logger;
  batchAtMost?: number;
  /** Events after which the state of the fold is kept. */
  stateEvery?: number;
  onPoint?: (point: FigurePoint) => Promise<void> | void;
}

interface EventRow {
  seq: string;
  type: string;
  at: string;
  contact_id: string | null;
  agent_id: string | null;
  queue_id: string | null;
  data: unknown;
}

/** Remembers, and tells nobody. */
const silent: FigureSink = {
  count: () => undefined,
  work: () => undefined,
  time: () => undefined,
  stay: () => undefined,
  defined: () => undefined,
};

/** What the fold is told while it lives: the batch in hand, or nobody. */
class Switch implements FigureSink {
  to: FigureSink = silent;
  count: FigureSink['count'] = (...args) => this.to.count(...args);
  work: FigureSink['work'] = (...args) => this.to.work(...args);
  time: FigureSink['time'] = (...args) => this.to.time(...args);
  stay: FigureSink['stay'] = (...args) => this.to.stay(...args);
  defined: FigureSink['defined'] = (...args) => this.to.defined(...args);
}

interface Standing {
  readonly fold: FigureFold;
  readonly sink: Switch;
  seq: number;
  /** Of the last event; 0 before the first. */
  at: number;
  /** Where the kept state stands. */
  keptSeq: number;
}

const eventOf = (row: EventRow): HearthlineEvent =>
  ({
    seq: Number(row.seq),
    type: row.type,
    at: Number(row.at),
    v: 1,
    ...(row.contact_id !== null && { contactId: row.contact_id }),
    ...(row.agent_id !== null && { agentId: row.agent_id }),
    ...(row.queue_id !== null && { queueId: row.queue_id }),
    data: row.data,
  }) as HearthlineEvent;

export class FigureProjector {
  readonly #options: FigureProjectorOptions;
  readonly #batchAtMost: number;
  readonly #stateEvery: number;
  readonly #months = new Set<string>();
  #standing: Standing | undefined;

  constructor(options: FigureProjectorOptions) {
    this.#options = options;
    this.#batchAtMost = options.batchAtMost ?? 1000;
    this.#stateEvery = options.stateEvery ?? 5000;
  }

  /** The fold as of the checkpoint, which was applied last; undefined before the first step. */
  get standing(): { readonly fold: FigureFold; readonly seq: number; readonly at: number } | undefined {
    return this.#standing;
  }

  /** The fold is loaded. */
  async ready(): Promise<void> {
    this.#standing ??= await this.#load();
  }

  /** Takes one batch; answers how many events there were. Rejects, with nothing half done, when Postgres is away. */
  async step(): Promise<number> {
    this.#standing ??= await this.#load();
    const { seq } = this.#standing;
    const rows = await this.#read(seq, Number.MAX_SAFE_INTEGER, this.#batchAtMost);
    if (rows.length === 0) return 0;
    try {
      await this.#apply(this.#standing, rows);
    } catch (err) {
      // The fold has seen what was not kept.
      this.#standing = undefined;
      throw err;
    }
    return rows.length;
  }

  async #apply(standing: Standing, rows: readonly EventRow[]): Promise<void> {
    const batch = new FigureBatch();
    const beforeSeq = standing.seq;
    standing.sink.to = batch;
    for (const row of rows) this.#fold(standing, row);
    standing.sink.to = silent;
    const found = batch.rows();
    await this.#makeParts(found.instants);
    const keeps = standing.seq - standing.keptSeq >= this.#stateEvery;
    await this.#write(found, beforeSeq, standing, keeps);
    if (keeps) standing.keptSeq = standing.seq;
    await this.#options.onPoint?.('committed');
  }

  /** What cannot be folded was stored as unreadable, or is of a release to come: it must not stop what comes after it. */
  #fold(standing: Standing, row: EventRow): void {
    const event = eventOf(row);
    try {
      if (row.type !== 'unreadable') standing.fold.apply(event);
    } catch (err) {
      this.#options.logger.error({ err, seq: event.seq }, 'an event could not be counted: it is passed over');
    }
    standing.seq = event.seq;
    standing.at = Math.max(standing.at, event.at);
  }

  async #write(found: FigureRows, beforeSeq: number, standing: Standing, keeps: boolean): Promise<void> {
    const { sequelize, onPoint } = this.#options;
    await sequelize.transaction(async (transaction) => {
      const run = (sql: string, bind: unknown[]) =>
        sequelize.query(sql, { bind, transaction, type: QueryTypes.RAW });
      const runIfAny = async (sql: string, rows: readonly unknown[]) => {
        if (rows.length > 0) await run(sql, [JSON.stringify(rows)]);
      };
      await onPoint?.('begun');
      const seq = await this.#checkpoint(transaction);
      if (seq !== beforeSeq) throw new Error('another projector moved the checkpoint of the figures');
      await runIfAny(upsertQueueSlotsSql, found.queueSlots);
      await runIfAny(upsertChannelSlotsSql, found.channelSlots);
      await runIfAny(upsertAgentSlotsSql, found.agentSlots);
      await onPoint?.('slots-written');
      await runIfAny(upsertStaysSql, found.stays);
      for (const { version, at, site } of found.definitions)
        await run(
          `insert into kpi_definitions (version, effective_from, doc) values ($1, to_timestamp($2::bigint / 1000.0), $3::jsonb)
           on conflict do nothing`,
          [version, at, JSON.stringify(site.queues)],
        );
      await onPoint?.('stays-written');
      if (keeps) {
        await run('delete from figure_state', []);
        await run('insert into figure_state (seq, state) values ($1, $2::jsonb)', [
          standing.seq,
          JSON.stringify(standing.fold.state()),
        ]);
      }
      await run('update projector_checkpoint set seq = $2, updated_at = now() where name = $1', [
        checkpointName,
        standing.seq,
      ]);
      await onPoint?.('checkpoint-written');
    });
  }

  async #checkpoint(transaction?: Transaction): Promise<number> {
    const rows = await this.#options.sequelize.query<{ seq: string }>(
      `select seq from projector_checkpoint where name = $1${transaction ? ' for update' : ''}`,
      { bind: [checkpointName], type: QueryTypes.SELECT, ...(transaction && { transaction }) },
    );
    return Number(rows[0]?.seq ?? 0);
  }

  #read(afterSeq: number, lastSeq: number, atMost: number): Promise<EventRow[]> {
    return this.#options.sequelize.query<EventRow>(readEventsSql, {
      bind: [afterSeq, lastSeq, atMost],
      type: QueryTypes.SELECT,
    });
  }

  async #load(): Promise<Standing> {
    const seq = await this.#checkpoint();
    const [kept] = await this.#options.sequelize.query<{ seq: string; state: FoldState }>(
      'select seq, state from figure_state where seq <= $1 order by seq desc limit 1',
      { bind: [seq], type: QueryTypes.SELECT },
    );
    const sink = new Switch();
    const fold = new FigureFold(emptyFoldSite, sink, kept?.state);
    const keptSeq = Number(kept?.seq ?? 0);
    const standing: Standing = { fold, sink, seq: keptSeq, at: 0, keptSeq };
    while (standing.seq < seq) {
      const rows = await this.#read(standing.seq, seq, this.#batchAtMost);
      if (rows.length === 0) break;
      for (const row of rows) this.#fold(standing, row);
    }
    standing.seq = seq;
    return standing;
  }

  async #makeParts(instants: readonly number[]): Promise<void> {
    for (const at of instants) {
      const month = new Date(at).toISOString().slice(0, 7);
      if (this.#months.has(month)) continue;
      for (const sql of partitionSql(at)) await this.#options.sequelize.query(sql, { type: QueryTypes.RAW });
      this.#months.add(month);
    }
  }
}
