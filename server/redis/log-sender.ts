/**
 * Carries the retained events to Redis: pipelined batches under the writer's lease. Whatever goes wrong -
 * a lost connection, a refused batch, a stream that ends elsewhere - leads to one place, `#resync`, which asks
 * Redis where the stream ends and goes on from there. Replies of an earlier attempt are told by their `run`
 * number and dropped.
 *
 *     resyncing --(lease ours, tail known)--> sending --(any fault, tail differs)--> resyncing
 *         \--(another took the log over, or the stream is not ours)--> fenced         (final)
 */
import { AppError } from '../lib/app-error.ts';
import type { Logger } from '../lib/log.ts';
import { storeFault } from '../lib/store-fault.ts';
import type { RedisClient } from './client.ts';
import type { RedisKeys } from './keys.ts';
import { readRaw, toRawEntries } from './log-reader.ts';
import { appendScript, logScripts } from './log-scripts.ts';
import { RetainedEvents } from './retained-events.ts';
import {
  acquireLease,
  evalScript,
  isHolderDead,
  ownerName,
  releaseLease,
  renewEveryMs,
  renewLease,
} from './writer-lease.ts';

const maxBatch = 500;
const maxInFlight = 16;
const firstRetryMs = 20;
const lastRetryMs = 500;
const loadBatch = 5000;
const silenceMs = 3000;

export interface LogSenderOptions {
  client: RedisClient;
  keys: RedisKeys;
  logger: Logger;
  instanceId: string;
  onFenced: () => void;
}

type State = 'idle' | 'resyncing' | 'sending' | 'fenced' | 'closed';

const pause = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));

export class LogSender {
  readonly #options: LogSenderOptions;
  readonly #client: RedisClient;
  readonly #keys: RedisKeys;
  readonly #logger: Logger;
  readonly #owner: string;
  #retained = new RetainedEvents(1);
  #state: State = 'idle';
  #run = 0;
  #epoch = 0;
  #lease = '';
  #writtenSeq = 0;
  #sentSeq = 0;
  /** What the stream must end with for the next batch to be taken. */
  #expectedLast = 0;
  #inFlight = 0;
  #isPumpPlanned = false;
  #isRenewing = false;
  #heardAt = 0;
  #retryMs = firstRetryMs;
  #retryTimer: NodeJS.Timeout | undefined;
  #renewTimer: NodeJS.Timeout | undefined;
  #waiters: { seq: number; resolve: () => void; reject: (err: Error) => void }[] = [];
  onWritten: () => void = () => undefined;
  /** How long Redis took for a batch, with the way there and back. */
  onAppended: (tookMs: number) => void = () => undefined;

  constructor(options: LogSenderOptions) {
    this.#options = options;
    this.#client = options.client;
    this.#keys = options.keys;
    this.#logger = options.logger;
    this.#owner = ownerName(options.instanceId);
  }

