/**
 * Opening hours in the site model: calendars of weekly slots, holidays and exceptions, and the iCal files they may name.
 * The schema sees one value at a time; `checkHours` names what only shows between them, with its path. Which rule wins
 * and how clocks that change are read is decided in server/config/hours.ts. What needs an iCal parser is checked there too.
 */
import { z } from 'zod';
import { id, name } from './site-values.ts';

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'use HH:MM, 00:00 to 24:00');
const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'use YYYY-MM-DD');

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/** The days of each bundled set, in the order of the year. Their rules stand in server/config/hours-holidays.ts. */
export const holidaySets = {
  it: [
    'new-year',
    'epiphany',
    'easter-sunday',
    'easter-monday',
    'liberation-day',
    'labour-day',
    'republic-day',
    'assumption',
    'st-francis',
    'all-saints',
    'immaculate-conception',
    'christmas',
    'st-stephen',
  ],
  ru: [
    'new-year',
    'new-year-holidays',
    'orthodox-christmas',
    'defender-day',
    'womens-day',
    'labour-day',
    'victory-day',
    'russia-day',
    'unity-day',
  ],
  eu: ['new-year', 'good-friday', 'easter-monday', 'labour-day', 'christmas', 'second-christmas-day'],
} as const;
export type HolidaySet = keyof typeof holidaySets;
export type BundledHoliday = (typeof holidaySets)[HolidaySet][number];
export const isHolidaySet = (value: string): value is HolidaySet => Object.hasOwn(holidaySets, value);

/** From `from` up to, not including, `to`; where `to` is not later, it is on the next day. */
const daySlot = z.strictObject({ from: clockTime, to: clockTime });
const daySlots = z.array(daySlot).max(24);

const specialHoliday = z.strictObject({
  /** The key of a bundled holiday, or the title of an event of the iCal file. */
  holiday: z.string().trim().min(1).max(200),
  /** Instead of closed: these slots, or `as-usual` where the day is none of ours. */
  open: z.union([z.literal('as-usual'), daySlots]),
});

const holidaysSchema = z.strictObject({
  /** One of the bundled sets. */
  set: z.string().max(40).optional(),
  /** An entry of `holidayCalendars`. */
  calendar: id.optional(),
  special: z.array(specialHoliday).max(400).optional(),
});

const exceptionSchema = z.strictObject({
  name,
  date: date.optional(),
  /** Both are part of it. */
  from: date.optional(),
  to: date.optional(),
  /** Nothing: closed. */
  open: daySlots.default([]),
});

export const hoursSchema = z.strictObject({
  id,
  name: name.optional(),
  timeZone: z.string().max(64).optional(),
  open: z
    .array(z.strictObject({ days: z.array(z.enum(weekdays)).min(1).max(7), from: clockTime, to: clockTime }))
    .max(50),
  closedOn: z.array(date).max(400).default([]),
  // Absent in sites that were stored before there were any.
  holidays: z.array(holidaysSchema).max(20).optional(),
  exceptions: z.array(exceptionSchema).max(400).optional(),
});

export const maxIcalLength = 200_000;
/** An iCal file of holidays (RFC 5545) as it came, so that one site file holds everything. */
export const holidayCalendarSchema = z.strictObject({
  id,
  name: name.optional(),
  ical: z
    .string()
    .max(maxIcalLength, `an iCal file of at most ${maxIcalLength / 1000} kB`)
    // Line ends as YAML writes them as a readable block.
    .overwrite((text) => `${text.replace(/\r\n?/g, '\n').replace(/[ \n]+$/, '')}\n`),
});

export type SiteHours = z.infer<typeof hoursSchema>;
export type SiteHolidays = z.infer<typeof holidaysSchema>;
export type SiteException = z.infer<typeof exceptionSchema>;
export type SiteHolidayCalendar = z.infer<typeof holidayCalendarSchema>;
export type SiteDaySlot = z.infer<typeof daySlot>;

/** Where (path into the model) and what; the same as the faults of the whole site. */
interface Fault {
  path: (string | number)[];
  message: string;
}
type Path = (string | number)[];

export const minutesOf = (clock: string): number =>
  Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
/** In minutes after the midnight it begins with; up to 48 h where it runs over the next one. */
export function spanOf(slot: SiteDaySlot): { fromMin: number; toMin: number } {
  const fromMin = minutesOf(slot.from);
  const toMin = minutesOf(slot.to);
  return { fromMin, toMin: toMin > fromMin ? toMin : toMin + dayMin };
}
const dayMin = 24 * 60;

