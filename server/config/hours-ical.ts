/**
 * Holidays out of an iCal file (RFC 5545). The text is cut into its events first, so that each fault has its line and a
 * long file can be read in slices between calls; ical.js reads each event. What it may say is narrowed to what a list
 * of holidays says: whole days, and repetition by year, month or week. Anything else is refused by name, never guessed.
 *
 * Repetition is decided day by day by a matcher of our own: the iterator of ical.js does not come back from a rule that
 * never falls on any day (FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30), and a text from outside must not stop the house.
 */
import ICAL from 'ical.js';
import type { SiteFault } from '../contract/site.ts';
import { dayNumberOf, isRealDate } from '../contract/site-hours.ts';
import type { SiteHolidayCalendar, SiteHours } from '../contract/site-hours.ts';

const dayMs = 86_400_000;
const maxEvents = 2000;
const maxEventDays = 366;
const maxRepeated = 300;
const maxRepeatedDays = 31;
/** How far COUNT is followed: fifty years. */
const maxCountDays = 18_263;
const maxFaults = 20;
const lastYear = 2200;

export interface IcalFault {
  /** From 1, within the iCal text. */
  line: number;
  message: string;
}

interface RepeatRule {
  frequency: 'YEARLY' | 'MONTHLY' | 'WEEKLY';
  interval: number;
  /** The last day of a repetition, inclusive. */
  until: number;
  months: readonly number[];
  monthDays: readonly number[];
  /** Monday is 0; `nth` 0: every one. */
  weekDays: readonly { nth: number; day: number }[];
}

interface IcalEvent {
  title: string;
  first: number;
  start: DayParts;
  lengthDays: number;
  rules: RepeatRule[];
  excluded: ReadonlySet<number>;
}

/** The days of one file. */
export class IcalHolidays {
  private readonly single = new Map<number, string[]>();
  private readonly repeated: IcalEvent[] = [];
  readonly titles: ReadonlySet<string>;
  /** Of those that repeat. */
  private readonly longestDays: number;

  constructor(events: readonly IcalEvent[]) {
    this.titles = new Set(events.map((event) => event.title));
    this.longestDays = Math.max(0, ...events.map((e) => (e.rules.length > 0 ? e.lengthDays : 0)));
    for (const event of events) {
      if (event.rules.length > 0) this.repeated.push(event);
      else if (!event.excluded.has(event.first))
        for (let day = event.first; day < event.first + event.lengthDays; day += 1)
          this.single.set(day, [...(this.single.get(day) ?? []), event.title]);
    }
  }

  /** Titles of the holidays on that day (days since 1970). */
  on(day: number): string[] {
    const titles = [...(this.single.get(day) ?? [])];
    const days = Array.from({ length: this.longestDays }, (_, back) => partsOf(day - back));
    for (const event of this.repeated)
      if (days.slice(0, event.lengthDays).some((at) => begins(event, at))) titles.push(event.title);
    return titles;
  }
}

function begins(event: IcalEvent, at: DayParts): boolean {
  const { first, start } = event;
  if (at.day < first || event.excluded.has(at.day)) return false;
  return at.day === first || event.rules.some((rule) => at.day <= rule.until && repeats(rule, start, at));
}

interface DayParts {
  day: number;
  year: number;
  month: number;
  monthDay: number;
  /** Monday is 0. */
  weekday: number;
  inMonth: number;
}
const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** By arithmetic, without a Date: asked for each day of decades. Years are counted from 1 March, eras are 400 of them. */
function partsOf(day: number): DayParts {
  const sinceEpoch = day + 719_468;
  const era = Math.floor(sinceEpoch / 146_097);
  const ofEra = sinceEpoch - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * ofYear + 2) / 153);
  const monthDay = ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = (fromMarch + 2) % 12;
  const year = yearOfEra + era * 400 + (month < 2 ? 1 : 0);
  const inMonth = month === 1 && isLeap(year) ? 29 : (monthLengths[month] ?? 31);
  return { day, year, month, monthDay, weekday: (((day + 3) % 7) + 7) % 7, inMonth };
}

