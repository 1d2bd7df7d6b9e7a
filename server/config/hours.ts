/**
 * Opening hours: whether a calendar is open at an instant, when that changes, and which rule decided. Pure: the instant
 * comes from the caller. Three questions are asked of every date, and the first answer holds:
 *
 *   exception (the narrowest; closedOn is one of a day)  ->  holiday (in the order listed)  ->  weekday (not mentioned: closed)
 *
 * A slot belongs to the date on which it begins, and runs over midnight whatever the next date is.
 * Hours are wall-clock times of their zone: open means "a clock on that wall shows a time from `from` up to, not
 * including, `to`". So a slot that a change of the clock skips begins after the gap, one that lies within the gap is
 * not there that day, and in the hour that is lived twice the clock decides both times.
 */
import { DateTime } from 'luxon';
import type { HoursRule, OpenSpan, SpecialDays } from '../contract/hours.ts';
import { dayNumberOf, isHolidaySet, rangeOf, spanOf, weekdays } from '../contract/site-hours.ts';
import type { SiteDaySlot, SiteHolidayCalendar, SiteHours } from '../contract/site-hours.ts';
import { bundledHolidays } from './hours-holidays.ts';
import { holidaysOf } from './hours-ical.ts';

const dayMs = 86_400_000;
const dayMin = 24 * 60;
/** From one 29 February to the next. */
const horizonDays = 1500;
const keptPlans = 2000;

export interface DayPlan {
  rule: HoursRule;
  spans: readonly OpenSpan[];
}

export interface Explanation {
  isOpen: boolean;
  /** What decided: of the date the open slot began on, or else of this date. */
  rule: HoursRule;
  /** The open slot, as it stands in the calendar. */
  span?: OpenSpan;
  /** `2026-12-31`: the date whose rule it is. */
  date: string;
  /** `2026-12-31T23:30`, on a clock in the calendar's zone. */
  local: string;
  timeZone: string;
}

interface Exception extends OpenRange {
  rule: HoursRule;
  spans: readonly OpenSpan[];
}
interface OpenRange {
  first: number;
  last: number;
}

/** One calendar, ready for questions. Made once for a site; remembers the days it was asked about. */
export class HoursCalendar {
  readonly id: string;
  readonly name: string;
  readonly timeZone: string;
  private readonly week: readonly DayPlan[];
  /** Narrowest first. */
  private readonly exceptions: readonly Exception[];
  private readonly holidays: readonly HolidaySource[];
  private readonly plans = new Map<number, DayPlan>();

  constructor(hours: SiteHours, siteTimeZone = 'UTC', holidayCalendars: readonly SiteHolidayCalendar[] = []) {
    this.id = hours.id;
    this.name = hours.name ?? hours.id;
    this.timeZone = hours.timeZone ?? siteTimeZone;
    this.week = weekdays.map((day) => ({
      rule: { kind: 'weekday', day },
      spans: spansOf(hours.open.filter((slot) => slot.days.includes(day))),
    }));
    this.exceptions = exceptionsOf(hours);
    this.holidays = (hours.holidays ?? []).flatMap((entry) => sourceOf(entry, holidayCalendars));
  }

  /** What holds on a date (days since 1970), without what runs over from the night before. */
  planOf(day: number): DayPlan {
    const known = this.plans.get(day);
    if (known) return known;
    const plan = this.decide(day);
    if (this.plans.size >= keptPlans) this.plans.clear();
    this.plans.set(day, plan);
    return plan;
  }

  private decide(day: number): DayPlan {
    const exception = this.exceptions.find((e) => e.first <= day && day <= e.last);
    if (exception) return exception;
    for (const source of this.holidays)
      for (const holiday of source.on(day)) {
        const special = source.special.get(holiday);
        if (special === 'as-usual') continue;
        return { rule: source.ruleOf(holiday), spans: special ?? [] };
      }
    // 1970-01-01 was a Thursday.
    return this.week[(((day + 3) % 7) + 7) % 7] ?? closedDay;
  }
}

const closedDay: DayPlan = { rule: { kind: 'closed-on' }, spans: [] };

interface HolidaySource {
  on: (day: number) => readonly string[];
  ruleOf: (holiday: string) => HoursRule;
  special: ReadonlyMap<string, 'as-usual' | readonly OpenSpan[]>;
}

