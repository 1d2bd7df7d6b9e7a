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
import { scopeKindOf } from '../../stats/figure-values.ts';

/** A queue and one channel of it is a scope of boards and alerts, which no report is made by. */
export type HistoryKey = ReportKey | 'queue-channel';
/** What history must be asked by, so that `scope` is among its rows. */
export const historyKeyOf = (scope: string): HistoryKey => {
  const kind = scopeKindOf(scope);
  return kind === 'queue' && scope.includes('/') ? 'queue-channel' : kind;
};

/** [from, to), ms UTC. */
export interface HistoryQuestion {
  from: number;
  to: number;
  by: HistoryKey;
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
/** A question with what it is asked at. */
export interface AskedOfHistory {
  question: HistoryQuestion;
  /** Starts of the intervals that are local days or longer, ascending. */
  starts: readonly number[];
  /** Now: what is running is counted up to it. */
  asOf: number;
}
export interface IntervalsAsked extends AskedOfHistory {
  /** By scope. */
  names: Readonly<Record<string, string>>;
  format: 'json' | 'csv';
}
export interface HistoryAnswer {
  /** How far history was, and when that was. */
  seq: number;
  asOf: number;
  definitions: { version: number; since: number }[];
  rows: HistoryRow[];
}
export interface HistoryFigures {
  report(asked: AskedOfHistory): Promise<HistoryAnswer>;
  /** The counts of contacts again, from the stays themselves. */
  recount(question: HistoryQuestion): Promise<HistoryRow[]>;
  /** The same as a report, as text that is ready to be sent. */
  intervals(asked: IntervalsAsked): Promise<string>;
}
export interface ContactsBehind {
  contacts(query: DrillQuery): Promise<DrillPage>;
}
