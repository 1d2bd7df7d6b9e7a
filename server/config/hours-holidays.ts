/**
 * The bundled holidays as rules: fixed dates and offsets from Easter, so that they hold in every year and need no yearly
 * release. What a government moves by decree (the transferred working days of Russia) cannot be a rule: it comes as an
 * iCal file or as exceptions. Pure: dates are whole days since 1970.
 *
 * it: law 260/1949 and its changes (4 October since law 151/2025). ru: article 112 of the Labour Code.
 * eu: the closing days of TARGET2, as the ECB set them in 2000; Saturdays and Sundays are for the week to say.
 */
import { holidaySets } from '../contract/site-hours.ts';
import type { HolidaySet } from '../contract/site-hours.ts';

type HolidayRule =
  | { month: number; days: readonly number[]; sinceYear?: number }
  /** Days after Easter Sunday of the western churches. */
  | { easter: number };

const on = (month: number, ...days: number[]): HolidayRule => ({ month, days });

const rules: { [S in HolidaySet]: Record<(typeof holidaySets)[S][number], HolidayRule> } = {
  it: {
    'new-year': on(1, 1),
    epiphany: on(1, 6),
    'easter-sunday': { easter: 0 },
    'easter-monday': { easter: 1 },
    'liberation-day': on(4, 25),
    'labour-day': on(5, 1),
    'republic-day': on(6, 2),
    assumption: on(8, 15),
    'st-francis': { month: 10, days: [4], sinceYear: 2026 },
    'all-saints': on(11, 1),
    'immaculate-conception': on(12, 8),
    christmas: on(12, 25),
    'st-stephen': on(12, 26),
  },
  ru: {
    'new-year': on(1, 1),
    'new-year-holidays': on(1, 2, 3, 4, 5, 6, 8),
    'orthodox-christmas': on(1, 7),
    'defender-day': on(2, 23),
    'womens-day': on(3, 8),
    'labour-day': on(5, 1),
    'victory-day': on(5, 9),
    'russia-day': on(6, 12),
    'unity-day': on(11, 4),
  },
  eu: {
    'new-year': on(1, 1),
    'good-friday': { easter: -2 },
    'easter-monday': { easter: 1 },
    'labour-day': on(5, 1),
    christmas: on(12, 25),
    'second-christmas-day': on(12, 26),
  },
};

const dayMs = 86_400_000;

/** Easter Sunday of the Gregorian calendar, days since 1970. The computus as Butcher wrote it down in 1876. */
export function easterDay(year: number): number {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = Math.floor(b / 4);
  const e = b % 4;
  const g = Math.floor((8 * b + 13) / 25);
  const h = (19 * a + b - d - g + 15) % 30;
  const i = Math.floor(c / 4);
  const k = c % 4;
  const l = (32 + 2 * e + 2 * i - h - k) % 7;
  const m = Math.floor((a + 11 * h + 19 * l) / 433);
  const month = Math.floor((h + l - 7 * m + 90) / 25);
  const day = (h + l - 7 * m + 33 * month + 19) % 32;
  return Date.UTC(year, month - 1, day) / dayMs;
}

function falls(rule: HolidayRule, day: number, date: Date): boolean {
  const year = date.getUTCFullYear();
  if ('easter' in rule) return easterDay(year) + rule.easter === day;
  return (
    date.getUTCMonth() + 1 === rule.month &&
    rule.days.includes(date.getUTCDate()) &&
    year >= (rule.sinceYear ?? year)
  );
}

/** The holidays of the set on that day, in the order of the set: two may meet, as on 25 April 2011. */
export function bundledHolidays(set: HolidaySet, day: number): string[] {
  const date = new Date(day * dayMs);
  const ofSet: Record<string, HolidayRule> = rules[set];
  return holidaySets[set].filter((key) => {
    const rule = ofSet[key];
    return rule !== undefined && falls(rule, day, date);
  });
}
