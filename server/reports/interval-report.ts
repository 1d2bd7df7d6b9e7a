/** An interval report as it crosses the wire: counts with every figure made of them, as JSON or as a file. Pure. */
import { type FigureName, figureNames, figureFacts, countNames } from '../contract/figures.ts';
import type { HistoryRow } from '../app/figures/ports.ts';
import type { ReportRow } from '../contract/rest-reports.ts';
import { countsOf } from '../stats/figure-cells.ts';
import { figureOf, scopeKindOf } from '../stats/figure-values.ts';

/** Figures over a window, in the order of the catalogue; how things stand now is no report's business. */
export const reportFigures: readonly FigureName[] = figureNames.filter(
  (name) => figureFacts(name).over === 'window',
);

export function toReportRow(
  { start, scope, cell }: HistoryRow,
  names: Readonly<Record<string, string>>,
): ReportRow {
  const counts = countsOf(cell);
  const kind = scopeKindOf(scope);
  const figures: ReportRow['figures'] = {};
  for (const name of reportFigures) {
    const value = figureOf(name, counts, kind);
    if (value !== undefined) figures[name] = value;
  }
  return { start, scope, name: names[scope] ?? scope.slice(scope.indexOf(':') + 1), counts, figures };
}

/** One line of the file; shares as such, times in ms, instants in ISO 8601. */
export const reportHeader: readonly string[] = [
  'start',
  'scope',
  'name',
  ...countNames,
  'longestWaitMs',
  ...reportFigures,
];

export const reportCells = (row: ReportRow): (string | number | undefined)[] => [
  new Date(row.start).toISOString(),
  row.scope,
  row.name,
  ...countNames.map((name) => row.counts[name]),
  row.counts.longestWaitMs,
  ...reportFigures.map((name) => row.figures[name]),
];
