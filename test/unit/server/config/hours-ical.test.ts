import { expect } from 'chai';
import fc from 'fast-check';
import ICAL from 'ical.js';
import { readAhead, readIcal, holidaysOf } from '../../../../server/config/hours-ical.ts';
import type { IcalHolidays } from '../../../../server/config/hours-ical.ts';
import { formatSite, parseSite } from '../../../../server/config/site-file.ts';
import { dayNumberOf } from '../../../../server/contract/site-hours.ts';

const event = (...lines: string[]) => ['BEGIN:VEVENT', ...lines, 'END:VEVENT'];
const file = (...lines: string[]) =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n');
function read(text: string) {
  const steps = readIcal(text);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}
function holidays(text: string): IcalHolidays {
  const result = read(text);
  if ('faults' in result) throw new Error(JSON.stringify(result.faults));
  return result.holidays;
}
const faults = (text: string) => {
  const result = read(text);
  return 'faults' in result ? result.faults.map((f) => `${f.line}: ${f.message}`) : [];
};
const isoOf = (day: number) => new Date(day * 86_400_000).toISOString().slice(0, 10);
function days(text: string, from: string, to: string): string[] {
  const found: string[] = [];
  const list = holidays(text);
  for (let day = dayNumberOf(from); day <= dayNumberOf(to); day += 1)
    for (const title of list.on(day)) found.push(`${isoOf(day)} ${title}`);
  return found;
}

