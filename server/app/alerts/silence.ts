/**
 * When something was last offered to a scope, found by looking at its counts again and again: live figures hold no such
 * instant. Today's count is looked at, since it only grows; at midnight it begins anew. At the first look, after a start,
 * the rolling windows say how long nothing came, as far back as they reach.
 */
import type { FigureSource } from '../../stats/figure-source.ts';

interface Seen {
  readonly offered: number;
  readonly dayFrom: number;
  readonly grewAt: number;
}

const rolling = [
  ['rolling-60', 60],
  ['rolling-15', 15],
  ['rolling-5', 5],
] as const;

export class SilenceWatch {
  readonly #source: FigureSource;
  readonly #seen = new Map<string, Seen>();

  constructor(source: FigureSource) {
    this.#source = source;
  }

  /** ms UTC; `notAfter`: known from elsewhere, of a scope that is looked at for the first time. */
  offeredAt(scope: string, now: number, notAfter = Number.POSITIVE_INFINITY): number {
    const offered = this.#offered(scope, 'today', now);
    const dayFrom = this.#source.window('today', now)?.from ?? 0;
    const seen = this.#seen.get(scope);
    const grewAt = seen
      ? hasGrown(seen, offered, dayFrom)
        ? now
        : seen.grewAt
      : this.#firstLook(scope, now, notAfter);
    this.#seen.set(scope, { offered, dayFrom, grewAt });
    return grewAt;
  }

  /** Scopes that no rule asks about any more. */
  keepOnly(scopes: ReadonlySet<string>): void {
    for (const scope of this.#seen.keys()) if (!scopes.has(scope)) this.#seen.delete(scope);
  }

  #offered(scope: string, window: 'today' | (typeof rolling)[number][0], now: number): number {
    return this.#source.counts({ scopes: [scope], window, attribution: 'event' }, now)?.offered ?? 0;
  }

  #firstLook(scope: string, now: number, notAfter: number): number {
    for (const [window, minutes] of rolling)
      if (this.#source.window(window, now) && this.#offered(scope, window, now) === 0)
        return minutes === 60 ? Math.min(now - 3_600_000, notAfter) : now - minutes * 60_000;
    return now;
  }
}

function hasGrown(seen: Seen, offered: number, dayFrom: number): boolean {
  return dayFrom === seen.dayFrom ? offered > seen.offered : offered > 0;
}
