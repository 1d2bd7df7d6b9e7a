/**
 * What is usual at this time of day, for alerts on a trend: the mean of a figure over the same window, as far into it as now, on
 * past days of the same kind (working days; Saturdays and Sundays).
 */
import { figureFacts } from '../../contract/figures.ts';
import { addCell, type Cell, countsOf } from '../../stats/figure-cells.ts';
import type { FigureQuestion, FigureSource } from '../../stats/figure-source.ts';
import { figureOf, scopeKindOf } from '../../stats/figure-values.ts';
import { pastDaysOfKind } from '../site-calendar.ts';
import type { HistoryFigures } from './ports.ts';

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
      const value = await this.#on(question, day.from, day.to, zone);
      if (value !== undefined) values.push(value);
    }
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
  }

  async #on(
    { figure, scopes, attribution }: FigureQuestion,
    from: number,
    to: number,
    timeZone: string,
  ): Promise<number | undefined> {
    const kind = scopeKindOf(scopes[0] ?? 'site');
    const { rows } = await this.#parts.history.report({
      question: { from, to, by: kind, interval: 'all', attribution, timeZone },
      starts: [],
      asOf: to,
    });
    let sum: Cell | undefined;
    for (const { scope, cell } of rows) {
      if (!scopes.includes(scope)) continue;
      if (sum) addCell(sum, cell);
      else sum = cell;
    }
    return sum && figureOf(figure, countsOf(sum), kind);
  }
}
