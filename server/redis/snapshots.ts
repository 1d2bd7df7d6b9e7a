/**
 * Snapshots of the live state, so that a start need not replay the whole log. Two generations, written in
 * turn, each with a checksum: a snapshot torn by a crash costs the newer one, never both. Mirrored to Postgres
 * where one is given, for a Redis that comes back empty. A snapshot is an aid: failing to write one is logged
 * and tried again with the next.
 */
import { createHash } from 'node:crypto';
import type { Logger } from '../lib/log.ts';
import type { RedisClient } from './client.ts';
import { defaultKeys } from './keys.ts';
import type { RedisKeys } from './keys.ts';

type Generation = 'a' | 'b';

export interface StoredSnapshot {
  generation: Generation;
  seq: number;
  body: string;
  checksum: string;
}

/** Where copies go besides Redis; the history database's `createSnapshotRepo` is one. */
export interface SnapshotMirror {
  save(snapshot: StoredSnapshot): Promise<void>;
  all(): Promise<StoredSnapshot[]>;
}

export interface Snapshot {
  /** The state after the event of this seq. */
  seq: number;
  data: unknown;
}

export interface SnapshotStore {
  /**
   * True when it was written to at least one place; false also while an earlier one is still being written. `data`
   * must be JSON-safe and is encoded at once. Flush the log first: a snapshot must not be ahead of it.
   */
  saveSnapshot(seq: number, data: unknown): Promise<boolean>;
  /** The newest intact one. Rejects only when neither place could be asked. */
  loadSnapshot(): Promise<Snapshot | undefined>;
  /** Seq of the older of the two generations that were last seen: the log is needed from there on. */
  olderSeq(): number | undefined;
}

export interface SnapshotOptions {
  client: RedisClient;
  logger: Logger;
  keys?: RedisKeys;
  mirror?: SnapshotMirror;
}

const generations = ['a', 'b'] as const;
const other = (generation: Generation): Generation => (generation === 'a' ? 'b' : 'a');

const checksumOf = (seq: number, body: string) =>
  createHash('sha256').update(`${seq}\n`).update(body).digest('hex');
const isIntact = (snapshot: StoredSnapshot) => checksumOf(snapshot.seq, snapshot.body) === snapshot.checksum;

/** In Redis: one line `seq checksum`, then the body. */
const encode = ({ seq, checksum, body }: StoredSnapshot) => `${seq} ${checksum}\n${body}`;
function decode(generation: Generation, text: string): StoredSnapshot {
  const end = text.indexOf('\n');
  const [seq, checksum] = text.slice(0, Math.max(0, end)).split(' ');
  return { generation, seq: Number(seq), checksum: checksum ?? '', body: text.slice(end + 1) };
}

class RedisSnapshotStore implements SnapshotStore {
  readonly #client: RedisClient;
  readonly #keys: RedisKeys;
  readonly #logger: Logger;
  readonly #mirror: SnapshotMirror | undefined;
  /** The intact generations, as far as they are known. */
  readonly #known = new Map<Generation, number>();
  #isLooked = false;
  #isSaving = false;

  constructor(options: SnapshotOptions) {
    this.#client = options.client;
    this.#keys = options.keys ?? defaultKeys;
    this.#logger = options.logger;
    this.#mirror = options.mirror;
  }

  async #fromRedis(): Promise<StoredSnapshot[]> {
    const texts = await Promise.all(
      generations.map((generation) => this.#client.get(this.#keys.snapshot(generation))),
    );
    return generations.flatMap((generation, index) => {
      const text = texts[index];
      return typeof text === 'string' ? [decode(generation, text)] : [];
    });
  }

  async #stored(): Promise<StoredSnapshot[]> {
    const places = [this.#fromRedis(), ...(this.#mirror ? [this.#mirror.all()] : [])];
    const answers = await Promise.allSettled(places);
    const reasons = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [answer.reason as Error] : [],
    );
    if (reasons.length === answers.length) throw reasons[0]!;
    for (const err of reasons) this.#logger.warn({ err }, 'snapshots of one place cannot be read');
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  }

  async loadSnapshot(): Promise<Snapshot | undefined> {
    const stored = await this.#stored();
    this.#isLooked = true;
    let newest: Snapshot | undefined;
    for (const snapshot of stored.sort((a, b) => b.seq - a.seq)) {
      const { generation, seq } = snapshot;
      if (!isIntact(snapshot)) {
        this.#logger.error({ generation, seq }, 'snapshot is broken: an older one is used');
        continue;
      }
      if (!this.#known.has(generation)) this.#known.set(generation, seq);
      newest ??= { seq, data: JSON.parse(snapshot.body) as unknown };
    }
    return newest;
  }

  olderSeq(): number | undefined {
    return this.#known.size < 2 ? undefined : Math.min(...this.#known.values());
  }

  /** The one to overwrite: what is missing first, else the older. */
  #nextGeneration(): Generation {
    const missing = generations.find((generation) => !this.#known.has(generation));
    if (missing) return missing;
    return this.#known.get('a')! <= this.#known.get('b')! ? 'a' : other('a');
  }

  async saveSnapshot(seq: number, data: unknown): Promise<boolean> {
    // A place that hangs must not gather a queue of snapshots.
    if (this.#isSaving) return false;
    this.#isSaving = true;
    try {
      // Encoded before anything is waited for: the state goes on changing.
      return await this.#save(seq, JSON.stringify(data));
    } finally {
      this.#isSaving = false;
    }
  }

  async #save(seq: number, body: string): Promise<boolean> {
    // Without knowing what is there, the only intact one could be overwritten.
    if (!this.#isLooked) await this.loadSnapshot();
    const generation = this.#nextGeneration();
    const snapshot = { generation, seq, body, checksum: checksumOf(seq, body) };
    const places = [
      this.#client.set(this.#keys.snapshot(generation), encode(snapshot)),
      ...(this.#mirror ? [this.#mirror.save(snapshot)] : []),
    ];
    const answers = await Promise.allSettled<unknown>(places);
    for (const answer of answers) {
      if (answer.status === 'rejected') {
        this.#logger.warn({ err: answer.reason as Error, seq }, 'snapshot could not be written to one place');
      }
    }
    const isSaved = answers.some((answer) => answer.status === 'fulfilled');
    if (isSaved) this.#known.set(generation, seq);
    return isSaved;
  }
}

export function createSnapshotStore(options: SnapshotOptions): SnapshotStore {
  return new RedisSnapshotStore(options);
}
