/**
 * Opening hours: whether they are open at an instant, and until when that holds. Pure: the instant comes
 * from the caller. Hours are wall-clock times of their zone: open means "a clock on that wall shows a
 * time from `from` up to, not including, `to`, on one of `days`". So a slot that a DST change skips
 * begins after the gap, and in the hour that is lived twice the clock decides both times.
 */
import { DateTime } from 'luxon';
import { weekdays } from '../contract/site.ts';
import type { SiteHours } from '../contract/site.ts';

export interface OpenState {
  isOpen: boolean;
  /** UTC ms of the next change, when there is one within a month. */
  untilMs?: number;
}

const horizonDays = 31;
const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));

function isOpenAt(hours: SiteHours, at: DateTime): boolean {
  if (hours.closedOn.includes(at.toISODate() ?? '')) return false;
  const day = weekdays[at.weekday - 1];
  const minute = at.hour * 60 + at.minute;
  return hours.open.some(
    (slot) =>
      day !== undefined &&
      slot.days.includes(day) &&
      minute >= minutesOf(slot.from) &&
      minute < minutesOf(slot.to),
  );
}

/** Where in a day with two offsets the clock jumps, to the minute. */
function transitionMs(fromMs: number, toMs: number, zone: string): number {
  const offsetAt = (ms: number) => DateTime.fromMillis(ms, { zone }).offset;
  const before = offsetAt(fromMs);
  let [low, high] = [fromMs, toMs];
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000;
    if (offsetAt(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

/** Every instant of a local day at which the answer may change. */
function* boundaries(hours: SiteHours, dayStart: DateTime, zone: string): Generator<number> {
  const nextStart = dayStart.plus({ days: 1 });
  const offsets = new Set([dayStart.offset, nextStart.offset]);
  yield dayStart.toMillis();
  const wallMidnightMs = Date.UTC(dayStart.year, dayStart.month - 1, dayStart.day);
  for (const slot of hours.open)
    for (const clock of [slot.from, slot.to])
      for (const offset of offsets) yield wallMidnightMs + (minutesOf(clock) - offset) * 60_000;
  if (offsets.size > 1) yield transitionMs(dayStart.toMillis(), nextStart.toMillis(), zone);
}

/** The same without looking ahead, which costs a month of days: asked with every call. */
export const isOpenNow = (hours: SiteHours, atMs: number, siteTimeZone = 'UTC'): boolean =>
  isOpenAt(hours, DateTime.fromMillis(atMs, { zone: hours.timeZone ?? siteTimeZone }));

/** `siteTimeZone` holds where the hours name no zone of their own. */
export function isOpen(hours: SiteHours, atMs: number, siteTimeZone = 'UTC'): OpenState {
  const zone = hours.timeZone ?? siteTimeZone;
  const at = DateTime.fromMillis(atMs, { zone });
  const now = isOpenAt(hours, at);
  if (hours.open.length === 0) return { isOpen: false };
  for (let day = 0; day <= horizonDays; day += 1) {
    const candidates = [...boundaries(hours, at.startOf('day').plus({ days: day }), zone)].sort(
      (a, b) => a - b,
    );
    for (const ms of candidates)
      if (ms > atMs && isOpenAt(hours, DateTime.fromMillis(ms, { zone })) !== now)
        return { isOpen: now, untilMs: ms };
  }
  return { isOpen: now };
}