const spansOf = (slots: readonly SiteDaySlot[]): OpenSpan[] =>
  slots.map(spanOf).sort((a, b) => a.fromMin - b.fromMin);

function exceptionsOf(hours: SiteHours): Exception[] {
  const closed = hours.closedOn.map((date): Exception => {
    const day = dayNumberOf(date);
    return { first: day, last: day, rule: { kind: 'closed-on' }, spans: [] };
  });
  const named = (hours.exceptions ?? []).flatMap((exception): Exception[] => {
    const range = rangeOf(exception);
    const rule: HoursRule = { kind: 'exception', name: exception.name };
    return range ? [{ ...range, rule, spans: spansOf(exception.open) }] : [];
  });
  return [...closed, ...named].sort((a, b) => a.last - a.first - (b.last - b.first));
}

function sourceOf(
  entry: NonNullable<SiteHours['holidays']>[number],
  calendars: readonly SiteHolidayCalendar[],
): HolidaySource[] {
  const special = new Map(
    (entry.special ?? []).map(({ holiday, open }) => [holiday, open === 'as-usual' ? open : spansOf(open)]),
  );
  const { set, calendar } = entry;
  if (set !== undefined && isHolidaySet(set))
    return [
      {
        special,
        on: (day) => bundledHolidays(set, day),
        ruleOf: (holiday) => ({ kind: 'holiday', set, holiday }),
      },
    ];
  const file = calendars.find((c) => c.id === calendar);
  if (!file) return [];
  return [
    {
      special,
      // Read when first asked: a file takes its time.
      on: (day) => holidaysOf(file).on(day),
      ruleOf: (holiday) => ({ kind: 'calendar-holiday', calendar: file.id, holiday }),
    },
  ];
}

interface WallClock {
  day: number;
  minute: number;
  offsetMin: number;
}
function wallClock(timeZone: string, atMs: number): WallClock {
  const at = DateTime.fromMillis(atMs, { zone: timeZone });
  return {
    day: Date.UTC(at.year, at.month - 1, at.day) / dayMs,
    minute: at.hour * 60 + at.minute,
    offsetMin: at.offset,
  };
}

function openSlot(
  calendar: HoursCalendar,
  { day, minute }: WallClock,
): { plan: DayPlan; span: OpenSpan; day: number } | undefined {
  const plan = calendar.planOf(day);
  const span = plan.spans.find((s) => s.fromMin <= minute && minute < s.toMin);
  if (span) return { plan, span, day };
  const before = calendar.planOf(day - 1);
  const night = before.spans.find((s) => minute + dayMin < s.toMin);
  return night && { plan: before, span: night, day: day - 1 };
}

/** Asked with every call: looks at one instant, never ahead. */
export const isOpen = (calendar: HoursCalendar, atMs: number): boolean =>
  openSlot(calendar, wallClock(calendar.timeZone, atMs)) !== undefined;

export const dateOf = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10);
const two = (value: number): string => String(value).padStart(2, '0');

export function explain(calendar: HoursCalendar, atMs: number): Explanation {
  const clock = wallClock(calendar.timeZone, atMs);
  const open = openSlot(calendar, clock);
  return {
    isOpen: open !== undefined,
    rule: open?.plan.rule ?? calendar.planOf(clock.day).rule,
    ...(open && { span: open.span }),
    date: dateOf(open?.day ?? clock.day),
    local: `${dateOf(clock.day)}T${two(Math.floor(clock.minute / 60))}:${two(clock.minute % 60)}`,
    timeZone: calendar.timeZone,
  };
}

/** What a clock's day is, the night before included, as far as it is the same from midnight to midnight. */
function wholeDay(calendar: HoursCalendar, day: number): 'open' | 'closed' | 'changing' {
  const spans = openSpans(calendar, day);
  if (spans.length === 0) return 'closed';
  const [only] = spans;
  return spans.length === 1 && only?.fromMin === 0 && only.toMin === dayMin ? 'open' : 'changing';
}

