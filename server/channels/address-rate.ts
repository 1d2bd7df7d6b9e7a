/**
 * How often one address may do a thing: a bucket of tokens each, in memory and bounded, since strangers choose their
 * addresses. When too many are known the oldest is forgotten, which only ever lets somebody through.
 */
export interface Rate {
  readonly burst: number;
  readonly perMinute: number;
}

export const addressesKnown = 10_000;
/** Times and shares are not whole numbers: who comes when told to is let in. */
const roundingError = 1e-6;

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
    const isIn = tokens >= 1 - roundingError;
    this.#buckets.delete(address);
    // A refused try costs nothing: else whoever asks again too soon would wait for ever.
    this.#buckets.set(address, isIn ? { tokens: Math.max(0, tokens - 1), atMs: now } : before);
    if (this.#buckets.size > addressesKnown) this.#buckets.delete(this.#buckets.keys().next().value!);
    return isIn ? 0 : Math.max(1, Math.ceil(((1 - tokens) / perMinute) * 60 - roundingError));
  }
}
