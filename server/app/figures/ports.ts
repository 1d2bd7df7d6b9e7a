/** What the use cases of figures need of history. */
import type { Attribution } from '../../contract/figures.ts';
import type {
  DrillPage,
  DrillQuery,
  ReportInterval,
  ReportKey,
  ReportWithin,
} from '../../contract/rest-reports.ts';
import type { Cell } from '../../stats/figure-cells.ts';

export interface HistoryQuestion {
  from: number;
  to: number;
  by: ReportKey;
  interval: ReportInterval;
  attribution: Attribution;
  timeZone: string;
  queues?: readonly string[] | undefined;
  within?: ReportWithin | undefined;
}
export interface HistoryRow {
  /** Of the interval, ms UTC. */
  start: number;
  scope: string;
  cell: Cell;
}
/** A question with what it is asked at: `starts` of intervals that are local days or longer. */
export interface AskedOfHistory {
  question: HistoryQuestion;
  starts: readonly number[];
  asOf: number;
}
export interface HistoryFigures {
  report(
    asked: AskedOfHistory,
  ): Promise<{ seq: number; definitions: { version: number; since: number }[]; rows: HistoryRow[] }>;
  recount(question: HistoryQuestion): Promise<HistoryRow[]>;
  /** The same as a report, as text that is ready to be sent. */
  intervals(
    asked: AskedOfHistory & { names: Readonly<Record<string, string>>; format: 'json' | 'csv' },
  ): Promise<string>;
}
export interface ContactsBehind {
  contacts(query: DrillQuery): Promise<DrillPage>;
}
