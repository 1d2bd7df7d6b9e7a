/**
 * What is usual at this time of day, for alerts on a trend: the mean of a figure over the same window, as far into it as now, on
 * past days of the same kind (working days; Saturdays and Sundays). What the stays cannot tell (agents' times, branches) is kept
 * by quarters of an hour: there a window is the whole quarters up to the one that it ends in.
 */
import { figureFacts, type FigureName, type ScopeKind } from '../../contract/figures.ts';
import { countsOf } from '../../stats/figure-cells.ts';
import type { FigureQuestion, FigureSource } from '../../stats/figure-source.ts';
import { figureOf, scopeKindOf } from '../../stats/figure-values.ts';
import { pastDaysOfKind } from '../site-calendar.ts';
import type { HistoryFigures } from './ports.ts';
import { cellsOfScopes } from './scope-cells.ts';

const quarterMs = 15 * 60_000;
const ofAgentTimes: ReadonlySet<FigureName> = new Set([
  'occupancy',
  'occupancy-with-ringing',
  'utilisation',
  'contacts-per-hour',
  'containment',
]);
const ofSlots: ReadonlySet<ScopeKind> = new Set(['branch', 'team', 'agent']);
const quarterOf = (at: number) => at - (at % quarterMs);

export interface UsualDaysParts {
  history: Pick<HistoryFigures, 'report'>;
  figures: Pick<FigureSource, 'window'>;
  timeZone: () => string;
}

export class UsualDays {
  readonly #parts: UsualDaysParts;

  constructor(parts: UsualDaysParts) {
    this.#parts = parts;
  }

  /** Days without such a figure do not count; undefined where none has one. */
  async meanOfInterval(question: FigureQuestion, days: number, now: number): Promise<number | undefined> {
    const window = this.#parts.figures.window(question.window, now);
    if (!window || figureFacts(question.figure).over === 'now') return undefined;
    const zone = this.#parts.timeZone();
    const values: number[] = [];
    for (const day of pastDaysOfKind(window.from, window.to, days, zone)) {
      const value = await this.#on(question, day, zone, now);
      if (value !== undefined) values.push(value);
    }
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
  }

  async #on(
    { figure, scopes, attribution }: FigureQuestion,
    day: { from: number; to: number },
    timeZone: string,
    now: number,
  ): Promise<number | undefined> {
    const kind = scopeKindOf(scopes[0] ?? 'site');
    const isOfSlots = ofSlots.has(kind) || ofAgentTimes.has(figure);
    const to = isOfSlots ? quarterOf(day.to) : day.to;
    const from = isOfSlots ? Math.min(quarterOf(day.from), to - quarterMs) : day.from;
    const question = { from, to, interval: 'all' as const, attribution, timeZone };
    const sums = await cellsOfScopes(this.#parts.history, scopes, { question, starts: [], asOf: now });
    const sum = sums.get(from);
    return sum && figureOf(figure, countsOf(sum), kind);
  }
}
