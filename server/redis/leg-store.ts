/**
 * What a restarted server needs to take its legs and registrations over: two hashes in Redis, written behind
 * and never awaited. Everything is kept in memory too; changes of one turn of the loop go out together, and a
 * Redis that came back with less than it had is filled again. The records are the caller's and stay unread.
 */
import type { Logger } from '../lib/log.ts';
import type { RedisClient } from './client.ts';
import { defaultKeys } from './keys.ts';
import type { RedisKeys } from './keys.ts';

export interface RedisLegStore {
  save(legId: string, record: unknown): void;
  remove(legId: string): void;
  saveBinding(phoneId: string, record: unknown): void;
  removeBinding(phoneId: string): void;
  load(): Promise<{ legs: [string, unknown][]; bindings: [string, unknown][] }>;
  /** Resolves when everything saved so far is in Redis, or rejects when Redis is away. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface LegStoreOptions {
  client: RedisClient;
  logger: Logger;
  keys?: RedisKeys;
}

const checkEveryMs = 1000;
const maxFieldsPerCommand = 500;

/** One hash and what it should hold. */
class MirroredHash {
  readonly key: string;
  readonly #records = new Map<string, string>();
  /** Fields that Redis does not know yet; absent from `#records` means removed. */
  readonly #changed = new Set<string>();

  constructor(key: string) {
    this.key = key;
  }
  get size(): number {
    return this.#records.size;
  }
  get isChanged(): boolean {
    return this.#changed.size > 0;
  }

  set(field: string, record: unknown): void {
    const text = JSON.stringify(record);
    if (this.#records.get(field) === text) return;
    this.#records.set(field, text);
    this.#changed.add(field);
  }
  remove(field: string): void {
    this.#records.delete(field);
    this.#changed.add(field);
  }
  adopt(field: string, text: string): void {
    if (!this.#records.has(field) && !this.#changed.has(field)) this.#records.set(field, text);
  }
  changeAll(): void {
    for (const field of this.#records.keys()) this.#changed.add(field);
  }
  change(fields: Iterable<string>): void {
    for (const field of fields) this.#changed.add(field);
  }

  /** The commands that bring Redis up to date, and the fields they are about. */
  takeCommands(): { commands: string[][]; fields: string[] } {
    const fields = [...this.#changed];
    this.#changed.clear();
    const commands: string[][] = [];
    for (let start = 0; start < fields.length; start += maxFieldsPerCommand) {
      const set = ['HSET', this.key];
      const del = ['HDEL', this.key];
      for (const field of fields.slice(start, start + maxFieldsPerCommand)) {
        const text = this.#records.get(field);
        if (text === undefined) del.push(field);
        else set.push(field, text);
      }
      if (set.length > 2) commands.push(set);
      if (del.length > 2) commands.push(del);
    }
    return { commands, fields };
  }
}

class WriteBehindLegStore implements RedisLegStore {
  readonly #client: RedisClient;
  readonly #logger: Logger;
  readonly #legs: MirroredHash;
  readonly #bindings: MirroredHash;
  readonly #timer: NodeJS.Timeout;
  #isPlanned = false;
  #writing: Promise<void> = Promise.resolve();
  #isWarned = false;

  constructor(client: RedisClient, logger: Logger, keys: RedisKeys) {
    this.#client = client;
    this.#logger = logger;
    this.#legs = new MirroredHash(keys.legs);
    this.#bindings = new MirroredHash(keys.bindings);
    client.on('ready', this.#rewrite);
    this.#timer = setInterval(() => void this.#check(), checkEveryMs);
    this.#timer.unref();
  }

  save(legId: string, record: unknown): void {
    this.#legs.set(legId, record);
    this.#plan();
  }
  remove(legId: string): void {
    this.#legs.remove(legId);
    this.#plan();
  }
  saveBinding(phoneId: string, record: unknown): void {
    this.#bindings.set(phoneId, record);
    this.#plan();
  }
  removeBinding(phoneId: string): void {
    this.#bindings.remove(phoneId);
    this.#plan();
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      // While Redis is away changes gather; `ready` brings them all.
      if (this.#client.isReady) this.#write().catch(() => undefined);
    });
  }

  #write(): Promise<void> {
    const work = [this.#legs, this.#bindings].flatMap((hash) => {
      const { commands, fields } = hash.takeCommands();
      if (commands.length === 0) return [];
      return Promise.all(commands.map((command) => this.#client.sendCommand(command))).catch(
        (err: unknown) => {
          hash.change(fields);
          if (!this.#isWarned)
            this.#logger.warn({ err }, 'legs could not be written: tried again when redis is back');
          this.#isWarned = true;
          throw err;
        },
      );
    });
    // Keeps a flush waiting for writes of earlier turns as well.
    const done = Promise.all([this.#writing.catch(() => undefined), ...work]).then(() => {
      this.#isWarned = false;
    });
    this.#writing = done;
    done.catch(() => undefined);
    return done;
  }

  readonly #rewrite = (): void => {
    this.#legs.changeAll();
    this.#bindings.changeAll();
    if (this.#legs.isChanged || this.#bindings.isChanged) this.#plan();
  };

  /** An instance that was emptied without going away tells nobody. */
  async #check(): Promise<void> {
    if (!this.#client.isReady) return;
    if (this.#legs.isChanged || this.#bindings.isChanged) {
      this.#plan();
      return;
    }
    try {
      const expected = [this.#legs.size, this.#bindings.size];
      const sizes = await Promise.all([
        this.#client.hLen(this.#legs.key),
        this.#client.hLen(this.#bindings.key),
      ]);
      if (sizes.some((size, index) => size < expected[index]!)) {
        this.#logger.warn({ expected, sizes }, 'redis has fewer legs than it had: writing them again');
        this.#rewrite();
      }
    } catch {
      // Away: `ready` does the rest.
    }
  }

  async load(): Promise<{ legs: [string, unknown][]; bindings: [string, unknown][] }> {
    const [legs, bindings] = await Promise.all([this.#loadHash(this.#legs), this.#loadHash(this.#bindings)]);
    return { legs, bindings };
  }

  async #loadHash(hash: MirroredHash): Promise<[string, unknown][]> {
    const stored = await this.#client.hGetAll(hash.key);
    const entries: [string, unknown][] = [];
    for (const [field, text] of Object.entries(stored)) {
      try {
        entries.push([field, JSON.parse(text) as unknown]);
        hash.adopt(field, text);
      } catch (err) {
        this.#logger.error({ err, key: hash.key, field }, 'stored leg is unreadable: dropped');
        hash.remove(field);
        this.#plan();
      }
    }
    return entries;
  }

  async flush(): Promise<void> {
    await this.#write();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#client.off('ready', this.#rewrite);
    if (this.#client.isReady) await this.#write().catch(() => undefined);
  }
}

/** On a connection that refuses commands while it is away; it stays its owner's to close. */
export const openLegStore = ({ client, logger, keys = defaultKeys }: LegStoreOptions): RedisLegStore =>
  new WriteBehindLegStore(client, logger, keys);
