/** The hours of the stand-in: a site of three calendars, answered by the product's own rules and presenters. */
import express, { type Router } from 'express';
import { presentHours, presentWeek } from '../../server/api/hours/presenter.ts';
import { ActiveSite } from '../../server/app/active-site.ts';
import { readInstant, simulate } from '../../server/config/hours-simulation.ts';
import { parseSite } from '../../server/config/site-file.ts';
import { simulationQuerySchema } from '../../server/contract/hours.ts';

export const hoursSite = `
site: { name: Northgate Bank, timeZone: Europe/Rome, language: en }
queues:
  - { id: cards, name: Card services }
  - { id: private, name: Private banking }
numbers:
  - { number: '+390612345', name: Main line, queue: cards, greeting: [welcome], hours: office, closedMessage: closed }
  - { number: '+390612399', name: Lost cards, queue: cards }
  - { number: '+74951234567', name: Moscow desk, queue: private, hours: moscow }
hours:
  - id: office
    name: Office
    open:
      - { days: [mon, tue, wed, thu, fri], from: 08:30, to: 13:00 }
      - { days: [mon, tue, wed, thu, fri], from: 14:00, to: 18:30 }
      - { days: [sat], from: 09:00, to: 12:00 }
    holidays:
      - set: it
        special: [{ holiday: epiphany, open: [{ from: 10:00, to: 13:00 }] }]
      - set: eu
    exceptions:
      - { name: Christmas Eve, date: 2026-12-24, open: [{ from: 08:30, to: 12:00 }] }
      - { name: New Year's Eve by night, date: 2026-12-31, open: [{ from: 08:30, to: 12:00 }, { from: 22:00, to: 02:00 }] }
      - { name: Renovation of the branch in the old town, from: 2027-02-15, to: 2027-02-26 }
  - id: moscow
    name: Moscow desk
    timeZone: Europe/Moscow
    open: [{ days: [mon, tue, wed, thu, fri], from: 09:00, to: 19:00 }]
    holidays: [{ set: ru }, { calendar: ru-moved }]
  - id: night
    name: Night watch for lost and stolen cards
    open: [{ days: [mon, tue, wed, thu, fri, sat, sun], from: 22:00, to: 06:00 }]
holidayCalendars:
  - id: ru-moved
    name: Moved days off
    ical: |
      BEGIN:VCALENDAR
      VERSION:2.0
      BEGIN:VEVENT
      DTSTART;VALUE=DATE:20261231
      SUMMARY:Перенос с воскресенья 4 января
      END:VEVENT
      END:VCALENDAR
`;

export function createHoursStandIn(now: () => number): Router {
  const parsed = parseSite(hoursSite);
  if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
  const site = new ActiveSite();
  site.replace({ site: parsed.site, version: 1, yaml: hoursSite });
  const router = express.Router();
  router.get('/api/hours', (_request, response) => void response.json(presentHours(site, now())));
  router.get('/api/hours/calendars/:id', (request, response) => {
    const calendar = site.hoursCalendar(request.params.id);
    const { date } = request.query;
    if (!calendar) response.status(404).json({ error: { code: 'not-found', message: 'not-found' } });
    else response.json(presentWeek(calendar, now(), typeof date === 'string' ? date : undefined));
  });
  router.get('/api/hours/simulation', (request, response) => {
    const query = simulationQuerySchema.safeParse(request.query);
    const instant = query.success ? readInstant(query.data.at, site.site.site.timeZone) : undefined;
    if (!query.success || !instant)
      response.status(400).json({ error: { code: 'bad-request', message: 'bad-request' } });
    else response.json(simulate(site, query.data.number, instant));
  });
  return router;
}
