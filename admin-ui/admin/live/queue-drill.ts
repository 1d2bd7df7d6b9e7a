/** From a number of today on the live page to the contacts behind it: since the site's midnight, until now, by event. */
import type { FigureName } from '../../../server/contract/figure-facts.ts';
import type { BoardState } from '../../../server/contract/live.ts';
import { figureName } from '../../shared/figure-names.ts';
import { language } from '../reading.ts';
import { partsOf } from '../reports/report-columns.ts';
import type { DrillAsk } from '../reports/report-question.ts';
import { scopeText } from '../reports/report-text.ts';

/** What is open, and how to open more. */
export interface LiveDrill {
  open: (ask: DrillAsk) => void;
  /** Server's clock, s. */
  nowSec: () => number;
}

/** Figures made of one count say what the page shows; of a share the page knows its value alone. */
export function liveAsk(
  board: BoardState,
  nowSec: number,
  figure: FigureName,
  shown: number | undefined,
  queueId?: string,
): DrillAsk {
  const scope = queueId === undefined ? 'site' : `queue:${queueId}`;
  const counts = partsOf(figure);
  const isCount = counts.length === 1 && shown !== undefined;
  // The second in hand is on the page already.
  const to = (nowSec + 1) * 1000;
  return {
    title: figureName(language.value, figure),
    scope,
    name: scopeText(scope, board.queues[queueId ?? '']?.name ?? scope),
    from: board.dayStart,
    to: Math.max(to, board.dayStart + 1),
    timeZone: board.site.timeZone,
    attribution: 'event',
    queues: [],
    parts: counts.map((count) => (isCount ? { count, expected: shown } : { count })),
    countedAt: nowSec * 1000,
  };
}