/** The open times of a date as its clock shows them, joined, with what runs over from the night before. */
export function openSpans(calendar: HoursCalendar, day: number): OpenSpan[] {
  const night = calendar
    .planOf(day - 1)
    .spans.flatMap((s) => (s.toMin > dayMin ? [{ fromMin: 0, toMin: s.toMin - dayMin }] : []));
  const own = calendar
    .planOf(day)
    .spans.map((s) => ({ fromMin: s.fromMin, toMin: Math.min(s.toMin, dayMin) }));
  const joined: OpenSpan[] = [];
  for (const span of [...night, ...own].sort((a, b) => a.fromMin - b.fromMin)) {
    const last = joined.at(-1);
    if (last && span.fromMin <= last.toMin) last.toMin = Math.max(last.toMin, span.toMin);
    else joined.push(span);
  }
  return joined;
}

/** Where between two instants of different offset the clock jumps, to the second. */
function transitionMs(fromMs: number, toMs: number, timeZone: string): number {
  const before = wallClock(timeZone, fromMs).offsetMin;
  let [low, high] = [fromMs, toMs];
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000;
    if (wallClock(timeZone, middle).offsetMin === before) low = middle;
    else high = middle;
  }
  return high;
}

/** Every instant of a window at which the answer may change: a boundary on either clock, or a jump of the clock. */
function boundaries(calendar: HoursCalendar, fromMs: number, toMs: number, day: number): number[] {
  const { timeZone } = calendar;
  const offsets = new Set([wallClock(timeZone, fromMs).offsetMin, wallClock(timeZone, toMs).offsetMin]);
  const found = [fromMs];
  for (const near of [day - 1, day, day + 1])
    for (const { fromMin, toMin } of [...openSpans(calendar, near), { fromMin: 0, toMin: dayMin }])
      for (const minute of [fromMin, toMin])
        for (const offset of offsets) found.push(near * dayMs + (minute - offset) * 60_000);
  if (offsets.size > 1) found.push(transitionMs(fromMs, toMs, timeZone));
  return found.filter((ms) => ms >= fromMs && ms < toMs).sort((a, b) => a - b);
}

/** The instant (UTC ms) from which the answer is the other one; none where nothing changes within four years. */
export function nextChange(calendar: HoursCalendar, atMs: number): number | undefined {
  const now = isOpen(calendar, atMs);
  const same = now ? 'open' : 'closed';
  const firstDay = wallClock(calendar.timeZone, atMs).day;
  let dull = 0;
  for (let day = firstDay; day <= firstDay + horizonDays; day += 1) {
    // Days that pass as they began, between neighbours that do too, need no look at the clock.
    if (day === firstDay)
      for (const near of [day - 1, day]) dull = wholeDay(calendar, near) === same ? dull + 1 : 0;
    dull = wholeDay(calendar, day + 1) === same ? dull + 1 : 0;
    if (dull >= 3) continue;
    const start = DateTime.fromMillis(day * dayMs, { zone: 'utc' }).setZone(calendar.timeZone, {
      keepLocalTime: true,
    });
    const fromMs = start.toMillis();
    const toMs = start.plus({ days: 1 }).toMillis();
    for (const ms of boundaries(calendar, fromMs, toMs, day))
      if (ms > atMs && isOpen(calendar, ms) !== now) return ms;
  }
  return undefined;
}

/** How long it was open in [from, to), ms. */
export function openMsBetween(calendar: HoursCalendar, from: number, to: number): number {
  let sum = 0;
  let isNowOpen = isOpen(calendar, from);
  for (let at = from; at < to; isNowOpen = !isNowOpen) {
    const end = Math.min(nextChange(calendar, at) ?? to, to);
    if (isNowOpen) sum += end - at;
    at = end;
  }
  return sum;
}

/** The days in a row of dates that are not as their weekday says, neighbours of one rule joined. */
export function specialDays(
  calendar: HoursCalendar,
  fromDay: number,
  days: number,
  atMost: number,
): SpecialDays[] {
  const found: SpecialDays[] = [];
  let last: { day: number; plan: DayPlan } | undefined;
  for (let day = fromDay; day < fromDay + days; day += 1) {
    const plan = calendar.planOf(day);
    if (plan.rule.kind === 'weekday') continue;
    const open = found.at(-1);
    const isSame =
      last?.day === day - 1 &&
      JSON.stringify([last.plan.rule, last.plan.spans]) === JSON.stringify([plan.rule, plan.spans]);
    if (isSame && open) open.to = dateOf(day);
    else if (found.length === atMost) break;
    else found.push({ from: dateOf(day), to: dateOf(day), rule: plan.rule, spans: plan.spans });
    last = { day, plan };
  }
  return found;
}
