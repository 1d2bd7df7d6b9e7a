import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseSite } from '../../../../server/config/site-file.ts';
import { formatSite } from '../../../../server/config/site-format.ts';
import { checkHours, holidaySets, hoursSchema } from '../../../../server/contract/site-hours.ts';

const office = { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '18:00' };
function faults(written: Record<string, unknown>): string[] {
  const hours = hoursSchema.parse({ id: 'h', open: [office], ...written });
  const holidayCalendars = [{ id: 'moves', ical: '' }];
  return checkHours({ hours: [hours], holidayCalendars }).map((f) => `${f.path.join('.')}: ${f.message}`);
}
const slot = (from: string, to: string, ...days: string[]) => ({
  days: days.length > 0 ? days : ['mon'],
  from,
  to,
});

describe('hours in the site model', () => {
  const good: [string, Record<string, unknown>][] = [
    [
      'several slots a day',
      { open: [slot('09:00', '13:00'), slot('13:00', '18:00'), slot('20:00', '24:00')] },
    ],
    [
      'a night that ends as the next day begins',
      { open: [slot('22:00', '06:00', 'sun'), slot('06:00', '12:00')] },
    ],
    ['to midnight as 00:00', { open: [slot('18:00', '00:00')] }],
    ['a whole day', { open: [slot('00:00', '24:00', 'sat', 'sun')] }],
    [
      'holidays of every set and a calendar',
      { holidays: [{ set: 'it' }, { set: 'ru' }, { set: 'eu' }, { calendar: 'moves' }] },
    ],
    [
      'open on an exception only',
      {
        open: [],
        exceptions: [{ name: 'Fair', date: '2026-05-05', open: [{ from: '09:00', to: '12:00' }] }],
      },
    ],
    [
      'a day within a range',
      {
        exceptions: [
          { name: 'August', from: '2026-08-01', to: '2026-08-31', open: [] },
          { name: 'Fair', date: '2026-08-20', open: [{ from: '09:00', to: '12:00' }] },
        ],
      },
    ],
  ];
  for (const [what, written] of good)
    it(`lets ${what} in`, () => {
      expect(faults(written)).to.deep.equal([]);
    });

  const bad: [string, Record<string, unknown>, string][] = [
    [
      'overlapping slots',
      { open: [slot('09:00', '13:00'), slot('12:59', '18:00', 'sun', 'mon')] },
      'hours.0.open.1: mon 12:59-18:00 overlaps mon 09:00-13:00 (slot 1)',
    ],
    [
      'a night over the next morning',
      { open: [slot('22:00', '02:00', 'mon'), slot('01:00', '05:00', 'tue')] },
      'hours.0.open.1: tue 01:00-05:00 overlaps mon 22:00-02:00 (slot 1)',
    ],
    [
      'Sunday night over Monday',
      { open: [slot('00:00', '08:00', 'mon'), slot('23:00', '00:30', 'sun')] },
      'hours.0.open.1: sun 23:00-00:30 overlaps mon 00:00-08:00 (slot 1)',
    ],
    [
      'a slot of no length',
      { open: [slot('09:00', '09:00')] },
      'hours.0.open.0.to: a slot of no length (09:00-09:00); a whole day is 00:00-24:00',
    ],
    [
      'a slot that begins at 24:00',
      { open: [slot('24:00', '02:00')] },
      'hours.0.open.0.from: a slot begins before 24:00; write 00:00 on the next day',
    ],
    [
      'a day twice',
      { open: [slot('09:00', '10:00', 'mon', 'mon')] },
      'hours.0.open.0.days.1: mon stands here twice',
    ],
    [
      'an unknown zone',
      { timeZone: 'Europe/Atlantis' },
      'hours.0.timeZone: "Europe/Atlantis" is not a time zone; use a name such as Europe/Rome',
    ],
    [
      'an offset for a zone',
      { timeZone: '+03:00' },
      'hours.0.timeZone: "+03:00" is not a time zone; use a name such as Europe/Rome',
    ],
    [
      'an unknown set',
      { holidays: [{ set: 'fr' }] },
      'hours.0.holidays.0.set: there is no holiday set "fr"; there are it, ru, eu',
    ],
    [
      'an unknown calendar',
      { holidays: [{ calendar: 'x' }] },
      'hours.0.holidays.0.calendar: there is no holiday calendar "x"',
    ],
    ['neither set nor calendar', { holidays: [{}] }, 'hours.0.holidays.0: write either set or calendar'],
    [
      'a holiday that the set has not',
      { holidays: [{ set: 'eu', special: [{ holiday: 'epiphany', open: 'as-usual' }] }] },
      'hours.0.holidays.0.special.0.holiday: the set eu has no holiday "epiphany"; it has new-year, good-friday, easter-monday, labour-day, christmas, second-christmas-day',
    ],
    [
      'overlapping slots of a holiday',
      {
        holidays: [
          {
            set: 'eu',
            special: [
              {
                holiday: 'christmas',
                open: [
                  { from: '09:00', to: '12:00' },
                  { from: '11:00', to: '13:00' },
                ],
              },
            ],
          },
        ],
      },
      'hours.0.holidays.0.special.0.open.1: 11:00-13:00 overlaps 09:00-12:00 (slot 1)',
    ],
    [
      'a calendar that is never open',
      { open: [], exceptions: [{ name: 'x', date: '2026-01-01' }] },
      'hours.0.open: "h" is never open: give it a slot',
    ],
    [
      'a date that is none',
      { exceptions: [{ name: 'x', date: '2026-02-29' }] },
      'hours.0.exceptions.0.date: there is no date 2026-02-29',
    ],
    ['the same in closedOn', { closedOn: ['2026-06-31'] }, 'hours.0.closedOn.0: there is no date 2026-06-31'],
    [
      'a range turned round',
      { exceptions: [{ name: 'x', from: '2026-02-05', to: '2026-02-01' }] },
      'hours.0.exceptions.0.to: it ends before it begins',
    ],
    [
      'half a range',
      { exceptions: [{ name: 'x', from: '2026-02-05' }] },
      'hours.0.exceptions.0: write either date, or from and to',
    ],
    [
      'an exception without end',
      { exceptions: [{ name: 'x', from: '2026-01-01', to: '2036-01-01' }] },
      'hours.0.exceptions.0.to: an exception of more than three years: change the week instead',
    ],
    [
      'two exceptions of one date',
      {
        exceptions: [
          { name: 'a', date: '2026-02-05' },
          { name: 'b', date: '2026-02-05' },
        ],
      },
      'hours.0.exceptions.1: "b" and "a" are equally long and share a date: nothing says which holds',
    ],
    [
      'an exception of a closed date',
      { closedOn: ['2026-02-05'], exceptions: [{ name: 'a', date: '2026-02-05' }] },
      'hours.0.exceptions.0: "a" is about 2026-02-05, which is in closedOn too',
    ],
  ];
  for (const [what, written, fault] of bad)
    it(`refuses ${what}`, () => {
      expect(faults(written)).to.deep.equal([fault]);
    });

  it('reads and writes them as text, the same both ways', () => {
    const text = `site: { name: Bank }
hours:
  - id: office
    name: Office
    timeZone: Europe/Rome
    open:
      - { days: [mon, fri], from: 22:00, to: 02:00 }
    holidays:
      - set: it
        special:
          - { holiday: christmas, open: as-usual }
          - { holiday: epiphany, open: [{ from: 10:00, to: 12:00 }] }
    exceptions:
      - { name: Works, from: 2026-08-10, to: 2026-08-21 }
      - { name: Fair, date: 2026-09-12, open: [{ from: 10:00, to: 16:00 }] }
`;
    const first = parseSite(text);
    if ('faults' in first) throw new Error(JSON.stringify(first.faults));
    const written = formatSite(first.site);
    const second = parseSite(written);
    if ('faults' in second) throw new Error(JSON.stringify(second.faults));
    expect(second.site).to.deep.equal(first.site);
    expect(written).to.contain('- { days: [ mon, fri ], from: 22:00, to: 02:00 }');
    expect(written).to.contain('- { name: Works, from: 2026-08-10, to: 2026-08-21, open: [] }');
    expect(written).to.contain('- { holiday: epiphany, open: [ { from: 10:00, to: 12:00 } ] }');
  });

  describe('in docs/site-file.md', () => {
    const text = readFileSync(new URL('../../../../docs/site-file.md', import.meta.url), 'utf8');
    it('have an example that is valid', () => {
      const [example = ''] =
        /\n    hours:\n      - id: office\n        name:[^]*?END:VCALENDAR\n/.exec(text) ?? [];
      const parsed = parseSite(`site: { name: Bank }${example.replaceAll('\n    ', '\n')}`);
      expect(parsed).not.to.have.property('faults');
      expect(parsed).to.have.nested.property('site.holidayCalendars[0].id', 'moved-days');
    });
    it('name every day of the bundled sets', () => {
      for (const [set, keys] of Object.entries(holidaySets)) {
        const row = text.split('\n').find((line) => line.startsWith(`| \`${set}\` `)) ?? '';
        const named = [...row.matchAll(/`([a-z-]+)`/g)].map(([, key]) => key).slice(1);
        expect(named, set).to.deep.equal([...keys]);
      }
    });
  });
});