export function isRealDate(text: string): boolean {
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    // Bare offsets pass in newer runtimes, and know nothing of summer time.
    return !/^[+-]/.test(zone);
  } catch {
    return false;
  }
}

function faultsOfSlot(slot: SiteDaySlot, path: Path): Fault[] {
  if (slot.from === '24:00')
    return [{ path: [...path, 'from'], message: 'a slot begins before 24:00; write 00:00 on the next day' }];
  if (slot.from === slot.to)
    return [
      {
        path: [...path, 'to'],
        message: `a slot of no length (${slot.from}-${slot.to}); a whole day is 00:00-24:00`,
      },
    ];
  return [];
}

interface Span {
  fromMin: number;
  toMin: number;
  index: number;
  text: string;
}

/** Two slots at one time are one of them written wrong, so they are refused rather than joined. */
function overlaps(spans: Span[], pathOf: (index: number) => Path): Fault[] {
  const faults: Fault[] = [];
  const seen = new Set<number>();
  let last: Span | undefined;
  for (const span of spans.sort((a, b) => a.fromMin - b.fromMin || a.index - b.index)) {
    if (last && span.fromMin < last.toMin) {
      const [first, second] = span.index > last.index ? [last, span] : [span, last];
      if (!seen.has(second.index))
        faults.push({
          path: pathOf(second.index),
          message: `${second.text} overlaps ${first.text} (slot ${first.index + 1})`,
        });
      seen.add(second.index);
    }
    if (!last || span.toMin > last.toMin) last = span;
  }
  return faults;
}

function faultsOfDay(slots: readonly SiteDaySlot[], path: Path): Fault[] {
  const faults = slots.flatMap((slot, k) => faultsOfSlot(slot, [...path, k]));
  if (faults.length > 0) return faults;
  const spans = slots.map((slot, index) => ({ ...spanOf(slot), index, text: `${slot.from}-${slot.to}` }));
  return overlaps(spans, (index) => [...path, index]);
}

function faultsOfWeek(hours: SiteHours, path: Path): Fault[] {
  const faults = hours.open.flatMap((slot, k) => {
    const twice = slot.days.findIndex((day, d) => slot.days.indexOf(day) !== d);
    const own = faultsOfSlot(slot, [...path, k]);
    if (twice >= 0)
      own.push({ path: [...path, k, 'days', twice], message: `${slot.days[twice]} stands here twice` });
    return own;
  });
  if (faults.length > 0) return faults;
  const weekMin = 7 * dayMin;
  const spans: Span[] = [];
  hours.open.forEach((slot, index) => {
    for (const day of slot.days) {
      const { fromMin, toMin } = spanOf(slot);
      const base = weekdays.indexOf(day) * dayMin;
      const text = `${day} ${slot.from}-${slot.to}`;
      spans.push({ fromMin: base + fromMin, toMin: base + toMin, index, text });
      // Sunday's night runs into Monday.
      if (base + toMin > weekMin)
        spans.push({ fromMin: base + fromMin - weekMin, toMin: base + toMin - weekMin, index, text });
    }
  });
  return overlaps(spans, (index) => [...path, index]);
}

/** Days since 1970; dates compare and subtract as these. */
export const dayNumberOf = (isoDate: string): number =>
  Math.floor(Date.parse(`${isoDate}T00:00:00Z`) / 86_400_000);

export interface DateRange {
  first: number;
  last: number;
}
export function rangeOf(exception: SiteException): DateRange | undefined {
  const [from, to] =
    exception.date === undefined ? [exception.from, exception.to] : [exception.date, exception.date];
  return from === undefined || to === undefined
    ? undefined
    : { first: dayNumberOf(from), last: dayNumberOf(to) };
}

const maxExceptionDays = 1100;

function faultsOfException(exception: SiteException, path: Path): Fault[] {
  const { date: only, from, to } = exception;
  const isOne = only !== undefined && from === undefined && to === undefined;
  const isRange = only === undefined && from !== undefined && to !== undefined;
  if (!isOne && !isRange) return [{ path, message: 'write either date, or from and to' }];
  for (const [key, value] of Object.entries({ date: only, from, to }))
    if (value !== undefined && !isRealDate(value))
      return [{ path: [...path, key], message: `there is no date ${value}` }];
  const range = rangeOf(exception);
  if (range && range.last < range.first)
    return [{ path: [...path, 'to'], message: 'it ends before it begins' }];
  if (range && range.last - range.first >= maxExceptionDays)
    return [
      { path: [...path, 'to'], message: 'an exception of more than three years: change the week instead' },
    ];
  return faultsOfDay(exception.open, [...path, 'open']);
}

