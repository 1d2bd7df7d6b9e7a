/** Opening hours over HTTP: who may ask, the week of a calendar, and what happens to a call at some time. */
import { expect } from 'chai';
import { ActiveSite } from '../../../../server/app/active-site.ts';
import { hoursListSchema, hoursWeekSchema, simulationSchema } from '../../../../server/contract/hours.ts';
import type { Simulation } from '../../../../server/contract/hours.ts';
import { parseSite } from '../../../../server/config/site-file.ts';
import { startHarness } from './harness.ts';
import type { Browser, Harness } from './harness.ts';

const siteText = `
site: { name: Bank, timeZone: Europe/Rome, language: it }
queues: [{ id: main, name: Main line }]
numbers:
  - { number: '700', name: Service, queue: main, greeting: [welcome], hours: office, closedMessage: goodbye }
  - { number: '701', queue: main }
  - { number: '702', queue: main, hours: moscow }
hours:
  - id: office
    name: Office
    open:
      - { days: [mon, tue, wed, thu, fri], from: 09:00, to: 13:00 }
      - { days: [mon, tue, wed, thu, fri], from: 14:00, to: 18:00 }
      - { days: [thu], from: 22:00, to: 24:00 }
    holidays: [{ set: it }]
    exceptions:
      - { name: New Year's Eve, date: 2026-12-31, open: [{ from: 09:00, to: 12:00 }, { from: 23:00, to: 01:00 }] }
      - { name: Snow, date: 2026-12-30 }
  - id: moscow
    timeZone: Europe/Moscow
    open: [{ days: [mon, tue, wed, thu, fri], from: 09:00, to: 18:00 }]
`;

