/** Counts out of history of the scopes of one figure, added up by interval. */
import { addCell, type Cell } from '../../stats/figure-cells.ts';
import { type AskedOfHistory, type HistoryFigures, historyKeyOf, type HistoryQuestion } from './ports.ts';

/** By start of the interval; nothing for those in which nothing was counted. `scopes` are of one kind, queues with or without a channel. */
export async function cellsOfScopes(
  history: Pick<HistoryFigures, 'report'>,
  scopes: readonly string[],
  { question, ...asked }: Omit<AskedOfHistory, 'question'> & { question: Omit<HistoryQuestion, 'by'> },
): Promise<Map<number, Cell>> {
  const sums = new Map<number, Cell>();
  for (const by of new Set(scopes.map(historyKeyOf))) {
    const { rows } = await history.report({ ...asked, question: { ...question, by } });
    for (const { start, scope, cell } of rows) {
      if (!scopes.includes(scope)) continue;
      const sum = sums.get(start);
      if (sum) addCell(sum, cell);
      else sums.set(start, cell);
    }
  }
  return sums;
}
