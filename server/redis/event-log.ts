/**
 * The one ordered log of facts (design §2), written by one process at a time. `append` is synchronous: it
 * numbers the events, tells the listeners and leaves; Redis gets them in pipelined batches, so the log never
 * sets the pace of a call. What is not yet both in Redis and in history stays in memory, and is written again
 * when Redis comes back with less than it had: entry ids are `<seq>-1`, and every batch names the entry
 * it must follow, so nothing is lost and nothing is in it twice.
 *
 * It may not know what an event means. The races it stops: an append repeated after a lost reply (the batch
 * names its predecessor), two writers (each batch names the lease), a Redis that came back emptier than
 * it went (the tail is compared on every reconnect and twice a second).
 */
import { AppError } from '../lib/app-error.ts';
import { newId } from '../lib/ids.ts';
import type { Logger } from '../lib/log.ts';
import type { EventDraft, HearthlineEvent } from '../contract/events.ts';
import { closeClient, duplicateClient } from './client.ts';
import type { RedisClient } from './client.ts';
import { defaultKeys } from './keys.ts';
import type { RedisKeys } from './keys.ts';
import { LogSender } from './log-sender.ts';
import { readEvents } from './log-reader.ts';
import { RetainedEvents } from './retained-events.ts';

const defaultMaxUnprojected = 250_000;

export type EventListener = (event: HearthlineEvent) => void;

export interface EventLogOptions {
  /** Any client of the right Redis; the log opens connections of its own. */
  client: RedisClient;
  /** The highest seq known from elsewhere (history, snapshot): numbering goes on above it. */
  minSeq: number;
  logger: Logger;
  instanceId: string;
  keys?: RedisKeys;
  /** Events not yet in Redis beyond which `append` refuses. */
  maxUnwritten?: number;
  /** Events in Redis but not in history that are kept in memory against an emptied Redis. */
  maxUnprojected?: number;
  /** How long to wait for a live writer to give the log up. */
  takeOverWaitMs?: number;
  /** Called once when another writer took the log over: this process must stop. */
  onFenced?: () => void;
}

export interface EventLogHealth {
  isOk: boolean;
  state: 'writing' | 'behind' | 'full' | 'fenced' | 'closed';
  isConnected: boolean;
  lastSeq: number;
  writtenSeq: number;
  projectedSeq: number;
  unwritten: number;
  retained: number;
}

export interface EventLog {
  /** All or none. Throws AppError log-fenced, log-full or log-closed. */
  append(drafts: readonly EventDraft[]): HearthlineEvent[];
  /** In order, at once, for every event appended here; returns what ends it. */
  onEvents(listener: EventListener): () => void;
  /** History has everything up to and with `seq`. */
  setProjected(seq: number): void;
  lastSeq(): number;
  /** Goes on numbering above `seq`; only before the first append (recovery found more than Redis had). */
  raiseLastSeq(seq: number): void;
  /** Resolves when everything appended so far is in Redis; rejects when it cannot come to that any more. */
  flush(): Promise<void>;
  read(fromSeq: number, count: number): Promise<HearthlineEvent[]>;
  /** Forgets entries before `beforeSeq` that history has. */
  trim(beforeSeq: number): Promise<void>;
  health(): EventLogHealth;
  /** Told of each batch that Redis has answered. */
  observeAppends(take: (tookMs: number) => void): void;
  /** What else is to reach Redis in the order of the log, and in the same writes. Ends with the log. */
  readonly connection: RedisClient;
  close(): Promise<void>;
}

class RedisEventLog implements EventLog {
  readonly #sender: LogSender;
  readonly #retained: RetainedEvents;
  readonly #client: RedisClient;
  readonly #reader: RedisClient;
  readonly #keys: RedisKeys;
  readonly #logger: Logger;
  readonly #maxUnwritten: number;
  readonly #maxUnprojected: number;
  readonly #listeners = new Set<EventListener>();
  /** Events appended by a listener while others are still being told of the one before. */
  readonly #untold: HearthlineEvent[] = [];
  #isTelling = false;
  /** As told by `setProjected` alone: numbers known from elsewhere are no proof that history has all below them. */
  #projectedSeq = 0;
  #wasFull = false;
  #wasShed = false;
  #isClosed = false;

  constructor(
    options: EventLogOptions,
    parts: { sender: LogSender; retained: RetainedEvents; client: RedisClient; reader: RedisClient },
  ) {
    this.#sender = parts.sender;
    this.#retained = parts.retained;
    this.#client = parts.client;
    this.#reader = parts.reader;
    this.#keys = options.keys ?? defaultKeys;
    this.#logger = options.logger;
    this.#maxUnwritten = options.maxUnwritten ?? 1_000_000;
    this.#maxUnprojected = options.maxUnprojected ?? defaultMaxUnprojected;
    this.#sender.onWritten = () => this.#letGo();
  }

  get connection(): RedisClient {
    return this.#client;
  }

  observeAppends(take: (tookMs: number) => void): void {
    this.#sender.onAppended = take;
  }