function isInStep(rule: RepeatRule, start: DayParts, at: DayParts): boolean {
  const years = at.year - start.year;
  // Weeks begin on Monday, the default of WKST.
  const weeks = (at.day - at.weekday - (start.day - start.weekday)) / 7;
  const { frequency, interval } = rule;
  const months = years * 12 + at.month - start.month;
  return (frequency === 'YEARLY' ? years : frequency === 'MONTHLY' ? months : weeks) % interval === 0;
}

/** RFC 5545 §3.3.10, for the parts that are let in: does a repetition of `start` fall on that day? */
function repeats(rule: RepeatRule, start: DayParts, at: DayParts): boolean {
  const { months, monthDays, weekDays, frequency } = rule;
  const { monthDay, inMonth, weekday } = at;
  if (months.length > 0 && !months.includes(at.month + 1)) return false;
  if (monthDays.length > 0 && !monthDays.some((d) => d === monthDay || d === monthDay - inMonth - 1))
    return false;
  if (!isInStep(rule, start, at)) return false;
  if (weekDays.length > 0) {
    const fromStart = Math.ceil(monthDay / 7);
    const fromEnd = -Math.ceil((inMonth - monthDay + 1) / 7);
    return weekDays.some(
      (w) => w.day === weekday && (w.nth === 0 || w.nth === fromStart || w.nth === fromEnd),
    );
  }
  if (monthDays.length > 0) return true;
  // Nothing says the day: that of the first one.
  if (frequency === 'WEEKLY') return weekday === start.weekday;
  const isSameMonth = frequency === 'MONTHLY' || months.length > 0 || at.month === start.month;
  return isSameMonth && monthDay === start.monthDay;
}

class Unreadable extends Error {}

/** The days of a property as written: ICAL.Time would make 3 March of 31 February. */
function daysOf(property: ICAL.Property | null, what: string): number[] {
  const [, , type, ...values] = (property?.toJSON() ?? []) as unknown[];
  if (values.length === 0) throw new Unreadable(`${what} is missing`);
  if (type !== 'date')
    throw new Unreadable(
      `${what} has a time of day; holidays are whole days (write ${what};VALUE=DATE:20261231)`,
    );
  return values.map((value) => {
    const text = String(value);
    const isInRange = text >= '1900-01-01' && text <= `${lastYear}-12-31`;
    if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || !isRealDate(text) || !isInRange)
      throw new Unreadable(`${what} is no date between 1900 and ${lastYear}`);
    return dayNumberOf(text);
  });
}
const dayOf = (property: ICAL.Property | null, what: string): number => daysOf(property, what)[0] ?? 0;

const partsLetIn = new Set(['FREQ', 'INTERVAL', 'COUNT', 'UNTIL', 'BYMONTH', 'BYMONTHDAY', 'BYDAY', 'WKST']);
const weekdayNames = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

