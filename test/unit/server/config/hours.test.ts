import { expect } from 'chai';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import {
  explain,
  HoursCalendar,
  isOpen,
  nextChange,
  openMsBetween,
  openSpans,
  specialDays,
} from '../../../../server/config/hours.ts';
import { dayNumberOf, hoursSchema } from '../../../../server/contract/site-hours.ts';
import type { SiteHolidayCalendar } from '../../../../server/contract/site-hours.ts';

const at = (text: string) => DateTime.fromISO(text, { zone: 'utc' }).toMillis();
const iso = (ms: number | undefined) =>
  ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 16);
const every = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const workdays = every.slice(0, 5);

type Written = Record<string, unknown>;
const calendarOf = (written: Written, holidayCalendars: SiteHolidayCalendar[] = []) =>
  new HoursCalendar(hoursSchema.parse({ id: 'h', open: [], ...written }), 'UTC', holidayCalendars);
const rome = (from: string, to: string, more: Written = {}) =>
  calendarOf({ timeZone: 'Europe/Rome', open: [{ days: every, from, to }], ...more });
const inRome = (written: Written, holidayCalendars: SiteHolidayCalendar[] = []) =>
  calendarOf({ timeZone: 'Europe/Rome', ...written }, holidayCalendars);
const office = { open: [{ days: workdays, from: '09:00', to: '18:00' }] };

