import { expect } from 'chai';
import { DateTime } from 'luxon';
import { bundledHolidays, easterDay } from '../../../../server/config/hours-holidays.ts';
import { dayNumberOf, holidaySets } from '../../../../server/contract/site-hours.ts';
import type { HolidaySet } from '../../../../server/contract/site-hours.ts';

const isoOf = (day: number) => new Date(day * 86_400_000).toISOString().slice(0, 10);
function ofYear(set: HolidaySet, year: number): string[] {
  const found: string[] = [];
  for (let day = dayNumberOf(`${year}-01-01`); day <= dayNumberOf(`${year}-12-31`); day += 1)
    for (const holiday of bundledHolidays(set, day)) found.push(`${isoOf(day).slice(5)} ${holiday}`);
  return found;
}

describe('bundled holidays', () => {
  it('know Easter, the earliest and the latest ones too', () => {
    const known = [
      '1818-03-22',
      '1961-04-02',
      '2000-04-23',
      '2008-03-23',
      '2024-03-31',
      '2025-04-20',
      '2026-04-05',
      '2027-03-28',
      '2028-04-16',
      '2038-04-25',
      '2285-03-22',
    ];
    for (const date of known) expect(isoOf(easterDay(Number(date.slice(0, 4))))).to.equal(date);
  });

  it('put Easter on a Sunday from 22 March to 25 April in every year', () => {
    for (let year = 1900; year <= 2300; year += 1) {
      const date = isoOf(easterDay(year));
      expect(DateTime.fromISO(date).weekday, date).to.equal(7);
      expect(date.slice(5) >= '03-22' && date.slice(5) <= '04-25', date).to.equal(true);
    }
  });

  it('of Italy', () => {
    expect(ofYear('it', 2027)).to.deep.equal([
      '01-01 new-year',
      '01-06 epiphany',
      '03-28 easter-sunday',
      '03-29 easter-monday',
      '04-25 liberation-day',
      '05-01 labour-day',
      '06-02 republic-day',
      '08-15 assumption',
      '10-04 st-francis',
      '11-01 all-saints',
      '12-08 immaculate-conception',
      '12-25 christmas',
      '12-26 st-stephen',
    ]);
    expect(ofYear('it', 2025)).not.to.include('10-04 st-francis');
    expect(ofYear('it', 2011).filter((text) => text.startsWith('04-25'))).to.have.length(2);
  });

  it('of Russia', () => {
    expect(ofYear('ru', 2026)).to.deep.equal([
      '01-01 new-year',
      ...['02', '03', '04', '05', '06'].map((day) => `01-${day} new-year-holidays`),
      '01-07 orthodox-christmas',
      '01-08 new-year-holidays',
      '02-23 defender-day',
      '03-08 womens-day',
      '05-01 labour-day',
      '05-09 victory-day',
      '06-12 russia-day',
      '11-04 unity-day',
    ]);
  });

  it('of TARGET2, in a leap year too', () => {
    expect(ofYear('eu', 2024)).to.deep.equal([
      '01-01 new-year',
      '03-29 good-friday',
      '04-01 easter-monday',
      '05-01 labour-day',
      '12-25 christmas',
      '12-26 second-christmas-day',
    ]);
  });

  it('name each day of a set at least once a year', () => {
    for (const set of Object.keys(holidaySets) as HolidaySet[]) {
      const found = new Set(ofYear(set, 2030).map((text) => text.slice(6)));
      expect([...found].sort()).to.deep.equal([...holidaySets[set]].sort());
    }
  });
});
