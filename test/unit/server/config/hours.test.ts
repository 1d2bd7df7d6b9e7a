import { expect } from 'chai';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { isOpen, isOpenNow } from '../../../../server/config/hours.ts';
import type { SiteHours } from '../../../../server/contract/site.ts';

const at = (iso: string) => DateTime.fromISO(iso, { zone: 'utc' }).toMillis();
const iso = (ms: number | undefined) =>
  ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 16);
const every = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

function rome(from: string, to: string, more: Partial<SiteHours> = {}): SiteHours {
  return { id: 'h', timeZone: 'Europe/Rome', open: [{ days: [...every], from, to }], closedOn: [], ...more };
}

describe('opening hours', () => {
  it('opens and closes by the wall clock of their zone', () => {
    const hours = rome('09:00', '18:00');
    expect(isOpen(hours, at('2026-01-14T07:59'))).to.include({ isOpen: false });
    expect(iso(isOpen(hours, at('2026-01-14T07:59')).untilMs)).to.equal('2026-01-14T08:00');
    expect(isOpen(hours, at('2026-01-14T08:00'))).to.include({ isOpen: true });
    expect(iso(isOpen(hours, at('2026-01-14T08:00')).untilMs)).to.equal('2026-01-14T17:00');
    expect(isOpen(hours, at('2026-01-14T17:00'))).to.include({ isOpen: false });
  });

  it('answers the same without looking ahead', () => {
    const hours = rome('09:00', '18:00', { closedOn: ['2026-01-15'] });
    for (let h = 0; h < 72; h++) {
      const ms = at('2026-01-14T00:00') + h * 3_600_000;
      expect(isOpenNow(hours, ms), iso(ms)).to.equal(isOpen(hours, ms).isOpen);
    }
  });

  it('takes the site zone where they name none', () => {
    const { timeZone: _, ...hours } = rome('09:00', '18:00');
    expect(isOpen(hours, at('2026-01-14T06:30'), 'Europe/Moscow').isOpen).to.equal(true);
    expect(isOpen(hours, at('2026-01-14T06:30')).isOpen).to.equal(false);
  });

  it('keeps the wall clock over both DST changes', () => {
    const hours = rome('09:00', '18:00');
    // 29 March 2026: from UTC+1 to UTC+2. The Saturday opens at 08:00 UTC, the Sunday at 07:00 UTC.
    expect(iso(isOpen(hours, at('2026-03-27T20:00')).untilMs)).to.equal('2026-03-28T08:00');
    expect(iso(isOpen(hours, at('2026-03-28T20:00')).untilMs)).to.equal('2026-03-29T07:00');
    // 25 October 2026: back to UTC+1.
    expect(iso(isOpen(hours, at('2026-10-24T20:00')).untilMs)).to.equal('2026-10-25T08:00');
  });

  it('begins after the gap when the change skips the opening time', () => {
    const hours = rome('02:30', '04:00');
    // 02:00 is followed at once by 03:00, at 01:00 UTC.
    expect(iso(isOpen(hours, at('2026-03-29T00:59')).untilMs)).to.equal('2026-03-29T01:00');
    expect(isOpen(hours, at('2026-03-29T01:00')).isOpen).to.equal(true);
    expect(iso(isOpen(hours, at('2026-03-29T01:00')).untilMs)).to.equal('2026-03-29T02:00');
  });

  it('obeys the clock both times in the hour lived twice', () => {
    const hours = rome('01:00', '02:30');
    // 03:00 is followed by 02:00, at 01:00 UTC.
    expect(iso(isOpen(hours, at('2026-10-25T00:00')).untilMs)).to.equal('2026-10-25T00:30');
    expect(isOpen(hours, at('2026-10-25T00:45')).isOpen).to.equal(false);
    expect(iso(isOpen(hours, at('2026-10-25T00:45')).untilMs)).to.equal('2026-10-25T01:00');
    expect(isOpen(hours, at('2026-10-25T01:15')).isOpen).to.equal(true);
    expect(iso(isOpen(hours, at('2026-10-25T01:15')).untilMs)).to.equal('2026-10-25T01:30');
  });

  it('stays closed on the days it says, by the local date', () => {
    const hours = rome('09:00', '18:00', { closedOn: ['2026-12-25', '2026-12-26'] });
    expect(isOpen(hours, at('2026-12-25T10:00')).isOpen).to.equal(false);
    expect(iso(isOpen(hours, at('2026-12-24T18:00')).untilMs)).to.equal('2026-12-27T08:00');
  });

  it('runs through midnight where one slot ends at 24:00 and the next begins at 00:00', () => {
    const hours: SiteHours = {
      id: 'h',
      timeZone: 'Europe/Rome',
      closedOn: [],
      open: [
        { days: ['fri'], from: '20:00', to: '24:00' },
        { days: ['sat'], from: '00:00', to: '02:00' },
      ],
    };
    expect(isOpen(hours, at('2026-01-16T22:59')).isOpen).to.equal(true);
    expect(iso(isOpen(hours, at('2026-01-16T22:59')).untilMs)).to.equal('2026-01-17T01:00');
  });

  it('says no instant where nothing ever changes', () => {
    expect(isOpen(rome('00:00', '24:00'), at('2026-03-28T12:00'))).to.deep.equal({ isOpen: true });
    expect(isOpen({ id: 'h', open: [], closedOn: [] }, at('2026-03-28T12:00'))).to.deep.equal({
      isOpen: false,
    });
  });

  it('the answer holds up to the instant it names, and changes there', () => {
    const minute = fc.integer({ min: 0, max: 24 * 60 });
    const clock = (m: number) =>
      `${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`;
    const slot = fc
      .tuple(minute, minute, fc.subarray([...every], { minLength: 1 }))
      .filter(([a, b]) => a !== b)
      .map(([a, b, days]) => ({ days, from: clock(Math.min(a, b)), to: clock(Math.max(a, b)) }));
    const zone = fc.constantFrom(
      'Europe/Rome',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kolkata',
      'UTC',
    );
    fc.assert(
      fc.property(
        fc.array(slot, { minLength: 1, maxLength: 4 }),
        zone,
        fc.integer({ min: at('2026-01-01T00:00') / 60_000, max: at('2027-01-01T00:00') / 60_000 }),
        (open, timeZone, atMinute) => {
          const hours: SiteHours = { id: 'h', timeZone, open, closedOn: [] };
          const atMs = atMinute * 60_000;
          const { isOpen: now, untilMs } = isOpen(hours, atMs);
          if (untilMs === undefined) return;
          expect(untilMs).to.be.greaterThan(atMs);
          expect(isOpen(hours, untilMs).isOpen).to.equal(!now);
          expect(isOpen(hours, untilMs - 60_000 >= atMs ? untilMs - 60_000 : atMs).isOpen).to.equal(now);
          const middle = atMs + Math.floor((untilMs - atMs) / 120_000) * 60_000;
          expect(isOpen(hours, middle).isOpen).to.equal(now);
        },
      ),
      { numRuns: 150 },
    );
  });
});
