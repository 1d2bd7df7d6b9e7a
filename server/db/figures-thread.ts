/**
 * Asks the thread of the figures (figures-worker.ts), each question within a stated time. The thread runs as long as the server
 * does; one that died is started anew, and goes on where its checkpoint stands.
 */
import type { Worker } from 'node:worker_threads';
import type { Logger } from '../lib/log.ts';
import type { DatabasePlace } from '../lib/store-address.ts';
import { startThread } from '../lib/thread.ts';
import type { CountedFate } from '../reports/fcr-report.ts';
import type {
  AskedOfHistory,
  DriftCounts,
  DriftCountsQuestion,
  DriftHistory,
  FcrBehind,
  FcrBehindQuestion,
  FcrQuestion,
  FirstContactHistory,
  HistoryAnswer,
  HistoryFigures,
  HistoryQuestion,
  HistoryRow,
  IntervalsAsked,
} from '../app/figures/ports.ts';

export type FigureRequest = { id: number } & (
  | { ask: 'intervals'; question: IntervalsAsked }
  | { ask: 'report'; question: AskedOfHistory }
  | { ask: 'recount'; question: HistoryQuestion }
  | { ask: 'fcr'; question: FcrQuestion }
  | { ask: 'fcr-contacts'; question: FcrBehindQuestion }
  | { ask: 'drift'; question: DriftCountsQuestion }
);
/** `state`: SQLSTATE. */
export interface FigureFault {
  name: string;
  message: string;
  state?: string;
}
export type FigureReply =
  | { kind: 'projected'; seq: number }
  | { kind: 'answer'; id: number; result: unknown }
  | { kind: 'fault'; id: number; fault: FigureFault };

export interface Figures extends HistoryFigures, FirstContactHistory, DriftHistory {
  /** There is more history. */
  more(): void;
  /** How far the figures are. */
  projectedSeq(): number;
  close(): Promise<void>;
}

const boundMs = 60_000;
const againMs = 1000;
const maxHeapMb = 768;

interface Pending {
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

/** As it was thrown there, as far as anybody asks: whether Postgres is away is told by it. */
const errorOf = ({ name, message, state }: FigureFault): Error =>
  Object.assign(new Error(`figures could not be told: ${message}`), {
    name,
    ...(state !== undefined && { parent: { code: state } }),
  });

class FiguresThread implements Figures {
  readonly #database: DatabasePlace;
  readonly #logger: Logger;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker;
  #lastId = 0;
  #seq = 0;
  #isClosed = false;

  constructor(database: DatabasePlace, logger: Logger) {
    this.#database = database;
    this.#logger = logger;
    this.#worker = this.#start();
  }

  intervals(question: IntervalsAsked): Promise<string> {
    return this.#ask({ ask: 'intervals', question });
  }

  report(question: AskedOfHistory): Promise<HistoryAnswer> {
    return this.#ask({ ask: 'report', question });
  }

  recount(question: HistoryQuestion): Promise<HistoryRow[]> {
    return this.#ask({ ask: 'recount', question });
  }

  fcr(question: FcrQuestion): Promise<CountedFate[]> {
    return this.#ask({ ask: 'fcr', question });
  }

  fcrContacts(question: FcrBehindQuestion): Promise<FcrBehind> {
    return this.#ask({ ask: 'fcr-contacts', question });
  }

  driftCounts(question: DriftCountsQuestion): Promise<DriftCounts[]> {
    return this.#ask({ ask: 'drift', question });
  }

  more(): void {
    this.#worker.postMessage('more');
  }

  projectedSeq(): number {
    return this.#seq;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#giveUp(new Error('the server is shutting down'));
    await this.#worker.terminate();
  }

  #ask<T>(
    question: FigureRequest extends infer R ? (R extends { id: number } ? Omit<R, 'id'> : never) : never,
  ) {
    const id = ++this.#lastId;
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new Error('the figures did not answer in time'));
      }, boundMs);
      this.#pending.set(id, { resolve: resolve as Pending['resolve'], reject, timer });
      this.#worker.postMessage({ ...question, id });
    });
  }

  #start(): Worker {
    const worker = startThread(import.meta.url, './figures-worker', {
      workerData: this.#database,
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    });
    worker.on('message', (reply: FigureReply) => this.#take(reply));
    worker.on('error', (err) => this.#logger.error({ err }, 'the thread of the figures failed'));
    worker.on('exit', () => {
      if (this.#isClosed || this.#worker !== worker) return;
      this.#giveUp(new Error('the thread of the figures ended'));
      setTimeout(() => {
        if (!this.#isClosed) this.#worker = this.#start();
      }, againMs).unref();
    });
    return worker;
  }

  #take(reply: FigureReply): void {
    if (reply.kind === 'projected') {
      this.#seq = reply.seq;
      return;
    }
    const pending = this.#pending.get(reply.id);
    if (!pending) return;
    this.#pending.delete(reply.id);
    clearTimeout(pending.timer);
    if (reply.kind === 'fault') pending.reject(errorOf(reply.fault));
    else pending.resolve(reply.result);
  }

  #giveUp(error: Error): void {
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#pending.clear();
  }
}

export const createFigures = (database: DatabasePlace, logger: Logger): Figures =>
  new FiguresThread(database, logger);