  append(drafts: readonly EventDraft[]): HearthlineEvent[] {
    this.#refuseUnlessWritable(drafts.length);
    const events: HearthlineEvent[] = [];
    for (const draft of drafts) {
      const event: HearthlineEvent = { id: newId('e'), seq: this.#retained.lastSeq + 1, v: 1, ...draft };
      this.#retained.push(JSON.stringify(event));
      events.push(event);
      this.#untold.push(event);
    }
    this.#sender.wake();
    this.#tell();
    return events;
  }

  #refuseUnlessWritable(count: number): void {
    if (this.#sender.isFenced) {
      throw new AppError('log-fenced', 503, 'another process writes the event log now');
    }
    if (this.#isClosed) throw new AppError('log-closed', 503, 'the event log is closed');
    const isFull = this.lastSeq() - this.#sender.writtenSeq + count > this.#maxUnwritten;
    if (isFull && !this.#wasFull) {
      this.#logger.fatal(
        { maxUnwritten: this.#maxUnwritten },
        'event log is full: redis has been away too long',
      );
    }
    this.#wasFull = isFull;
    if (isFull) throw new AppError('log-full', 503, 'too many events wait for redis');
  }

  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    for (let index = 0; index < this.#untold.length; index++) {
      const event = this.#untold[index]!;
      for (const listener of this.#listeners) {
        try {
          listener(event);
        } catch (err) {
          // One faulty listener must not keep the fact from the others.
          this.#logger.error({ err, seq: event.seq, type: event.type }, 'event listener failed');
        }
      }
    }
    this.#untold.length = 0;
    this.#isTelling = false;
  }

  onEvents(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  setProjected(seq: number): void {
    if (seq <= this.#projectedSeq) return;
    this.#projectedSeq = seq;
    this.#letGo();
  }

  #letGo(): void {
    const { writtenSeq } = this.#sender;
    this.#retained.dropThrough(Math.min(this.#projectedSeq, writtenSeq));
    const over = writtenSeq - this.#retained.firstSeq + 1 - this.#maxUnprojected;
    if (over > 0) {
      // Redis has these on disk; keeping them all while Postgres is away for days would fill the memory.
      this.#retained.dropThrough(this.#retained.firstSeq + over - 1);
      if (!this.#wasShed) {
        this.#logger.warn(
          { maxUnprojected: this.#maxUnprojected },
          'history is far behind: redis alone has the oldest',
        );
      }
      this.#wasShed = true;
    } else if (over < -this.#maxUnprojected / 2) {
      this.#wasShed = false;
    }
  }

  lastSeq(): number {
    return this.#retained.lastSeq;
  }

  raiseLastSeq(seq: number): void {
    if (seq <= this.lastSeq()) return;
    if (this.#sender.writtenSeq !== this.lastSeq()) {
      throw new Error('events were appended before recovery was over');
    }
    this.#retained.dropThrough(this.lastSeq());
    this.#retained.skipTo(seq);
    this.#sender.skipTo(seq);
  }

  flush(): Promise<void> {
    return this.#sender.whenWritten(this.lastSeq());
  }

  read(fromSeq: number, count: number): Promise<HearthlineEvent[]> {
    return readEvents(this.#reader, this.#keys, fromSeq, count);
  }

  async trim(beforeSeq: number): Promise<void> {
    // The newest entry stays whatever is asked: it is how the end of the log is known.
    const before = Math.min(beforeSeq, this.#projectedSeq + 1, this.#sender.writtenSeq);
    if (before <= 1) return;
    await this.#reader.sendCommand(['XTRIM', this.#keys.stream, 'MINID', `${before}-1`]);
  }

  health(): EventLogHealth {
    const { writtenSeq, isFenced, isWriting } = this.#sender;
    const lastSeq = this.lastSeq();
    const unwritten = lastSeq - writtenSeq;
    const isFull = unwritten >= this.#maxUnwritten;
    const state = isFenced
      ? 'fenced'
      : this.#isClosed
        ? 'closed'
        : isFull
          ? 'full'
          : isWriting
            ? 'writing'
            : 'behind';
    return {
      isOk: state === 'writing',
      state,
      isConnected: this.#client.isReady,
      lastSeq,
      writtenSeq,
      projectedSeq: this.#projectedSeq,
      unwritten,
      retained: this.#retained.size,
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#sender.close();
    await Promise.all([closeClient(this.#client), closeClient(this.#reader)]);
  }
}

/** Waits for Redis and for the lease; rejects with AppError log-held while another live writer keeps it. */
export async function openEventLog(options: EventLogOptions): Promise<EventLog> {
  const { client: origin, logger, minSeq } = options;
  const client = duplicateClient(origin, { name: 'hearthline-log', logger, isFailFast: true });
  const reader = duplicateClient(origin, { name: 'hearthline-log-reader', logger });
  const sender = new LogSender({
    client,
    keys: options.keys ?? defaultKeys,
    logger,
    instanceId: options.instanceId,
    onFenced: () => options.onFenced?.(),
  });
  try {
    await Promise.all([client.connect(), reader.connect()]);
    const streamLast = await sender.takeOver(options.takeOverWaitMs ?? 5000);
    const lastSeq = Math.max(minSeq, streamLast);
    // A former process's events that history lacks are ours to answer for from here on.
    const retained =
      streamLast > minSeq
        ? await sender.loadTail(minSeq, streamLast, options.maxUnprojected ?? defaultMaxUnprojected)
        : new RetainedEvents(lastSeq + 1);
    sender.start(retained, streamLast);
    return new RedisEventLog(options, { sender, retained, client, reader });
  } catch (err) {
    await sender.close();
    await Promise.all([closeClient(client), closeClient(reader)]);
    throw err;
  }
}
