/** Rules, dates and times of opening hours in the reader's language. Dates are the calendar's own, so no zone moves them. */
import type { HoursRule, OpenSpan } from '../../../server/contract/hours.ts';
import type { BundledHoliday, HolidaySet } from '../../../server/contract/site-hours.ts';
import { fill } from '../../shared/words.ts';
import { language, words, type TextKey } from '../reading.ts';

const holidayWord: Record<BundledHoliday, TextKey> = {
  'new-year': 'holidayNewYear',
  epiphany: 'holidayEpiphany',
  'good-friday': 'holidayGoodFriday',
  'easter-sunday': 'holidayEasterSunday',
  'easter-monday': 'holidayEasterMonday',
  'liberation-day': 'holidayLiberationDay',
  'labour-day': 'holidayLabourDay',
  'republic-day': 'holidayRepublicDay',
  assumption: 'holidayAssumption',
  'st-francis': 'holidayStFrancis',
  'all-saints': 'holidayAllSaints',
  'immaculate-conception': 'holidayImmaculateConception',
  christmas: 'holidayChristmas',
  'st-stephen': 'holidayStStephen',
  'second-christmas-day': 'holidaySecondChristmasDay',
  'new-year-holidays': 'holidayNewYearHolidays',
  'orthodox-christmas': 'holidayOrthodoxChristmas',
  'defender-day': 'holidayDefenderDay',
  'womens-day': 'holidayWomensDay',
  'victory-day': 'holidayVictoryDay',
  'russia-day': 'holidayRussiaDay',
  'unity-day': 'holidayUnityDay',
};
const setWord: Record<HolidaySet, TextKey> = { it: 'hoursSetIt', ru: 'hoursSetRu', eu: 'hoursSetEu' };

const lookUp = (table: Readonly<Record<string, TextKey>>, key: string): string => {
  const word = table[key];
  return word === undefined ? key : words.value[word];
};

/** What the day is called where there is room for a name only; nothing for an ordinary day of the week. */
export function dayName(rule: HoursRule): string | undefined {
  switch (rule.kind) {
    case 'weekday':
      return undefined;
    case 'holiday':
      return lookUp(holidayWord, rule.holiday);
    case 'calendar-holiday':
      return rule.holiday;
    case 'exception':
      return rule.name;
    case 'closed-on':
      return words.value.hoursRuleClosedOn;
  }
}

/** Why it is so, in full. `date` is the one whose rule it is. */
export function ruleText(rule: HoursRule, date: string): string {
  const w = words.value;
  switch (rule.kind) {
    case 'weekday':
      return format(date, { weekday: 'long' });
    case 'holiday':
      return fill(w.hoursRuleHoliday, {
        name: lookUp(holidayWord, rule.holiday),
        set: lookUp(setWord, rule.set),
      });
    case 'calendar-holiday':
      return fill(w.hoursRuleHoliday, { name: rule.holiday, set: rule.calendar });
    case 'exception':
      return fill(w.hoursRuleException, { name: rule.name });
    case 'closed-on':
      return w.hoursRuleClosedOn;
  }
}

const locales = { en: 'en-GB', ru: 'ru-RU', it: 'it-IT' } as const;
const upper = (text: string) => text.slice(0, 1).toLocaleUpperCase(language.value) + text.slice(1);

function formatInText(date: string, options: Intl.DateTimeFormatOptions): string {
  const at = Date.parse(`${date}T00:00:00Z`);
  return new Intl.DateTimeFormat(locales[language.value], { ...options, timeZone: 'UTC' }).format(at);
}
const format = (date: string, options: Intl.DateTimeFormatOptions): string =>
  upper(formatInText(date, options));
/** Thu 31 Dec */
const short = { weekday: 'short', day: 'numeric', month: 'short' } as const;
export const shortDate = (date: string): string => format(date, short);
/** 31 December 2026 */
export const fullDate = (date: string): string =>
  format(date, { day: 'numeric', month: 'long', year: 'numeric' });
/** In pieces that may stand on lines of their own. */
export const dateRange = (from: string, to: string): string[] =>
  from === to ? [shortDate(from)] : [`${shortDate(from)} –`, shortDate(to)];

const two = (value: number) => String(value).padStart(2, '0');
const clock = (minutes: number): string => {
  const ofDay = minutes > 1440 ? minutes - 1440 : minutes;
  return `${two(Math.floor(ofDay / 60))}:${two(ofDay % 60)}`;
};
export const spanText = (span: OpenSpan): string => `${clock(span.fromMin)}–${clock(span.toMin)}`;
export const spansText = (spans: readonly OpenSpan[]): string =>
  spans.length === 0
    ? words.value.hoursClosed.toLocaleLowerCase(language.value)
    : spans.map(spanText).join(', ');

/** Thu 31 Dec 2026, 23:30 */
export const localFullText = (local: string): string => {
  const date = format(local.slice(0, 10), {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  });
  return `${date}, ${local.slice(11, 16)}`;
};
/** `2026-12-31T23:30`, as a clock showed it. */
export const localText = (local: string): string =>
  `${shortDate(local.slice(0, 10))}, ${local.slice(11, 16)}`;

const wall = new Map<string, Intl.DateTimeFormat>();
/** An instant as a clock of that zone shows it: `2026-12-31T23:30`. */
export function wallClock(atMs: number, timeZone: string): string {
  let made = wall.get(timeZone);
  if (!made) {
    made = new Intl.DateTimeFormat('sv-SE', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    wall.set(timeZone, made);
  }
  return made.format(atMs).replace(' ', 'T');
}

export const changeText = (isOpen: boolean, changesAt: number | undefined, timeZone: string): string => {
  const w = words.value;
  if (changesAt === undefined) return w.hoursNever;
  const local = wallClock(changesAt, timeZone);
  // Within a sentence: Russian and Italian write days small.
  const time = `${formatInText(local.slice(0, 10), short)}, ${local.slice(11)}`;
  return fill(isOpen ? w.hoursClosesAt : w.hoursOpensAt, { time });
};

/** A date some days later. */
export const plusDays = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