function numbersOf(value: unknown): number[] {
  return (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(Number);
}

function ruleOf(recur: ICAL.Recur, first: number): RepeatRule {
  const parts: Record<string, unknown> = recur.parts as Record<string, unknown>;
  const frequency = recur.freq;
  if (frequency !== 'YEARLY' && frequency !== 'MONTHLY' && frequency !== 'WEEKLY')
    throw new Unreadable(`RRULE: holidays repeat YEARLY, MONTHLY or WEEKLY, not ${frequency}`);
  for (const part of Object.keys(parts))
    if (!partsLetIn.has(part)) throw new Unreadable(`RRULE: ${part} is more than a holiday needs`);
  const weekDays = (Array.isArray(parts['BYDAY']) ? parts['BYDAY'] : []).map((text: unknown) => {
    const [, nth, name] = /^([+-]?\d+)?([A-Z]{2})$/.exec(String(text)) ?? [];
    return { nth: Number(nth ?? 0), day: weekdayNames.indexOf(name ?? '') };
  });
  const months = numbersOf(parts['BYMONTH']);
  const monthDays = numbersOf(parts['BYMONTHDAY']);
  if (frequency === 'WEEKLY' && (monthDays.length > 0 || weekDays.some((w) => w.nth !== 0)))
    throw new Unreadable('RRULE: a week has no days of the month');
  if (frequency === 'YEARLY' && weekDays.length > 0 && months.length === 0)
    throw new Unreadable('RRULE: BYDAY of a year needs BYMONTH');
  if (recur.wkst !== undefined && recur.wkst !== 2 && recur.interval > 1 && frequency === 'WEEKLY')
    throw new Unreadable('RRULE: weeks begin on Monday here');
  const rule: RepeatRule = {
    frequency,
    interval: recur.interval,
    until: Date.UTC(lastYear, 11, 31) / dayMs,
    months,
    monthDays,
    weekDays,
  };
  if (recur.until) rule.until = untilOf(recur.until);
  if (recur.count) rule.until = lastOf(rule, first, recur.count);
  return rule;
}

function untilOf(until: ICAL.Time): number {
  return Math.floor(Date.UTC(until.year, until.month - 1, until.day) / dayMs);
}

/** COUNT, walked once when the file is read: at most fifty years of days. */
function lastOf(rule: RepeatRule, first: number, count: number): number {
  const start = partsOf(first);
  const end = Math.min(rule.until, first + maxCountDays);
  let left = count - 1;
  let day = first;
  while (left > 0 && day < end) {
    day += 1;
    if (repeats(rule, start, partsOf(day))) left -= 1;
  }
  return day;
}

function eventOf(text: string): IcalEvent | undefined {
  const event = new ICAL.Component(ICAL.parse(text));
  const value = (name: string): unknown => event.getFirstPropertyValue(name);
  if (value('status') === 'CANCELLED') return undefined;
  const summary = value('summary');
  const title = (typeof summary === 'string' ? summary : '').replace(/\s+/g, ' ').trim().slice(0, 200);
  if (title === '') throw new Unreadable('an event without a title (SUMMARY)');
  if (event.hasProperty('rdate') || event.hasProperty('exrule') || event.hasProperty('recurrence-id'))
    throw new Unreadable(
      `"${title}": RDATE, EXRULE and RECURRENCE-ID cannot be followed; write events of their own`,
    );
  const first = dayOf(event.getFirstProperty('dtstart'), 'DTSTART');
  const lengthDays = lengthOf(event, first);
  if (lengthDays < 1) throw new Unreadable(`"${title}" ends before it begins`);
  if (lengthDays > maxEventDays) throw new Unreadable(`"${title}" is longer than a year`);
  const rules = event.getAllProperties('rrule').map((property) => {
    const recur: unknown = property.getFirstValue();
    if (!(recur instanceof ICAL.Recur)) throw new Unreadable('RRULE cannot be read');
    return ruleOf(recur, first);
  });
  const excluded = event.getAllProperties('exdate').flatMap((property) => daysOf(property, 'EXDATE'));
  if (rules.length > 0 && lengthDays > maxRepeatedDays)
    throw new Unreadable(`"${title}" repeats and is longer than a month`);
  return { title, first, start: partsOf(first), lengthDays, rules, excluded: new Set(excluded) };
}

function lengthOf(event: ICAL.Component, first: number): number {
  // DTEND is the day after the last one.
  if (event.hasProperty('dtend')) return Math.max(dayOf(event.getFirstProperty('dtend'), 'DTEND') - first, 0);
  const duration: unknown = event.getFirstPropertyValue('duration');
  return duration instanceof ICAL.Duration ? Math.round(duration.toSeconds() / 86_400) : 1;
}

interface Piece {
  line: number;
  text: string;
}

/** The events of the text with the lines they begin at; or the line where it is no calendar. */
function piecesOf(text: string): Piece[] | IcalFault {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  const pieces: Piece[] = [];
  const stack: { name: string; line: number }[] = [];
  let isOver = false;
  for (const [index, content] of lines.entries()) {
    const line = index + 1;
    const [, edge, name] = /^(BEGIN|END):\s*([A-Za-z-]+)\s*$/i.exec(content) ?? [];
    if (edge === undefined || name === undefined) {
      if (content.trim() !== '' && (stack.length === 0 || isOver))
        return {
          line,
          message: isOver
            ? 'something stands after END:VCALENDAR'
            : 'an iCal file begins with BEGIN:VCALENDAR',
        };
      continue;
    }
    const kind = name.toUpperCase();
    if (edge.toUpperCase() === 'BEGIN') {
      if (isOver || (stack.length === 0) !== (kind === 'VCALENDAR'))
        return { line, message: `BEGIN:${kind} does not belong here` };
      stack.push({ name: kind, line });
      continue;
    }
    const open = stack.pop();
    if (open?.name !== kind) return { line, message: `END:${kind} without its BEGIN` };
    if (stack.length === 0) isOver = true;
    if (kind === 'VEVENT' && stack.length === 1)
      pieces.push({ line: open.line, text: lines.slice(open.line - 1, line).join('\r\n') });
  }
  const open = stack.at(-1);
  if (open) return { line: open.line, message: `BEGIN:${open.name} has no END: the file is cut off` };
  if (!isOver) return { line: 1, message: 'an iCal file begins with BEGIN:VCALENDAR' };
  if (pieces.length === 0) return { line: 1, message: 'there is no event in it' };
  if (pieces.length > maxEvents) return { line: 1, message: `it has more than ${maxEvents} events` };
  return pieces;
}

/** One step an event, so that the caller may let others have the thread in between. */
export function* readIcal(
  text: string,
): Generator<void, { holidays: IcalHolidays } | { faults: IcalFault[] }> {
  const pieces = piecesOf(text);
  if (!Array.isArray(pieces)) return { faults: [pieces] };
  const events: IcalEvent[] = [];
  const faults: IcalFault[] = [];
  let repeated = 0;
  for (const piece of pieces) {
    try {
      const event = eventOf(piece.text);
      if (event?.rules.length) repeated += 1;
      if (repeated > maxRepeated) throw new Unreadable(`more than ${maxRepeated} events repeat`);
      if (event) events.push(event);
    } catch (error) {
      const message =
        error instanceof Unreadable
          ? error.message
          : `the event cannot be read (${String(error).slice(0, 120)})`;
      if (faults.push({ line: piece.line, message }) >= maxFaults) break;
    }
    yield;
  }
  return faults.length > 0 ? { faults } : { holidays: new IcalHolidays(events) };
}

const read = new WeakMap<SiteHolidayCalendar, IcalHolidays>();

/** The holidays of an entry that was checked; read once. A damaged one has none: it could not have come into force. */
export function holidaysOf(calendar: SiteHolidayCalendar): IcalHolidays {
  const known = read.get(calendar);
  if (known) return known;
  const steps = readIcal(calendar.ical);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  const holidays = 'holidays' in step.value ? step.value.holidays : new IcalHolidays([]);
  read.set(calendar, holidays);
  return holidays;
}

/** A slice of well under the 20 ms that nobody may hold the thread for. */
const eventsAtOnce = 5;

/** Reads a file in slices beforehand, so that the first call after an import does not wait for it. */
export async function readAhead(
  calendars: readonly SiteHolidayCalendar[],
  pause: () => Promise<void>,
): Promise<void> {
  for (const calendar of calendars) {
    const steps = readIcal(calendar.ical);
    let count = 0;
    let step = steps.next();
    while (step.done !== true) {
      count += 1;
      if (count % eventsAtOnce === 0) await pause();
      step = steps.next();
    }
    if ('holidays' in step.value && !read.has(calendar)) read.set(calendar, step.value.holidays);
  }
}

/** The faults of hours that only a reader of iCal sees. */
export function checkIcal(site: {
  hours: readonly SiteHours[];
  holidayCalendars?: readonly SiteHolidayCalendar[] | undefined;
}): SiteFault[] {
  const faults: SiteFault[] = [];
  const good = new Map<string, IcalHolidays>();
  (site.holidayCalendars ?? []).forEach((calendar, i) => {
    const steps = readIcal(calendar.ical);
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    if ('holidays' in step.value) good.set(calendar.id, step.value.holidays);
    else
      for (const fault of step.value.faults)
        faults.push({
          path: ['holidayCalendars', i, 'ical'],
          message: `broken iCal, its line ${fault.line}: ${fault.message}`,
        });
  });
  site.hours.forEach((hours, i) =>
    hours.holidays?.forEach((entry, k) => {
      const titles = entry.calendar === undefined ? undefined : good.get(entry.calendar)?.titles;
      entry.special?.forEach((special, n) => {
        if (titles && !titles.has(special.holiday))
          faults.push({
            path: ['hours', i, 'holidays', k, 'special', n, 'holiday'],
            message: `the calendar "${entry.calendar}" has no event "${special.holiday}"`,
          });
      });
    }),
  );
  return faults;
}
