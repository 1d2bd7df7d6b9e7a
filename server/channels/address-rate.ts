/**
 * How often one address may do a thing: a bucket of tokens each, in memory and bounded, since strangers choose their
 * addresses. When too many are known the oldest is forgotten, which only ever lets somebody through.
 */
export interface Rate {
  readonly burst: number;
  readonly perMinute: number;
}

const addressesKnown = 10_000;

export class AddressRate {
  readonly #rate: Rate;
  readonly #nowMs: () => number;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(rate: Rate, nowMs: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#nowMs = nowMs;
  }

  /** Seconds until it may be tried again; 0: go on. */
  take(address: string): number {
    const { burst, perMinute } = this.#rate;
    const now = this.#nowMs();
    const before = this.#buckets.get(address) ?? { tokens: burst, atMs: now };
    const tokens = Math.min(burst, before.tokens + ((now - before.atMs) / 60_000) * perMinute);
    this.#buckets.delete(address);
    this.#buckets.set(address, { tokens: Math.max(0, tokens - 1), atMs: now });
    if (this.#buckets.size > addressesKnown) this.#buckets.delete(this.#buckets.keys().next().value!);
    return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) / perMinute) * 60);
  }
}