  get writtenSeq(): number {
    return this.#writtenSeq;
  }
  get isFenced(): boolean {
    return this.#state === 'fenced';
  }
  /** A Redis that hangs keeps its connection: it is told by the silence after our renewals. */
  get isWriting(): boolean {
    if (this.#state !== 'sending' || !this.#client.isReady) return false;
    return performance.now() - this.#heardAt < silenceMs;
  }

  /** Gets the lease, waiting at most `waitMs` for a live holder; answers the seq the stream ends with. */
  async takeOver(waitMs: number): Promise<number> {
    const endAt = performance.now() + waitMs;
    for (let isTold = false; ;) {
      try {
        await this.#loadScripts();
        const outcome = await acquireLease(this.#client, this.#keys, this.#owner, 0);
        if (outcome.kind === 'held') {
          this.#epoch = outcome.epoch;
          this.#lease = outcome.value;
          return (await this.#tail()).seq;
        }
        if (outcome.kind === 'foreign' && isHolderDead(outcome.value)) {
          this.#logger.info({ holder: outcome.value }, 'the former log writer is dead: taking over at once');
          await releaseLease(this.#client, this.#keys, outcome.value);
          continue;
        }
        if (performance.now() > endAt) {
          throw new AppError('log-held', 503, 'another process writes the event log', {
            holder: outcome.kind === 'foreign' ? outcome.value : '',
          });
        }
      } catch (err) {
        // Redis may be away or still loading: opening waits for it, a refusal of ours goes out.
        if (err instanceof AppError || !this.#client.isOpen) throw err;
        if (!isTold) this.#logger.warn({ err, why: storeFault(err).why }, 'event log waits for redis');
        isTold = true;
      }
      await pause(50);
    }
  }

  /** What the stream holds after `afterSeq`, so that it survives an emptied Redis too. */
  async loadTail(afterSeq: number, lastSeq: number, maxCount: number): Promise<RetainedEvents> {
    let retained = new RetainedEvents(lastSeq + 1);
    for (let from = Math.max(afterSeq + 1, lastSeq - maxCount + 1); from <= lastSeq;) {
      const entries = await readRaw(this.#client, this.#keys, from, loadBatch);
      if (entries.length === 0) break;
      for (const entry of entries) {
        if (entry.seq !== retained.lastSeq + 1 || retained.size === 0)
          retained = new RetainedEvents(entry.seq);
        retained.push(entry.text);
      }
      from = retained.lastSeq + 1;
    }
    return retained;
  }

  start(retained: RetainedEvents, streamLast: number): void {
    this.#retained = retained;
    this.#expectedLast = streamLast;
    this.#sentSeq = this.#writtenSeq = retained.lastSeq;
    this.#state = 'sending';
    this.#heardAt = performance.now();
    this.#client.on('ready', this.#onReady);
    this.#renewTimer = setInterval(() => this.#renew(), renewEveryMs);
  }

  /** Numbering goes on above `seq`, which Redis never had. */
  skipTo(seq: number): void {
    this.#sentSeq = this.#writtenSeq = Math.max(this.#writtenSeq, seq);
  }

  wake(): void {
    if (this.#isPumpPlanned || this.#state !== 'sending') return;
    this.#isPumpPlanned = true;
    // Everything appended in this turn of the loop goes out in one batch.
    setImmediate(() => {
      this.#isPumpPlanned = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (
      this.#state === 'sending' &&
      this.#inFlight < maxInFlight &&
      this.#sentSeq < this.#retained.lastSeq
    ) {
      const first = this.#sentSeq + 1;
      const texts = this.#retained.slice(first, maxBatch);
      const args = [this.#lease, String(this.#expectedLast), String(first), ...texts];
      this.#sentSeq = this.#expectedLast = first + texts.length - 1;
      this.#inFlight++;
      const run = this.#run;
      const sentAt = performance.now();
      evalScript(this.#client, appendScript, [this.#keys.stream, this.#keys.lease], args).then(
        (reply) => {
          this.onAppended(performance.now() - sentAt);
          this.#onReply(run, reply as [number, number]);
        },
        (err: unknown) => this.#fault(run, 'append failed', err),
      );
    }
  }

  #onReply(run: number, [code, seq]: [number, number]): void {
    if (run !== this.#run) return;
    this.#inFlight--;
    if (code !== 1) {
      this.#fault(run, code === -1 ? 'the lease ran out' : 'the stream ends elsewhere', undefined);
      return;
    }
    this.#retryMs = firstRetryMs;
    this.#heardAt = performance.now();
    this.#setWritten(seq);
    this.#pump();
  }

  #setWritten(seq: number): void {
    this.#writtenSeq = seq;
    this.onWritten();
    if (this.#waiters.length === 0) return;
    const done = this.#waiters.filter((waiter) => waiter.seq <= seq);
    this.#waiters = this.#waiters.filter((waiter) => waiter.seq > seq);
    for (const waiter of done) waiter.resolve();
  }

  whenWritten(seq: number): Promise<void> {
    if (seq <= this.#writtenSeq) return Promise.resolve();
    const refusal = this.#refusal();
    if (refusal) return Promise.reject(refusal);
    return new Promise((resolve, reject) => this.#waiters.push({ seq, resolve, reject }));
  }

  #refusal(): AppError | undefined {
    if (this.#state === 'fenced') {
      return new AppError('log-fenced', 503, 'another process writes the event log now');
    }
    return this.#state === 'closed' ? new AppError('log-closed', 503, 'the event log is closed') : undefined;
  }

  #fault(run: number, what: string, err: unknown): void {
    if (run !== this.#run || this.#state === 'fenced' || this.#state === 'closed') return;
    this.#run++;
    this.#inFlight = 0;
    this.#state = 'resyncing';
    this.#logger.warn({ err, what, writtenSeq: this.#writtenSeq }, 'event log writer resynchronises');
    this.#planResync();
  }

  #planResync(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => void this.#resync(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
  }

  readonly #onReady = (): void => {
    if (this.#state === 'sending') this.#fault(this.#run, 'redis was away', undefined);
    else if (this.#state === 'resyncing') {
      this.#retryMs = firstRetryMs;
      this.#planResync();
    }
  };

  async #resync(): Promise<void> {
    if (this.#state !== 'resyncing') return;
    const run = ++this.#run;
    try {
      await this.#loadScripts();
      const outcome = await acquireLease(this.#client, this.#keys, this.#owner, this.#epoch);
      if (run !== this.#run) return;
      if (outcome.kind !== 'held') {
        this.#fence(outcome.kind === 'foreign' ? outcome.value : 'unknown');
        return;
      }
      this.#lease = outcome.value;
      const tail = await this.#tail();
      if (run !== this.#run) return;
      this.#goOn(tail);
    } catch (err) {
      if (run !== this.#run) return;
      this.#logger.debug({ err }, 'event log still waits for redis');
      this.#planResync();
    }
  }

  #goOn(tail: { seq: number; text: string }): void {
    const own = this.#retained.at(tail.seq);
    if (tail.seq > this.#retained.lastSeq || (own !== undefined && own !== tail.text)) {
      this.#fence('the stream holds events of another writer');
      return;
    }
    const next = Math.max(tail.seq + 1, this.#retained.firstSeq);
    if (tail.seq < this.#writtenSeq || next > tail.seq + 1) {
      this.#logger.warn(
        { streamSeq: tail.seq, writtenSeq: this.#writtenSeq, nextSeq: next },
        'redis has less than it had: writing again what history does not have',
      );
    }
    this.#expectedLast = tail.seq;
    this.#sentSeq = next - 1;
    this.#inFlight = 0;
    this.#isRenewing = false;
    this.#heardAt = performance.now();
    this.#state = 'sending';
    this.#setWritten(next - 1);
    this.#pump();
  }

  #fence(holder: string): void {
    this.#state = 'fenced';
    this.#run++;
    this.#stopTimers();
    this.#logger.fatal({ holder }, 'another process took the event log over: this one stops writing');
    this.#rejectWaiters();
    this.#options.onFenced();
  }

  #rejectWaiters(): void {
    const refusal = this.#refusal();
    for (const waiter of this.#waiters.splice(0)) if (refusal) waiter.reject(refusal);
  }

  #renew(): void {
    if (this.#state !== 'sending' || !this.#client.isReady || this.#isRenewing) return;
    this.#isRenewing = true;
    const run = this.#run;
    // What was acknowledged before the question was sent has to be there when it is answered.
    const writtenBefore = this.#writtenSeq;
    renewLease(this.#client, this.#keys, this.#lease).then(
      ({ isOurs, lastSeq }) => {
        if (run !== this.#run) return;
        this.#isRenewing = false;
        this.#heardAt = performance.now();
        if (!isOurs) this.#fault(run, 'the lease ran out', undefined);
        else if (lastSeq > this.#sentSeq) this.#fault(run, 'the stream is ahead of us', undefined);
        else if (lastSeq < writtenBefore && writtenBefore >= this.#retained.firstSeq) {
          this.#fault(run, 'redis lost entries', undefined);
        }
      },
      (err: unknown) => this.#fault(run, 'renewal failed', err),
    );
  }

  async #loadScripts(): Promise<void> {
    await Promise.all(logScripts.map(({ source }) => this.#client.sendCommand(['SCRIPT', 'LOAD', source])));
  }

  async #tail(): Promise<{ seq: number; text: string }> {
    const reply = await this.#client.sendCommand<[string, string[]][]>([
      'XREVRANGE',
      this.#keys.stream,
      '+',
      '-',
      'COUNT',
      '1',
    ]);
    return toRawEntries(reply)[0] ?? { seq: 0, text: '' };
  }

  #stopTimers(): void {
    clearTimeout(this.#retryTimer);
    clearInterval(this.#renewTimer);
    this.#client.off('ready', this.#onReady);
  }

  /** Writes what it can within a second, then gives the lease up so that a successor need not wait. */
  async close(): Promise<void> {
    if (this.#state === 'sending' && this.#client.isReady) {
      const flushed = this.whenWritten(this.#retained.lastSeq).catch(() => undefined);
      await Promise.race([flushed, pause(1000)]);
    }
    if (this.#state !== 'fenced') this.#state = 'closed';
    this.#run++;
    this.#stopTimers();
    this.#rejectWaiters();
    if (this.#lease !== '' && this.#client.isReady) {
      await releaseLease(this.#client, this.#keys, this.#lease).catch(() => undefined);
    }
  }
}
