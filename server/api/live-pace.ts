/**
 * How often the trees of boards are made: with every flush, unless making them holds the loop for too long. Then they rest, so
 * that they take a quarter of the time at most and calls go first. Has no timers.
 */
const freeMs = 20;
const restFactor = 3;
/** The cheapest of so many looks is what boards cost: one that took longer was held up by something else. */
const looksCompared = 4;

export class BoardsPace {
  #spentMs: readonly number[] = [];
  #fromMs = -Infinity;

  /** Not above 0: they may be made now. */
  restMs(nowMs: number): number {
    return this.#fromMs - nowMs;
  }

  took(spentMs: number, nowMs: number): void {
    this.#spentMs = [spentMs, ...this.#spentMs].slice(0, looksCompared);
    const costMs = Math.min(...this.#spentMs);
    if (costMs > freeMs && this.#spentMs.length === looksCompared) this.#fromMs = nowMs + restFactor * costMs;
  }
}
