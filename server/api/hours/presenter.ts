/** Calendars as the screens read them. */
import { maxNumbersListed } from '../../contract/hours.ts';
import type { HoursList, HoursWeek } from '../../contract/hours.ts';
import { dayNumberOf } from '../../contract/site-hours.ts';
import { dateOf, explain, isOpen, nextChange, openSpans, specialDays } from '../../config/hours.ts';
import type { HoursCalendar } from '../../config/hours.ts';
import type { HoursSite } from '../../config/hours-simulation.ts';

const lookAheadDays = 400;
const maxSpecial = 40;

export function presentHours(site: HoursSite, nowMs: number): HoursList {
  const { numbers, hours } = site.site;
  const counts = new Map<string, number>();
  for (const { hours: id } of numbers) if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
  return {
    timeZone: site.site.site.timeZone,
    calendars: hours.flatMap(({ id }) => {
      const calendar = site.hoursCalendar(id);
      if (!calendar) return [];
      const { name, timeZone } = calendar;
      return [{ id, name, timeZone, isOpen: isOpen(calendar, nowMs), numberCount: counts.get(id) ?? 0 }];
    }),
    numbers: numbers.slice(0, maxNumbersListed).map(({ number, name, hours: id }) => ({
      number,
      ...(name !== undefined && { name }),
      ...(id !== undefined && { hours: id }),
    })),
  };
}

export function presentWeek(calendar: HoursCalendar, nowMs: number, date: string | undefined): HoursWeek {
  const { id, name, timeZone } = calendar;
  const { isOpen: isOpenNow, rule, local } = explain(calendar, nowMs);
  const today = local.slice(0, 10);
  const asked = dayNumberOf(date ?? today);
  // 1970-01-01 was a Thursday.
  const monday = asked - ((((asked + 3) % 7) + 7) % 7);
  const changesAt = nextChange(calendar, nowMs);
  return {
    id,
    name,
    timeZone,
    isOpen: isOpenNow,
    rule,
    ...(changesAt !== undefined && { changesAt }),
    today,
    nowMin: Number(local.slice(11, 13)) * 60 + Number(local.slice(14, 16)),
    days: [0, 1, 2, 3, 4, 5, 6].map((n) => ({
      date: dateOf(monday + n),
      rule: calendar.planOf(monday + n).rule,
      spans: openSpans(calendar, monday + n),
    })),
    special: specialDays(calendar, dayNumberOf(today), lookAheadDays, maxSpecial),
  };
}
