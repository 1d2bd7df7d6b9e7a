/**
 * Asks the fairness thread (fairness-worker.ts), within a stated time and memory. The thread starts with the first question
 * and ends when none came for a while, so that a house in which nobody asks pays nothing.
 */
import type { Worker } from 'node:worker_threads';
import type { Within } from '../contract/user-view.ts';
import type { DatabasePlace } from '../lib/store-address.ts';
import { startThread } from '../lib/thread.ts';

export interface FairnessQuestion {
  from: number;
  to: number;
  queueId?: string | undefined;
  /** Of these agents and queues alone. */
  within?: Within | undefined;
  eventsAtMost: number;
}
/** `json`: a FairnessAnswer as text. */
export type FairnessResult = { json: string } | { isTooMuch: true };
/** `state`: SQLSTATE. */
export interface FairnessFault {
  name: string;
  message: string;
  state?: string;
}
export interface FairnessReply {
  id: number;
  result: FairnessResult | { fault: FairnessFault };
}

export interface FairnessReader {
  ask(question: FairnessQuestion): Promise<FairnessResult>;
  close(): Promise<void>;
}

const boundMs = 55_000;
const idleMs = 120_000;
const maxHeapMb = 512;

interface Pending {
  resolve: (result: FairnessResult) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

/** As it was thrown there, as far as anybody asks: whether Postgres is away is told by it. */
const errorOf = ({ name, message, state }: FairnessFault): Error =>
  Object.assign(new Error(`fairness could not be counted: ${message}`), {
    name,
    ...(state !== undefined && { parent: { code: state } }),
  });

class ThreadReader implements FairnessReader {
  readonly #database: DatabasePlace;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #lastId = 0;

  constructor(database: DatabasePlace) {
    this.#database = database;
  }

  ask(question: FairnessQuestion): Promise<FairnessResult> {
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      // Whoever else waits for the same thread is told the same: it was too much.
      const timer = setTimeout(
        () => this.#end(worker, ({ resolve: tell }) => tell({ isTooMuch: true })),
        boundMs,
      );
      this.#pending.set(id, { resolve, reject, timer });
      worker.postMessage({ id, question });
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker) await this.#end(worker, ({ reject }) => reject(new Error('the server is shutting down')));
  }

  #start(): Worker {
    const worker = startThread(import.meta.url, './fairness-worker', {
      workerData: this.#database,
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    });
    worker.on('message', ({ id, result }: FairnessReply) => {
      const pending = this.#pending.get(id);
      if (!pending) return;
      clearTimeout(pending.timer);
      this.#pending.delete(id);
      if ('fault' in result) pending.reject(errorOf(result.fault));
      else pending.resolve(result);
      if (this.#pending.size === 0) this.#rest(worker);
    });
    worker.on('error', (error: NodeJS.ErrnoException) => {
      const isTooMuch = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      void this.#end(worker, ({ resolve, reject }) => (isTooMuch ? resolve({ isTooMuch }) : reject(error)));
    });
    return worker;
  }

  #rest(worker: Worker): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.#end(worker, () => undefined), idleMs);
    this.#idle.unref();
  }

  async #end(worker: Worker, tell: (pending: Pending) => void): Promise<void> {
    // Late news of a thread that was replaced meanwhile is no news of the new one.
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    clearTimeout(this.#idle);
    for (const pending of this.#pending.values()) {
      clearTimeout(pending.timer);
      tell(pending);
    }
    this.#pending.clear();
    await worker.terminate();
  }
}

export function createFairnessReader(database: DatabasePlace): FairnessReader {
  return new ThreadReader(database);
}
