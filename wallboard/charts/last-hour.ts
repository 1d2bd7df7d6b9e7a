/**
 * The sixty minutes of the chart, laid into arrays that are made once and written in place: a board that
 * runs for a month must hold as much memory as on its first day (N16). Pure apart from those arrays.
 */
import type { MinuteLive } from '../../server/contract/live.ts';

export const minutesShown = 60;
const minuteMs = 60_000;

export interface HourSeries {
  /** Start of each minute, ms UTC, oldest first. */
  starts: number[];
  offered: number[];
  answered: number[];
  abandoned: number[];
}

export function createHourSeries(): HourSeries {
  const zeros = () => Array.from({ length: minutesShown }, () => 0);
  return { starts: zeros(), offered: zeros(), answered: zeros(), abandoned: zeros() };
}

/** Minutes that the server does not name had no event, and are zero. */
export function layHour(series: HourSeries, lastHour: Record<string, MinuteLive>, serverNowMs: number): void {
  const newest = Math.floor(serverNowMs / minuteMs) * minuteMs;
  for (let index = 0; index < minutesShown; index += 1) {
    const start = newest - (minutesShown - 1 - index) * minuteMs;
    const minute = lastHour[String(start)];
    series.starts[index] = start;
    series.offered[index] = minute?.offered ?? 0;
    series.answered[index] = minute?.answered ?? 0;
    series.abandoned[index] = minute?.abandoned ?? 0;
  }
}
