/** Where days and shifts of a site begin, in its time zone; instants are ms UTC. Pure. */
import { DateTime } from 'luxon';

export interface Shift {
  /** Local HH:MM. */
  readonly from: string;
  readonly to: string;
}

export const dayStartOf = (at: number, zone: string): number =>
  DateTime.fromMillis(at, { zone }).startOf('day').toMillis();

/** Where the clock skips midnight a day begins at one, and the next all the same at midnight. */
export const nextDayOf = (at: number, zone: string): number =>
  DateTime.fromMillis(at, { zone }).plus({ days: 1 }).startOf('day').toMillis();

/** An hour that the clock skips begins when it goes on. */
function instantOf(day: DateTime, time: string): number {
  const [hour, minute] = time.split(':').map(Number);
  return day.set({ hour: hour!, minute: minute! }).toMillis();
}

/**
 * The shift in hand: of several the one that began last; `from` is undefined where none is. Until `until` nothing about that
 * changes.
 */
export function shiftAt(
  shifts: readonly Shift[],
  at: number,
  zone: string,
): { from: number | undefined; until: number } {
  const today = DateTime.fromMillis(at, { zone }).startOf('day');
  let from: number | undefined;
  let until = today.plus({ days: 1 }).startOf('day').toMillis();
  for (const days of [-1, 0, 1]) {
    const day = today.plus({ days });
    for (const shift of shifts) {
      const begins = instantOf(day, shift.from);
      const ends = instantOf(shift.to > shift.from ? day : day.plus({ days: 1 }), shift.to);
      if (begins <= at && at < ends) from = Math.max(from ?? begins, begins);
      for (const edge of [begins, ends]) if (edge > at) until = Math.min(until, edge);
    }
  }
  return { from, until };
}

/** Starts of the local days, weeks (from Monday) or months that [from, to) touches, ascending. */
export function intervalStarts(
  from: number,
  to: number,
  unit: 'day' | 'week' | 'month',
  zone: string,
): number[] {
  const starts: number[] = [];
  for (
    let start = DateTime.fromMillis(from, { zone }).startOf(unit);
    start.toMillis() < to;
    start = start.plus({ [`${unit}s`]: 1 }).startOf(unit)
  )
    starts.push(start.toMillis());
  return starts;
}

/** The local day so many days before the one that begins at `dayStart`. */
export const sameDayBefore = (dayStart: number, days: number, zone: string): number =>
  DateTime.fromMillis(dayStart, { zone }).minus({ days }).startOf('day').toMillis();

const lookBackDays = 60;
const isWeekend = (day: DateTime): boolean => day.weekday > 5;

/** The same local times on so many days before, newest first: working days for one, days of the weekend for the other. */
export function pastDaysOfKind(
  from: number,
  to: number,
  days: number,
  zone: string,
): { from: number; to: number }[] {
  const begin = DateTime.fromMillis(from, { zone });
  const end = DateTime.fromMillis(to, { zone });
  const found: { from: number; to: number }[] = [];
  for (let back = 1; back <= lookBackDays && found.length < days; back++) {
    const day = begin.minus({ days: back });
    if (isWeekend(day) === isWeekend(begin))
      found.push({ from: day.toMillis(), to: end.minus({ days: back }).toMillis() });
  }
  return found;
}
