/**
 * Opening hours: the calendars, a week of one, and what happens to a call at some time. Read only: hours are changed in
 * the site file. Supervisors may ask, who may not see the site file; no answer here holds a secret of it.
 */
import { hoursWeekQuerySchema, simulationQuerySchema } from '../../contract/hours.ts';
import { isRealDate } from '../../contract/site-hours.ts';
import { readInstant, simulate } from '../../config/hours-simulation.ts';
import type { HoursSite } from '../../config/hours-simulation.ts';
import type { ApiParts } from '../parts.ts';
import { notFound, refusal } from '../refusal.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';
import { presentHours, presentWeek } from './presenter.ts';

const noSuchDate = (key: string) =>
  refusal('bad-request', 'there is no such date or time', {
    faults: [{ path: [key], message: 'there is no such date or time' }],
  });

export function hoursRoutes({ deps }: ApiParts): Route[] {
  const siteInForce = (): HoursSite => {
    if (!deps.hours.isSet) throw refusal('not-ready', 'no site is in force yet');
    return deps.hours;
  };
  return [
    defineRoute({
      method: 'get',
      path: '/api/hours',
      access: 'hours.read',
      forLimited: 'same',
      handle: async () => ({ json: presentHours(siteInForce(), deps.clock.now()) }),
    }),
    defineRoute({
      method: 'get',
      path: '/api/hours/calendars/:id',
      access: 'hours.read',
      forLimited: 'same',
      async handle(ctx) {
        const calendar = siteInForce().hoursCalendar(ctx.id());
        if (!calendar) throw notFound('calendar');
        const { date } = ctx.query(hoursWeekQuerySchema);
        if (date !== undefined && !isRealDate(date)) throw noSuchDate('date');
        return { json: presentWeek(calendar, deps.clock.now(), date) };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/hours/simulation',
      access: 'hours.read',
      forLimited: 'same',
      async handle(ctx) {
        const { number, at } = ctx.query(simulationQuerySchema);
        const site = siteInForce();
        const instant = readInstant(at, site.site.site.timeZone);
        if (!instant) throw noSuchDate('at');
        return { json: simulate(site, number, instant) };
      },
    }),
  ];
}
