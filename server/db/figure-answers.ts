/**
 * Questions over the figures of history. Each is answered as of one checkpoint: roll-ups are read in one read-only transaction,
 * and what runs on is taken from the fold while no batch is under way, so that both know the same events.
 */
import { QueryTypes, type Sequelize, Transaction } from 'sequelize';
import type { AskedOfHistory, HistoryAnswer, HistoryQuestion, HistoryRow } from '../app/figures/ports.ts';
import type { FigureProjector } from './figure-projector.ts';
import { isRecountable, recount, waitingAt } from './figure-recount.ts';
import { addRunning, ReportCells, reportOfSlots, type RunningOn, runningOn } from './figure-report.ts';
import { slotMs } from './figure-batch.ts';

export class FigureAnswers {
  readonly #sequelize: Sequelize;
  readonly #projector: FigureProjector;
  /** Batches and the beginnings of answers take turns. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(sequelize: Sequelize, projector: FigureProjector) {
    this.#sequelize = sequelize;
    this.#projector = projector;
  }

  /** How far the figures are; 0 before the first batch. */
  get seq(): number {
    return this.#projector.standing?.seq ?? 0;
  }

  /** A batch of the projector; answers how many events there were. */
  step(): Promise<number> {
    return this.#inTurn(() => this.#projector.step());
  }

  async report({ question, starts, asOf }: AskedOfHistory): Promise<HistoryAnswer> {
    return this.#asOneSnapshot(asOf, async (transaction, { seq, running }) => {
      const isWhole = question.from % slotMs === 0 && (question.to % slotMs === 0 || question.to >= asOf);
      const end = question.to >= asOf && question.to % slotMs !== 0 ? nextSlot(question.to) : question.to;
      const cells = isWhole
        ? await reportOfSlots(this.#sequelize, transaction, { ...question, to: end })
        : isRecountable(question.by)
          ? await recount(this.#sequelize, transaction, question)
          : new ReportCells();
      // Of a window long past as well: who is Not Ready since then is in no slot before that is over.
      addRunning(cells, question, running, asOf, starts);
      const definitions = await this.#definitions(transaction, question);
      const scopes = question.within?.scopes && new Set(question.within.scopes);
      const rows = cells.rows().filter(({ scope }) => !scopes || scopes.has(scope));
      return { seq, asOf, definitions, rows };
    });
  }

  /** The counts of contacts again, from the stays themselves, as far as history is. */
  async recount(question: HistoryQuestion): Promise<HistoryRow[]> {
    return this.#inTransaction(async (transaction) =>
      (await recount(this.#sequelize, transaction, question)).rows(),
    );
  }

  async waitingAt(at: number): Promise<Map<string, number>> {
    return this.#inTransaction((transaction) => waitingAt(this.#sequelize, transaction, at));
  }

  async #asOneSnapshot<T>(
    asOf: number,
    work: (transaction: Transaction, standing: { seq: number; running: RunningOn }) => Promise<T>,
  ): Promise<T> {
    let begun = () => {};
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    const answer = this.#inTurn(async () => {
      // The fold must be there, and the transaction must have seen the checkpoint, before the next batch.
      await this.#projector.ready();
      const answering = this.#inTransaction(async (transaction) => {
        const rows = await this.#sequelize.query<{ seq: string }>(
          `select seq from projector_checkpoint where name = 'figures'`,
          { transaction, type: QueryTypes.SELECT },
        );
        const running = runningOn(this.#projector.standing!.fold, asOf);
        begun();
        return work(transaction, { seq: Number(rows[0]?.seq ?? 0), running });
      });
      await Promise.race([hasBegun, answering.then(() => undefined)]);
      return { answering };
    });
    return (await answer).answering;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  #inTransaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#sequelize.transaction(
      { isolationLevel: Transaction.ISOLATION_LEVELS.REPEATABLE_READ, readOnly: true },
      work,
    );
  }

  /** Those in force at its beginning, and those that came within it. */
  async #definitions(
    transaction: Transaction,
    { from, to }: HistoryQuestion,
  ): Promise<HistoryAnswer['definitions']> {
    const rows = await this.#sequelize.query<{ version: number; since: string }>(
      `select version, round(extract(epoch from effective_from) * 1000)::bigint as since from kpi_definitions
       where effective_from < to_timestamp($2::bigint / 1000.0) and effective_from >= coalesce(
         (select max(effective_from) from kpi_definitions where effective_from <= to_timestamp($1::bigint / 1000.0)),
         '-infinity')
       order by effective_from`,
      { bind: [from, to], transaction, type: QueryTypes.SELECT },
    );
    return rows.map(({ version, since }) => ({ version, since: Number(since) }));
  }
}

const nextSlot = (at: number): number => at - (at % slotMs) + slotMs;