describe('hours over HTTP', function () {
  this.timeout(60_000);
  let house: Harness;
  let supervisor: Browser;
  before(async () => {
    house = await startHarness();
    supervisor = await house.user('supervisor', 'sofia');
    const parsed = parseSite(siteText);
    if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
    house.active.replace({ site: parsed.site, version: 1, yaml: siteText });
  });
  after(() => house?.stop());
  const ask = async (number: string, at: string): Promise<Simulation> => {
    const query = new URLSearchParams({ number, at }).toString();
    const answer = await supervisor.call('GET', `/api/hours/simulation?${query}`);
    expect(answer.status, answer.text).to.equal(200);
    return simulationSchema.strict().parse(answer.json);
  };

  it('are not ready before there is a site', async () => {
    house.deps.hours = new ActiveSite();
    expect((await supervisor.call('GET', '/api/hours')).status).to.equal(503);
    house.deps.hours = house.active;
    expect((await supervisor.call('GET', '/api/hours')).status).to.equal(200);
  });

  it('are for supervisors and administrators, not for viewers and strangers', async () => {
    const viewer = await house.user('viewer', 'vera');
    const admin = await house.admin();
    for (const path of [
      '/api/hours',
      '/api/hours/calendars/office',
      '/api/hours/simulation?number=700&at=2026-12-31T23:30',
    ]) {
      expect((await admin.call('GET', path)).status, path).to.equal(200);
      expect((await supervisor.call('GET', path)).status, path).to.equal(200);
      expect((await viewer.call('GET', path)).status, path).to.equal(403);
      expect((await house.browser().call('GET', path)).status, path).to.equal(401);
    }
  });

  it('list the calendars and the numbers', async () => {
    const { json } = await supervisor.call('GET', '/api/hours');
    const list = hoursListSchema.strict().parse(json);
    expect(list.calendars.map((c) => [c.id, c.name, c.timeZone, c.numberCount])).to.deep.equal([
      ['office', 'Office', 'Europe/Rome', 1],
      ['moscow', 'moscow', 'Europe/Moscow', 1],
    ]);
    expect(list.numbers[0]).to.deep.equal({ number: '700', name: 'Service', hours: 'office' });
    expect(list.timeZone).to.equal('Europe/Rome');
  });

  it('show the week with a date in it, and what is to come', async () => {
    const { json } = await supervisor.call('GET', '/api/hours/calendars/office?date=2027-01-01');
    const week = hoursWeekSchema.strict().parse(json);
    expect(week.days.map((day) => day.date)).to.deep.equal([
      '2026-12-28',
      '2026-12-29',
      '2026-12-30',
      '2026-12-31',
      '2027-01-01',
      '2027-01-02',
      '2027-01-03',
    ]);
    expect(week.days[2]).to.deep.include({ rule: { kind: 'exception', name: 'Snow' }, spans: [] });
    expect(week.days[3]?.spans).to.deep.equal([
      { fromMin: 540, toMin: 720 },
      { fromMin: 1380, toMin: 1440 },
    ]);
    // The night runs into the holiday.
    expect(week.days[4]).to.deep.include({
      rule: { kind: 'holiday', set: 'it', holiday: 'new-year' },
      spans: [{ fromMin: 0, toMin: 60 }],
    });
    expect(week.special.length).to.be.greaterThan(5);
    expect(week.special.every((day) => day.to >= week.today)).to.equal(true);
  });

  it('say what happens on 31 December 23:30, and why', async () => {
    const answer = await ask('700', '2026-12-31T23:30');
    expect(answer).to.deep.equal({
      at: Date.UTC(2026, 11, 31, 22, 30),
      local: '2026-12-31T23:30',
      timeZone: 'Europe/Rome',
      clock: 'plain',
      number: '700',
      numberName: 'Service',
      hours: {
        id: 'office',
        name: 'Office',
        isOpen: true,
        rule: { kind: 'exception', name: "New Year's Eve" },
        span: { fromMin: 1380, toMin: 1500 },
        date: '2026-12-31',
        local: '2026-12-31T23:30',
        timeZone: 'Europe/Rome',
        changesAt: Date.UTC(2027, 0, 1, 0, 0),
      },
      outcome: { kind: 'queue', queueId: 'main', queueName: 'Main line', greeting: ['welcome'] },
    });
    const after = await ask('700', '2027-01-01T01:00');
    expect(after.outcome).to.deep.equal({ kind: 'message', promptId: 'goodbye' });
    expect(after.hours).to.deep.include({
      isOpen: false,
      rule: { kind: 'holiday', set: 'it', holiday: 'new-year' },
      changesAt: Date.UTC(2027, 0, 4, 8, 0),
    });
  });

  it('answer for a number without hours, an unknown number, and a calendar of another zone', async () => {
    expect(await ask('701', '2026-12-25T03:00')).to.have.nested.property('outcome.kind', 'queue');
    expect(await ask('999', '2026-12-25T03:00')).to.have.nested.property('outcome.kind', 'unknown-number');
    const moscow = await ask('702', '2026-12-25T16:30');
    expect(moscow.hours).to.deep.include({
      isOpen: false,
      local: '2026-12-25T18:30',
      timeZone: 'Europe/Moscow',
    });
    expect(moscow.outcome).to.deep.equal({ kind: 'message', promptId: 'closed' });
  });

  it('take an instant of any zone, and say where a local time is skipped or comes twice', async () => {
    expect((await ask('701', '2026-12-31T22:30:00Z')).local).to.equal('2026-12-31T23:30');
    expect((await ask('701', '2026-12-31T22:30:00+01:00')).local).to.equal('2026-12-31T22:30');
    expect(await ask('701', '2026-03-29T02:30')).to.include({ clock: 'skipped', local: '2026-03-29T03:30' });
    expect(await ask('701', '2026-10-25T02:30')).to.include({
      clock: 'twice',
      at: Date.UTC(2026, 9, 25, 0, 30),
    });
  });

  it('refuse what is no date, number or calendar', async () => {
    for (const query of [
      'number=700',
      'at=2026-12-31T23:30',
      'number=700&at=tomorrow',
      'number=700&at=2026-02-30T10:00',
      'number=700&at=2026-12-31T25:00',
      'number=700&at=2026-12-31T24:00',
      'number=7%2000&at=2026-12-31T23:30',
      'number=700&at=2026-12-31T23:30&more=1',
      'number=700&number=701&at=2026-12-31T23:30',
    ])
      expect((await supervisor.call('GET', `/api/hours/simulation?${query}`)).status, query).to.equal(400);
    const week = '/api/hours/calendars';
    expect((await supervisor.call('GET', `${week}/office?date=2026-02-30`)).status).to.equal(400);
    expect((await supervisor.call('GET', `${week}/other`)).status).to.equal(404);
    expect((await supervisor.call('GET', `${week}/%2e%2e`)).status).to.equal(404);
  });
});
