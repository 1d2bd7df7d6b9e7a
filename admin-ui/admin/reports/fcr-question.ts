/** What first contact resolution is asked for, and the addresses made of it. Pure. */
import type { FcrFate, FcrInterval, FcrKey, FcrReport, FcrRule } from '../../../server/contract/rest-fcr.ts';
import { midnight, localOf, instantOf, type Period } from '../pages/fairness-period.ts';
import type { PeriodKind } from './report-question.ts';

export const fcrPeriods = ['this-week', 'last-week', 'this-month', 'last-month', 'custom'] as const;
export const fcrKeysShown = ['queue', 'channel', 'agent', 'site'] as const satisfies readonly FcrKey[];
export const fcrIntervalsShown = ['day', 'week', 'month', 'all'] as const satisfies readonly FcrInterval[];
export const [fcrDaysLeast, fcrDaysMost] = [1, 90];

export interface FcrAsked extends FcrRule {
  kind: Extract<PeriodKind, (typeof fcrPeriods)[number]>;
  /** As the inputs have them, on the site's clock. */
  from: string;
  to: string;
  by: FcrKey;
  interval: FcrInterval;
}

export const areDaysFit = (days: number): boolean =>
  Number.isInteger(days) && days >= fcrDaysLeast && days <= fcrDaysMost;

const iso = (at: number) => new Date(at).toISOString();
const ofRule = ({ days, transfers, topic }: FcrRule) => ({ days: String(days), transfers, topic });

export function fcrAddress(asked: FcrAsked, { from, to }: Period): string {
  const { by, interval } = asked;
  const query = new URLSearchParams({ from: iso(from), to: iso(to), by, interval, ...ofRule(asked) });
  return `/api/reports/fcr?${query.toString()}`;
}

/** End of the interval that began at `start`, within the report. */
export function fcrEndOf(start: number, { interval, to, timeZone }: FcrReport): number {
  switch (interval) {
    case 'all':
      return to;
    case 'day':
      return Math.min(to, midnight(start, timeZone, 1));
    case 'week':
      return Math.min(to, midnight(start, timeZone, 7));
    case 'month': {
      const first = new Date(`${localOf(start, timeZone).slice(0, 7)}-01T00:00Z`);
      first.setUTCMonth(first.getUTCMonth() + 1);
      return Math.min(to, instantOf(first.toISOString().slice(0, 16), timeZone));
    }
  }
}

export type FcrPart = FcrFate | 'contacts';
/** The contacts behind a number of a report, as of the instant at which it was counted. */
export interface FcrDrillAsk {
  report: FcrReport;
  /** `queue:main`, and what it is called. */
  scope: string;
  name: string;
  from: number;
  to: number;
  parts: { fate: FcrPart; expected: number }[];
}

export function fcrDrillAddress({ report, scope, from, to }: FcrDrillAsk, fate: FcrPart): string {
  const asOf = iso(report.asOf);
  const query = new URLSearchParams({ from: iso(from), to: iso(to), scope, fate, asOf, ...ofRule(report) });
  return `/api/reports/fcr/contacts?${query.toString()}`;
}
