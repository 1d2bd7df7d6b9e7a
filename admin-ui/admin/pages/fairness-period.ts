/**
 * Periods as people name them, on the clock of the site: a day is from midnight to midnight there, 23 or 25 hours long when
 * the clock is changed. Pure; a local time is text as an input has it, 2026-12-31T23:30.
 */
export type PeriodKind = 'today' | 'yesterday' | 'week' | 'custom';
export interface Period {
  from: number;
  to: number;
}

const dayMs = 86_400_000;
/** As the server has it: 31 days, and the hour that a clock put back adds. */
export const longestPeriodMs = 31 * dayMs + 3_600_000;

const clocks = new Map<string, Intl.DateTimeFormat>();
function clockOf(timeZone: string): Intl.DateTimeFormat {
  let clock = clocks.get(timeZone);
  if (!clock) {
    clock = new Intl.DateTimeFormat('sv-SE', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    clocks.set(timeZone, clock);
  }
  return clock;
}

/** What the clock there shows. */
export const localOf = (at: number, timeZone: string): string =>
  clockOf(timeZone).format(at).replace(' ', 'T');

/** When the clock there shows it; the first time of two, and where it is skipped as much later. NaN where it is no time. */
export function instantOf(local: string, timeZone: string): number {
  const asUtc = Date.parse(`${local}Z`);
  if (Number.isNaN(asUtc)) return NaN;
  const offsetAt = (at: number) => Date.parse(`${localOf(at, timeZone)}Z`) - Math.floor(at / 60_000) * 60_000;
  const candidates = [offsetAt(asUtc - dayMs), offsetAt(asUtc + dayMs)].map((offset) => asUtc - offset);
  return candidates.find((at) => localOf(at, timeZone) === local) ?? candidates[0]!;
}

/** Midnight of the day with `at` in it, or of another one so many days on. */
export function midnight(at: number, timeZone: string, daysOn: number): number {
  const date = new Date(Date.parse(`${localOf(at, timeZone).slice(0, 10)}T00:00Z`) + daysOn * dayMs);
  return instantOf(date.toISOString().slice(0, 16), timeZone);
}

/** Undefined where it is none, or longer than the server answers. */
export function periodOf(
  kind: PeriodKind,
  custom: { from: string; to: string },
  now: number,
  timeZone: string,
): Period | undefined {
  const day = (daysOn: number) => midnight(now, timeZone, daysOn);
  if (kind === 'today') return { from: day(0), to: day(1) };
  if (kind === 'yesterday') return { from: day(-1), to: day(0) };
  if (kind === 'week') return { from: day(-6), to: day(1) };
  const from = instantOf(custom.from, timeZone);
  const to = instantOf(custom.to, timeZone);
  return from < to && to - from <= longestPeriodMs ? { from, to } : undefined;
}
