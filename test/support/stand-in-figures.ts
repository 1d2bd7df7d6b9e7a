/** Live figures that a test sets by hand, by `figure scope`; what is not set is not there. */
import { type FigureCounts, type FigureName, countNames } from '../../server/contract/figures.ts';
import type { FigureQuestion, FigureSource } from '../../server/stats/figure-source.ts';

export const countsOf = (counts: Partial<FigureCounts>): FigureCounts => ({
  ...(Object.fromEntries(countNames.map((name) => [name, 0])) as FigureCounts),
  longestWaitMs: 0,
  ...counts,
});

export class StandInFigures implements FigureSource {
  readonly values = new Map<string, number>();
  /** By scope, or by `scope window`. */
  readonly offered = new Map<string, number>();
  dayFrom = 0;
  asked = 0;

  set(figure: FigureName, value: number | undefined, scope = 'site'): void {
    if (value === undefined) this.values.delete(`${figure} ${scope}`);
    else this.values.set(`${figure} ${scope}`, value);
  }

  figure({ figure, scopes }: FigureQuestion): number | undefined {
    this.asked += 1;
    return this.values.get(`${figure} ${scopes[0]}`);
  }

  figureBefore(): undefined {
    return undefined;
  }

  counts({ scopes, window }: Omit<FigureQuestion, 'figure'>): FigureCounts | undefined {
    const offered = this.offered.get(`${scopes[0]} ${window}`) ?? this.offered.get(scopes[0]!);
    return offered === undefined ? undefined : countsOf({ offered });
  }

  window(_window: unknown, now: number): { from: number; to: number } {
    return { from: this.dayFrom, to: now + 1 };
  }
}
