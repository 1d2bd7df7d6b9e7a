/** Periods and intervals of reports on the site's clock: calendar weeks and months, the ends of intervals, both changes of the clock. */
import { expect } from 'chai';
import {
  attributionOf,
  drillAddress,
  endOf,
  mayBeMinutes,
  periodKinds,
  periodOf,
  type PeriodKind,
} from '../../../admin-ui/admin/reports/report-question.ts';
import type { IntervalReport, ReportInterval } from '../../../server/contract/rest-reports.ts';
import { drillQuerySchema } from '../../../server/contract/rest-reports.ts';

const rome = 'Europe/Rome';
const at = (text: string) => Date.parse(text);
const period = (kind: PeriodKind, now: string, zone = rome) => {
  const found = periodOf({ kind, from: '', to: '' }, at(now), zone)!;
  return [found.from, found.to].map((instant) => new Date(instant).toISOString());
};

describe('periods of reports', () => {
  it('are days, weeks from Monday and months of the site', () => {
    // A Sunday, late: in Rome it is Monday already.
    const now = '2026-03-01T23:30:00Z';
    expect(period('today', now)).to.deep.equal(['2026-03-01T23:00:00.000Z', '2026-03-02T23:00:00.000Z']);
    expect(period('this-week', now)).to.deep.equal(['2026-03-01T23:00:00.000Z', '2026-03-08T23:00:00.000Z']);
    expect(period('last-week', now)[1]).to.equal('2026-03-01T23:00:00.000Z');
    expect(period('this-month', now)).to.deep.equal(['2026-02-28T23:00:00.000Z', '2026-03-31T22:00:00.000Z']);
    expect(period('last-month', '2026-01-15T12:00:00Z')).to.deep.equal([
      '2025-11-30T23:00:00.000Z',
      '2025-12-31T23:00:00.000Z',
    ]);
    expect(period('this-week', now, 'America/New_York')[0]).to.equal('2026-02-23T05:00:00.000Z');
  });

  it('join without a gap, whatever the clock does', () => {
    for (let now = at('2026-01-01T00:30:00Z'); now < at('2027-01-01'); now += 29 * 3_600_000) {
      const of = (kind: PeriodKind) => periodOf({ kind, from: '', to: '' }, now, rome)!;
      for (const unit of ['week', 'month'] as const)
        expect(of(`last-${unit}`).to, String(now)).to.equal(of(`this-${unit}`).from);
      expect(of('yesterday').to).to.equal(of('today').from);
      for (const kind of periodKinds.filter((one) => !/^(last|yesterday|custom)/.test(one)))
        expect(of(kind).from <= now && now < of(kind).to, kind).to.equal(true);
    }
  });

  it('of one’s own are of whole quarters of an hour, and no longer than a year', () => {
    const own = (from: string, to: string) => periodOf({ kind: 'custom', from, to }, 0, rome);
    expect(own('2026-03-01T08:15', '2026-03-01T09:00')).to.deep.equal({
      from: at('2026-03-01T07:15:00Z'),
      to: at('2026-03-01T08:00:00Z'),
    });
    for (const [from, to] of [
      ['2026-03-01T08:10', '2026-03-01T09:00'],
      ['2026-03-01T09:00', '2026-03-01T09:00'],
      ['2024-03-01T09:00', '2026-03-01T09:00'],
      ['', '2026-03-01T09:00'],
    ] as const)
      expect(own(from, to), from).to.equal(undefined);
    expect(mayBeMinutes(own('2026-03-01T00:00', '2026-04-01T00:00')!)).to.equal(true);
    expect(mayBeMinutes(own('2026-03-01T00:00', '2026-06-01T00:00')!)).to.equal(false);
  });
});

describe('intervals of reports', () => {
  const report = (interval: ReportInterval, from: string, to: string) =>
    ({ interval, from: at(from), to: at(to), timeZone: rome }) as IntervalReport;

  it('end where the next begins: days of 23 and 25 hours, weeks, months', () => {
    const hours = (interval: ReportInterval, start: string) =>
      (endOf(at(start), report(interval, '2026-01-01', '2027-01-01')) - at(start)) / 3_600_000;
    expect(hours('day', '2026-03-28T23:00:00Z')).to.equal(23);
    expect(hours('day', '2026-10-24T22:00:00Z')).to.equal(25);
    expect(hours('week', '2026-03-22T23:00:00Z')).to.equal(7 * 24 - 1);
    expect(hours('month', '2026-02-28T23:00:00Z')).to.equal(31 * 24 - 1);
    expect(hours('15', '2026-03-29T00:45:00Z')).to.equal(0.25);
  });

  it('end with the report at the latest', () => {
    const to = '2026-03-04T12:00:00Z';
    for (const interval of ['day', 'week', 'month', 'all', '60'] as const)
      expect(endOf(at('2026-03-04T11:30:00Z'), report(interval, '2026-03-04T11:30:00Z', to))).to.equal(
        at(to),
      );
  });
});

describe('contacts behind a number', () => {
  it('are asked for as the server reads it', () => {
    const address = drillAddress(
      {
        title: 'Answered',
        scope: 'queue:main',
        name: 'Main',
        from: at('2026-03-01T07:00:00Z'),
        to: at('2026-03-01T08:00:00Z'),
        timeZone: rome,
        attribution: 'arrival',
        queues: ['main', 'cards'],
        parts: [{ count: 'answered' }],
        countedAt: 0,
      },
      'answered',
    );
    const query = Object.fromEntries(new URL(address, 'http://here').searchParams);
    expect(drillQuerySchema.parse(query)).to.deep.include({
      from: at('2026-03-01T07:00:00Z'),
      scope: 'queue:main',
      count: 'answered',
      attribution: 'arrival',
      queues: ['main', 'cards'],
    });
  });

  it('of agents and teams count when the work was done', () => {
    expect(attributionOf({ by: 'agent', attribution: 'arrival' })).to.equal('event');
    expect(attributionOf({ by: 'queue', attribution: 'arrival' })).to.equal('arrival');
  });
});
