/**
 * Short-lived bearer values kept in memory: tickets of live sockets (one use) and playback grants (many uses, one
 * owner). Memory is right here: they live for seconds to minutes, and a restarted server had better forget them.
 * Bounded: the oldest go first.
 */
import type { Clock } from './ports.ts';
import { randomToken, sha256Hex } from './secrets.ts';

export class ShortLived<T extends { owner: string }> {
  readonly #entries = new Map<string, { value: T; expiresAt: number }>();
  readonly #clock: Clock;
  readonly #lifeMs: number;
  readonly #maxCount: number;

  constructor(clock: Clock, lifeMs: number, maxCount = 10_000) {
    this.#clock = clock;
    this.#lifeMs = lifeMs;
    this.#maxCount = maxCount;
  }

  issue(value: T): { token: string; expiresAt: number } {
    this.#prune();
    const token = randomToken();
    const expiresAt = this.#clock.now() + this.#lifeMs;
    this.#entries.set(sha256Hex(token), { value, expiresAt });
    return { token, expiresAt };
  }

  /** Reads and removes. */
  redeem(token: string): T | undefined {
    const value = this.look(token);
    this.#entries.delete(sha256Hex(token));
    return value;
  }

  look(token: string): T | undefined {
    const entry = this.#entries.get(sha256Hex(token));
    return entry && this.#clock.now() < entry.expiresAt ? entry.value : undefined;
  }

  voidOwner(owner: string): void {
    for (const [key, entry] of this.#entries) if (entry.value.owner === owner) this.#entries.delete(key);
  }

  /** All live equally long, so insertion order is expiry order. */
  #prune(): void {
    const now = this.#clock.now();
    for (const [key, entry] of this.#entries) {
      if (entry.expiresAt > now && this.#entries.size < this.#maxCount) return;
      this.#entries.delete(key);
    }
  }
}
