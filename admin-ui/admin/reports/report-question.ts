/**
 * What a report is asked for: a period as people name it, on the clock of the site, and the addresses made of it. Intervals end
 * where the next begins: local days, weeks and months by the calendar of the site, whatever the clock did in them. Pure.
 */
import type { Attribution } from '../../../server/contract/figure-facts.ts';
import type {
  DrillCount,
  IntervalReport,
  ReportInterval,
  ReportKey,
} from '../../../server/contract/rest-reports.ts';
import { instantOf, localOf, midnight, type Period } from '../pages/fairness-period.ts';

export const periodKinds = [
  'today',
  'yesterday',
  'this-week',
  'last-week',
  'this-month',
  'last-month',
  'custom',
] as const;
export type PeriodKind = (typeof periodKinds)[number];
export const keysShown = ['queue', 'agent', 'team', 'channel', 'number', 'trunk', 'site'] as const;
export const intervalsShown = ['15', '30', '60', 'day', 'week', 'month', 'all'] as const;

export interface Question {
  kind: PeriodKind;
  /** As the inputs have them, on the site's clock. */
  from: string;
  to: string;
  by: ReportKey;
  interval: ReportInterval;
  attribution: Attribution;
  /** None: all. */
  queues: readonly string[];
}

const dayMs = 86_400_000;
const quarterMs = 900_000;
/** As the server has it: a year and a day more, and the hour of a clock put back. */
const longestMs = 367 * dayMs + 3_600_000;
/** Quarters of an hour of longer periods are more lines than anybody reads. */
const minutesAtMostMs = 32 * dayMs;

/** Monday is 0. */
const weekday = (local: string) => (new Date(`${local.slice(0, 10)}T00:00Z`).getUTCDay() + 6) % 7;

function monthStart(local: string, monthsOn: number, zone: string): number {
  const first = new Date(`${local.slice(0, 7)}-01T00:00Z`);
  first.setUTCMonth(first.getUTCMonth() + monthsOn);
  return instantOf(first.toISOString().slice(0, 16), zone);
}

/** Undefined where it is none, longer than the server answers, or not of whole quarters of an hour. */
export function periodOf(
  { kind, from, to }: Pick<Question, 'kind' | 'from' | 'to'>,
  now: number,
  zone: string,
): Period | undefined {
  const day = (daysOn: number) => midnight(now, zone, daysOn);
  const local = localOf(now, zone);
  const monday = -weekday(local);
  switch (kind) {
    case 'today':
      return { from: day(0), to: day(1) };
    case 'yesterday':
      return { from: day(-1), to: day(0) };
    case 'this-week':
      return { from: day(monday), to: day(monday + 7) };
    case 'last-week':
      return { from: day(monday - 7), to: day(monday) };
    case 'this-month':
      return { from: monthStart(local, 0, zone), to: monthStart(local, 1, zone) };
    case 'last-month':
      return { from: monthStart(local, -1, zone), to: monthStart(local, 0, zone) };
    case 'custom': {
      const period = { from: instantOf(from, zone), to: instantOf(to, zone) };
      const isWhole = period.from % quarterMs === 0 && period.to % quarterMs === 0;
      return isWhole && period.from < period.to && period.to - period.from <= longestMs ? period : undefined;
    }
  }
}

export const isMinutes = (interval: ReportInterval): boolean => /^\d+$/.test(interval);
export const mayBeMinutes = ({ from, to }: Period): boolean => to - from <= minutesAtMostMs;

/** What agents do is counted when they do it. */
export const attributionOf = ({ by, attribution }: Pick<Question, 'by' | 'attribution'>): Attribution =>
  by === 'agent' || by === 'team' ? 'event' : attribution;

const iso = (at: number) => new Date(at).toISOString();
const ofQueues = (queues: readonly string[]) => (queues.length > 0 ? { queues: queues.join(',') } : {});

export function reportAddress(question: Question, { from, to }: Period, interval: ReportInterval): string {
  const query = new URLSearchParams({
    from: iso(from),
    to: iso(to),
    by: question.by,
    interval,
    attribution: attributionOf(question),
    ...ofQueues(question.queues),
  });
  return `/api/reports/intervals?${query.toString()}`;
}

/** End of the interval that began at `start`, within the report. */
export function endOf(start: number, { interval, to, timeZone }: IntervalReport): number {
  const end = () => {
    switch (interval) {
      case 'all':
        return to;
      case 'day':
        return midnight(start, timeZone, 1);
      case 'week':
        return midnight(start, timeZone, 7);
      case 'month':
        return monthStart(localOf(start, timeZone), 1, timeZone);
      default:
        return start + Number(interval) * 60_000;
    }
  };
  return Math.min(to, end());
}

/** The contacts behind some counts of one scope in one window. */
export interface DrillAsk {
  title: string;
  /** `queue:main`, and what it is called. */
  scope: string;
  name: string;
  from: number;
  to: number;
  timeZone: string;
  attribution: Attribution;
  queues: readonly string[];
  /** What the number is made of, the numerator first; with what the page says of each, where it says it. */
  parts: { count: DrillCount; expected?: number }[];
  /** When the page's number was counted. */
  countedAt: number;
}

export function drillAddress(ask: DrillAsk, count: DrillCount): string {
  const query = new URLSearchParams({
    from: iso(ask.from),
    to: iso(ask.to),
    scope: ask.scope,
    count,
    attribution: ask.attribution,
    ...ofQueues(ask.queues),
  });
  return `/api/figures/contacts?${query.toString()}`;
}