describe('opening hours', () => {
  it('opens at the first minute and closes at the last, in its own zone', () => {
    const hours = rome('09:00', '18:00');
    expect(isOpen(hours, at('2026-01-14T07:59'))).to.equal(false);
    expect(iso(nextChange(hours, at('2026-01-14T07:59')))).to.equal('2026-01-14T08:00');
    expect(isOpen(hours, at('2026-01-14T08:00'))).to.equal(true);
    expect(iso(nextChange(hours, at('2026-01-14T08:00')))).to.equal('2026-01-14T17:00');
    expect(isOpen(hours, at('2026-01-14T17:00'))).to.equal(false);
  });

  it('counts the open time between two instants', () => {
    const hours = inRome(office);
    const open = (from: string, to: string) => openMsBetween(hours, at(from), at(to)) / 60_000;
    expect(open('2026-01-16T16:50', '2026-01-19T08:10'), 'over a weekend').to.equal(20);
    expect(open('2026-01-14T09:00', '2026-01-14T09:30'), 'within').to.equal(30);
    expect(open('2026-01-17T09:00', '2026-01-18T12:00'), 'all closed').to.equal(0);
    expect(open('2026-03-27T16:00', '2026-03-30T08:00'), 'over a change of the clock').to.equal(120);
    expect(open('2026-01-14T09:30', '2026-01-14T09:00'), 'backwards').to.equal(0);
    const always = rome('00:00', '24:00');
    expect(openMsBetween(always, at('2026-03-28T00:00'), at('2026-03-30T00:00'))).to.equal(48 * 3_600_000);
  });

  it('uses the zone of the site where it has none of its own', () => {
    const hours = hoursSchema.parse({ id: 'h', open: [{ days: every, from: '09:00', to: '18:00' }] });
    expect(isOpen(new HoursCalendar(hours, 'Europe/Moscow'), at('2026-01-14T06:30'))).to.equal(true);
    expect(isOpen(new HoursCalendar(hours), at('2026-01-14T06:30'))).to.equal(false);
  });

  it('has several slots a day, and a weekday that is not mentioned is closed', () => {
    const hours = inRome({
      open: [
        { days: workdays, from: '09:00', to: '13:00' },
        { days: workdays, from: '14:00', to: '18:00' },
      ],
    });
    expect(isOpen(hours, at('2026-01-14T11:59'))).to.equal(true);
    expect(iso(nextChange(hours, at('2026-01-14T12:30')))).to.equal('2026-01-14T13:00');
    // Friday evening to Monday morning.
    expect(iso(nextChange(hours, at('2026-01-16T17:00')))).to.equal('2026-01-19T08:00');
    expect(explain(hours, at('2026-01-17T11:00'))).to.deep.equal({
      isOpen: false,
      rule: { kind: 'weekday', day: 'sat' },
      date: '2026-01-17',
      local: '2026-01-17T12:00',
      timeZone: 'Europe/Rome',
    });
  });

  describe('over midnight', () => {
    const night = inRome({ open: [{ days: ['fri'], from: '22:00', to: '02:00' }] });
    it('belongs to the day on which it begins', () => {
      expect(isOpen(night, at('2026-01-16T20:59'))).to.equal(false);
      expect(isOpen(night, at('2026-01-16T21:00'))).to.equal(true);
      expect(iso(nextChange(night, at('2026-01-16T21:00')))).to.equal('2026-01-17T01:00');
      expect(isOpen(night, at('2026-01-17T01:00'))).to.equal(false);
      expect(isOpen(night, at('2026-01-18T00:30'))).to.equal(false);
      expect(explain(night, at('2026-01-16T23:30'))).to.deep.include({
        isOpen: true,
        rule: { kind: 'weekday', day: 'fri' },
        date: '2026-01-16',
        local: '2026-01-17T00:30',
        span: { fromMin: 1320, toMin: 1560 },
      });
    });
    it('runs out although the next day is closed, and does not begin on a closed day', () => {
      const closed = inRome({
        open: [{ days: every, from: '22:00', to: '02:00' }],
        closedOn: ['2026-01-17'],
      });
      expect(isOpen(closed, at('2026-01-17T00:30'))).to.equal(true);
      expect(iso(nextChange(closed, at('2026-01-17T00:30')))).to.equal('2026-01-17T01:00');
      expect(iso(nextChange(closed, at('2026-01-17T01:00')))).to.equal('2026-01-18T21:00');
    });
    it('may be two slots that meet at midnight', () => {
      const hours = inRome({
        open: [
          { days: ['fri'], from: '20:00', to: '24:00' },
          { days: ['sat'], from: '00:00', to: '02:00' },
        ],
      });
      expect(isOpen(hours, at('2026-01-16T22:59'))).to.equal(true);
      expect(iso(nextChange(hours, at('2026-01-16T22:59')))).to.equal('2026-01-17T01:00');
    });
    it('shows as what a clock of each date shows', () => {
      expect(openSpans(night, dayNumberOf('2026-01-16'))).to.deep.equal([{ fromMin: 1320, toMin: 1440 }]);
      expect(openSpans(night, dayNumberOf('2026-01-17'))).to.deep.equal([{ fromMin: 0, toMin: 120 }]);
    });
  });

  describe('summer time', () => {
    it('keeps to the clock on the wall on both sides', () => {
      const hours = rome('09:00', '18:00');
      expect(iso(nextChange(hours, at('2026-03-27T20:00')))).to.equal('2026-03-28T08:00');
      expect(iso(nextChange(hours, at('2026-03-28T20:00')))).to.equal('2026-03-29T07:00');
      expect(iso(nextChange(hours, at('2026-10-24T20:00')))).to.equal('2026-10-25T08:00');
    });
    it('begins after the gap where the first minutes of a slot are skipped', () => {
      const hours = rome('02:30', '04:00');
      // 02:00 is followed by 03:00, at 01:00 UTC.
      expect(iso(nextChange(hours, at('2026-03-29T00:59')))).to.equal('2026-03-29T01:00');
      expect(isOpen(hours, at('2026-03-29T01:00'))).to.equal(true);
      expect(iso(nextChange(hours, at('2026-03-29T01:00')))).to.equal('2026-03-29T02:00');
    });
    it('leaves out a slot within the hour that does not exist, on that day only', () => {
      const hours = rome('02:10', '02:50');
      expect(iso(nextChange(hours, at('2026-03-28T02:00')))).to.equal('2026-03-30T00:10');
    });
    it('lets the clock decide twice in the hour lived twice', () => {
      const hours = rome('01:00', '02:30');
      // 03:00 is followed by 02:00, at 01:00 UTC.
      expect(iso(nextChange(hours, at('2026-10-25T00:00')))).to.equal('2026-10-25T00:30');
      expect(isOpen(hours, at('2026-10-25T00:45'))).to.equal(false);
      expect(iso(nextChange(hours, at('2026-10-25T00:45')))).to.equal('2026-10-25T01:00');
      expect(isOpen(hours, at('2026-10-25T01:15'))).to.equal(true);
      expect(iso(nextChange(hours, at('2026-10-25T01:15')))).to.equal('2026-10-25T01:30');
    });
    it('opens a slot within that hour twice', () => {
      const hours = rome('02:10', '02:50');
      const changes = ['2026-10-24T12:00'];
      for (let k = 0; k < 4; k += 1) changes.push(iso(nextChange(hours, at(changes.at(-1) ?? ''))) ?? '');
      expect(changes.slice(1)).to.deep.equal([
        '2026-10-25T00:10',
        '2026-10-25T00:50',
        '2026-10-25T01:10',
        '2026-10-25T01:50',
      ]);
    });
    it('runs a night slot through the change, an hour shorter or longer', () => {
      const hours = rome('22:00', '04:00');
      expect(iso(nextChange(hours, at('2026-03-28T21:00')))).to.equal('2026-03-29T02:00');
      expect(iso(nextChange(hours, at('2026-10-24T20:00')))).to.equal('2026-10-25T03:00');
    });
  });

  describe('exceptions', () => {
    it('close the dates of closedOn, by the local date', () => {
      const hours = rome('09:00', '18:00', { closedOn: ['2026-12-25', '2026-12-26'] });
      expect(isOpen(hours, at('2026-12-25T10:00'))).to.equal(false);
      expect(iso(nextChange(hours, at('2026-12-24T18:00')))).to.equal('2026-12-27T08:00');
      expect(explain(hours, at('2026-12-25T10:00')).rule).to.deep.equal({ kind: 'closed-on' });
    });
    it('give other slots for a range, and a narrower one wins', () => {
      const hours = inRome({
        ...office,
        exceptions: [
          { name: 'August', from: '2026-08-03', to: '2026-08-30', open: [{ from: '09:00', to: '13:00' }] },
          { name: 'Works', date: '2026-08-12' },
        ],
      });
      expect(iso(nextChange(hours, at('2026-08-11T08:00')))).to.equal('2026-08-11T11:00');
      expect(explain(hours, at('2026-08-12T08:00'))).to.deep.include({
        isOpen: false,
        rule: { kind: 'exception', name: 'Works' },
      });
      // A Saturday within the range is what the range says.
      expect(isOpen(hours, at('2026-08-15T08:00'))).to.equal(true);
      expect(isOpen(hours, at('2026-08-31T12:00'))).to.equal(true);
      expect(specialDays(hours, dayNumberOf('2026-08-01'), 40, 9).map((d) => [d.from, d.to])).to.deep.equal([
        ['2026-08-03', '2026-08-11'],
        ['2026-08-12', '2026-08-12'],
        ['2026-08-13', '2026-08-30'],
      ]);
    });
    it('win over a holiday', () => {
      const hours = inRome({
        ...office,
        holidays: [{ set: 'it' }],
        exceptions: [{ name: 'Open day', date: '2026-06-02', open: [{ from: '10:00', to: '12:00' }] }],
      });
      expect(explain(hours, at('2026-06-02T08:30'))).to.deep.include({
        isOpen: true,
        rule: { kind: 'exception', name: 'Open day' },
      });
    });
    it('of 29 February hold in leap years only', () => {
      const hours = inRome({ open: [{ days: every, from: '00:00', to: '24:00' }], closedOn: ['2028-02-29'] });
      expect(nextChange(hours, at('2028-02-29T22:59'))).to.equal(at('2028-02-29T23:00'));
      expect(iso(nextChange(hours, at('2027-02-01T00:00')))).to.equal('2028-02-28T23:00');
    });
  });

  describe('holidays', () => {
    it('close, or give other slots, or are none of ours', () => {
      const hours = inRome({
        ...office,
        holidays: [
          {
            set: 'it',
            special: [
              { holiday: 'epiphany', open: [{ from: '10:00', to: '12:00' }] },
              { holiday: 'immaculate-conception', open: 'as-usual' },
            ],
          },
        ],
      });
      expect(explain(hours, at('2026-04-06T10:00'))).to.deep.include({
        isOpen: false,
        rule: { kind: 'holiday', set: 'it', holiday: 'easter-monday' },
      });
      expect(isOpen(hours, at('2026-01-06T08:59'))).to.equal(false);
      expect(explain(hours, at('2026-01-06T09:00')).span).to.deep.equal({ fromMin: 600, toMin: 720 });
      expect(explain(hours, at('2026-12-08T09:00')).rule).to.deep.equal({ kind: 'weekday', day: 'tue' });
    });
    it('of a second set hold where the first leaves the day alone', () => {
      const hours = inRome({
        ...office,
        holidays: [{ set: 'eu', special: [{ holiday: 'christmas', open: 'as-usual' }] }, { set: 'it' }],
      });
      expect(explain(hours, at('2026-12-25T10:00')).rule).to.deep.include({ set: 'it' });
      expect(explain(hours, at('2026-05-01T10:00')).rule).to.deep.include({ set: 'eu' });
    });
    it('come from an iCal file, with the title of the event', () => {
      const ical = [
        'BEGIN:VCALENDAR',
        'BEGIN:VEVENT',
        'DTSTART;VALUE=DATE:20261231',
        'SUMMARY:Перенос с 4 января',
        'END:VEVENT',
        'END:VCALENDAR',
      ].join('\n');
      const hours = calendarOf({ ...office, holidays: [{ set: 'ru' }, { calendar: 'moves' }] }, [
        { id: 'moves', ical },
      ]);
      expect(explain(hours, at('2026-12-31T10:00'))).to.deep.include({
        isOpen: false,
        rule: { kind: 'calendar-holiday', calendar: 'moves', holiday: 'Перенос с 4 января' },
      });
      expect(iso(nextChange(hours, at('2026-12-30T18:00')))).to.equal('2027-01-11T09:00');
    });
  });

  it('says no instant where nothing ever changes', () => {
    expect(nextChange(rome('00:00', '24:00'), at('2026-03-28T12:00'))).to.equal(undefined);
    expect(nextChange(calendarOf({}), at('2026-03-28T12:00'))).to.equal(undefined);
  });

  describe('over random calendars', () => {
    const minute = fc.integer({ min: 0, max: 24 * 60 - 1 });
    const clock = (m: number) =>
      `${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`;
    const slot = fc
      .tuple(minute, minute)
      .filter(([a, b]) => a !== b)
      .map(([a, b]) => ({ from: clock(a), to: clock(b) }));
    const day = fc.integer({ min: 0, max: 364 }).map((n) => {
      const text = new Date(Date.UTC(2026, 0, 1 + n)).toISOString();
      return text.slice(0, 10);
    });
    const written = fc.record({
      timeZone: fc.constantFrom(
        'Europe/Rome',
        'Europe/Moscow',
        'America/New_York',
        'Asia/Kolkata',
        'Australia/Lord_Howe',
        'America/Havana',
        'Africa/Cairo',
        'America/Santiago',
        'UTC',
      ),
      open: fc.array(
        fc.tuple(slot, fc.subarray([...every], { minLength: 1 })).map(([s, days]) => ({ ...s, days })),
        { maxLength: 4 },
      ),
      closedOn: fc.array(day, { maxLength: 5 }),
      holidays: fc.subarray([{ set: 'it' }, { set: 'ru' }, { set: 'eu' }]),
      exceptions: fc.array(
        fc.record({ name: fc.constant('x'), date: day, open: fc.array(slot, { maxLength: 2 }) }),
        { maxLength: 5 },
      ),
    });
    // Near the changes of the clock more often than elsewhere.
    const instant = fc.oneof(
      fc.integer({ min: at('2026-01-01T00:00') / 60_000, max: at('2026-12-31T00:00') / 60_000 }),
      fc
        .tuple(
          fc.constantFrom('2026-03-08', '2026-03-29', '2026-04-05', '2026-04-24', '2026-10-25', '2026-11-01'),
          fc.integer({ min: -2000, max: 2000 }),
        )
        .map(([date, shift]) => at(`${date}T01:00`) / 60_000 + shift),
    );

    /** The rule of the page, written another way: formatted by Intl, compared as text. */
    function isOpenByIntl(calendar: HoursCalendar, ms: number): boolean {
      const parts = Object.fromEntries(
        new Intl.DateTimeFormat('en-GB', {
          timeZone: calendar.timeZone,
          year: 'numeric',
          month: '2-digit',
          day: '2-digit',
          hour: '2-digit',
          minute: '2-digit',
          hourCycle: 'h23',
        })
          .formatToParts(ms)
          .map(({ type, value }) => [type, value]),
      );
      const today = dayNumberOf(`${parts['year']}-${parts['month']}-${parts['day']}`);
      const now = Number(parts['hour']) * 60 + Number(parts['minute']);
      return [0, 1].some((back) =>
        calendar
          .planOf(today - back)
          .spans.some((s) => s.fromMin <= now + back * 1440 && now + back * 1440 < s.toMin),
      );
    }

    it('every instant is open or closed, as a clock on the wall shows it, and explained alike', () => {
      fc.assert(
        fc.property(written, instant, (hours, atMinute) => {
          const calendar = calendarOf(hours);
          const ms = atMinute * 60_000;
          const answer = isOpen(calendar, ms);
          expect(answer).to.equal(isOpenByIntl(calendar, ms));
          expect(isOpen(calendar, ms + 59_999)).to.equal(answer);
          const why = explain(calendar, ms);
          expect(why.isOpen).to.equal(answer);
          expect(why.span !== undefined).to.equal(answer);
          expect(calendar.planOf(dayNumberOf(why.date)).rule).to.deep.equal(why.rule);
        }),
        { numRuns: 400 },
      );
    });

    it('the next change is the first minute at which the answer is another', function () {
      this.timeout(30_000);
      fc.assert(
        fc.property(written, instant, (hours, atMinute) => {
          const calendar = calendarOf(hours);
          const ms = atMinute * 60_000;
          const now = isOpen(calendar, ms);
          const change = nextChange(calendar, ms);
          const end = Math.min(change ?? Infinity, ms + 3 * 86_400_000);
          for (let t = ms; t < end; t += 60_000)
            if (isOpen(calendar, t) !== now) throw new Error(`changed before, at ${iso(t)}`);
          if (change === undefined) return;
          expect(change).to.be.greaterThan(ms);
          expect(isOpen(calendar, change)).to.equal(!now);
          expect(isOpen(calendar, change - 1)).to.equal(now);
        }),
        { numRuns: 120 },
      );
    });
  });
});