/** The narrower wins, so only two of one length that share a date leave it open what holds. */
function clashes(hours: SiteHours, path: Path): Fault[] {
  const faults: Fault[] = [];
  const all = (hours.exceptions ?? []).flatMap((exception, k) => {
    const range = rangeOf(exception);
    return range ? [{ ...range, name: exception.name, k }] : [];
  });
  const closed = new Map(hours.closedOn.map((day) => [dayNumberOf(day), day]));
  for (const one of all) {
    const day = one.first === one.last ? closed.get(one.first) : undefined;
    if (day !== undefined)
      faults.push({
        path: [...path, 'exceptions', one.k],
        message: `"${one.name}" is about ${day}, which is in closedOn too`,
      });
    const other = all.find(
      (o) =>
        o.k < one.k &&
        o.last - o.first === one.last - one.first &&
        o.first <= one.last &&
        one.first <= o.last,
    );
    if (other)
      faults.push({
        path: [...path, 'exceptions', one.k],
        message: `"${one.name}" and "${other.name}" are equally long and share a date: nothing says which holds`,
      });
  }
  return faults;
}

function faultsOfHolidays(holidays: SiteHolidays, calendars: ReadonlySet<string>, path: Path): Fault[] {
  const { set, calendar, special: specials = [] } = holidays;
  if ((set === undefined) === (calendar === undefined))
    return [{ path, message: 'write either set or calendar' }];
  const faults = specials.flatMap((special, k) =>
    special.open === 'as-usual' ? [] : faultsOfDay(special.open, [...path, 'special', k, 'open']),
  );
  specials.forEach((special, k) => {
    const at = [...path, 'special', k, 'holiday'];
    if (specials.findIndex((other) => other.holiday === special.holiday) < k)
      faults.push({ path: at, message: `"${special.holiday}" already stands here` });
    if (set === undefined || !isHolidaySet(set)) return;
    const known: readonly string[] = holidaySets[set];
    if (!known.includes(special.holiday))
      faults.push({
        path: at,
        message: `the set ${set} has no holiday "${special.holiday}"; it has ${known.join(', ')}`,
      });
  });
  if (set !== undefined && !isHolidaySet(set))
    faults.push({
      path: [...path, 'set'],
      message: `there is no holiday set "${set}"; there are ${Object.keys(holidaySets).join(', ')}`,
    });
  if (calendar !== undefined && !calendars.has(calendar))
    faults.push({ path: [...path, 'calendar'], message: `there is no holiday calendar "${calendar}"` });
  return faults;
}

const isEverOpen = (hours: SiteHours): boolean =>
  hours.open.length > 0 ||
  (hours.exceptions ?? []).some((exception) => exception.open.length > 0) ||
  (hours.holidays ?? []).some((h) => h.special?.some((s) => s.open !== 'as-usual' && s.open.length > 0));

function faultsOfCalendar(hours: SiteHours, calendars: ReadonlySet<string>, path: Path): Fault[] {
  const faults: Fault[] = [];
  if (hours.timeZone !== undefined && !isTimeZone(hours.timeZone))
    faults.push({
      path: [...path, 'timeZone'],
      message: `"${hours.timeZone}" is not a time zone; use a name such as Europe/Rome`,
    });
  if (!isEverOpen(hours))
    faults.push({ path: [...path, 'open'], message: `"${hours.id}" is never open: give it a slot` });
  faults.push(...faultsOfWeek(hours, [...path, 'open']));
  hours.closedOn.forEach((day, k) => {
    if (!isRealDate(day)) faults.push({ path: [...path, 'closedOn', k], message: `there is no date ${day}` });
  });
  (hours.holidays ?? []).forEach((h, k) =>
    faults.push(...faultsOfHolidays(h, calendars, [...path, 'holidays', k])),
  );
  const ofExceptions = (hours.exceptions ?? []).flatMap((e, k) =>
    faultsOfException(e, [...path, 'exceptions', k]),
  );
  return [...faults, ...ofExceptions, ...(ofExceptions.length === 0 ? clashes(hours, path) : [])];
}

/** Every fault of the calendars that needs no iCal parser. */
export function checkHours(site: {
  hours: readonly SiteHours[];
  holidayCalendars?: readonly SiteHolidayCalendar[] | undefined;
}): Fault[] {
  const calendars = new Set((site.holidayCalendars ?? []).map((c) => c.id));
  return site.hours.flatMap((hours, i) => faultsOfCalendar(hours, calendars, ['hours', i]));
}
