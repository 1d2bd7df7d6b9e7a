/** Days on the clock of the site, whatever zone the reader is in and whenever that clock is changed. */
import { expect } from 'chai';
import {
  instantOf,
  localOf,
  longestPeriodMs,
  periodOf,
} from '../../../admin-ui/admin/pages/fairness-period.ts';
import { fairnessWindowAtMostMs } from '../../../server/contract/rest-fairness.ts';

const iso = (at: number) => new Date(at).toISOString();
const hours = ({ from, to }: { from: number; to: number }) => (to - from) / 3_600_000;
const none = { from: '', to: '' };

describe('periods of the fairness page', () => {
  it('run from midnight to midnight of the site', () => {
    const now = Date.parse('2026-11-22T23:30:00Z');
    const rome = periodOf('today', none, now, 'Europe/Rome')!;
    expect([iso(rome.from), iso(rome.to)]).to.deep.equal([
      '2026-11-22T23:00:00.000Z',
      '2026-11-23T23:00:00.000Z',
    ]);
    const london = periodOf('yesterday', none, now, 'Europe/London')!;
    expect([iso(london.from), iso(london.to)]).to.deep.equal([
      '2026-11-21T00:00:00.000Z',
      '2026-11-22T00:00:00.000Z',
    ]);
    const kolkata = periodOf('week', none, now, 'Asia/Kolkata')!;
    expect([iso(kolkata.from), iso(kolkata.to)]).to.deep.equal([
      '2026-11-16T18:30:00.000Z',
      '2026-11-23T18:30:00.000Z',
    ]);
  });

  it('are 23 and 25 hours long when the clock is changed', () => {
    const noon = (date: string) => Date.parse(`${date}T12:00:00Z`);
    expect(hours(periodOf('today', none, noon('2026-03-29'), 'Europe/Rome')!)).to.equal(23);
    expect(hours(periodOf('today', none, noon('2026-10-25'), 'Europe/Rome')!)).to.equal(25);
    expect(hours(periodOf('yesterday', none, noon('2026-10-26'), 'Europe/Rome')!)).to.equal(25);
    expect(hours(periodOf('week', none, noon('2026-03-31'), 'Europe/Rome')!)).to.equal(7 * 24 - 1);
    // Here the midnight itself is skipped: the day begins at one.
    const cairo = periodOf('today', none, noon('2026-04-24'), 'Africa/Cairo')!;
    expect([hours(cairo), localOf(cairo.from, 'Africa/Cairo')]).to.deep.equal([23, '2026-04-24T01:00']);
  });

  it('read a time as the clock there shows it', () => {
    for (const [local, zone, instant] of [
      ['2026-07-01T09:30', 'Europe/Rome', '2026-07-01T07:30:00.000Z'],
      ['2026-12-31T23:59', 'Europe/Moscow', '2026-12-31T20:59:00.000Z'],
      // Comes twice: the first; skipped: as much later.
      ['2026-10-25T02:30', 'Europe/Rome', '2026-10-25T00:30:00.000Z'],
      ['2026-03-29T02:30', 'Europe/Rome', '2026-03-29T01:30:00.000Z'],
    ] as const)
      expect(iso(instantOf(local, zone)), local).to.equal(instant);
    expect(Number.isNaN(instantOf('', 'Europe/Rome'))).to.equal(true);
    expect(Number.isNaN(instantOf('yesterday', 'Europe/Rome'))).to.equal(true);
  });

  it('of one’s own are refused where the server would', () => {
    expect(longestPeriodMs).to.equal(fairnessWindowAtMostMs);
    const own = (from: string, to: string) => periodOf('custom', { from, to }, 0, 'Europe/Rome');
    expect(hours(own('2026-10-01T00:00', '2026-11-01T00:00')!)).to.equal(31 * 24 + 1);
    expect(own('2026-10-01T00:00', '2026-11-01T00:01')).to.equal(undefined);
    expect(own('2026-10-01T00:00', '2026-10-01T00:00')).to.equal(undefined);
    expect(own('2026-10-02T00:00', '2026-10-01T00:00')).to.equal(undefined);
    expect(own('', '2026-10-01T00:00')).to.equal(undefined);
  });
});
