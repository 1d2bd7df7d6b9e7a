/**
 * A figure by interval of the day, beside yesterday and the same weekday of last week, for boards. History is asked at most once
 * in half a minute for each distinct question, and only while somebody looks; a board takes what is there.
 */
import { figureFacts, type FigureName } from '../../contract/figures.ts';
import type { IntradayData } from '../../contract/boards.ts';
import type { Logger } from '../../lib/log.ts';
import { countsOf } from '../../stats/figure-cells.ts';
import { figureOf, scopeKindOf } from '../../stats/figure-values.ts';
import { dayStartOf, nextDayOf, sameDayBefore } from '../site-calendar.ts';
import type { IntradayQuestion, IntradaySource } from '../boards/ports.ts';
import type { HistoryFigures } from './ports.ts';
import { cellsOfScopes } from './scope-cells.ts';

export interface IntradayParts {
  history: HistoryFigures;
  timeZone: () => string;
  now: () => number;
  logger: Logger;
}

const refreshMs = 30_000;
const forgetMs = 120_000;
const questionsAtMost = 200;

interface Entry {
  data: IntradayData | undefined;
  askedAt: number;
  refreshedAt: number;
  isBusy: boolean;
}

export class Intraday implements IntradaySource {
  readonly #parts: IntradayParts;
  readonly #entries = new Map<string, Entry>();

  constructor(parts: IntradayParts) {
    this.#parts = parts;
  }

  /** Undefined until history has answered for the first time. */
  series(question: IntradayQuestion): IntradayData | undefined {
    const now = this.#parts.now();
    const id = JSON.stringify(question);
    let entry = this.#entries.get(id);
    if (!entry) {
      this.#forget(now);
      if (this.#entries.size >= questionsAtMost) return undefined;
      entry = { data: undefined, askedAt: now, refreshedAt: -Infinity, isBusy: false };
      this.#entries.set(id, entry);
    }
    entry.askedAt = now;
    if (!entry.isBusy && now - entry.refreshedAt >= refreshMs) void this.#refresh(entry, question);
    return entry.data;
  }

  #forget(now: number): void {
    for (const [id, { askedAt }] of this.#entries) if (now - askedAt > forgetMs) this.#entries.delete(id);
  }

  async #refresh(entry: Entry, question: IntradayQuestion): Promise<void> {
    entry.isBusy = true;
    try {
      entry.data = await this.#read(question);
    } catch (err) {
      this.#parts.logger.warn({ err }, 'the course of the day could not be read');
    } finally {
      entry.refreshedAt = this.#parts.now();
      entry.isBusy = false;
    }
  }

  async #read({ scopes, figure, minutes }: IntradayQuestion): Promise<IntradayData> {
    const { timeZone, now } = this.#parts;
    const [zone, at] = [timeZone(), now()];
    const from = dayStartOf(at, zone);
    const lengthMs = minutes * 60_000;
    const starts: number[] = [];
    for (let start = from; start < nextDayOf(at, zone); start += lengthMs) starts.push(start);
    const of = async (dayStart: number) => this.#day(scopes, figure, minutes, dayStart, starts.length);
    const today = await of(from);
    return {
      starts,
      today: today.map((value, i) => (starts[i]! > at ? null : value)),
      yesterday: await of(sameDayBefore(from, 1, zone)),
      lastWeek: await of(sameDayBefore(from, 7, zone)),
    };
  }

  async #day(
    scopes: readonly string[],
    figure: FigureName,
    minutes: 15 | 30 | 60,
    dayStart: number,
    count: number,
  ): Promise<(number | null)[]> {
    const { history, timeZone, now } = this.#parts;
    const kind = scopeKindOf(scopes[0] ?? 'site');
    const to = dayStart + count * minutes * 60_000;
    const sums = await cellsOfScopes(history, scopes, {
      question: {
        from: dayStart,
        to,
        interval: String(minutes) as '15' | '30' | '60',
        attribution: 'event',
        timeZone: timeZone(),
      },
      starts: [],
      asOf: now(),
    });
    return Array.from({ length: count }, (_, i) => {
      const cell = sums.get(dayStart + i * minutes * 60_000);
      // Of what is counted, nothing is 0; a mean of nothing does not exist.
      const none = figureFacts(figure).unit === 'count' ? 0 : null;
      return (cell && figureOf(figure, countsOf(cell), kind)) ?? none;
    });
  }
}