describe('iCal holidays', () => {
  it('are whole days, the end not included, with folded and escaped titles', () => {
    const text = file(
      ...event('UID:1', 'DTSTART;VALUE=DATE:20261231', 'SUMMARY:New Year\\, bank', '  closed'),
      ...event('DTSTART;VALUE=DATE:20270104', 'DTEND;VALUE=DATE:20270107', 'SUMMARY:Works'),
      ...event('DTSTART;VALUE=DATE:20270201', 'DURATION:P2D', 'SUMMARY:Move'),
      ...event('DTSTART;VALUE=DATE:20270301', 'STATUS:CANCELLED', 'SUMMARY:Off'),
    );
    expect(days(text, '2026-12-01', '2027-12-31')).to.deep.equal([
      '2026-12-31 New Year, bank closed',
      '2027-01-04 Works',
      '2027-01-05 Works',
      '2027-01-06 Works',
      '2027-02-01 Move',
      '2027-02-02 Move',
    ]);
  });

  it('repeat by year, except where taken out, up to a day or a count', () => {
    const yearly = file(
      ...event('DTSTART;VALUE=DATE:20240229', 'RRULE:FREQ=YEARLY', 'SUMMARY:Leap'),
      ...event(
        'DTSTART;VALUE=DATE:20250307',
        'RRULE:FREQ=YEARLY;COUNT=3',
        'EXDATE;VALUE=DATE:20260307',
        'SUMMARY:Three',
      ),
      ...event(
        'DTSTART;VALUE=DATE:20251231',
        'DTEND;VALUE=DATE:20260102',
        'RRULE:FREQ=YEARLY;UNTIL=20261231',
        'SUMMARY:Turn',
      ),
    );
    expect(days(yearly, '2024-01-01', '2030-12-31')).to.deep.equal([
      '2024-02-29 Leap',
      '2025-03-07 Three',
      '2025-12-31 Turn',
      '2026-01-01 Turn',
      '2026-12-31 Turn',
      '2027-01-01 Turn',
      '2027-03-07 Three',
      '2028-02-29 Leap',
    ]);
    const nth = file(
      ...event(
        'DTSTART;VALUE=DATE:20261126',
        'RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH',
        'SUMMARY:Fourth Thursday',
      ),
    );
    expect(days(nth, '2027-01-01', '2028-12-31')).to.deep.equal([
      '2027-11-25 Fourth Thursday',
      '2028-11-23 Fourth Thursday',
    ]);
  });

  it('repeat as the iterator of ical.js does, where that comes back', () => {
    const shape = fc.oneof(
      fc.constantFrom('FREQ=YEARLY', 'FREQ=MONTHLY', 'FREQ=WEEKLY'),
      fc.integer({ min: 1, max: 12 }).map((m) => `FREQ=YEARLY;BYMONTH=${m}`),
      fc
        .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
        .map(([m, d]) => `FREQ=YEARLY;BYMONTH=${m};BYMONTHDAY=${d}`),
      fc
        .tuple(
          fc.integer({ min: 1, max: 12 }),
          fc.constantFrom('1', '2', '4', '-1', '-2'),
          fc.constantFrom('MO', 'WE', 'SU'),
        )
        .map(([m, n, d]) => `FREQ=YEARLY;BYMONTH=${m};BYDAY=${n}${d}`),
      fc
        .tuple(fc.constantFrom('1', '3', '-1'), fc.constantFrom('TU', 'FR', 'SA'))
        .map(([n, d]) => `FREQ=MONTHLY;BYDAY=${n}${d}`),
      fc.integer({ min: 1, max: 28 }).map((d) => `FREQ=MONTHLY;BYMONTHDAY=${d}`),
      fc.constantFrom('FREQ=WEEKLY;BYDAY=MO,FR', 'FREQ=MONTHLY;BYMONTHDAY=-1'),
    );
    const tail = fc.oneof(
      fc.constant(''),
      fc.integer({ min: 2, max: 4 }).map((n) => `;INTERVAL=${n}`),
      fc.integer({ min: 2, max: 9 }).map((n) => `;COUNT=${n}`),
      fc.constant(';UNTIL=20290615'),
    );
    fc.assert(
      fc.property(shape, tail, fc.integer({ min: 0, max: 800 }), (rule, more, shift) => {
        // Up to the 28th: the iterator makes 1 March of a 29 February that is none.
        const begin = isoOf(dayNumberOf('2026-01-01') + shift);
        const fallback = dayNumberOf(begin.slice(8) > '28' ? `${begin.slice(0, 8)}28` : begin);
        const start = ICAL.Time.fromDateString(isoOf(fallback));
        const iterator = ICAL.Recur.fromString(rule + more).iterator(start);
        // The first day counts as given, in the rule or not: begin with one that is.
        const first = isoOf(dayNumberOf(iterator.next()?.toString().slice(0, 10) ?? isoOf(fallback)));
        const again = ICAL.Recur.fromString(rule + more).iterator(ICAL.Time.fromDateString(first));
        const expected: string[] = [];
        for (let k = 0; k < 40; k += 1) {
          const next = again.next() as ICAL.Time | null | undefined;
          if (!next) break;
          expected.push(`${next.toString().slice(0, 10)} X`);
        }
        const final = (expected.at(-1) ?? '').slice(0, 10);
        // Where the repetition is over, nothing comes for years.
        const last = expected.length < 40 ? isoOf(dayNumberOf(final) + 1500) : final;
        const text = file(
          ...event(`DTSTART;VALUE=DATE:${first.replaceAll('-', '')}`, `RRULE:${rule}${more}`, 'SUMMARY:X'),
        );
        expect(days(text, first, last), `${rule}${more} from ${first}`).to.deep.equal(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('counts days as the calendar does, over leap years and centuries', () => {
    const text = file(
      ...event('DTSTART;VALUE=DATE:19000131', 'RRULE:FREQ=MONTHLY;BYMONTHDAY=-1', 'SUMMARY:last'),
      ...event('DTSTART;VALUE=DATE:19000101', 'RRULE:FREQ=WEEKLY', 'SUMMARY:monday'),
    );
    const list = holidays(text);
    for (let day = dayNumberOf('1900-01-01'); day <= dayNumberOf('2200-12-31'); day += 1) {
      const isLast = isoOf(day + 1).endsWith('-01');
      const isMonday = new Date(day * 86_400_000).getUTCDay() === 1;
      const titles = [...(isLast ? ['last'] : []), ...(isMonday ? ['monday'] : [])];
      if (list.on(day).join() !== titles.join()) throw new Error(`${isoOf(day)}: ${list.on(day).join()}`);
    }
  });

  it('comes back from a rule that never falls on any day', () => {
    const text = file(
      ...event(
        'DTSTART;VALUE=DATE:20260101',
        'RRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30;COUNT=9',
        'SUMMARY:X',
      ),
    );
    expect(days(text, '2026-01-01', '2030-01-01')).to.deep.equal(['2026-01-01 X']);
  });

  const broken: [string, string, RegExp][] = [
    ['nothing', '', /^1: an iCal file begins with BEGIN:VCALENDAR$/],
    ['another text', '<html>\n', /^1: an iCal file begins with/],
    ['a calendar without events', file(), /^1: there is no event/],
    ['a file cut off', 'BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x\n', /^2: BEGIN:VEVENT has no END/],
    ['an end without its beginning', 'BEGIN:VCALENDAR\nEND:VEVENT\n', /^2: END:VEVENT without its BEGIN/],
    [
      'a second calendar',
      `${file(...event('DTSTART;VALUE=DATE:20260101', 'SUMMARY:x'))}BEGIN:VCALENDAR\n`,
      /does not belong here/,
    ],
    ['no title', file(...event('DTSTART;VALUE=DATE:20260101')), /^3: an event without a title/],
    ['no day', file(...event('SUMMARY:x')), /^3: DTSTART is missing/],
    [
      'a time of day',
      file(...event('DTSTART:20260101T100000Z', 'SUMMARY:x')),
      /^3: DTSTART has a time of day/,
    ],
    [
      'a date that is none',
      file(...event('DTSTART;VALUE=DATE:20260231', 'SUMMARY:x')),
      /^3: DTSTART is no date between/,
    ],
    [
      'a line that is none',
      file(...event('DTSTART;VALUE=DATE:20260101', 'SUMMARY')),
      /^3: the event cannot be read/,
    ],
    [
      'an end before the beginning',
      file(...event('DTSTART;VALUE=DATE:20260105', 'DTEND;VALUE=DATE:20260101', 'SUMMARY:x')),
      /^3: "x" ends before/,
    ],
    [
      'a rule by the day',
      file(...event('DTSTART;VALUE=DATE:20260105', 'RRULE:FREQ=DAILY', 'SUMMARY:x')),
      /YEARLY, MONTHLY or WEEKLY, not DAILY/,
    ],
    [
      'a rule of too much',
      file(...event('DTSTART;VALUE=DATE:20260105', 'RRULE:FREQ=YEARLY;BYSETPOS=1;BYDAY=MO', 'SUMMARY:x')),
      /BYSETPOS/,
    ],
    [
      'a rule of nonsense',
      file(...event('DTSTART;VALUE=DATE:20260105', 'RRULE:FREQ=NEVER', 'SUMMARY:x')),
      /^3: the event cannot be read/,
    ],
  ];
  for (const [what, text, message] of broken)
    it(`refuses ${what}, with its line`, () => {
      expect(faults(text)).to.have.length(1);
      expect(faults(text)[0]).to.match(message);
    });

  it('never throws, whatever the text', () => {
    const word = fc.constantFrom(
      'BEGIN:VCALENDAR',
      'END:VCALENDAR',
      'BEGIN:VEVENT',
      'END:VEVENT',
      'SUMMARY:x',
      'DTSTART;VALUE=DATE:20260101',
      'RRULE:FREQ=WEEKLY;BYDAY=9XX',
      'RRULE:',
      'EXDATE:x',
      ' folded',
      'DURATION:-P9W',
      ':',
      '',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string()), { maxLength: 12 }), (lines) => {
        expect(read(lines.join('\n'))).to.satisfy((r: object) => 'faults' in r || 'holidays' in r);
        expect(read(file(...event(...lines)))).to.satisfy((r: object) => 'faults' in r || 'holidays' in r);
      }),
      { numRuns: 300 },
    );
  });

  it('is read ahead in slices', async () => {
    const lines = Array.from({ length: 60 }, (_, k) =>
      event(`DTSTART;VALUE=DATE:2026${String(1 + (k % 12)).padStart(2, '0')}01`, `SUMMARY:d${k}`),
    ).flat();
    const entry = { id: 'x', ical: file(...lines) };
    let pauses = 0;
    await readAhead([entry], () => {
      pauses += 1;
      return Promise.resolve();
    });
    expect(pauses).to.equal(12);
    expect(holidaysOf(entry).titles.size).to.equal(60);
  });

  describe('in a site file', () => {
    const site = (ical: string, special = 'Перенос') =>
      [
        'site: { name: Bank }',
        'hours:',
        '  - id: office',
        '    open: [{ days: [mon], from: 09:00, to: 18:00 }]',
        '    holidays:',
        '      - calendar: moves',
        `        special: [{ holiday: ${special}, open: [{ from: 10:00, to: 12:00 }] }]`,
        'holidayCalendars:',
        '  - id: moves',
        '    ical: |',
        ...ical.split(/\r?\n/).map((line) => `      ${line}`),
        '',
      ].join('\n');
    const good = file(
      ...event('DTSTART;VALUE=DATE:20261231', 'SUMMARY:Перенос', 'DESCRIPTION:long: text, #1'),
    );

    it('comes out as readable as it went in, and in again the same', () => {
      const parsed = parseSite(site(good));
      if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
      const text = formatSite(parsed.site);
      expect(text).to.contain('    ical: |\n      BEGIN:VCALENDAR\n      VERSION:2.0\n');
      const again = parseSite(text);
      if ('faults' in again) throw new Error(JSON.stringify(again.faults));
      expect(again.site).to.deep.equal(parsed.site);
      expect(formatSite(again.site)).to.equal(text);
    });

    it('has its faults at their place in the file', () => {
      const bad = parseSite(site(good.replace('20261231', '20261399')));
      expect(bad).to.have.nested.property('faults[0].path', 'holidayCalendars[0].ical');
      expect(bad).to.have.nested.property('faults[0].line', 10);
      expect(bad)
        .to.have.nested.property('faults[0].message')
        .match(/^broken iCal, its line 3: /);
      expect(parseSite(site(good, 'Другое'))).to.have.nested.property(
        'faults[0].path',
        'hours[0].holidays[0].special[0].holiday',
      );
    });
  });
});
