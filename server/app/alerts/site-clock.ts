/**
 * Spans of the site's clock on the wall: quiet hours, and the hours in which silence counts. Pure. In a span means "a clock on
 * that wall shows a time from `from` up to, not including, `to`", as opening hours are read (config/hours.ts): an end that a
 * change of the clock skips is over at the change, and in the hour that is lived twice the clock decides both times.
 */
import { DateTime } from 'luxon';
import type { ClockSpan } from '../../contract/alerts.ts';

const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

function isWithin(minute: number, { from, to }: ClockSpan): boolean {
  const [first, last] = [minuteOf(from), minuteOf(to)];
  return first < last ? minute >= first && minute < last : minute >= first || minute < last;
}

export function isInSpan(span: ClockSpan, timeZone: string, now: number): boolean {
  const local = DateTime.fromMillis(now, { zone: timeZone });
  return isWithin(local.hour * 60 + local.minute, span);
}

/** When the span began that `now` is in; undefined outside of it. */
export function spanBeganAt(span: ClockSpan, timeZone: string, now: number): number | undefined {
  const local = DateTime.fromMillis(now, { zone: timeZone });
  const minute = local.hour * 60 + local.minute;
  if (!isWithin(minute, span)) return undefined;
  const first = minuteOf(span.from);
  const day = minute < first ? local.minus({ days: 1 }) : local;
  const began = day.set({ hour: Math.floor(first / 60), minute: first % 60, second: 0, millisecond: 0 });
  return Math.min(now, began.toMillis());
}
