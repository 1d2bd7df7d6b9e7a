/** What the use cases of figures need of history. */
import type { DriftKey } from '../../contract/drift-facts.ts';
import type { Attribution, CountName } from '../../contract/figures.ts';
import type { FcrDrillRow, FcrFate, FcrInterval, FcrKey, FcrRule } from '../../contract/rest-fcr.ts';
import type {
  DrillPage,
  DrillQuery,
  ReportInterval,
  ReportKey,
  ReportWithin,
} from '../../contract/rest-reports.ts';
import type { CountedFate } from '../../reports/fcr-report.ts';
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

export interface FcrPeriod extends FcrRule {
  from: number;
  to: number;
  /** ms UTC: nothing later is looked at. */
  asOf: number;
  queues?: readonly string[] | undefined;
}
export interface FcrQuestion extends FcrPeriod {
  by: FcrKey;
  interval: FcrInterval;
  timeZone: string;
}
export interface FcrBehindQuestion extends FcrPeriod {
  scope: string;
  fate: FcrFate | 'contacts';
  cursor?: string | undefined;
  limit: number;
}
export interface FcrHit extends Omit<FcrDrillRow, 'contact' | 'repeat'> {
  contactId: string;
  repeat?: { contactId: string; queueId: string; queuedAt: number };
}
export interface FcrBehind {
  items: FcrHit[];
  nextCursor?: string;
  total: number;
}
export interface FirstContactHistory {
  fcr(question: FcrQuestion): Promise<CountedFate[]>;
  fcrContacts(question: FcrBehindQuestion): Promise<FcrBehind>;
}

export interface DriftCountsQuestion {
  scope: string;
  by: DriftKey;
  counts: readonly CountName[];
  /** [from, to), ms UTC, at whole quarters, apart from each other. */
  windows: readonly { from: number; to: number }[];
}
export interface DriftCounts {
  /** `agent:101`; of those without a number `number:`. */
  scope: string;
  /** In the order of the question. */
  sums: number[];
}
export interface DriftHistory {
  driftCounts(question: DriftCountsQuestion): Promise<DriftCounts[]>;
}
export interface ContactsBehind {
  contacts(query: DrillQuery): Promise<DrillPage>;
}
