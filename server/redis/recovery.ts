/**
 * Rebuilding the live state at start: the newest intact snapshot, then every event after it, in order, from
 * the stream and, where Redis has lost them, from history. Called after the log was opened (so nobody else
 * appends) and before anything is appended. Exactly the events of the log, each once: what the stream and
 * history both have is taken from one of them only.
 */
import type { HearthlineEvent } from '../contract/events.ts';
import type { Logger } from '../lib/log.ts';
import type { EventLog } from './event-log.ts';
import type { Snapshot, SnapshotStore } from './snapshots.ts';

/** The log as the system of record has it; `createEventRepo` is one. */
export interface HistorySource {
  lastSeq(): Promise<number>;
  read(fromSeq: number, count: number): Promise<HearthlineEvent[]>;
}

export interface RecoveryOptions {
  log: EventLog;
  snapshots: SnapshotStore;
  history: HistorySource;
  logger: Logger;
  /** False: it is of another release, and the log is folded from its beginning. */
  onSnapshot: (snapshot: Snapshot) => boolean;
  onEvent: (event: HearthlineEvent) => void;
  /** Pause between tries while a part that is needed is away. */
  retryMs?: number;
  /** How long an unreachable Postgres delays a start that does not depend on it. */
  historyWaitMs?: number;
}

export interface RecoveryResult {
  lastSeq: number;
  snapshotSeq: number;
  replayed: number;
  fromHistory: number;
  /** Events that neither Redis nor history has any more. */
  missing: number;
}

const batch = 2000;

async function persist<T>(options: RecoveryOptions, what: string, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (err) {
      options.logger.error({ err, what }, 'recovery waits');
      await new Promise((resolve) => void setTimeout(resolve, options.retryMs ?? 500));
    }
  }
}

class Replay {
  readonly #options: RecoveryOptions;
  #next: number;
  replayed = 0;
  fromHistory = 0;
  missing = 0;

  constructor(options: RecoveryOptions, next: number) {
    this.#options = options;
    this.#next = next;
  }
  get lastSeq(): number {
    return this.#next - 1;
  }

  #take(event: HearthlineEvent): void {
    if (event.seq < this.#next) return;
    this.missing += event.seq - this.#next;
    this.#next = event.seq + 1;
    this.replayed += 1;
    this.#options.onEvent(event);
  }

  /** Everything up to `lastSeq` that history has. */
  async #fromHistory(lastSeq: number): Promise<void> {
    const { history } = this.#options;
    while (this.#next <= lastSeq) {
      const count = Math.min(batch, lastSeq - this.#next + 1);
      const events = await persist(this.#options, 'history', () => history.read(this.#next, count));
      const wanted = events.filter((event) => event.seq <= lastSeq);
      for (const event of wanted) this.#take(event);
      this.fromHistory += wanted.length;
      if (wanted.length === 0) return;
    }
  }

  async run(): Promise<void> {
    const { log } = this.#options;
    for (;;) {
      const events = await persist(this.#options, 'redis', () => log.read(this.#next, batch));
      const first = events[0];
      if (!first) break;
      if (first.seq > this.#next) await this.#fromHistory(first.seq - 1);
      for (const event of events) {
        // A hole inside the batch: history first, then on with the stream.
        if (event.seq > this.#next) await this.#fromHistory(event.seq - 1);
        this.#take(event);
      }
    }
    // Redis may have less than history: older data after a power cut, or nothing at all.
    const known = await this.#historyEnd();
    if (known >= this.#next) await this.#fromHistory(known);
    this.#next = Math.max(this.#next, known + 1);
  }

  /**
   * How far history is. Where the stream goes on from the snapshot, history is waited for a while only: it being
   * away must not keep calls out. Where it does not, numbers could be given twice, so it is waited for.
   */
  async #historyEnd(): Promise<number> {
    const { history, log, logger, historyWaitMs = 3000, retryMs = 500 } = this.#options;
    const isStreamEnough = log.lastSeq() > 0 && log.lastSeq() >= this.lastSeq;
    const endAt = performance.now() + historyWaitMs;
    for (;;) {
      try {
        return await history.lastSeq();
      } catch (err) {
        if (isStreamEnough && performance.now() >= endAt) {
          logger.warn({ err }, 'history cannot be asked: the stream is taken for the whole log');
          return 0;
        }
        logger.warn({ err }, 'recovery waits for history');
      }
      await new Promise((resolve) => void setTimeout(resolve, Math.min(retryMs, historyWaitMs)));
    }
  }
}

export async function recover(options: RecoveryOptions): Promise<RecoveryResult> {
  const { log, snapshots, logger } = options;
  const snapshot = await persist(options, 'snapshot', () => snapshots.loadSnapshot());
  const isTaken = snapshot !== undefined && options.onSnapshot(snapshot);
  if (snapshot && !isTaken)
    logger.warn({ seq: snapshot.seq }, 'the snapshot is of another release: the whole log is folded');
  const snapshotSeq = isTaken ? snapshot.seq : 0;
  const replay = new Replay(options, snapshotSeq + 1);
  await replay.run();
  const { lastSeq, replayed, fromHistory, missing } = replay;
  log.raiseLastSeq(lastSeq);
  if (missing > 0) logger.error({ missing }, 'events are missing: the state may be incomplete');
  logger.info({ lastSeq, snapshotSeq, replayed, fromHistory }, 'state recovered from the log');
  return { lastSeq, snapshotSeq, replayed, fromHistory, missing };
}
