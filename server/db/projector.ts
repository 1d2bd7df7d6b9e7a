/**
 * Follows the event log into history: reads the stream over a Redis connection of its own and applies it
 * in batches (projection-batch.ts). Either side may be away for any time: it waits and goes on where the
 * checkpoint in Postgres stands, which is the only truth about how far history is; nothing waits for it.
 * Under load it works at most every `minIntervalMs`, since a batch of many costs little more than one of few.
 */
import type { Sequelize } from 'sequelize';
import type { RedisPlace } from '../lib/store-address.ts';
import type { Logger } from '../lib/log.ts';
import { closeClient, createRedisClient } from '../redis/client.ts';
import type { RedisClient } from '../redis/client.ts';
import { defaultKeys } from '../redis/keys.ts';
import type { RedisKeys } from '../redis/keys.ts';
import { waitForRaw } from '../redis/log-reader.ts';
import { CheckpointMoved, applyBatch, readCheckpoint } from './projection-batch.ts';
import type { ProjectorPoint } from './projection-batch.ts';

export interface ProjectorOptions {
  redis: RedisPlace;
  sequelize: Sequelize;
  logger: Logger;
  /** Called after each commit, and once at the start, with how far history is. */
  onProjected: (seq: number) => void;
  keys?: RedisKeys;
  maxBatch?: number;
  minIntervalMs?: number;
  /** For fault tests: runs at the named moments, and may never return. */
  onPoint?: (point: ProjectorPoint) => Promise<void> | void;
}

export interface ProjectorHealth {
  /** False while Postgres or Redis cannot be reached. */
  isOk: boolean;
  fault?: 'postgres' | 'redis';
  projectedSeq: number;
  /** Since the start: batches, events, events the log no longer had, events that could not be stored. */
  batches: number;
  events: number;
  missing: number;
  unreadable: number;
}

export interface Projector {
  health(): ProjectorHealth;
  /** Lets the batch in hand finish. */
  stop(): Promise<void>;
}

const blockMs = 1000;
const firstRetryMs = 50;
const lastRetryMs = 2000;

class LogProjector implements Projector {
  readonly #options: ProjectorOptions;
  readonly #client: RedisClient;
  readonly #keys: RedisKeys;
  readonly #maxBatch: number;
  readonly #minIntervalMs: number;
  readonly #health: ProjectorHealth;
  #isStopped = false;
  #retryMs = firstRetryMs;
  #wakeUp: (() => void) | undefined;
  readonly #loop: Promise<void>;

  constructor(options: ProjectorOptions) {
    this.#options = options;
    this.#keys = options.keys ?? defaultKeys;
    this.#maxBatch = options.maxBatch ?? 1000;
    this.#minIntervalMs = options.minIntervalMs ?? 250;
    this.#health = {
      isOk: false,
      fault: 'redis',
      projectedSeq: 0,
      batches: 0,
      events: 0,
      missing: 0,
      unreadable: 0,
    };
    this.#client = createRedisClient({
      ...options.redis,
      name: 'hearthline-projector',
      logger: options.logger,
      isFailFast: true,
    });
    this.#loop = this.#run();
  }

  health(): ProjectorHealth {
    return { ...this.#health };
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wakeUp?.();
    // Wakes a blocked read.
    this.#client.destroy();
    await this.#loop;
    await closeClient(this.#client);
  }

  async #run(): Promise<void> {
    // Tries for ever; rejects only when `stop` ends it.
    await this.#client.connect().catch(() => undefined);
    this.#health.isOk = true;
    delete this.#health.fault;
    let cursor: number | undefined;
    while (!this.#isStopped) {
      const startedAt = performance.now();
      cursor ??= await this.#guard('postgres', () => readCheckpoint(this.#options.sequelize));
      if (cursor === undefined) continue;
      this.#tell(cursor);
      const after = cursor;
      const entries = await this.#guard('redis', () =>
        waitForRaw(this.#client, this.#keys, after, this.#maxBatch, blockMs),
      );
      if (!entries || entries.length === 0) continue;
      cursor = await this.#guard('postgres', () => this.#apply(after, entries));
      if (cursor !== undefined && entries.length < this.#maxBatch) {
        await this.#pause(this.#minIntervalMs - (performance.now() - startedAt));
      }
    }
  }

  #tell(seq: number): void {
    if (seq === this.#health.projectedSeq) return;
    this.#health.projectedSeq = seq;
    this.#options.onProjected(seq);
  }

  async #apply(afterSeq: number, entries: { seq: number; text: string }[]): Promise<number> {
    const missing = entries.at(-1)!.seq - afterSeq - entries.length;
    try {
      const seq = await applyBatch(
        {
          sequelize: this.#options.sequelize,
          logger: this.#options.logger,
          onPoint: this.#options.onPoint,
          onUnreadable: () => (this.#health.unreadable += 1),
        },
        afterSeq,
        entries,
      );
      this.#health.batches += 1;
      this.#health.events += entries.length;
      if (missing > 0) {
        this.#health.missing += missing;
        this.#options.logger.error(
          { afterSeq, lastSeq: seq, missing },
          'events are missing from the log: lost before history had them',
        );
      }
      this.#tell(seq);
      return seq;
    } catch (err) {
      if (!(err instanceof CheckpointMoved)) throw err;
      this.#options.logger.warn(
        { thoughtSeq: afterSeq, seq: err.seq },
        'another projector moved the checkpoint',
      );
      return err.seq;
    }
  }

  /** Undefined, after a pause, when the part that is needed did not answer. */
  async #guard<T>(part: 'postgres' | 'redis', work: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await work();
      if (!this.#health.isOk && this.#health.fault === part) {
        this.#options.logger.info({ part }, 'projector goes on');
        this.#health.isOk = true;
        delete this.#health.fault;
      }
      this.#retryMs = firstRetryMs;
      return result;
    } catch (err) {
      if (this.#isStopped) return undefined;
      if (this.#health.isOk) this.#options.logger.warn({ err, part }, 'projector waits');
      this.#health.isOk = false;
      this.#health.fault = part;
      await this.#pause(this.#retryMs);
      this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
      return undefined;
    }
  }

  async #pause(ms: number): Promise<void> {
    if (ms <= 0 || this.#isStopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wakeUp = undefined;
  }
}

export function startProjector(options: ProjectorOptions): Projector {
  return new LogProjector(options);
}
